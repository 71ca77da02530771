"""Shelved regions: sections and heads of pages from the shelf, where nothing that they are made of has changed.

Rule: whatever a region is a function of is in its fingerprint: the thread's key, the page's facts, whether it is open,
the site's address, the settings, the templates and catalogues, and the versions of it all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from ..comments.pages import is_open
from ..configuration import Settings
from ..model import Page, Thread
from ..rendering.latest import LatestComment
from ..rendering.regions import Regions
from .fingerprint import digest_files, find_versions, make_fingerprint
from .shelf import Shelf
from .stamps import stamp_file
from .thread_reader import StoredThread


class ShelvedRegions(Regions):
    """Renders the regions of a site's pages, or finds them rendered."""

    def __init__(
        self, templates: Environment, settings: Settings, now: datetime,
        catalogues: Mapping[str, NullTranslations] | None = None, *, shelf: Shelf, theme_folders: list[Path],
    ) -> None:  # fmt: skip
        super().__init__(templates, settings, now, catalogues)
        self._shelf = shelf
        self._last: tuple[Page | None, str] = (None, "")
        self._recent: dict[tuple[int, str], tuple[Sequence[LatestComment], Markup]] = {}
        folders = [*theme_folders, *(folder.parent / "translations" for folder in theme_folders)]
        self._edition = make_fingerprint(find_versions(), settings, digest_files(folders))

    def render_section(self, page: Page, thread: Thread, site_url: str, *, part: int = 0) -> Markup:
        """As in `Regions`."""
        taking = is_open(page, close_after_days=self.settings.close_after_days, now=self.now)
        return self._find("section", page, thread, (site_url, part, taking), super().render_section)

    def render_head(self, page: Page, thread: Thread, site_url: str, *, part: int = 0) -> Markup:
        """As in `Regions`."""
        return self._find("head", page, thread, (site_url, part), super().render_head)

    def render_recent(self, latest: Sequence[LatestComment], number: int, site_url: str) -> Markup:
        """As in `Regions`; on many pages it is the same."""
        known = self._recent.get((number, site_url))
        if known is None or known[0] is not latest:
            known = self._recent[number, site_url] = (latest, super().render_recent(latest, number, site_url))
        return known[1]

    def is_feed_current(self, page: Page, thread: Thread, path: str) -> bool:
        """Whether the feed of a thread is as an earlier build has written it, and would be written so again."""
        if not isinstance(thread, StoredThread):
            return False
        written = self._shelf.find_region(thread.key, _feed_place(path), self._print(page))
        return written is not None and written == repr(stamp_file(path))

    def remember_feed(self, page: Page, thread: Thread, path: str) -> None:
        """Note the feed of a thread as it was written."""
        if isinstance(thread, StoredThread):
            self._shelf.keep_region(thread.key, _feed_place(path), self._print(page), repr(stamp_file(path)))

    def _print(self, page: Page, *facts: object) -> bytes:
        """Return the fingerprint of what a region is made of, besides the thread; one page asks several times in a row."""
        if self._last[0] is not page:
            self._last = (page, repr(page))
        return make_fingerprint(self._edition, self._last[1], *facts)

    def _find(
        self, region: str, page: Page, thread: Thread, facts: tuple[str, int] | tuple[str, int, bool],
        render: Callable[..., Markup],
    ) -> Markup:  # fmt: skip
        site_url, part = facts[:2]
        if not isinstance(thread, StoredThread):
            return render(page, thread, site_url, part=part)
        place = f"{region} {part} {page.path} {site_url}"
        fingerprint = self._print(page, facts)
        found = self._shelf.find_region(thread.key, place, fingerprint)
        if found is not None:
            return Markup(found)  # noqa: S704 - this is what `render` returned
        html = render(page, thread, site_url, part=part)
        self._shelf.keep_region(thread.key, place, fingerprint, html)
        return html


def _feed_place(path: str) -> str:
    """Return what the shelf calls the feed of a thread; a full build may write it beside the output."""
    return f"feed {path.rpartition('/')[2]}"
