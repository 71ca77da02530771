"""Submissions: what a visitor's form sent becomes a comment file and its private part, with marks for the moderator.

Rule: a visitor decides name, address, words and what is answered, and nothing else; ids, dates, states and authorship
are ours. Everything here is cleaned before it is compared, hashed or kept, so that one text has one form.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256

from ..comments.comment_file import format_comment, format_moment, parse_comment
from ..comments.flat_lines import Scalars
from ..comments.front_matter import format_front_matter, parse_front_matter
from ..comments.markup import render_body
from ..model import Comment
from ..text import MAX_NAME_CHARACTERS, MAX_URL_CHARACTERS, clean_body, clean_line, is_visible, is_web_address

MAX_EMAIL_CHARACTERS = 254
"""RFC 3696, erratum 1690."""
MAX_MARKS_IN_A_ROW = 30
"""Of combining characters; UAX 15, "Stream-Safe Text Format". Normalising a longer run takes quadratic time."""
FEWEST_LINKS = 3
"""From here on a comment is marked: two links are an answer with its source, and most spam has more."""
QUICK_SECONDS = 3
"""Nobody reads a preview in less."""
TRAP = "subject"
"""Name of the field that people do not see; programs fill in what has a promising name."""
CONSENT = "to be answered by the author"
"""What the form says of the use of an e-mail address, in the fewest words; kept with the address."""

_LONGEST_LINE = 4 * max(MAX_NAME_CHARACTERS, MAX_URL_CHARACTERS, MAX_EMAIL_CHARACTERS)
"""Of a field that is one line; what is beyond is too long anyway, and need not be cleaned."""
_BIDIRECTIONAL_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\\\]]+@[^\s@<>\"(),:;\[\\\]]+")
_BARE_HOST = re.compile(r"[^\s/:@]+\.[^\s/:@.]{2,}([/?#].*)?")
_LINK = "<a href="


@dataclass(frozen=True, slots=True)
class Form:
    """What a visitor typed, cleaned; it may still be nothing that can be taken."""

    thread: str = ""
    in_reply_to: str = ""
    """Id of the comment it answers; empty: it opens a branch."""
    name: str = ""
    url: str = ""
    """With its scheme."""
    email: str = ""
    body: str = ""
    trap: str = ""
    """What was filled into the field `TRAP`."""

    @property
    def digest(self) -> str:
        """What tells this form from every other one, in hexadecimal; the trap does not count."""
        parts = (self.thread, self.in_reply_to, self.name, self.url, self.email, self.body)
        return sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is to be mended in one field; `conversation/form_problem.html` has the words."""

    code: str
    """Stable name, such as `name-missing`."""
    limit: int = 0
    """Characters or bytes that are taken, where that is the matter."""


@dataclass(frozen=True, slots=True)
class PrivatePart:
    """What is kept beside a submitted comment and never becomes public."""

    thread: str
    """Folder the comment will go to; the comment file does not name it."""
    received: datetime
    """Aware."""
    marks: tuple[str, ...] = ()
    """Why it may be spam, one short phrase each."""
    sealed_email: str = ""
    """As `seal` makes it; empty: none was given."""
    consent: str = ""
    """What the form said of the use of the address when it was given."""


def read_form(values: Mapping[str, str], *, asks_email: bool) -> Form:
    """Take the known fields of what was sent and clean them; an e-mail address only where it was asked for.

    The texts have no halves of characters: forms never do, and whoever reads JSON sees to that.
    """
    names = ("thread", "in_reply_to", "name", "url", *(("email",) if asks_email else ()))
    lines = {name: _clean_line(values.get(name, "")) for name in names}
    if lines["url"] and "://" not in lines["url"] and _BARE_HOST.fullmatch(lines["url"]):
        lines["url"] = f"https://{lines['url']}"
    return Form(body=_clean_body(values.get("body", "")), trap=_clean_line(values.get(TRAP, "")), **lines)


def _clean_line(text: str) -> str:
    return clean_line(_limit_marks(text[:_LONGEST_LINE]))


def _clean_body(text: str) -> str:
    composed = unicodedata.normalize("NFC", _limit_marks(text))
    return clean_body(_BIDIRECTIONAL_CONTROLS.sub("", composed))


def _limit_marks(text: str) -> str:
    """Leave out combining characters beyond `MAX_MARKS_IN_A_ROW`; no script needs a tenth of that."""
    if text.isascii():
        return text
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        if run <= MAX_MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def check_form(form: Form, *, max_body_bytes: int) -> Mapping[str, FieldProblem]:
    """Return what is to be mended, by field; thread and parent are others' to judge."""
    found = {
        "name": _check_name(form.name),
        "url": None if not form.url or is_web_address(form.url) else FieldProblem("url-invalid"),
        "email": None if not form.email or _is_email(form.email) else FieldProblem("email-invalid"),
        "body": _check_body(form.body, max_body_bytes),
    }
    return {field: problem for field, problem in found.items() if problem is not None}


def _check_name(name: str) -> FieldProblem | None:
    if not is_visible(name):
        return FieldProblem("name-missing")
    return FieldProblem("name-too-long", MAX_NAME_CHARACTERS) if len(name) > MAX_NAME_CHARACTERS else None


def _is_email(text: str) -> bool:
    return len(text) <= MAX_EMAIL_CHARACTERS and _EMAIL.fullmatch(text) is not None


def _check_body(body: str, max_bytes: int) -> FieldProblem | None:
    if not is_visible(body):
        return FieldProblem("body-missing")
    limit = max_bytes - len("\n")  # which ends it in the file, and counts
    return FieldProblem("body-too-long", limit) if len(body.encode()) > limit else None


def make_comment(form: Form, *, id: str, date: datetime) -> Comment:
    """Return the comment that a form without problems makes."""
    return Comment(
        thread=form.thread, id=id, date=date, name=form.name, body=form.body,
        in_reply_to=form.in_reply_to or None, url=form.url or None,
    )  # fmt: skip


def format_public_part(form: Form, *, id: str, date: datetime, max_body_bytes: int) -> bytes:
    """Write the comment file of a form without problems."""
    return format_comment(make_comment(form, id=id, date=date), max_body_bytes=max_body_bytes)


def is_same_comment(one: bytes, other: bytes, *, id: str) -> bool:
    """Whether two comment files of one id say the same; the moments at which receivers took them may differ."""
    comments = [parse_comment(data, id, thread="-", id=id, max_body_bytes=None).comment for data in (one, other)]
    first, second = comments
    return one == other or (first is not None and second is not None and replace(first, date=second.date) == second)


def make_private_part(
    form: Form, *, received: datetime, marks: Sequence[str], seal: Callable[[str], str] | None
) -> PrivatePart:
    """Return the private part of a form without problems; `seal` closes an address to all but the moderator; None: there is nobody to seal to."""
    sealed = seal(form.email) if form.email and seal else ""
    return PrivatePart(form.thread, received, tuple(marks), sealed, CONSENT if sealed else "")


def format_private_part(part: PrivatePart) -> bytes:
    """Write a private part as flat YAML; what is empty is left out."""
    values: dict[str, Scalars] = {
        "thread": part.thread,
        "received": format_moment(part.received),
        "marks": part.marks,
        "sealed_email": part.sealed_email,
        "consent": part.consent,
    }
    return format_front_matter({key: value for key, value in values.items() if value}).encode()


def parse_private_part(data: bytes) -> PrivatePart:
    """Read what `format_private_part` wrote; raises FrontMatterError or ValueError for anything else."""
    values = {key: value.value for key, value in parse_front_matter(data.decode()).items()}
    if unknown := set(values) - {field.name for field in fields(PrivatePart)}:
        raise ValueError(f"a private part has no {', '.join(sorted(unknown))}")
    marks = values.pop("marks", ())
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    if "thread" not in texts or "received" not in texts or isinstance(marks, str) or len(texts) != len(values):
        raise ValueError("a private part has texts for thread and received, and a list of marks")
    received = datetime.fromisoformat(texts.pop("received"))
    if received.tzinfo is None:
        raise ValueError("a private part says when it was received with an offset")
    return PrivatePart(received=received, marks=marks, **texts)


def find_marks(form: Form, *, seconds_since_preview: float, blocklist: Sequence[str]) -> tuple[str, ...]:
    """Return why a submission may be spam; it only sorts the moderator's queue."""
    marks: list[str] = []
    if form.trap:
        marks.append("filled in the hidden field")
    if seconds_since_preview < QUICK_SECONDS:
        marks.append(f"sent {max(0, round(seconds_since_preview))} s after the preview")
    if (links := render_body(form.body).html.count(_LINK)) >= FEWEST_LINKS:
        marks.append(f"{links} links")
    marks.extend(f"has {found!r}" for found in _find_blocked(form, blocklist))
    return tuple(marks)


def _find_blocked(form: Form, blocklist: Sequence[str]) -> list[str]:
    """Return the entries of the list that stand in a form as words, without case."""
    text = _fold("\n".join((form.name, form.url, form.email, form.body)))
    folded = {_fold(entry): entry for entry in blocklist}
    return [entry for word, entry in folded.items() if word and word in text and _stands_in(word, text)]


def _stands_in(word: str, text: str) -> bool:
    """Whether `word` stands in `text` by itself, or also inside of another one where its script writes words together."""
    before = r"(?<!\w)" if _ends_at_a_word(word[0]) else ""
    after = r"(?!\w)" if _ends_at_a_word(word[-1]) else ""
    return re.search(f"{before}{re.escape(word)}{after}", text) is not None


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _ends_at_a_word(character: str) -> bool:
    return unicodedata.category(character) in ("Ll", "Nd")
