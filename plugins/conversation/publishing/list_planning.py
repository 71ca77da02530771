"""List planning: the pages of the list of conversations that are others now.

Rule: what stands above the first conversation that has moved, and below the last, is not looked at. So a comment where
somebody has spoken lately costs the same in a list of ten thousand conversations as in one of a hundred.
"""

from collections.abc import Mapping

from ..rendering.latest import PageActivity
from ..rendering.list_paging import count_pages
from ..rendering.regions import Regions
from .region_tables import ListedPage, ListedPages
from .update import UnfitError


class ListPlanner:
    """The list of conversations as pages show it that call the site by one address."""

    def __init__(
        self, listed: ListedPages, regions: Regions, activities: Mapping[str, PageActivity | None], site_url: str
    ) -> None:
        """`activities` are those of the changed threads, by name; None: nobody has commented."""
        self._listed, self._site_url = listed, site_url
        self._size = regions.settings.list_size
        self.changed = tuple(
            ListedPage.of(one, regions.render_activity(one, site_url)) for one in activities.values() if one is not None
        )
        """The changed threads as they are listed now."""
        before = [one for name in activities if (one := listed.find(site_url, name)) is not None]
        total = listed.count(site_url)
        self._total = total + len(self.changed) - len(before)
        self._has_other_pages = count_pages(total, self._size) != count_pages(self._total, self._size)
        moved = {*before} ^ {*self.changed}
        self._leaving = {one.thread for one in moved}
        self._coming = [one for one in self.changed if one in moved]
        places = [listed.rank(site_url, one) for one in moved]
        self._start = min(places, default=0) // self._size * self._size
        self._stop = (max(places, default=-1) // self._size + 1) * self._size
        if moved and self._total != total:
            self._stop = max(self._total, self._start + 1)  # an empty list is another one, too
        self._known: dict[tuple[int, int], list[str]] = {}

    def find(self, number: int) -> list[str] | None:
        """Return what a page shows, see `ListedPage.html`; None where it is what it was. Number 0 is the whole list.

        Raises UnfitError where the list has another number of pages.
        """
        if self._start >= self._stop:
            return None
        if number == 0:
            return self._read(0, self._total)
        if self._has_other_pages:
            raise UnfitError("the list of conversations has another number of pages")
        place = (number - 1) * self._size
        if not self._start <= place < self._stop:
            return None
        place -= self._start
        return self._read(self._start, self._stop)[place : place + self._size]

    def _read(self, start: int, stop: int) -> list[str]:
        """Return a stretch of the list as it is now; nothing may have moved above it, nor beyond it."""
        if (start, stop) not in self._known:
            found = self._listed.read(self._site_url, start, stop - start + len(self._leaving))
            staying = [one for one in found if one.thread not in self._leaving]
            now = sorted([*staying, *self._coming], reverse=True)
            self._known[start, stop] = [one.html for one in now[: stop - start]]
        return self._known[start, stop]
