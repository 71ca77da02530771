"""WordPress: the posts and comments of a WXR export, versions 1.0 to 1.2, one post at a time.

Rule: the file is never held as a whole: every element is dropped when it ends. E-mail addresses and IPs are read only
to keep them out, and to tell an author's comment from a guest's.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from html import unescape
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers.expat import errors

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ..errors import ImportFileError
from ..model import Kind
from ..text import MAX_NAME_CHARACTERS, clean_line, is_visible, is_web_address
from .export import ExportedComment, ExportedPost, Reason

_KINDS = {
    "": Kind.COMMENT, "comment": Kind.COMMENT, "pingback": Kind.PINGBACK, "trackback": Kind.TRACKBACK,
    "webmention": Kind.MENTION, "mention": Kind.MENTION, "like": Kind.LIKE, "repost": Kind.REPOST,
}  # fmt: skip
"""Of WordPress's own types, and those that the Webmention plugin adds."""
_HIDDEN = {
    "0": Reason.PENDING, "hold": Reason.PENDING, "spam": Reason.SPAM, "trash": Reason.TRASH, "post-trashed": Reason.TRASH,
}  # fmt: skip
_APPROVED = frozenset(("1", "approve", "approved"))
_NUMBER = re.compile(r"[1-9][0-9]{0,19}")
_MIN_SECRET = 6
"""Shorter than any address or IP; exports of some plugins have marks such as `-` in their place."""
_EMAIL = re.compile(r"([^\s@<>(),;:\"]{1,64})@[^\s@<>(),;:\"]{1,253}\.[^\s@<>(),;:\"]{2,63}")

_CUT_OFF = ("the file ends too early", "export it again, or fetch the whole file")
_ILL_FORMED = (
    "it is not well-formed XML",
    "where a control character stands there, remove it (tr -d '\\000-\\010\\013\\014\\016-\\037' < OLD > NEW); "
    "where a letter does, its encoding is not the one that the first line names",
)
_FAULTS = {
    errors.XML_ERROR_NO_ELEMENTS: _CUT_OFF,
    errors.XML_ERROR_UNCLOSED_TOKEN: _CUT_OFF,
    errors.XML_ERROR_PARTIAL_CHAR: _CUT_OFF,
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION: _CUT_OFF,
    errors.XML_ERROR_UNDEFINED_ENTITY: (
        "it has an entity that XML does not know",
        "write it as a number, such as &#160; for &nbsp;",
    ),
    errors.XML_ERROR_MISPLACED_XML_PI: (
        "something stands before <?xml",
        "delete everything before it, empty lines too",
    ),
    errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT: ("something stands after </rss>", "delete it"),
    errors.XML_ERROR_UNBOUND_PREFIX: (
        "its <rss> does not declare a prefix that is used",
        "take the file as WordPress wrote it",
    ),
    errors.XML_ERROR_UNKNOWN_ENCODING: (
        "the encoding that its first line names is not known",
        "save it as UTF-8 and say so there",
    ),
}
_NOT_WXR = "choose the file of Tools, Export, All content in WordPress"


def read_posts(stream: BinaryIO, path: str, *, timezone: tzinfo = UTC) -> Iterator[ExportedPost]:
    """Yield the posts that have comments, in the order of the export; `timezone` is for dates without their UTC twin.

    Raises ImportFileError, naming `path` and line, where the file is no export or broken, which may be after many posts.
    """
    reader = _Reader(timezone)
    for event, element in _read_events(stream, path, reader):
        if event == "start":
            reader.start(element)
        elif (post := reader.end(element)) is not None:
            yield post
    if not reader.is_wxr:
        raise ImportFileError(path, 1, "it is no export of WordPress", _NOT_WXR)


def _read_events(stream: BinaryIO, path: str, reader: "_Reader") -> Iterator[tuple[str, Element]]:
    """Yield the events of the file; what is wrong with it becomes an ImportFileError."""
    try:
        yield from iterparse(stream, events=("start", "end"))
    except ParseError as error:
        fault = errors.messages.get(error.code, "")
        message, remedy = _FAULTS.get(fault, _ILL_FORMED)
        if reader.is_empty and fault in (errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_SYNTAX):
            message, remedy = "it holds no XML", _NOT_WXR
        elif not reader.is_wxr and (message, remedy) in (_ILL_FORMED, _CUT_OFF):
            message = f"it is no export of WordPress, or {message.removeprefix('it is ')}"
        raise ImportFileError(path, error.position[0], f"{message} ({error})", remedy) from error
    except DefusedXmlException as error:
        raise ImportFileError(
            path, 1, f"it declares entities ({error})", "take the file as WordPress wrote it"
        ) from error
    except (LookupError, ValueError) as error:  # encodings that expat cannot read
        remedy = "save it as UTF-8 and say so in its first line"
        raise ImportFileError(path, 1, f"its encoding cannot be read ({error})", remedy) from error


def _name_of(element: Element) -> str:
    """Return a name with a prefix of our own, whatever spelling its namespace has."""
    namespace, _, name = element.tag.rpartition("}")
    if "wordpress.org/export/" in namespace:
        return name if namespace.rstrip("/").endswith("/excerpt") else f"wp:{name}"
    return f"dc:{name}" if "purl.org/dc/" in namespace else name if not namespace else f"other:{name}"


class _Reader:
    """Collects values from the elements as they end, and lets go of the elements."""

    def __init__(self, timezone: tzinfo) -> None:
        self.timezone = timezone
        self.open: list[tuple[str, Element]] = []
        self.logins: dict[str, str] = {}
        """Of the authors of posts, by number; empty where the export leaves the numbers out."""
        self.emails: dict[str, str] = {}
        """Of the authors of posts, by login."""
        self.values: dict[str, dict[str, str]] = {}
        """Of the open author, item and comment, by name."""
        self.comments: list[dict[str, str]] = []
        """Of the open item."""
        self.is_wxr = False
        self.is_empty = True

    def start(self, element: Element) -> None:
        name = _name_of(element)
        self.is_empty = False
        self.is_wxr = self.is_wxr or name.startswith("wp:")
        self.open.append((name, element))
        if name in ("item", "wp:comment", "wp:author"):
            self.values[name] = {}

    def end(self, element: Element) -> ExportedPost | None:
        """Take the element's value to where it belongs; return the post that ends with it, if it has comments."""
        name, _ = self.open.pop()
        post = None
        if self.open:
            parent_name, parent = self.open[-1]
            parent.remove(element)
            if (values := self.values.get(parent_name)) is not None and len(element) == 0:
                values.setdefault(name, element.text or "")
        if name == "wp:comment":
            self.comments.append(self.values.pop(name, {}))
        elif name == "wp:author":
            self._add_author(self.values.pop(name, {}))
        elif name == "item":
            values, comments = self.values.pop(name, {}), self.comments
            self.comments = []
            post = self._read_post(values, comments) if comments else None
        return post

    def _add_author(self, values: dict[str, str]) -> None:
        login = values.get("wp:author_login", "").strip()
        if number := values.get("wp:author_id", "").strip():
            self.logins[number] = login
        if email := values.get("wp:author_email", "").strip().lower():
            self.emails[login] = email

    def _read_post(self, values: dict[str, str], comments: list[dict[str, str]]) -> ExportedPost:
        status = values.get("wp:status", "").strip()
        hidden = (
            "password"
            if values.get("wp:post_password", "").strip()
            else ""
            if status in ("publish", "inherit", "")
            else status
        )
        creator = values.get("dc:creator", "").strip()
        return ExportedPost(
            number=values.get("wp:post_id", "").strip(),
            title=clean_line(unescape(values.get("title", ""))),
            slug=values.get("wp:post_name", "").strip(),
            link=unicodedata.normalize("NFC", values.get("link", "").strip()),
            comments=tuple(self._read_comment(comment, creator) for comment in comments),
            hidden=hidden,
        )

    def _read_comment(self, values: dict[str, str], creator: str) -> ExportedComment:
        def value(name: str) -> str:
            return values.get(f"wp:comment_{name}", "").strip()

        number, parent, state, type = value("id"), value("parent"), value("approved"), value("type")
        hidden = None if state in _APPROVED else _HIDDEN.get(state, Reason.OTHER_STATE)
        if hidden is None and type not in _KINDS:
            hidden = Reason.OTHER_TYPE
        secrets = [
            secret.lower() for secret in (value("author_email"), value("author_IP")) if len(secret) >= _MIN_SECRET
        ]
        name, name_changes = _clean_name(value("author"), secrets)
        url, url_changes = _clean_url(value("author_url"), secrets)
        login = self._find_login(value("user_id"), value("author_email").lower(), creator)
        return ExportedComment(
            id=f"wp-{number}" if _NUMBER.fullmatch(number) else "",
            parent=f"wp-{parent}" if _NUMBER.fullmatch(parent) else None,
            name=name, url=url, html=values.get("wp:comment_content", ""),
            date=self._read_date(value("date_gmt"), value("date")),
            kind=_KINDS.get(type, Kind.COMMENT), fragment=f"comment-{number}",
            hidden=hidden, detail={Reason.OTHER_TYPE: type, Reason.OTHER_STATE: state}.get(hidden, "") if hidden else "",
            accounts=tuple(account for account in (login, value("user_id")) if account not in ("", "0")),
            is_by_author=bool(login), is_by_post_author=bool(login) and login == creator,
            is_by_unknown_user=not login and not self.logins and value("user_id") not in ("", "0"),
            changes=(*name_changes, *url_changes),
        )  # fmt: skip

    def _find_login(self, user: str, email: str, creator: str) -> str:
        """Return the login of the blog's author who wrote a comment; empty for anybody else.

        WordPress.com leaves the authors' numbers out: there a registered user with the e-mail address of the post's
        author, which no two accounts share, is that author.
        """
        if user in ("", "0"):
            return ""
        if self.logins:
            return self.logins.get(user, "")
        return creator if email and email == self.emails.get(creator) else ""

    def _read_date(self, utc: str, local: str) -> datetime | None:
        for text, timezone in ((utc, UTC), (local, self.timezone)):
            try:
                moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone)
            except ValueError:  # 0000-00-00 00:00:00 where WordPress never set it
                continue
            if 1900 <= moment.year < 9999:
                return moment.astimezone(UTC)
        return None


def _clean_name(stored: str, secrets: list[str]) -> tuple[str, tuple[Reason, ...]]:
    """Return a name that gives no address away; it is stored as HTML."""
    name = clean_line(unescape(stored))
    changes: list[Reason] = []
    shown = _EMAIL.sub(r"\1", name)
    for secret in (secret for secret in secrets if secret in shown.lower()):
        shown = re.sub(re.escape(secret), "", shown, flags=re.IGNORECASE)
    if shown != name:
        changes.append(Reason.NAME_WAS_ADDRESS)
        shown = clean_line(shown).strip(" ,;:")
    if not is_visible(shown):
        return "", (*changes, Reason.NO_NAME)
    if len(shown) > MAX_NAME_CHARACTERS:
        shown = shown[: MAX_NAME_CHARACTERS - 1].rstrip() + "…"
        changes.append(Reason.NAME_CUT)
    return shown, tuple(changes)


def _clean_url(stored: str, secrets: list[str]) -> tuple[str | None, tuple[Reason, ...]]:
    """Return the address of the commenter's page, unless it is none or gives their e-mail address or IP away."""
    url = unicodedata.normalize("NFC", unescape(stored))
    if url in ("", "http://", "https://"):
        return None, ()
    if not is_web_address(url) or any(secret in url.lower() for secret in secrets):
        return None, (Reason.NO_URL,)
    return url, ()
