"""The values of feeds: pages as feeds point to them, entries, targets, and what a feed says of itself.

Rule: everything is plain text or an absolute URI; `feeds` escapes it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from gettext import NullTranslations
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_DNS, UUID, uuid5

from ..comments.comment_file import format_moment
from ..model import Comment, Page
from ..text import is_lang

ENGLISH = NullTranslations()
"""No translation: the words of the code itself."""
_ORIGIN = re.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_PLAIN = re.compile("[A-Za-z0-9_./=-]*")
"""Nothing to encode, as with nearly every address."""
_URI_SAFE = "/#%=:;$&()+,!?*@'~"
"""What stays as it is in a URI, and `%`, as addresses may be encoded already."""


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page as the feeds of its comments point to it."""

    page: Page
    url: str
    """Absolute URI, no fragment, as `page_url` returns it."""
    entry_id: str
    """Id of its entry in the site's own Atom feed; its URL where no such feed has it."""
    feed_url: str | None = None
    """Absolute URI of the feed of its thread; None: it has none."""

    @property
    def lang(self) -> str:
        """The language of the page, empty where its tag is none."""
        return _find_lang(self.page.lang)


@dataclass(frozen=True, slots=True)
class Target:
    """What a comment answers."""

    id: str
    url: str
    is_here: bool = True
    """It is on this site."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One comment of a feed, with what it answers and what answers it."""

    comment: Comment
    page: FeedPage
    id: str
    """See `entry_id`."""
    name: str
    """As shown, with the mark of a guest."""
    html: str
    """The body, cleaned."""
    target: Target
    url: str | None = None
    """Absolute URI of its writer's page."""
    is_author: bool = False
    parent_name: str = ""
    """As `name`; empty for a root, an orphan and an answer to a tombstone."""
    replies: tuple[Comment, ...] = ()
    """The counted comments that answer it directly."""
    part_url: str = ""
    """Absolute URI of the further page that shows it, no fragment; empty: the page itself does."""
    catalogue: NullTranslations = ENGLISH
    """Of the words of its title."""

    @property
    def title(self) -> str:
        """Plain text."""
        if self.parent_name:
            pattern = self.catalogue.gettext("%(name)s answers %(parent)s on %(title)s")
        else:
            pattern = self.catalogue.gettext("%(name)s on %(title)s")
        return pattern % {"name": self.name, "parent": self.parent_name, "title": self.page.page.title}

    @property
    def published(self) -> str:
        """RFC 3339."""
        return format_moment(self.comment.date)

    @property
    def updated(self) -> str:
        """RFC 3339."""
        return format_moment(self.comment.changed)

    @property
    def replies_updated(self) -> str:
        """RFC 3339; there must be replies."""
        return format_moment(max(reply.changed for reply in self.replies))

    @property
    def permalink(self) -> str:
        """Absolute URI."""
        return f"{self.part_url or self.page.url}#{self.comment.fragment}"

    @property
    def source(self) -> str:
        """Absolute URI of where it was imported or mentioned from; may be empty."""
        return to_uri(self.comment.source) if self.comment.source else ""

    @property
    def lang(self) -> str:
        """The language of the body; empty where it is the page's."""
        lang = _find_lang(self.comment.lang or "")
        return lang if lang != self.page.lang else ""


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What a feed says of itself."""

    key: str
    """Names the feed among those of the site: `comments`, `replies`, `comments/<thread>`. Its id is made of it."""
    title: str
    """Plain text."""
    url: str
    """Its own absolute URI."""
    alternate_url: str
    """Absolute URI of the page that shows the same to a reader."""
    site_url: str
    """Absolute."""
    default_lang: str
    """BCP 47."""

    @property
    def id(self) -> str:
        """A UUID of the domain and the key, as a feed has no day that a tag URI could bear."""
        return uuid5(_make_namespace(find_domain(self.site_url)), self.key).urn

    @property
    def lang(self) -> str:
        """The language of the titles, empty where its tag is none."""
        return self.default_lang if is_lang(self.default_lang) else ""


@dataclass(frozen=True, slots=True)
class FeedThread:
    """The thread of an article, as the site's own feeds tell of it."""

    page_url: str
    """Absolute, no fragment."""
    count: int
    """As `Thread.count`."""
    updated: datetime | None = None
    """When its latest comment was changed, aware; None without comments."""
    feed_url: str | None = None
    """Absolute address of its own feed; None: it has none."""


@lru_cache(maxsize=64)
def _find_lang(lang: str) -> str:
    return lang if is_lang(lang) else ""


@lru_cache(maxsize=16)
def _make_namespace(domain: str) -> UUID:
    return uuid5(NAMESPACE_DNS, domain)


@lru_cache(maxsize=16)
def find_domain(site_url: str) -> str:
    """Return the host of the site, in ASCII; raises ValueError where its address is not absolute."""
    host = urlsplit(site_url).hostname
    if not host:
        raise ValueError(f"feeds need the absolute address of the site, not {site_url!r}")
    return host.encode("idna").decode("ascii")


def to_uri(iri: str) -> str:
    """Return an absolute address with what is not ASCII percent-encoded after its host (RFC 3987, 3.1)."""
    origin = _ORIGIN.match(iri)
    start = origin.end() if origin else 0
    if _PLAIN.fullmatch(iri, start):
        return iri
    return iri[:start] + quote(iri[start:], safe=_URI_SAFE, errors="replace")
