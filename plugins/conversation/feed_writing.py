"""Feed writing: which feeds the site has, at which addresses, and their files in the output.

Rule: no feed for nothing, and no link to a feed that is not written: both ask `regions.thread_feed_path`.
"""

from collections.abc import Iterator, Mapping
from heapq import nlargest
from itertools import chain
from pathlib import Path
from urllib.parse import quote, unquote

from .conversations import Conversations
from .feeds import FeedEntry, FeedFacts, FeedPage, list_entries, page_url, render_feed
from .model import Conversation, Page, Settings, Thread
from .regions import thread_feed_path
from .site_feeds import FeedThread, page_entry_id


def write_feeds(conversations: Conversations, output: Path) -> None:
    """Write the feed of every thread that has comments, that of all comments, and that of the author's replies."""
    settings = conversations.site.settings
    if not settings.site_url:  # a feed without absolute links is none; Pelican has said so
        return
    latest: list[FeedEntry] = []
    replies: list[FeedEntry] = []
    for page, thread in _fed_threads(conversations):
        feed_page = _feed_page(page, thread, settings)
        entries = list_entries(thread, feed_page, authors=settings.authors, site_url=settings.site_url)
        title = f"Comments on “{page.title}”"
        path = thread_feed_path(page, thread, settings)
        _write(
            output,
            path,
            entries,
            key=f"comments/{page.thread}",
            title=title,
            alternate=feed_page.url,
            settings=settings,
        )
        latest = _newest(chain(latest, entries), settings)
        replies = _newest(chain(replies, (entry for entry in entries if entry.is_author)), settings)
    home = f"{settings.site_url}/"
    title = f"Comments on {settings.site_name}"
    _write(output, settings.feed_atom, latest, key="comments", title=title, alternate=home, settings=settings)
    title = f"Replies by the author of {settings.site_name}"
    _write(output, settings.feed_author_atom, replies, key="replies", title=title, alternate=home, settings=settings)


def find_feed_threads(conversations: Conversations) -> Mapping[str, FeedThread]:
    """Return what the site's own feeds say of each page's comments, by the page's absolute link."""
    settings = conversations.site.settings
    found: dict[str, FeedThread] = {}
    for page in conversations.site.pages.values():
        if page.conversation is Conversation.HIDDEN or not settings.site_url:
            continue
        thread = conversations.thread_of(page)
        url = page_url(page, settings.site_url)
        counted = [comment.changed for comment in thread.comments if comment.kind.is_counted]
        updated = max(counted, default=None)
        feed_url = _thread_feed_url(page, thread, settings)
        found[unquote(url)] = FeedThread(count=thread.count, updated=updated, feed_url=feed_url, page_url=url)
    return found


def _fed_threads(conversations: Conversations) -> Iterator[tuple[Page, Thread]]:
    """Yield the listed pages that have comments, by thread name."""
    for name, page in sorted(conversations.pages_by_thread.items()):
        thread = conversations.thread_of(page)
        if page.is_listed and page.conversation is not Conversation.HIDDEN and thread.count:
            yield page, conversations.threads[name]


def _newest(entries: Iterator[FeedEntry], settings: Settings) -> list[FeedEntry]:
    return nlargest(settings.feed_max_items, entries, key=lambda entry: (entry.comment.changed, entry.id))


def _feed_page(page: Page, thread: Thread, settings: Settings) -> FeedPage:
    url = page_url(page, settings.site_url)
    feed_url = _thread_feed_url(page, thread, settings)
    is_in_feed = settings.has_site_feed and page.is_article and page.date is not None
    site_url = settings.site_url
    return FeedPage(page, url, page_entry_id(page, site_url) if is_in_feed else url, feed_url)


def _thread_feed_url(page: Page, thread: Thread, settings: Settings) -> str | None:
    path = thread_feed_path(page, thread, settings)
    return f"{settings.feed_domain}/{quote(path)}" if path else None


def _write(
    output: Path, path: str | None, entries: tuple[FeedEntry, ...] | list[FeedEntry], *,
    key: str, title: str, alternate: str, settings: Settings,
) -> None:  # fmt: skip
    if path is None:
        return
    facts = FeedFacts(
        key=key, title=title, url=f"{settings.feed_domain}/{quote(path)}", alternate_url=alternate,
        site_url=settings.site_url, default_lang=settings.default_lang,
    )  # fmt: skip
    text = render_feed(entries, facts, max_items=settings.feed_max_items)
    if text is not None:
        target = output / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
