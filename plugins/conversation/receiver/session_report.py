"""The report of a session in the browser: what was done, and what was not and why.

Rule: a refusal stands beside its comment where that still waits, and in the list above the queue where it does not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..moderation.candidates import Candidate
from ..moderation.decisions import DONE, Action, Change, Refusal
from ..moderation.session_log import describe_changes


@dataclass(frozen=True, slots=True)
class DoneView:
    """One change that was made."""

    word: str
    name: str
    """Of the comment's writer, or its id."""
    title: str
    """Of its page."""
    href: str
    """Where it stands; empty where it stands nowhere."""
    note: str


@dataclass(frozen=True, slots=True)
class RefusedView:
    """One decision that was not carried out, about a comment that does not wait any more."""

    word: str
    name: str
    reason: str
    remedy: str
    is_settled: bool
    answer: str
    """What was written as an answer to it, to be kept."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a session."""

    summary: str
    """Such as "Approve 2 comments, decline 1"; empty where nothing was done."""
    commit: str
    """First characters of its revision; empty where nothing was committed."""
    done: tuple[DoneView, ...]
    refused: tuple[RefusedView, ...]
    """Those whose comment does not wait any more."""
    refused_below: int
    """How many others there are."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a report needs to know of the comments concerned."""

    candidates: Mapping[str, Candidate]
    """By id, as they were before the session."""
    answered: Mapping[str, str]
    """Id of the comment that an answer is to, by the answer's id."""
    answers: Mapping[str, str]
    """What was written, by the id of the comment answered."""
    pages: Mapping[str, tuple[str, str]]
    """Title and address of the page of a thread, by the thread's name."""

    def name(self, id: str) -> str:
        """Return what to call a comment, or the one that an answer is to."""
        candidate = self.candidates.get(self.answered.get(id, id))
        return (candidate.name if candidate else "") or id


def make_report(
    changes: Sequence[Change], refusals: Sequence[Refusal], known: Known, *,
    commit: str, waiting: Collection[str], warnings: Sequence[str],
) -> Report:  # fmt: skip
    """Return the report of a session; `waiting` are the ids of what is in the queue after it."""
    gone = [r for r in refusals if known.answered.get(r.id, r.id) not in waiting]
    return Report(
        summary=describe_changes(changes),
        commit=commit[:10],
        done=tuple(_view_change(change, known) for change in changes),
        refused=tuple(_view_refusal(refusal, known) for refusal in gone),
        refused_below=len(refusals) - len(gone),
        warnings=tuple(warnings),
    )


def _view_change(change: Change, known: Known) -> DoneView:
    title, href = known.pages.get(change.thread, (change.thread, ""))
    is_on_page = change.action in (Action.APPROVE, Action.REPLY) and href
    href = f"{href}#comment-{change.id}" if is_on_page else ""
    return DoneView(DONE[change.action], known.name(change.id), title, href, change.note)


def _view_refusal(refusal: Refusal, known: Known) -> RefusedView:
    answer = known.answers.get(known.answered.get(refusal.id, ""), "")
    return RefusedView(
        DONE[refusal.action], known.name(refusal.id), refusal.reason, refusal.remedy, refusal.is_settled,
        "" if refusal.is_settled else answer,
    )  # fmt: skip


def place_refusals(refusals: Sequence[Refusal], answered: Mapping[str, str]) -> Mapping[str, Refusal]:
    """Return the first refusal about each comment, by its id; that of an answer is about what it answers."""
    found: dict[str, Refusal] = {}
    for refusal in refusals:
        found.setdefault(answered.get(refusal.id, refusal.id), refusal)
    return found
