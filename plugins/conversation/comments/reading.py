"""Reading: the files of one thread become a `Thread`, and a list of everything wrong with them.

Rule: an author's name, badge and styling come from a verified signature alone. A file that claims an author and cannot
prove it does not get any further than `_verify`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from ..errors import SignatureError
from ..model import Author, Comment, Kind, Problem, Severity, State, Thread
from ..text import is_visible
from .allowed_signers import Signer
from .comment_file import MAX_BODY_BYTES, CommentFile, parse_comment
from .comment_header import BODY
from .lookalikes import find_author_alike
from .markup import render_body
from .signatures import verify_signature
from .threads import build_thread


@dataclass(frozen=True, slots=True)
class Rules:
    """What reading needs to know of the site."""

    authors: Mapping[str, Author]
    """By key."""
    signers: tuple[Signer, ...] = ()
    timezone: tzinfo = UTC
    max_body_bytes: int | None = MAX_BODY_BYTES
    """None: any length."""
    max_indent: int = 5


def read_thread(name: str, files: Iterable[CommentFile], rules: Rules) -> tuple[Thread, tuple[Problem, ...]]:
    """Read, verify, render and place the comments of one thread; what has an error is left out and reported."""
    comments: list[Comment] = []
    problems: list[Problem] = []
    for file in files:
        parsed = parse_comment(
            file.data, file.path, thread=name, id=file.id, timezone=rules.timezone, max_body_bytes=rules.max_body_bytes
        )
        problems.extend(parsed.problems)
        if parsed.comment is not None and _verify(parsed.comment, file, rules, problems):
            comments.append(parsed.comment)
    bodies = {comment.id: _render(comment, problems) for comment in comments if comment.state is State.APPROVED}
    guests = frozenset(comment.id for comment in comments if _is_guest(comment, rules, problems))
    placements, thread_problems = build_thread(comments, max_indent=rules.max_indent)
    return Thread(name, placements, bodies, guests), (*problems, *thread_problems)


def _verify(comment: Comment, file: CommentFile, rules: Rules, problems: list[Problem]) -> bool:
    """Whether the comment may be shown: it claims no author, proves the claim, or is only a tombstone."""
    if comment.state is State.REMOVED:  # a tombstone shows neither name nor badge
        return True
    if comment.author is None:
        if file.signature is not None:
            remedy = "add `author:` or delete the signature"
            problems.append(_problem(comment, "stray-signature", "a signature stands beside a comment without author", remedy=remedy, severity=Severity.WARNING))  # fmt: skip
        return True
    if comment.author not in rules.authors:
        known = ", ".join(rules.authors) or "none"
        message = f"the author {comment.author[:80]!r} is not in CONVERSATION_AUTHORS ({known})"
        problems.append(
            _problem(comment, "unknown-author", message, remedy="correct `author:` or add the author there")
        )
        return False
    if file.signature is None:
        message = f"it claims to be by {comment.author!r} and is not signed"
        problems.append(_problem(comment, "signature-missing", message, remedy=f"sign it, or replace `author:` by `name:` (expected {file.path}.sig)"))  # fmt: skip
        return False
    try:
        verify_signature(file.data, file.signature, author=comment.author, signers=rules.signers, date=comment.changed)
    except SignatureError as error:
        problems.append(_problem(comment, error.code, error.message, remedy=error.remedy))
        return False
    return True


def _problem(
    comment: Comment, code: str, message: str, *, remedy: str, severity: Severity = Severity.ERROR, key: str = "author"
) -> Problem:
    origin = comment.origin
    return Problem(origin.path if origin else "", origin.line_of(key) if origin else 1, code, message, remedy, severity)


def _is_guest(comment: Comment, rules: Rules, problems: list[Problem]) -> bool:
    """Whether the comment's name can be taken for an author's; reported then."""
    if comment.author is not None or comment.name is None or comment.state is State.REMOVED:
        return False
    alike = find_author_alike(comment.name, rules.authors.values())
    if alike is None:
        return False
    message = (
        f"the name {comment.name!r} can be taken for the author {alike.name!r}, so the page says that it is a guest's"
    )
    remedy = f"sign it if it is {alike.name}'s, or change the name"
    problems.append(_problem(comment, "name-of-author", message, remedy=remedy, severity=Severity.WARNING, key="name"))
    return True


def _render(comment: Comment, problems: list[Problem]) -> str:
    if comment.kind is Kind.COMMENT and not is_visible(comment.body):  # a like has nothing to say
        remedy = "write its text, delete the file, or make it `state: removed` where it has replies"
        problems.append(_problem(comment, "empty-body", "the comment has no text", remedy=remedy, severity=Severity.WARNING, key=BODY))  # fmt: skip
    if (line := _find_conflict(comment.body)) is not None:
        message, remedy = "git has left a conflict in the text, and both sides are shown", "keep one side"
        problem = _problem(comment, "conflict", message, remedy=remedy, severity=Severity.WARNING, key=BODY)
        problems.append(replace(problem, line=problem.line + line))
    rendered = render_body(comment.body)
    if rendered.problem is not None:
        message = f"the body is shown as plain text: {rendered.problem}"
        problem = _problem(
            comment, "plain-text", message, remedy="simplify its markup", severity=Severity.WARNING, key=BODY
        )
        problems.append(problem)
    return rendered.html


def _find_conflict(body: str) -> int | None:
    """Return the line, counted from 0, at which the marks of a merge that was not settled begin; None where there are none."""
    text = f"\n{body}"
    start = text.find("\n<<<<<<< ")
    middle = text.find("\n=======\n", max(start, 0))
    end = text.find("\n>>>>>>> ", max(middle, 0))
    return text.count("\n", 0, start) if min(start, middle, end) >= 0 else None
