"""The header of a comment file: its values become the fields of a comment, or problems with their lines.

Rule: a value that shapes the thread (id, parent, date, state, authorship) and cannot be read leaves the comment out; a
value that only adorns it (url, source, language, anchors) is dropped and reported, and the comment is shown.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from ..model import Comment, Kind, Origin, Problem, Severity, State
from ..text import MAX_NAME_CHARACTERS, clean_body, clean_line, is_anchor, is_id, is_lang, is_visible, is_web_address
from .flat_lines import Value

KEYS = (
    "name",
    "author",
    "date",
    "in_reply_to",
    "url",
    "state",
    "edited",
    "id",
    "thread",
    "anchors",
    "source",
    "kind",
    "lang",
)
"""Every key of the format, in the order they are written."""
_KNOWN_KEYS = frozenset(KEYS)
_KINDS = {kind.value: kind for kind in Kind}
MAX_ANCHORS = 16
"""No old blog gave one comment more names than a few."""
MAX_UNKNOWN_KEYS = 5
"""Named in one file. A header has room for 2,000, and the log of a build takes half a millisecond for each."""
BODY = "body"
"""Stands for a key where the line of the body is meant; no key of the format is called so."""


@dataclass(slots=True)
class Report:
    """Collects the problems of one file."""

    path: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, line: int, code: str, message: str, remedy: str) -> None:
        """Note what keeps the comment from being shown."""
        self.problems.append(Problem(self.path, line, code, message, remedy))

    def warning(self, line: int, code: str, message: str, remedy: str) -> None:
        """Note what only may be wrong."""
        self.problems.append(Problem(self.path, line, code, message, remedy, Severity.WARNING))

    @property
    def has_errors(self) -> bool:
        """Whether something keeps the comment from being shown."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


class HeaderReader:
    """Turns the values of a header into the fields of a comment, reporting what cannot be used."""

    def __init__(self, values: Mapping[str, Value], report: Report, timezone: tzinfo) -> None:
        self.values = values
        self.report = report
        self.timezone = timezone

    def read_comment(self, thread: str, id: str, *, body: str, body_line: int) -> Comment | None:
        """Read every field; None where no comment can be made of them (an error is reported then)."""
        self._warn_of_unknown_keys()
        self._compare_with_path("thread", thread)
        self._compare_with_path("id", id)
        author, state = self._text("author"), self._state()
        name = self._name(required=author is None and state is State.APPROVED)
        date = self._date("date", required=True)
        if author is not None:
            self._require_signed_keys()
        kind, parent = self._kind(), self._in_reply_to()
        if date is None:
            return None
        origin = Origin(
            self.report.path, (*[(key, value.line) for key, value in self.values.items()], (BODY, body_line))
        )
        return Comment(
            thread=thread, id=id, name=name, author=author, date=date, body=clean_body(body),
            in_reply_to=parent, url=self._address("url"), state=state, edited=self._date("edited"),
            anchors=self._anchors(), source=self._address("source"), kind=kind, lang=self._lang(), origin=origin,
        )  # fmt: skip

    def _warn_of_unknown_keys(self) -> None:
        if self.values.keys() <= _KNOWN_KEYS:
            return
        unknown = [key for key in self.values if key not in _KNOWN_KEYS]
        for key in unknown[:MAX_UNKNOWN_KEYS]:
            self._warn_of_key(key, f"{key[:80]!r} is no key of a comment")
        if more := unknown[MAX_UNKNOWN_KEYS:]:
            self._warn_of_key(more[0], f"{len(more)} more are no keys of a comment")

    def _warn_of_key(self, key: str, message: str) -> None:
        self.report.warning(self.values[key].line, "unknown-key", message, f"use one of {', '.join(KEYS)}")

    def _text(self, key: str) -> str | None:
        """Return the text of `key`; None where it is absent, empty or a list (an error then)."""
        value = self.values.get(key)
        if value is None or value.value in ("", ()):
            return None
        if isinstance(value.value, tuple):
            self.report.error(value.line, f"bad-{_dashed(key)}", f"{key} is a list", "give one value")
            return None
        text = value.value.strip()
        return (text if text.isascii() else unicodedata.normalize("NFC", text)) or None

    def _line(self, key: str) -> int:
        return self.values[key].line if key in self.values else 1

    def _compare_with_path(self, key: str, expected: str) -> None:
        value = self._text(key)
        if value is not None and value != expected:
            code = "signature-moved" if "author" in self.values else f"{key}-disagrees"
            self.report.error(
                self._line(key), code, f"{key} is {value[:80]!r}, and the path says {expected!r}",
                f"move the file or make it `{key}: {expected}`",
            )  # fmt: skip

    def _require_signed_keys(self) -> None:
        for key in ("id", "thread"):
            if self._text(key) is None:
                message = f"an author's comment has no {key}, so its signature would hold anywhere"
                self.report.error(
                    self._line("author"), f"missing-{key}", message, f"add `{key}:` as the path has it and sign again"
                )

    def _name(self, *, required: bool) -> str | None:
        text = self._text("name")
        name = clean_line(text or "")
        if not is_visible(name):
            if required:
                self.report.error(self._line("name"), "missing-name", "the comment has no name", "add `name:`")
            return None
        if name != text:
            self.report.warning(
                self._line("name"),
                "name-cleaned",
                "the name has controls or odd spaces, which are not shown",
                f"make it `name: {name[:80]}`",
            )
        if len(name) > MAX_NAME_CHARACTERS:
            self.report.warning(
                self._line("name"),
                "name-too-long",
                f"the name is over {MAX_NAME_CHARACTERS} characters and is cut",
                "shorten it",
            )
            name = name[: MAX_NAME_CHARACTERS - 1].rstrip() + "…"
        return name

    def _date(self, key: str, *, required: bool = False) -> datetime | None:
        text = self._text(key)
        if text is None:
            if required:
                self.report.error(
                    self._line(key), f"missing-{key}", f"the comment has no {key}", f"add `{key}: 2026-03-14T09:26:53Z`"
                )
            return None
        try:
            moment = datetime.fromisoformat(text)
            if not 1900 <= moment.year < 9999:  # outside, a change of offset may leave the calendar
                raise ValueError(text)
        except ValueError:
            self.report.error(
                self._line(key), f"bad-{key}", f"{text[:80]!r} is no date", f"write it as `{key}: 2026-03-14T09:26:53Z`"
            )
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self.timezone)
            utc = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
            self.report.warning(
                self._line(key),
                f"naive-{key}",
                f"{text!r} has no offset and is read in the site's TIMEZONE",
                f"write `{key}: {utc}`",
            )
        return moment.astimezone(UTC)

    def _in_reply_to(self) -> str | None:
        text = self._text("in_reply_to")
        if text is not None and not is_id(text) and not is_web_address(text):
            self.report.error(
                self._line("in_reply_to"),
                "bad-in-reply-to",
                f"{text[:80]!r} is neither an id nor a web address",
                "give the id of a comment in this thread, or an http(s) address",
            )
            return None
        return text

    def _state(self) -> State:
        text = self._text("state")
        if text is None:
            return State.APPROVED
        if text not in (State.APPROVED.value, State.REMOVED.value):
            self.report.error(
                self._line("state"),
                "bad-state",
                f"state {text[:80]!r} is not one that a public file has",
                "use `approved` or `removed`, or delete the file",
            )
            return State.REMOVED
        return State(text)

    def _kind(self) -> Kind:
        text = self._text("kind")
        if text is None:
            return Kind.COMMENT
        if text not in _KINDS:
            self.report.error(
                self._line("kind"),
                "bad-kind",
                f"{text[:80]!r} is no kind of comment",
                f"use one of {', '.join(_KINDS)}",
            )
            return Kind.COMMENT
        return _KINDS[text]

    def _address(self, key: str) -> str | None:
        text = self._text(key)
        if text is not None and not is_web_address(text):
            self.report.warning(
                self._line(key),
                f"bad-{key}",
                f"{key} {text[:80]!r} is no http(s) address of a page and is not shown",
                "write it as `https://host/path`, without a user, or remove it",
            )
            return None
        return text

    def _lang(self) -> str | None:
        text = self._text("lang")
        if text is not None and not is_lang(text):
            self.report.warning(
                self._line("lang"), "bad-lang", f"{text[:80]!r} is no language tag", "write one such as `en` or `pt-BR`"
            )
            return None
        return text

    def _anchors(self) -> tuple[str, ...]:
        value = self.values.get("anchors")
        given = () if value is None else (value.value,) if isinstance(value.value, str) else value.value
        anchors = tuple(dict.fromkeys(a for a in given if is_anchor(a)))[:MAX_ANCHORS]
        if value is not None and len(anchors) != len([a for a in given if a]):
            wrong = next((a for a in given if a not in anchors), given[-1])
            self.report.warning(
                value.line,
                "bad-anchors",
                f"the anchor {wrong[:80]!r} is not used",
                f"give at most {MAX_ANCHORS} different ones such as `comment-123`",
            )
        return anchors


def _dashed(key: str) -> str:
    return key.replace("_", "-")
