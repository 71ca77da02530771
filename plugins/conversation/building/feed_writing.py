"""Feed writing: which feeds the site has, at which addresses, and their files in the output.

Rule: no feed for nothing, and no link to a feed that is not written: both ask `regions.thread_feed_path`.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from gettext import NullTranslations
from heapq import nlargest
from operator import attrgetter, itemgetter
from pathlib import Path
from urllib.parse import quote, unquote

from ..configuration import Settings
from ..model import Comment, Conversation, Page, Thread
from ..rendering.feed_values import FeedEntry, FeedFacts, FeedPage, FeedThread
from ..rendering.feeds import list_entries, page_url, render_feed
from ..rendering.paging import find_moved, part_url
from ..rendering.regions import thread_feed_path
from ..rendering.translations import Wording
from .conversations import Conversations
from .newest import Newest
from .shelved_regions import ShelvedRegions
from .site_feeds import page_entry_id

SPARE = 2
"""How many times the entries that a feed shows are kept for it: one that goes makes room for the next."""


@dataclass(frozen=True, slots=True)
class SiteEntries:
    """What the feeds of the whole site can show."""

    latest: Newest[FeedEntry]
    replies: Newest[FeedEntry]
    """Those by the blog's authors."""

    def reword(self, find_catalogue: Callable[[str], NullTranslations]) -> "SiteEntries":
        """Return them with the catalogue of their page's language (BCP 47)."""

        def change(newest: Newest[FeedEntry]) -> Newest[FeedEntry]:
            items = (replace(entry, catalogue=find_catalogue(entry.page.page.lang)) for entry in newest.items)
            return replace(newest, items=tuple(items))

        return SiteEntries(change(self.latest), change(self.replies))


class FeedWriter:
    """Writes the feeds of a site, that of a thread while its page is written, or at the end."""

    def __init__(
        self, conversations: Conversations, output: Path, find_wording: Callable[[str], Wording],
        shelved: ShelvedRegions | None = None,
    ) -> None:  # fmt: skip
        """`find_wording` returns the words for a language (BCP 47); `shelved` knows which feed an earlier build has written."""
        self._settings = conversations.site.settings
        self._output = output
        self._find_wording = find_wording
        self._shelved = shelved
        self._fed = dict(_fed_threads(conversations)) if self._settings.site_url else {}
        self._waiting = dict(self._fed)

    def write_thread(self, page: Page) -> None:
        """Write the feed of the thread that a page owns, unless it has none or has been written."""
        found = self._waiting.get(page.thread)
        if found is None or found[0] is not page:
            return
        del self._waiting[page.thread]
        thread, shelved, path = found[1], self._shelved, thread_feed_path(*found, self._settings)
        if path is None:
            return
        place = f"{self._output}/{path}"
        if shelved is not None and shelved.is_feed_current(page, thread, place):
            return
        wording, number = self._find_wording(page.lang), self._settings.feed_max_items
        shown = _find_newest_ids(thread, number) if thread.facts.count > number else None
        entries = list_thread_entries(page, thread, self._settings, wording, shown)
        _, text = render_thread_feed(page, thread, self._settings, wording, entries)
        _write_text(self._output, path, text)
        if shelved is not None and text is not None:
            shelved.remember_feed(page, thread, place)

    def finish(self) -> SiteEntries:
        """Write the feed of every thread that is left, that of all comments, and that of the author's replies.

        Without an address of the site there are none: a feed without absolute links is none, and Pelican has said so.
        """
        settings, find_wording, fed = self._settings, self._find_wording, list(self._fed.values())
        for page, _ in fed:
            self.write_thread(page)
        entries = SiteEntries(
            _find_newest(fed, attrgetter("facts.updated"), bool, settings, find_wording),
            _find_newest(fed, attrgetter("facts.replied"), attrgetter("author"), settings, find_wording),
        )
        for path, text in render_site_feeds(entries, settings, find_wording(settings.default_lang)):
            _write_text(self._output, path, text)
        return entries


def newest_key(entry: FeedEntry) -> tuple[object, ...]:
    """Return what entries of feeds are sorted by, the newest last."""
    return entry.comment.changed, entry.id


def _find_newest(
    fed: Iterable[tuple[Page, Thread]], find_moment: Callable[[Thread], datetime | None],
    is_wanted: Callable[[Comment], object], settings: Settings, find_wording: Callable[[str], Wording],
) -> Newest[FeedEntry]:  # fmt: skip
    """Return the newest entries of comments that are wanted, with some to spare.

    `find_moment` returns when the newest of a thread was changed, None where it has none; no thread is opened twice, and
    none that has nothing new enough.
    """
    number = SPARE * settings.feed_max_items
    dated = [(moment, page, thread) for page, thread in fed if (moment := find_moment(thread)) is not None]
    found: list[FeedEntry] = []
    for moment, page, thread in sorted(dated, key=itemgetter(0), reverse=True):
        floor = found[-1].comment.changed if len(found) == number else None
        if floor is not None and moment < floor:
            break
        ids = _find_newest_ids(thread, number, is_wanted, since=floor)
        found += list_thread_entries(page, thread, settings, find_wording(page.lang), ids)
        found = nlargest(number, found, key=newest_key)
    return Newest(tuple(found), is_whole=len(found) < number)


def _find_newest_ids(
    thread: Thread, number: int, is_wanted: Callable[[Comment], object] = bool, *, since: datetime | None = None
) -> frozenset[str]:
    """Return the ids of a thread's newest comments that are wanted; of equal ones all, as entries have an order of their own."""
    changed = {c.id: c.changed for c in thread.comments if c.kind.is_counted and is_wanted(c)}
    floor = max([*nlargest(number, changed.values())[-1:], *([since] if since else ())], default=None)
    return frozenset(id for id, moment in changed.items() if floor is not None and moment >= floor)


def list_thread_entries(
    page: Page, thread: Thread, settings: Settings, wording: Wording, only: Container[str] | None = None
) -> tuple[FeedEntry, ...]:
    """Return an entry for each comment of a thread, or for those of some ids."""
    return list_entries(
        thread, _feed_page(page, thread, settings), authors=settings.authors, site_url=settings.site_url,
        part_urls=_part_urls(page, thread, settings), catalogue=wording.catalogue, only=only,
    )  # fmt: skip


def render_thread_feed(
    page: Page, thread: Thread, settings: Settings, wording: Wording, entries: Sequence[FeedEntry]
) -> tuple[str | None, str | None]:
    """Return the path of a thread's feed and its text; `entries` are those it shows, and others.

    A path of None: there is no such feed; a text of None: it has no entries, and is not written.
    """
    title = wording.catalogue.gettext("Comments on “%(title)s”") % {"title": page.title}
    path = thread_feed_path(page, thread, settings)
    return path, _render(
        path, entries, key=f"comments/{page.thread}", title=title, alternate=page_url(page, settings.site_url),
        lang=wording.lang, settings=settings,
    )  # fmt: skip


def render_site_feeds(
    entries: SiteEntries, settings: Settings, wording: Wording
) -> tuple[tuple[str | None, str | None], ...]:
    """Return the feeds of all comments and of the author's replies, as `render_thread_feed` returns one."""
    if not settings.site_url:
        return ()
    feeds = (
        ("comments", settings.feed_atom, wording.catalogue.gettext("Comments on %(site)s"), entries.latest),
        ("replies", settings.feed_author_atom, wording.catalogue.gettext("Replies by the author of %(site)s"), entries.replies),
    )  # fmt: skip
    shown = settings.feed_max_items
    return tuple(
        (path, _render(
            path, newest.items[:shown], key=key, title=title % {"site": settings.site_name},
            alternate=f"{settings.site_url}/", lang=wording.lang, settings=settings,
        ))
        for key, path, title, newest in feeds
    )  # fmt: skip


def find_feed_threads(conversations: Conversations) -> Mapping[str, FeedThread]:
    """Return what the site's own feeds say of each page's comments, by the page's absolute link, not percent-encoded."""
    settings = conversations.site.settings
    found = (
        describe_feed_thread(page, conversations.thread_of(page), settings)
        for page in conversations.site.pages.values()
    )
    return {unquote(thread.page_url): thread for thread in found if thread is not None}


def describe_feed_thread(page: Page, thread: Thread, settings: Settings) -> FeedThread | None:
    """Return what the site's own feeds say of one page's comments; None where they say nothing."""
    if page.conversation is Conversation.HIDDEN or not settings.site_url:
        return None
    facts = thread.facts
    return FeedThread(
        count=facts.count, updated=facts.updated,
        feed_url=_thread_feed_url(page, thread, settings), page_url=page_url(page, settings.site_url),
    )  # fmt: skip


def _fed_threads(conversations: Conversations) -> Iterator[tuple[str, tuple[Page, Thread]]]:
    """Yield the listed pages that have comments with their threads, by the threads' names, in their order."""
    for name, page in sorted(conversations.pages_by_thread.items()):
        thread = conversations.thread_of(page)
        if page.is_listed and page.conversation is not Conversation.HIDDEN and thread.count:
            yield name, (page, conversations.threads[name])


def _feed_page(page: Page, thread: Thread, settings: Settings) -> FeedPage:
    url = page_url(page, settings.site_url)
    feed_url = _thread_feed_url(page, thread, settings)
    is_in_feed = settings.has_site_feed and page.is_article and page.date is not None
    site_url = settings.site_url
    return FeedPage(page, url, page_entry_id(page, site_url) if is_in_feed else url, feed_url)


def _part_urls(page: Page, thread: Thread, settings: Settings) -> dict[str, str]:
    """Return the further page of every comment that its page does not show, by the comment's id."""
    moved = find_moved(thread, settings)
    urls = {part: page_url(replace(page, url=part_url(page, part)), settings.site_url) for part in set(moved.values())}
    return {id: urls[part] for id, part in moved.items()}


def _thread_feed_url(page: Page, thread: Thread, settings: Settings) -> str | None:
    path = thread_feed_path(page, thread, settings)
    return f"{settings.feed_domain}/{quote(path)}" if path else None


def _render(
    path: str | None,
    entries: Sequence[FeedEntry],
    *,
    key: str,
    title: str,
    alternate: str,
    lang: str,
    settings: Settings,
) -> str | None:
    """Return the text of a feed that stands at `path`; None where there is nothing to write."""
    if path is None:
        return None
    facts = FeedFacts(
        key=key, title=title, url=f"{settings.feed_domain}/{quote(path)}", alternate_url=alternate,
        site_url=settings.site_url, default_lang=lang,
    )  # fmt: skip
    return render_feed(entries, facts, max_items=settings.feed_max_items)


def _write_text(output: Path, path: str | None, text: str | None) -> None:
    if path is None or text is None:
        return
    place, data = f"{output}/{path}", text.encode("utf-8")
    try:
        _write_bytes(place, data)
    except FileNotFoundError:
        Path(place).parent.mkdir(parents=True, exist_ok=True)
        _write_bytes(place, data)


def _write_bytes(place: str, data: bytes) -> None:
    with open(place, "wb") as file:  # noqa: PTH123 - `Path`'s way takes twice as long, for every thread
        file.write(data)
