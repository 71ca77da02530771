"""Twins: submissions of one id that two receivers took each by itself, as when one preview is sent to both.

Rule: what says the same is one comment. What says something else gets an id of its own before it gives way, so that
nothing anybody sent is lost; where both are decided already, nobody here chooses between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from ..comments.flat_lines import FrontMatterError
from ..git.command import Git
from ..model import State
from .reading import read_submissions
from .submission import format_private_part, is_same_comment, parse_private_part
from .values import Add, Standing, Submission
from .writing import write_changes

TAIL_CHARACTERS = 6
"""Of the id of one that is set apart, from its content: 24 bits, among the twins of one id."""
LONGEST_HEAD = 64 - TAIL_CHARACTERS - 1
"""Of the old id, in front of that."""


@dataclass(frozen=True, slots=True)
class Twins:
    """What was found out about twins, by id; of one that is in neither, both are kept where they are."""

    same: frozenset[str]
    """They are one comment."""
    apart: Mapping[str, str]
    """The id that one of them has now."""


def part_twins(git: Git, twins: Mapping[str, tuple[Standing, Standing]], *, held: int) -> Twins:
    """Compare twins, ours and theirs by id, and give one of each two that differ an id of its own; `held` is the writer's lock."""
    same, apart = set(), {}
    for id, (ours, theirs) in twins.items():
        one, other = (read_submissions(git, {id: standing})[0] for standing in (ours, theirs))
        if one.unreadable or other.unreadable:
            continue
        if is_same_comment(one.submission.comment, other.submission.comment, id=id):
            same.add(id)
        elif State.PENDING in (ours.state, theirs.state):
            giving_way = one if ours.state is State.PENDING else other
            renamed = _rename(giving_way.submission)
            write_changes(git, [Add(renamed)], held=held)  # refused where an earlier round has done so
            apart[id] = renamed.id
    return Twins(frozenset(same), apart)


def _rename(submission: Submission) -> Submission:
    """Return a submission under the id that its content gives it, marked for the moderator."""
    digest = sha256(submission.comment + b"\0" + submission.private).hexdigest()
    id = f"{submission.id[:LONGEST_HEAD]}-{digest[:TAIL_CHARACTERS]}"
    return Submission(
        id, submission.comment, _mark(submission.private, f"another text than {submission.id}, sent with it")
    )


def _mark(private: bytes, mark: str) -> bytes:
    """Add a mark to a private part; one that no receiver of ours has written stays as it is."""
    try:
        part = parse_private_part(private)
    except (FrontMatterError, ValueError):
        return private
    return format_private_part(replace(part, marks=(*part.marks, mark)))
