"""The comment file: bytes to a `Comment` with its problems, and a comment back to bytes.

Rule: whatever the bytes, the result is a comment, or an error that says why there is none. What is written is read back
first: no command makes a file that `check` reports.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from ..errors import InvalidCommentError
from ..model import Comment, Kind, Problem, State
from .comment_header import HeaderReader, Report
from .flat_lines import FrontMatterError, Scalars
from .front_matter import format_front_matter, parse_front_matter

MAX_BODY_BYTES = 64 * 1024
"""Default of `CONVERSATION_MAX_BODY_BYTES`."""
FENCE = "---"


@dataclass(frozen=True, slots=True)
class CommentFile:
    """The bytes of one comment file and of its signature."""

    id: str
    path: str
    """As in `Problem.path`."""
    data: bytes
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a comment file gave: a comment, or None and at least one error; problems either way."""

    comment: Comment | None
    problems: tuple[Problem, ...]


def parse_comment(
    data: bytes, path: str, *, thread: str, id: str, timezone: tzinfo = UTC, max_body_bytes: int | None = MAX_BODY_BYTES
) -> ParsedFile:
    """Read one comment file; `thread` and `id` are what its path says, `timezone` is for dates without an offset.

    Without `max_body_bytes` a body may have any length, as what was accepted once has.
    """
    report = Report(path)
    parts = _split(data, report)
    if parts is None:
        return ParsedFile(None, tuple(report.problems))
    header, body, body_line = parts
    try:
        values = parse_front_matter(header, first_line=2)
    except FrontMatterError as error:
        if (place := f"\n{header}".find("\n<<<<<<< ")) >= 0:
            line, what = header.count("\n", 0, place) + 2, "git has left a conflict in the front matter"
            report.error(line, "front-matter", what, "settle it, keep one side, and commit the file")
        else:
            report.error(error.line, "front-matter", error.message, error.remedy)
        return ParsedFile(None, tuple(report.problems))
    if max_body_bytes is not None and len(data) > max_body_bytes and len(body.encode()) > max_body_bytes:
        report.error(
            body_line, "body-too-long", f"the body has {len(body.encode())} bytes, over {max_body_bytes}",
            "shorten it or raise CONVERSATION_MAX_BODY_BYTES",
        )  # fmt: skip
    comment = HeaderReader(values, report, timezone).read_comment(thread, id, body=body, body_line=body_line)
    return ParsedFile(None if report.has_errors else comment, tuple(report.problems))


def _split(data: bytes, report: Report) -> tuple[str, str, int] | None:
    """Cut a file into header, body and the line at which the body starts; None, and an error, where it has no header."""
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        what = f"byte 0x{data[error.start]:02x} is not UTF-8"
        report.error(data[: error.start].count(b"\n") + 1, "undecodable", what, "save the file as UTF-8")
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    fence = text.find("\n---")
    if text.startswith("---\n") and text.startswith("\n---\n", fence):  # what every file of ours is like
        return text[4 : fence + 1], text[fence + 5 :], text.count("\n", 0, fence) + 3
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        report.error(
            1,
            "no-front-matter",
            "the file does not begin with a line `---`",
            "put name and date between two `---` lines",
        )
        return None
    for number, line in enumerate(lines[1:], start=1):
        if line.rstrip() == FENCE:
            return "\n".join(lines[1:number]) + "\n", "\n".join(lines[number + 1 :]), number + 2
    report.error(1, "no-front-matter", "the front matter is not closed", "put a line `---` after its last key")
    return None


def format_comment(comment: Comment, *, max_body_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Write a comment as its file, without `id` and `thread` unless an author signs them.

    Raises InvalidCommentError for one that `parse_comment` would not give back without a problem.
    """
    data = f"{FENCE}\n{format_front_matter(_header(comment))}{FENCE}\n{comment.body}\n".encode()
    parsed = parse_comment(data, "new comment", thread=comment.thread, id=comment.id, max_body_bytes=max_body_bytes)
    if parsed.problems:
        problem = parsed.problems[0]
        raise InvalidCommentError(problem.code, problem.message, problem.remedy)
    if parsed.comment != comment:
        raise InvalidCommentError("body", comment.body[:80], "clean it with `text.clean_body` first")
    return data


def _header(comment: Comment) -> dict[str, Scalars]:
    """Return the keys that are there, in the order of `KEYS`."""
    is_signed = comment.author is not None
    found: dict[str, Scalars | None] = {
        "name": comment.name,
        "author": comment.author,
        "date": format_moment(comment.date),
        "in_reply_to": comment.in_reply_to,
        "url": comment.url,
        "state": None if comment.state is State.APPROVED else comment.state.value,
        "edited": format_moment(comment.edited) if comment.edited else None,
        "id": comment.id if is_signed else None,
        "thread": comment.thread if is_signed else None,
        "anchors": comment.anchors or None,
        "source": comment.source,
        "kind": None if comment.kind is Kind.COMMENT else comment.kind.value,
        "lang": comment.lang,
    }
    return {key: value for key, value in found.items() if value is not None}


def format_moment(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC, `2026-03-14T09:26:53Z`."""
    return _format_utc(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


@lru_cache(maxsize=4096)  # the date of a comment is written five times
def _format_utc(moment: datetime) -> str:
    return moment.isoformat()[:-6] + "Z"
