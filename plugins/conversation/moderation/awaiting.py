"""Awaiting: which comments of readers the author has not answered.

Rule: an answer is an author's reply to that very comment. What readers say to each other stays on the list until the
author says that no answer is due.
"""

from collections.abc import Collection, Mapping

from ..model import Comment, Kind, State
from .public_threads import PublicThread

ANSWERABLE = (Kind.COMMENT, Kind.MENTION)
"""Behind the others no person waits for an answer."""


def find_unanswered(
    threads: Mapping[str, PublicThread], *, no_answer: Collection[tuple[str, str]] = ()
) -> tuple[Comment, ...]:
    """Return the published comments of readers without an author's reply, oldest first; `no_answer` has thread and id."""
    found: list[Comment] = []
    for thread in threads.values():
        published = [comment for comment in thread.comments.values() if comment.state is State.APPROVED]
        answered = {comment.parent_id for comment in published if comment.author is not None}
        found.extend(
            comment
            for comment in published
            if comment.author is None
            and comment.kind in ANSWERABLE
            and comment.id not in answered
            and (comment.thread, comment.id) not in no_answer
        )
    return tuple(sorted(found, key=lambda comment: (comment.date, comment.thread, comment.id)))
