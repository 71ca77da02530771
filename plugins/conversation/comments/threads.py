"""Threads: loose comments become one sequence in order of reading, each at its depth.

Rule: nothing here recurses. How deep a thread goes is chosen by strangers; 50,000 replies in a chain are a test.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ..model import Comment, Placement, Problem, Severity, State


def build_thread(comments: Iterable[Comment], *, max_indent: int) -> tuple[tuple[Placement, ...], tuple[Problem, ...]]:
    """Place every approved comment once, siblings oldest first, and every tombstone that still has replies.

    `comments` are of one thread, in any order, with different ids; lists of replies nest `max_indent` deep at most.
    """
    ordered = sorted(comments, key=_age)
    problems: list[Problem] = []
    ordered = _drop_taken_anchors(ordered, problems)
    by_id = {comment.id: comment for comment in ordered}
    parents = _find_parents(ordered, by_id, problems)
    _cut_loops(ordered, parents, problems)
    walk = _drop_bare_tombstones(list(_walk(ordered, parents)))
    return tuple(_place(walk, by_id, max_indent)), tuple(problems)


def _age(comment: Comment) -> tuple[object, str]:
    return comment.date, comment.id


def _problem(comment: Comment, key: str, code: str, *, message: str, remedy: str, **more: Severity) -> Problem:
    path, line = (comment.origin.path, comment.origin.line_of(key)) if comment.origin else (comment.id, 1)
    return Problem(path, line, code, message, remedy, **more)


def _drop_taken_anchors(ordered: Sequence[Comment], problems: list[Problem]) -> list[Comment]:
    """Leave each anchor to the oldest comment that has it, and none that is a comment's own fragment."""
    taken = {comment.fragment: comment.id for comment in ordered}
    kept: list[Comment] = []
    for comment in ordered:
        free = tuple(anchor for anchor in comment.anchors if anchor not in taken)
        for anchor in comment.anchors:
            if anchor in taken and anchor != comment.fragment:
                message = f"the anchor {anchor!r} belongs to the comment {taken[anchor]!r} of this thread"
                problem = _problem(
                    comment,
                    "anchors",
                    "anchor-taken",
                    message=message,
                    remedy="remove it where it is wrong",
                    severity=Severity.WARNING,
                )
                problems.append(problem)
        taken.update(dict.fromkeys(free, comment.id))
        kept.append(comment if free == comment.anchors else replace(comment, anchors=free))
    return kept


def _find_parents(
    ordered: Sequence[Comment], by_id: Mapping[str, Comment], problems: list[Problem]
) -> dict[str, str | None]:
    """Return each comment's parent by id; None for a root and for an orphan, which is reported."""
    parents: dict[str, str | None] = {}
    for comment in ordered:
        parent = by_id.get(comment.parent_id or "")
        parents[comment.id] = parent.id if parent else None
        if comment.parent_id and parent is None:
            message = f"it answers {comment.parent_id!r}, and this thread has no such comment"
            remedy = "correct `in_reply_to`, or restore that comment with `state: removed`"
            problems.append(_problem(comment, "in_reply_to", "unknown-parent", message=message, remedy=remedy))
        elif parent and parent is not comment and parent.date > comment.date:
            message = f"it is older than {parent.id!r}, which it answers"
            problem = _problem(
                comment, "date", "older-than-parent", message=message, remedy="correct one of the two dates",
                severity=Severity.WARNING,
            )  # fmt: skip
            problems.append(problem)
    return parents


def _cut_loops(ordered: Sequence[Comment], parents: dict[str, str | None], problems: list[Problem]) -> None:
    """Make the oldest comment of every loop a root, and report the loop."""
    by_id = {comment.id: comment for comment in ordered}
    done: set[str] = set()
    for comment in ordered:
        path: dict[str, None] = {}  # ordered
        current: str | None = comment.id
        while current is not None and current not in done and current not in path:
            path[current] = None
            current = parents[current]
        if current is not None and current in path:
            steps = list(path)
            loop = steps[steps.index(current) :]
            oldest = min((by_id[id] for id in loop), key=_age)
            parents[oldest.id] = None
            message, remedy = "the comment answers itself", "correct or remove `in_reply_to`"
            if len(loop) > 1:
                message = f"the replies {', '.join(sorted(loop)[:5])} answer each other in a loop"
                remedy = "correct `in_reply_to` of one of them"
            problems.append(_problem(oldest, "in_reply_to", "loop", message=message, remedy=remedy))
        done.update(path)


def _walk(ordered: Sequence[Comment], parents: Mapping[str, str | None]) -> Iterator[tuple[Comment, int]]:
    """Yield every comment with its depth, parents before their replies, siblings in the order given."""
    replies: dict[str | None, list[Comment]] = {}
    for comment in reversed(ordered):  # the last to be pushed is the first to be visited
        replies.setdefault(parents[comment.id], []).append(comment)
    stack = [(comment, 0) for comment in replies.get(None, [])]
    while stack:
        comment, depth = stack.pop()
        yield comment, depth
        stack.extend((reply, depth + 1) for reply in replies.get(comment.id, []))


def _drop_bare_tombstones(walk: Sequence[tuple[Comment, int]]) -> list[tuple[Comment, int]]:
    """Leave out tombstones below which no approved comment is left; last to first, so one pass is enough."""
    kept: list[tuple[Comment, int]] = []
    for comment, depth in reversed(walk):
        has_replies = bool(kept) and kept[-1][1] > depth
        if comment.state is State.APPROVED or has_replies:
            kept.append((comment, depth))
    kept.reverse()
    return kept


def _place(walk: Sequence[tuple[Comment, int]], by_id: Mapping[str, Comment], max_indent: int) -> Iterator[Placement]:
    indents = [min(depth, max_indent) for _, depth in walk] + [0]
    for index, (comment, depth) in enumerate(walk):
        parent = by_id.get(comment.parent_id or "")
        step = indents[index + 1] - indents[index]
        yield Placement(
            comment, number=index + 1, depth=depth, opens=step > 0, closes=max(0, -step),
            parent=parent, is_orphan=comment.parent_id is not None and parent is None,
        )  # fmt: skip
