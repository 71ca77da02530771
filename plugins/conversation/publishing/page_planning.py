"""Page planning: the pages whose regions are others now.

Rule: a region is asked for again only where it can have changed, and a page is written again only where one has.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from ..building.calls import Call, Region, digest_region, list_changed
from ..building.newest import Newest
from ..model import Conversation
from ..rendering.latest import LatestComment
from ..rendering.regions import Regions
from .list_planning import ListPlanner
from .record import Record
from .splicing import SpliceError, splice_regions
from .update import ChangedThread, UnfitError, Update


class PagePlanner:
    """Finds the regions that are others now, and the pages they stand in."""

    def __init__(
        self, record: Record, update: Update, *,
        output: Path, regions: Regions, changed: Iterable[ChangedThread],
        latest: Newest[LatestComment], before: Newest[LatestComment],
    ) -> None:  # fmt: skip
        self._record = record
        self._output = output
        self._regions = regions
        self._changed = tuple(changed)
        self._latest = latest
        self._has_other_latest = latest != before
        self._update = update
        self._pages = {source: (page, one.thread) for one in self._changed for source, page in one.before.pages}
        self._sources = dict.fromkeys((*self._pages, ""))
        self._rendered: dict[Call, bytes] = {}
        self._lists: dict[str, ListPlanner] = {}

    def plan(self) -> None:
        """Plan every page with a region that has changed."""
        self._update.facts["latest"] = self._latest
        shown: set[str] = set()
        for path, calls in self._record.calls.find(self._sources).items():
            shown |= {call.source for call in calls if call.region is Region.SECTION}
            self._plan_page(path, calls)
        for one in self._changed:
            if one.thread.placements and not shown.issuperset(_list_showing(one)):
                raise UnfitError(f"a page does not show its thread {one.thread.name!r}")

    def _plan_page(self, path: str, calls: Iterable[Call]) -> None:
        try:
            texts = {call: self._render(call) for call in calls if call.source in self._pages or self._is_other(call)}
            changed = list_changed(calls, texts)
            if not changed:
                return
            for digest in changed:
                if self._record.calls.has(path, digest, besides=self._sources):
                    raise ValueError("a region was like another that has not changed")
            page = (self._output / path).read_bytes()
            self._update.files[path] = splice_regions(page, changed)
        except (ValueError, SpliceError, OSError) as error:
            raise UnfitError(f"{path} cannot be brought up to date by its regions alone: {error}") from error
        digests = {old: digest_region(html) for old, html in changed.items()}
        self._update.calls[path] = {
            call: replace(call, digest=digests[call.digest]) for call in calls if call.digest in digests
        }

    def _is_other(self, call: Call) -> bool:
        """Whether a region of the whole site can be another now."""
        if call.region is Region.RECENT and not self._latest.has(call.number):
            raise UnfitError(f"the latest {call.number} comments are not known")
        if call.region is Region.PAGES:
            return self._list(call.site_url).find(call.number) is not None
        return call.region is Region.RECENT and self._has_other_latest

    def _render(self, call: Call) -> bytes:
        key = replace(call, digest=b"")
        if key not in self._rendered:
            self._rendered[key] = self._ask(call).encode()
        return self._rendered[key]

    def _ask(self, call: Call) -> str:
        regions = self._regions
        if call.region is Region.RECENT:
            return regions.render_recent(self._latest.items, call.number, call.site_url)
        if call.region is Region.PAGES:
            entries = self._list(call.site_url).find(call.number) or ()
            return regions.render_pages([Markup(one) for one in entries])  # noqa: S704 - it was rendered
        page, thread = self._pages[call.source]
        if call.region is Region.COUNT:
            return regions.render_count(page, thread, call.site_url)
        render: Callable[..., str] = regions.render_section if call.region is Region.SECTION else regions.render_head
        return render(page, thread, call.site_url, part=call.number)

    def _list(self, site_url: str) -> ListPlanner:
        if site_url not in self._lists:
            planner = ListPlanner(self._record.listed, self._regions, self._update.activities, site_url)
            self._lists[site_url] = planner
            self._update.listed[site_url] = planner.changed
        return self._lists[site_url]


def _list_showing(one: ChangedThread) -> Iterator[str]:
    for source, page in one.before.pages:
        if page.conversation is not Conversation.HIDDEN:
            yield source
