"""The rules for short texts from strangers: names, addresses of web pages, ids, threads, anchors, languages.

Rule: a function here says whether a value may be used, or cleans it; it never escapes, which is the work of whatever
writes the value out.
"""

import re
import unicodedata
from urllib.parse import unquote, urlsplit

MAX_NAME_CHARACTERS = 120
"""Longer names are cut; the longest full names on record that people sign with stay below it."""
MAX_URL_CHARACTERS = 2000
"""What every browser and proxy still takes."""
MAX_THREAD_BYTES = 200
"""Leaves room under the 255 bytes of a file name for what file systems and archives add."""

ID_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
ANCHOR_PATTERN = re.compile(r"(?=.*[0-9])[A-Za-z][A-Za-z0-9_.:-]{0,79}")
"""A digit is required, so that no anchor takes the id of a part of the page, such as `content` or `main`."""
LANG_PATTERN = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}")

_BIDIRECTIONAL_CONTROLS = "\u202a-\u202e\u2066-\u2069"
_UNSEEN = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufff9-\ufffb{_BIDIRECTIONAL_CONTROLS}\ud800-\udfff]")
_UNSEEN_IN_BODY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""What is drawn as a space though Unicode has it as letters, of Korean, and as a sign, of Braille."""
_PLAIN_THREAD = re.compile(r"[A-Za-z0-9_-](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_NOT_IN_URL = re.compile(rf'[\s\x00-\x20\x7f-\x9f"<>\\^`{{|}}{_BIDIRECTIONAL_CONTROLS}]')


def clean_line(text: str) -> str:
    """Return `text` on one line: NFC, without controls and bidirectional overrides, white space folded."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_UNSEEN.sub(" ", unicodedata.normalize("NFC", text)).split())


def clean_body(text: str) -> str:
    r"""Return a comment's body with `\n` line ends and without controls, blank lines around it and white space after it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
    return _UNSEEN_IN_BODY.sub("", lines).strip("\n").rstrip()


def is_visible(text: str) -> bool:
    """Whether `text` has at least one character that a reader sees."""
    if text[:1].isascii() and text[:1].isalnum():  # as most are
        return True
    return any(unicodedata.category(character)[0] not in "CZM" and character not in _BLANK for character in text)


def is_id(text: str) -> bool:
    """Whether `text` may be a comment's id."""
    return ID_PATTERN.fullmatch(text) is not None


def is_anchor(text: str) -> bool:
    """Whether `text` may be an older fragment of a comment."""
    return ANCHOR_PATTERN.fullmatch(text) is not None


def is_lang(text: str) -> bool:
    """Whether `text` has the form of a BCP 47 language tag."""
    return LANG_PATTERN.fullmatch(text) is not None


def make_lang(text: str) -> str:
    """Return a language as BCP 47 writes it, in lower case, where it is given as a locale's name: `pt-br` for `pt_BR`."""
    return text.strip().replace("_", "-").lower()  # as Pelican has the site's on pages that name none


def is_thread_name(text: str) -> bool:
    """Whether `text` may name a thread: letters, digits and marks of any script, `-`, `_`, and `.` inside."""
    if len(text) <= MAX_THREAD_BYTES and _PLAIN_THREAD.fullmatch(text):  # as most are
        return True
    if not text or len(text.encode("utf-8", "surrogateescape")) > MAX_THREAD_BYTES:
        return False
    if text.startswith(".") or text.endswith("."):
        return False
    return all(c in "-_." or unicodedata.category(c)[0] in "LNM" for c in text)


def make_thread_name(slug: str) -> str:
    """Return the name of a page's thread: its slug, percent-decoded, with `-` for what cannot stand in a folder's name.

    Empty where nothing is left. WordPress percent-encodes slugs outside ASCII, and some blogs have slugs with slashes.
    """
    text = unicodedata.normalize("NFC", unquote(slug.strip()))
    if is_thread_name(text):
        return text
    kept = "".join(c if c in "-_." or unicodedata.category(c)[0] in "LNM" else "-" for c in text)
    cut = re.sub("-{2,}", "-", kept).encode()[:MAX_THREAD_BYTES].decode(errors="ignore").strip("-.")
    return cut if is_thread_name(cut) else ""


def is_web_address(text: str) -> bool:
    """Whether `text` is an absolute http or https URL that can be written into HTML and XML as it is.

    One with a user in front of its host is none here: that is an e-mail address that got there, or another site's name as bait.
    """
    if len(text) > MAX_URL_CHARACTERS or _NOT_IN_URL.search(text):
        return False
    try:
        parts = urlsplit(text)
        is_plain = bool(parts.hostname) and "@" not in parts.netloc
        return parts.scheme in ("http", "https") and is_plain and (parts.port or 0) >= 0
    except ValueError:  # brackets or a port that are none
        return False
