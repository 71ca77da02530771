"""Candidates: what the inbox keeps, as somebody who decides about it needs to see it.

Rule: the public part is read again from its bytes, and nothing the receiver once knew about it is trusted; of the
private part only the thread and the marks come out, so that no address gets near a commit, a terminal or a page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from shlex import quote

from ..comments.comment_file import MAX_BODY_BYTES, parse_comment
from ..comments.flat_lines import FrontMatterError, Value
from ..comments.front_matter import parse_front_matter
from ..model import Comment, Problem, State
from ..text import clean_line, is_thread_name

DAMAGED = "damaged"
"""Code of the problem that no edit of the file mends."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A comment in the inbox, up for a decision or past one."""

    id: str
    thread: str
    """Empty where the private part names none; there is a problem then."""
    state: State
    """Where the inbox has it: pending, approved, rejected or spam."""
    revision: str
    """Of the inbox; whoever decides names it, so that nobody decides about a text they have not seen."""
    data: bytes
    """The comment file as it was received."""
    comment: Comment | None
    """None where the file has an error."""
    problems: tuple[Problem, ...]
    marks: tuple[str, ...] = ()
    """What speaks for spam, such as `7 links`; one line each."""

    @property
    def order(self) -> tuple[datetime, str]:
        """Its place in a list, oldest first; what has no date comes first of all."""
        return (self.comment.date if self.comment else datetime.min.replace(tzinfo=UTC)), self.id

    @property
    def is_damaged(self) -> bool:
        """Whether a part of it is not there or cannot be read."""
        return any(problem.code == DAMAGED for problem in self.problems)

    @property
    def name(self) -> str:
        """Its writer's name; empty where the file has none."""
        return (self.comment.name if self.comment else None) or ""


def describe_damage(ref: str, unreadable: Sequence[str], *, inbox: Path) -> Problem:
    """Return the problem of a submission whose files cannot be read, with where it is and how to look at it."""
    message = f"{ref} in {inbox} is damaged: there is no {' and no '.join(unreadable)} that git can read"
    look = f"git -C {quote(str(inbox))} show {ref}"
    return Problem(ref, 1, DAMAGED, message, f"look with `{look}`; declining it keeps what can be read")


def describe_stray(ref: str, *, inbox: Path) -> str:
    """Return what is to be said about something that lies among the submissions and is none."""
    git = f"git -C {quote(str(inbox))}"
    remedy = f"remove it with `{git} update-ref --no-deref -d {quote(ref)}` or, where git refuses, delete that file"
    return f"{ref} in {inbox} is no submission, and left out; look with `{git} show {quote(ref)}`, and {remedy}"


def read_candidate(
    comment_file: bytes, private: bytes, *, id: str, state: State, revision: str, timezone: tzinfo = UTC,
    max_body_bytes: int = MAX_BODY_BYTES, damage: Problem | None = None,
) -> Candidate:  # fmt: skip
    """Read both parts of a submission; what is wrong with them is in `problems`.

    Of one with `damage` what cannot be read is empty, and its comment is none.
    """
    path = f"inbox/{id}"
    facts = _read_private(private)
    named = _texts(facts.get("thread"))
    thread = named[0] if len(named) == 1 else ""
    parsed = parse_comment(comment_file, path, thread=thread, id=id, timezone=timezone, max_body_bytes=max_body_bytes)
    comment, problems = parsed.comment, list(parsed.problems)
    if damage is not None:
        comment, problems, thread = None, [damage], thread if is_thread_name(thread) else ""
    elif not is_thread_name(thread):
        problems.append(Problem(path, 1, "bad-thread", f"{thread[:80]!r} cannot name a thread", "reject it"))
        thread, comment = "", None
    if comment is not None and comment.author is not None:
        message = f"it claims to be by the author {comment.author[:80]!r}"
        problems.append(Problem(path, 1, "author-claimed", message, "reject it; an author's comment is signed"))
    if comment is not None and comment.state is not State.APPROVED:
        problems.append(Problem(path, 1, "bad-state", "it has a state", "take the line `state:` out"))
    marks = tuple(mark for mark in map(clean_line, _texts(facts.get("marks"))) if mark)
    return Candidate(id, thread, state, revision, comment_file, comment, tuple(problems), marks)


def _read_private(private: bytes) -> Mapping[str, Value]:
    """Read whatever a door has written; one that cannot be read says nothing, and its comment has no thread then."""
    try:
        return parse_front_matter(private.decode("utf-8", "replace"))
    except FrontMatterError:
        return {}


def _texts(found: Value | None) -> tuple[str, ...]:
    if found is None:
        return ()
    return (found.value,) if isinstance(found.value, str) else found.value
