"""The site's own feeds: how many comments each article has and where they are, in RSS and in Atom.

Rule: an element is added only if it holds: no link to the feed of a thread that has none. Pelican makes the feed and
writes it right after its signal `feed_generated`, so the methods of that one object are wrapped: a subclass of ours
could not get there, and to exchange the object's class would undo what another plugin did to it.
"""

from collections.abc import Callable, Mapping
from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import unquote

from feedgenerator import Rss201rev2Feed, SyndicationFeed, get_tag_uri
from feedgenerator.django.utils.encoding import iri_to_uri
from feedgenerator.django.utils.xmlutils import SimplerXMLGenerator

from ..comments.comment_file import format_moment
from ..model import Page
from ..rendering.feed_values import FeedThread
from ..rendering.feeds import page_link, page_url
from ..rendering.regions import SECTION_FRAGMENT

ATOM_NAMESPACES = {"xmlns:thr": "http://purl.org/syndication/thread/1.0"}
RSS_NAMESPACES = {
    "xmlns:slash": "http://purl.org/rss/1.0/modules/slash/",
    "xmlns:wfw": "http://wellformedweb.org/CommentAPI/",
}
APPENDED = "?ref=feed"
"""What Pelican's FEED_APPEND_REF puts after the link of an item."""

Item = dict[str, Any]  # feedgenerator's: values of many types by name


def _section_url(thread: FeedThread) -> str:
    """Return the absolute URI of the conversation on the page."""
    return f"{iri_to_uri(thread.page_url)}#{SECTION_FRAGMENT}"


def page_entry_id(page: Page, site_url: str) -> str:
    """Return the id that Pelican gives a page's entry in the site's Atom feed; of a page in no feed, its absolute URI.

    `site_url` is absolute. Pelican makes the id of the link before it is percent-encoded; FEED_APPEND_REF is not in it.
    """
    if not (page.is_article and page.is_listed and page.date):
        return page_url(page, site_url)
    return str(get_tag_uri(page_link(page, site_url), page.date))


def add_thread_elements(feed: SyndicationFeed, threads_by_link: Mapping[str, FeedThread]) -> None:
    """Add to each item of a feed what its thread has to say; `threads_by_link` is by the item's link, not percent-encoded.

    A feed without an item in the mapping stays as it is.
    """
    found = {id(item): threads_by_link.get(unquote(item["link"]).removesuffix(APPENDED)) for item in feed.items}
    threads = {key: thread for key, thread in found.items() if thread is not None}
    if not threads:
        return
    if isinstance(feed, Rss201rev2Feed):
        for item in feed.items:
            item["unique_id_is_permalink"] = False  # Pelican's is a tag URI, and RSS takes it for an address otherwise
            if thread := threads.get(id(item)):
                item["comments"] = _section_url(thread)  # feedgenerator writes it
        feed.rss_attributes = partial(_add_namespaces, feed.rss_attributes, RSS_NAMESPACES)
        feed.add_item_elements = partial(_add_elements, feed.add_item_elements, threads, _write_rss)
    else:
        feed.root_attributes = partial(_add_namespaces, feed.root_attributes, ATOM_NAMESPACES)
        feed.add_item_elements = partial(_add_elements, feed.add_item_elements, threads, _write_atom)


def _add_namespaces(inner: Callable[[], dict[str, str]], namespaces: Mapping[str, str]) -> dict[str, str]:
    return {**inner(), **namespaces}


def _add_elements(
    inner: Callable[[SimplerXMLGenerator, Item], None],
    threads: Mapping[int, FeedThread],
    write: Callable[[SimplerXMLGenerator, FeedThread], None],
    handler: SimplerXMLGenerator,
    item: Item,
) -> None:
    inner(handler, item)
    if thread := threads.get(id(item)):
        write(handler, thread)


def _write_rss(handler: SimplerXMLGenerator, thread: FeedThread) -> None:
    handler.addQuickElement("slash:comments", str(thread.count))
    if thread.feed_url is not None:
        handler.addQuickElement("wfw:commentRss", iri_to_uri(thread.feed_url))


def _write_atom(handler: SimplerXMLGenerator, thread: FeedThread) -> None:
    numbers = {"thr:count": str(thread.count)}
    if thread.updated is not None:
        numbers["thr:updated"] = format_moment(thread.updated)
    targets = [(_section_url(thread), "text/html")]
    if thread.feed_url is not None:
        targets.append((iri_to_uri(thread.feed_url), "application/atom+xml"))
    for href, type in targets:
        handler.addQuickElement("link", None, {"rel": "replies", "type": type, "href": href, **numbers})
    handler.addQuickElement("thr:total", str(thread.count))


def patch_feed(text: str, before: FeedThread, after: FeedThread) -> str:
    """Return one of the site's own feeds with what it says of one thread brought up to date.

    Raises ValueError where it does not say `before` of exactly one item.
    """
    is_rss = "<rss" in text[:200]
    old, new = (_render_elements(thread, _write_rss if is_rss else _write_atom) for thread in (before, after))
    start, end = 0, len(text)
    if is_rss:  # elements alone do not say whose they are
        own = _render_elements(
            before, lambda handler, thread: handler.addQuickElement("comments", _section_url(thread))
        )
        start = text.find(own)
        end = text.find("</item>", start) + len("</item>")
        old, new = f"{old}</item>", f"{new}</item>"
        if start < 0 or text.find(own, start + 1) >= 0:
            raise ValueError(f"it has no single item about {before.page_url}")
    if text.count(old, start, end) != 1:
        raise ValueError(f"it does not say of {before.page_url} what was written")
    return text[:start] + text[start:end].replace(old, new) + text[end:]


def _render_elements(thread: FeedThread, write: Callable[[SimplerXMLGenerator, FeedThread], None]) -> str:
    out = StringIO()
    write(SimplerXMLGenerator(out, "utf-8", short_empty_elements=True), thread)
    return out.getvalue()
