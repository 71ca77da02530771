"""The values of moderation: what is decided, what is so before, and what is to be changed.

Rule: a value here holds everything that applying it needs, so that a plan can be shown, thrown away and made anew.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import Enum

from ..comments.comment_file import MAX_BODY_BYTES
from ..inbox.values import Move
from ..model import State
from .candidates import Candidate
from .public_threads import PublicThread

ID_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other."""


def make_id(moment: datetime) -> str:
    """Return a new id: the time in UTC and four random characters."""
    return f"{moment.astimezone(UTC):%Y%m%d-%H%M%S}-{''.join(secrets.choice(ID_LETTERS) for _ in range(4))}"


class Action(Enum):
    """What can be decided about a comment, in the order that a session's log has it."""

    APPROVE = "approve"
    REPLY = "reply"
    EDIT = "edit"
    REMOVE = "remove"
    REJECT = "reject"
    SPAM = "spam"
    UNDO = "undo"
    """Takes a whole session back; `undoing` plans it."""


DONE = {
    Action.APPROVE: "approved", Action.REPLY: "answered", Action.EDIT: "edited", Action.REMOVE: "removed",
    Action.REJECT: "declined", Action.SPAM: "marked as spam", Action.UNDO: "taken back",
}  # fmt: skip
"""What was done to a comment, in words that stand after it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about one comment that they looked at."""

    action: Action
    id: str
    """Of the comment decided about; for a reply, of the reply."""
    thread: str = ""
    """For `reply`, `edit` and `remove`, which concern public files; a candidate brings its own."""
    seen: str = ""
    """Revision of the candidate that was looked at; empty: any."""
    seen_data: bytes = b""
    """The public file that was looked at, for `edit`."""
    data: bytes = b""
    """The file as it is to be, for `edit` and `reply`."""
    signature: bytes | None = None
    """Of its author."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """What one file below the folder of comments is to become."""

    path: str
    """`<thread>/<file name>`."""
    data: bytes | None
    """None: it is to be deleted."""
    before: bytes | None = None
    """What it was; known where it may have to be taken back at once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One decision, ready to be applied."""

    action: Action
    thread: str
    id: str
    files: tuple[FileChange, ...] = ()
    """Empty where no public file changes."""
    move: Move | None = None
    """In the inbox."""
    note: str = ""
    """What else there is to say about it, a few words."""
    parent: str = ""
    """Id of the comment it answers, where it puts one on the page."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision that cannot be carried out."""

    action: Action
    thread: str
    id: str
    reason: str
    """What stands against it: "it answers ..."."""
    remedy: str = ""
    """An imperative; empty where nothing is to be done."""
    is_settled: bool = False
    """What was decided is so already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is to change."""

    changes: tuple[Change, ...] = ()
    """By action; parents before their replies."""
    refusals: tuple[Refusal, ...] = ()

    @property
    def files(self) -> Mapping[str, bytes | None]:
        """Every file to write or delete, by path below the folder of comments."""
        return {file.path: file.data for change in self.changes for file in change.files}

    @property
    def moves(self) -> tuple[Move, ...]:
        """Every move in the inbox."""
        return tuple(change.move for change in self.changes if change.move is not None)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so before a session."""

    candidates: Mapping[str, Candidate] = field(default_factory=dict)
    """By id: those decided about, as far as the inbox has them."""
    states: Mapping[str, State] = field(default_factory=dict)
    """Where every submission stands, by id."""
    threads: Mapping[str, PublicThread] = field(default_factory=dict)
    """By name: those concerned; one that is missing has no comments."""
    timezone: tzinfo = UTC
    max_body_bytes: int = MAX_BODY_BYTES

    def thread(self, name: str) -> PublicThread:
        """Return a thread, an empty one where it has no comments."""
        return self.threads.get(name) or PublicThread()
