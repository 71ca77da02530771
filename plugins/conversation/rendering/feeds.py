"""Atom feeds of comments: entries in, the text of one feed out, threaded as RFC 4685 says.

Rule: ids are made of the site's domain, the thread and the comment, never of an address on the site: an id that changes
shows every reader an old comment as new.
"""

import re
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from gettext import NullTranslations
from urllib.parse import quote, urljoin

from ..comments.comment_file import format_moment
from ..model import Author, Comment, Page, Placement, State, Thread
from ..text import is_web_address
from .feed_values import ENGLISH, FeedEntry, FeedFacts, FeedPage, Target, find_domain, to_uri
from .translations import mark_guest

_NOT_WRITTEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 (2.2) forbids, and the C1 controls, which it discourages and the W3C's validator warns of."""

FEED_START = """\
<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0\""""
"""By which a feed of ours can be told from a stranger's."""
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)*/?")
"""What is only put behind an address to join the two; ten times as quick, and most pages have such a one."""


def _escape(text: str) -> str:
    """Return text for an element or an attribute; nothing passes for markup that needs no escaping, as it does in Jinja."""
    text = str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;")


def list_entries(
    thread: Thread, page: FeedPage, *, authors: Mapping[str, Author], site_url: str,
    part_urls: Mapping[str, str] | None = None, catalogue: NullTranslations = ENGLISH, only: Container[str] | None = None,
) -> tuple[FeedEntry, ...]:  # fmt: skip
    """Return an entry for every comment that `Thread.count` counts, in order of reading; `authors` are by key.

    `part_urls` are the absolute URIs of the further pages of a long thread, by the ids of the comments they show. `only` are
    the ids of those that an entry is wanted for; None: of all.
    """
    parts = part_urls or {}
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
            name=_show_name(place.comment, thread, authors, catalogue=catalogue),
            html=thread.bodies.get(place.comment.id, ""),
            target=_find_target(place, page, site_url, shown_at=parts.get(place.comment.id, page.url)),
            url=_find_url(place.comment, authors, site_url),
            is_author=place.comment.author in authors,
            parent_name=_show_name(place.parent, thread, authors, catalogue=catalogue) if place.parent else "",
            replies=tuple(replies.get(place.comment.id, ())),
            part_url=parts.get(place.comment.id, ""),
            catalogue=catalogue,
        )
        for place in counted
        if only is None or place.comment.id in only
    )


def render_feed(entries: Iterable[FeedEntry], facts: FeedFacts, *, max_items: int | None = None) -> str | None:
    """Write the latest `max_items` entries as an Atom feed, the one changed last first; None where there are none.

    The order of `entries` does not matter. No feed is to be written for None, and none to be linked to.
    """
    latest = sorted(entries, key=_age, reverse=True)[:max_items]
    if not latest:
        return None
    text = "".join((_write_head(facts, latest[0]), *map(_write_entry, latest), "</feed>\n"))
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_WRITTEN.sub("", text)


def _write_head(feed: FeedFacts, newest: FeedEntry) -> str:
    lang = f' xml:lang="{_escape(feed.lang)}"' if feed.lang else ""
    return f"""\
{FEED_START}{lang}>
  <id>{_escape(feed.id)}</id>
  <title>{_escape(feed.title)}</title>
  <updated>{_escape(newest.updated)}</updated>
  <link rel="self" type="application/atom+xml" href="{_escape(feed.url)}"/>
  <link rel="alternate" type="text/html" href="{_escape(feed.alternate_url)}"/>
"""


def _write_entry(entry: FeedEntry) -> str:
    """Return an entry as XML.

    The link `related` tells readers that do not know RFC 4685 what `thr:in-reply-to` tells the others. `source` is not
    given there: it has to name a feed that holds the parent, and feeds end after the latest entries.
    """
    page_lang, lang, url, source = entry.page.lang, entry.lang, entry.url, entry.source
    entry_lang = f' xml:lang="{_escape(page_lang)}"' if page_lang else ""
    uri = f"      <uri>{_escape(url)}</uri>\n" if url else ""
    category = '    <category term="author"/>\n' if entry.is_author else ""
    via = f'    <link rel="via" href="{_escape(source)}"/>\n' if source else ""
    href, type = _escape(entry.target.url), ' type="text/html"' if entry.target.is_here else ""
    content_lang = f' xml:lang="{_escape(lang)}"' if lang else ""
    return f"""\
  <entry{entry_lang}>
    <id>{_escape(entry.id)}</id>
    <title>{_escape(entry.title)}</title>
    <published>{entry.published}</published>
    <updated>{entry.updated}</updated>
    <author>
      <name>{_escape(entry.name)}</name>
{uri}    </author>
{category}    <link rel="alternate" type="text/html" href="{_escape(entry.permalink)}"/>
{via}    <thr:in-reply-to ref="{_escape(entry.target.id)}" href="{href}"{type}/>
    <link rel="related" href="{href}"{type}/>
{_write_replies(entry) if entry.replies else ""}\
    <content type="html" xml:base="{_escape(entry.page.url)}"{content_lang}>{_escape(entry.html)}</content>
  </entry>
"""


def _write_replies(entry: FeedEntry) -> str:
    count, link = len(entry.replies), ""
    if entry.page.feed_url:
        numbers = f'thr:count="{count}" thr:updated="{entry.replies_updated}"'
        link = (
            f'    <link rel="replies" type="application/atom+xml" href="{_escape(entry.page.feed_url)}" {numbers}/>\n'
        )
    return f"{link}    <thr:total>{count}</thr:total>\n"


def page_url(page: Page, site_url: str) -> str:
    """Return the absolute URI of a page, as Pelican's own feeds have it."""
    return to_uri(page_link(page, site_url))


def page_link(page: Page, site_url: str) -> str:
    """Return the absolute address of a page, before it is percent-encoded."""
    base = site_url.rstrip("/")
    return f"{base}/{page.url}" if _PLAIN_PATH.fullmatch(page.url) else urljoin(f"{base}/", page.url)


def entry_id(comment: Comment, site_url: str) -> str:
    """Return the id of a comment's entry: a tag URI (RFC 4151) of the site's domain, the comment's day, thread and id.

    Raises ValueError where `site_url` is not absolute.
    """
    day = format_moment(comment.date)[:10]
    return f"tag:{find_domain(site_url)},{day}:{_quote_thread(comment.thread)}/{comment.id}"


def _age(entry: FeedEntry) -> tuple[object, str, str]:
    return entry.comment.changed, entry.comment.thread, entry.comment.id


def _show_name(comment: Comment, thread: Thread, authors: Mapping[str, Author], *, catalogue: NullTranslations) -> str:
    """Return the name of a comment; of names that are alike, only an author's stands without a mark."""
    if comment.state is State.REMOVED:
        return ""
    author = authors.get(comment.author or "")
    name = author.name if author else comment.name or ""
    return mark_guest(name, catalogue) if comment.id in thread.guests else name


def _find_url(comment: Comment, authors: Mapping[str, Author], site_url: str) -> str | None:
    author = authors.get(comment.author or "")
    url = author.url if author else comment.url
    if url is None or is_web_address(url):
        return url and to_uri(url)
    return to_uri(f"{site_url.rstrip('/')}/{url.lstrip('/')}") if author else None


def _find_target(place: Placement, page: FeedPage, site_url: str, *, shown_at: str) -> Target:
    """Return what a comment answers: its parent, a tombstone too; another site's page; or the page itself.

    `shown_at` is the URI of the page that shows the comment, and its parent with it.
    """
    comment, parent = place.comment, place.parent
    if parent is not None:
        return Target(entry_id(parent, site_url), f"{shown_at}#{parent.fragment}")
    if comment.in_reply_to is not None and is_web_address(comment.in_reply_to):
        elsewhere = to_uri(comment.in_reply_to)
        return Target(elsewhere, elsewhere, is_here=False)
    return Target(page.entry_id, page.url)


@lru_cache(maxsize=256)
def _quote_thread(thread: str) -> str:
    return quote(thread, safe="", errors="replace")
