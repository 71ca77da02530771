"""What the inbox keeps and what may be done to it: submissions, their standing, changes, and whether a change is allowed.

Rule: an id stands under one state at a time, and whoever changes it names the revision that was looked at; a change
that was decided upon another revision is refused, never merged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from ..errors import ConversationError
from ..model import State
from ..text import is_id

STATES = (State.PENDING, State.APPROVED, State.REJECTED, State.SPAM)
"""Where a submission can stand; `removed` is a matter of public files only."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What a form or a letter sent: the part that may become public, and the part that never does."""

    id: str
    """As a comment's id."""
    comment: bytes
    """The comment file, as `format_comment` writes it; kept byte for byte."""
    private: bytes
    """YAML: sealed address, consent, spam marks; kept byte for byte."""

    def __post_init__(self) -> None:
        """Refuse an id that could name anything but this submission's ref."""
        _require_id(self.id)


def _require_id(id: str) -> None:
    if not is_id(id):
        raise ValueError(f"{id!r} is no id of a comment")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a submission stands now."""

    state: State
    """One of `STATES`."""
    revision: str
    """Another one for every other content or state; to be handed back with the next change."""


@dataclass(frozen=True, slots=True)
class StoredSubmission:
    """A submission as the inbox keeps it."""

    submission: Submission
    standing: Standing
    unreadable: tuple[str, ...] = ()
    """Files of it that are not there or are damaged, and empty here; none: it is whole."""


@dataclass(frozen=True, slots=True)
class Add:
    """A new submission, pending; refused where its id is taken, under whatever state."""

    submission: Submission

    @property
    def id(self) -> str:
        """Id of the submission concerned."""
        return self.submission.id


@dataclass(frozen=True, slots=True)
class Replace:
    """Another text in place of one that is still pending; the old one is not kept."""

    submission: Submission
    expected_revision: str

    @property
    def id(self) -> str:
        """Id of the submission concerned."""
        return self.submission.id


@dataclass(frozen=True, slots=True)
class Move:
    """A decision, or one taken back."""

    id: str
    from_state: State
    to_state: State
    expected_revision: str

    def __post_init__(self) -> None:
        """Refuse what no submission can be: such an id, such states."""
        _require_id(self.id)
        if self.from_state not in STATES or self.to_state not in STATES or self.from_state is self.to_state:
            raise ValueError(f"a submission cannot move from {self.from_state.value} to {self.to_state.value}")


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The end of a submission that is still pending, at its writer's wish; its content is erased."""

    id: str
    expected_revision: str

    def __post_init__(self) -> None:
        """Refuse an id that no submission can have."""
        _require_id(self.id)


Change = Add | Replace | Move | Withdraw


class ConflictError(ConversationError):
    """A change that came too late: the id is taken, gone, decided or changed."""

    def __init__(self, id: str, wanted: str, standing: Standing | None) -> None:
        found = f"it is {standing.state.value} now" if standing else "there is none, or its writer withdrew it"
        super().__init__(f"cannot {wanted} submission {id}: {found}; look at it again")
        self.id = id
        self.standing = standing
        """Where it stands now; None: nowhere."""


class NoSubmissionError(ConversationError):
    """There is no submission of this id, or there is none any more."""

    def __init__(self, id: str) -> None:
        super().__init__(f"there is no submission {id!r} in the inbox; list them with `pelican-comments queue`")
        self.id = id


class Cause(Enum):
    """Why the inbox cannot be used now."""

    FULL = "full"
    """No space, or a quota: the visitor's 507."""
    READ_ONLY = "read-only"
    BUSY = "busy"
    """Another process has it, or git did not answer in time."""
    BROKEN = "broken"
    """No repository, or one that git refuses."""


class InboxUnavailableError(ConversationError):
    """Nothing was kept; the same call succeeds once the cause is gone."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


def judge(change: Change, standing: Standing | None) -> None:
    """Raise ConflictError where `change` does not fit where its id stands; None: nowhere."""
    match change:
        case Add():
            fits, wanted = standing is None, "add"
        case Replace():
            fits, wanted = standing == Standing(State.PENDING, change.expected_revision), "change"
        case Withdraw():
            fits, wanted = standing == Standing(State.PENDING, change.expected_revision), "withdraw"
        case Move():
            fits = standing == Standing(change.from_state, change.expected_revision)
            wanted = f"move to {change.to_state.value}"
    if not fits:
        raise ConflictError(change.id, wanted, standing)


def settle(standings: Sequence[Standing], parents: Mapping[str, Sequence[str]]) -> Standing:
    """Return which of several standings of one id counts: the one that came from another of them.

    A move makes the new ref before it deletes the old one, so a process that dies between leaves both. `parents` gives
    each revision's; what moved last is nobody's parent here.
    """
    left = {parent for standing in standings for parent in parents.get(standing.revision, ())}
    last = [standing for standing in standings if standing.revision not in left]
    return min(last or standings, key=lambda standing: _FIRST_DECIDED.index(standing.state))


_FIRST_DECIDED = (State.SPAM, State.REJECTED, State.APPROVED, State.PENDING)
"""Among standings of which none came from another, as only hands make them: the least public first."""
