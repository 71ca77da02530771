"""Feed planning: the feeds that tell something else now.

Rule: our own feeds are rendered again from entries that the record keeps; in the site's own, which only Pelican can make,
the elements of one item are exchanged.
"""

from collections.abc import Iterable
from pathlib import Path

from ..building.feed_writing import (
    SPARE,
    SiteEntries,
    list_thread_entries,
    newest_key,
    render_site_feeds,
    render_thread_feed,
)
from ..building.newest import Newest, renew
from ..building.site_feeds import patch_feed
from ..configuration import Settings
from ..model import Conversation
from ..rendering.feed_values import FeedEntry
from ..rendering.regions import Regions
from .record import Record
from .update import ChangedThread, UnfitError, Update


def plan_own_feeds(
    record: Record,
    update: Update,
    *,
    output: Path,
    settings: Settings,
    regions: Regions,
    changed: Iterable[ChangedThread],
) -> None:
    """Plan the feeds of the threads, of all comments and of the author's replies."""
    if not settings.site_url:
        return
    fresh: list[FeedEntry] = []
    feeds: list[tuple[str | None, str | None]] = []
    names: set[str] = set()
    for one in changed:
        names.add(one.thread.name)
        if one.after.feed is None and one.before.feed is not None:
            feeds.append((one.before.feed, None))
        if one.page.is_listed and one.page.conversation is not Conversation.HIDDEN and one.thread.count:
            wording = regions.find_wording(one.page.lang)
            entries = list_thread_entries(one.page, one.thread, settings, wording)
            fresh += entries
            feeds.append(render_thread_feed(one.page, one.thread, settings, wording, entries))
    before = record.read_fact("entries", SiteEntries)

    def refresh(newest: Newest[FeedEntry], fresh: Iterable[FeedEntry]) -> Newest[FeedEntry]:
        found = renew(
            newest, fresh, newest_key, is_replaced=lambda entry: entry.page.page.thread in names,
            kept=SPARE * settings.feed_max_items,
        )  # fmt: skip
        if not found.has(settings.feed_max_items):
            raise UnfitError("the entries of the site's feeds are not all known")
        return found

    replies = (entry for entry in fresh if entry.is_author)
    after = SiteEntries(refresh(before.latest, fresh), refresh(before.replies, replies)).reword(
        lambda lang: regions.find_wording(lang).catalogue
    )
    feeds += render_site_feeds(after, settings, regions.find_wording(settings.default_lang))
    update.facts["entries"] = after
    for path, text in feeds:
        data = None if text is None else text.encode("utf-8")
        if path is not None and _read(output / path) != data:
            update.files[path] = data


def plan_site_feeds(output: Path, changed: Iterable[ChangedThread], update: Update) -> None:
    """Plan the site's own feeds, which tell how many comments each article has."""
    for one in changed:
        for paths, before, after in zip(one.before.feeds, one.before.elements, one.after.elements, strict=True):
            if before is None or after is None or before == after:
                continue
            for path in paths:
                data = update.files.get(path) or _read(output / path)
                try:
                    if data is None:
                        raise ValueError("it is not there")
                    update.files[path] = patch_feed(data.decode("utf-8"), before, after).encode("utf-8")
                except ValueError as error:
                    raise UnfitError(f"{path} cannot be brought up to date: {error}") from error


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
