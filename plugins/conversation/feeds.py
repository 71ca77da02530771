"""Atom feeds of comments: entries in, the text of one feed out, threaded as RFC 4685 says.

Rule: ids are made of the site's domain, the thread and the comment, never of an address on the site: an id that changes
shows every reader an old comment as new.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit
from uuid import NAMESPACE_DNS, uuid5

from jinja2 import Environment, StrictUndefined

from .comment_file import format_moment
from .model import Author, Comment, Page, State, Thread
from .text import is_lang, is_web_address

_NOT_WRITTEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 (2.2) forbids, and the C1 controls, which it discourages and the W3C's validator warns of."""
_ORIGIN = re.compile("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_URI_SAFE = "/#%=:;$&()+,!?*@'~"
"""What stays as it is in a URI, and `%`, as addresses may be encoded already."""

_TEMPLATE = Environment(
    autoescape=True,
    finalize=str,  # so that nothing passes for markup that needs no escaping
    keep_trailing_newline=True,
    lstrip_blocks=True,
    trim_blocks=True,
    undefined=StrictUndefined,
).from_string("""\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
{%- if feed.lang %} xml:lang="{{ feed.lang }}"{% endif %}>
  <id>{{ feed.id }}</id>
  <title>{{ feed.title }}</title>
  <updated>{{ entries[0].updated }}</updated>
  <link rel="self" type="application/atom+xml" href="{{ feed.url }}"/>
  <link rel="alternate" type="text/html" href="{{ feed.alternate_url }}"/>
{% for entry in entries %}
  <entry{% if entry.page.lang %} xml:lang="{{ entry.page.lang }}"{% endif %}>
    <id>{{ entry.id }}</id>
    <title>{{ entry.title }}</title>
    <published>{{ entry.published }}</published>
    <updated>{{ entry.updated }}</updated>
    <author>
      <name>{{ entry.name }}</name>
{% if entry.url %}
      <uri>{{ entry.url }}</uri>
{% endif %}
    </author>
{% if entry.is_author %}
    <category term="author"/>
{% endif %}
    <link rel="alternate" type="text/html" href="{{ entry.permalink }}"/>
{% if entry.source %}
    <link rel="via" href="{{ entry.source }}"/>
{% endif %}
{% with target = entry.target %}
    <thr:in-reply-to ref="{{ target.id }}" href="{{ target.url }}"{% if target.is_here %} type="text/html"{% endif %}/>
    <link rel="related" href="{{ target.url }}"{% if target.is_here %} type="text/html"{% endif %}/>
{% endwith %}
{% if entry.replies %}
{% if entry.page.feed_url %}
    <link rel="replies" type="application/atom+xml" href="{{ entry.page.feed_url }}" thr:count="{{ entry.replies|length }}" thr:updated="{{ entry.replies_updated }}"/>
{% endif %}
    <thr:total>{{ entry.replies|length }}</thr:total>
{% endif %}
    <content type="html" xml:base="{{ entry.page.url }}"{% if entry.lang %} xml:lang="{{ entry.lang }}"{% endif %}>{{ entry.html }}</content>
  </entry>
{% endfor %}
</feed>
""")
"""The link `related` tells readers that do not know RFC 4685 what `thr:in-reply-to` tells the others. `source` is not
given there: it has to name a feed that holds the parent, and feeds end after the latest entries."""


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
        return self.page.lang if is_lang(self.page.lang) else ""


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

    @property
    def title(self) -> str:
        """Plain text."""
        answers = f" answers {self.parent_name}" if self.parent_name else ""
        return f"{self.name}{answers} on {self.page.page.title}"

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
        return f"{self.page.url}#{self.comment.fragment}"

    @property
    def source(self) -> str:
        """Absolute URI of where it was imported or mentioned from; may be empty."""
        return _to_uri(self.comment.source or "")

    @property
    def lang(self) -> str:
        """The language of the body; empty where it is the page's."""
        lang = self.comment.lang or ""
        return lang if lang != self.page.lang and is_lang(lang) else ""


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
        return uuid5(uuid5(NAMESPACE_DNS, _domain(self.site_url)), self.key).urn

    @property
    def lang(self) -> str:
        """The language of the titles, empty where its tag is none."""
        return self.default_lang if is_lang(self.default_lang) else ""


def list_entries(
    thread: Thread, page: FeedPage, *, authors: Mapping[str, Author], site_url: str
) -> tuple[FeedEntry, ...]:
    """Return an entry for every comment that `Thread.count` counts, in order of reading; `authors` are by key."""
    approved = [place for place in thread.placements if place.comment.state is State.APPROVED]
    counted = [place for place in approved if place.comment.kind.is_counted]
    replies: dict[str, list[Comment]] = {}
    for place in counted:
        if place.parent is not None:
            replies.setdefault(place.parent.id, []).append(place.comment)
    return tuple(
        FeedEntry(
            place.comment,
            page,
            id=entry_id(place.comment, site_url),
            name=_show_name(place.comment, thread, authors),
            html=thread.bodies.get(place.comment.id, ""),
            target=_find_target(place.comment, place.parent, page, site_url),
            url=_find_url(place.comment, authors, site_url),
            is_author=place.comment.author in authors,
            parent_name=_show_name(place.parent, thread, authors) if place.parent else "",
            replies=tuple(replies.get(place.comment.id, ())),
        )
        for place in counted
    )


def render_feed(entries: Iterable[FeedEntry], facts: FeedFacts, *, max_items: int | None = None) -> str | None:
    """Write the latest `max_items` entries as an Atom feed, the one changed last first; None where there are none.

    The order of `entries` does not matter. No feed is to be written for None, and none to be linked to.
    """
    latest = sorted(entries, key=_age, reverse=True)[:max_items]
    if not latest:
        return None
    text = _TEMPLATE.render(feed=facts, entries=latest)
    return _NOT_WRITTEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def page_url(page: Page, site_url: str) -> str:
    """Return the absolute URI of a page, as Pelican's own feeds have it."""
    return _to_uri(urljoin(f"{site_url.rstrip('/')}/", page.url))


def entry_id(comment: Comment, site_url: str) -> str:
    """Return the id of a comment's entry: a tag URI (RFC 4151) of the site's domain, the comment's day, thread and id.

    Raises ValueError where `site_url` is not absolute.
    """
    day = comment.date.astimezone(UTC).date().isoformat()
    return f"tag:{_domain(site_url)},{day}:{_quote_thread(comment.thread)}/{comment.id}"


def _age(entry: FeedEntry) -> tuple[object, str, str]:
    return entry.comment.changed, entry.comment.thread, entry.comment.id


def _show_name(comment: Comment, thread: Thread, authors: Mapping[str, Author]) -> str:
    """Return the name of a comment; of names that are alike, only an author's stands without a mark."""
    if comment.state is State.REMOVED:
        return ""
    author = authors.get(comment.author or "")
    name = author.name if author else comment.name or ""
    return f"{name} (guest)" if comment.id in thread.guests else name


def _find_url(comment: Comment, authors: Mapping[str, Author], site_url: str) -> str | None:
    author = authors.get(comment.author or "")
    url = author.url if author else comment.url
    if url is None or is_web_address(url):
        return url and _to_uri(url)
    return _to_uri(f"{site_url.rstrip('/')}/{url.lstrip('/')}") if author else None


def _find_target(comment: Comment, parent: Comment | None, page: FeedPage, site_url: str) -> Target:
    """Return what a comment answers: its parent, a tombstone too; another site's page; or the page itself."""
    if parent is not None:
        return Target(entry_id(parent, site_url), f"{page.url}#{parent.fragment}")
    if comment.in_reply_to is not None and is_web_address(comment.in_reply_to):
        elsewhere = _to_uri(comment.in_reply_to)
        return Target(elsewhere, elsewhere, is_here=False)
    return Target(page.entry_id, page.url)


@lru_cache(maxsize=16)
def _domain(site_url: str) -> str:
    host = urlsplit(site_url).hostname
    if not host:
        raise ValueError(f"feeds need the absolute address of the site, not {site_url!r}")
    return host.encode("idna").decode("ascii")


@lru_cache(maxsize=256)
def _quote_thread(thread: str) -> str:
    return quote(thread, safe="", errors="replace")


def _to_uri(iri: str) -> str:
    """Return an absolute address with what is not ASCII percent-encoded after its host (RFC 3987, 3.1)."""
    origin = _ORIGIN.match(iri)
    start = origin.end() if origin else 0
    return iri[:start] + quote(iri[start:], safe=_URI_SAFE, errors="replace")
