"""Recording: what a build read and wrote, for publishing the next comment without it.

Rule: inputs are stamped before Pelican reads them, outputs after it wrote them; so whatever changes in between is seen.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from os.path import normpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..building.calls import CallNotes
from ..building.conversations import Conversations, read_clock
from ..building.feed_writing import SiteEntries, describe_feed_thread
from ..building.fingerprint import find_versions
from ..building.newest import Newest
from ..building.site_feeds import APPENDED
from ..building.stamps import stamp_files
from ..comments.pages import find_closing
from ..configuration import Settings
from ..model import Conversation, Page, Thread
from ..rendering.latest import LatestComment, PageActivity
from ..rendering.paging import list_parts
from ..rendering.regions import thread_feed_path
from .inputs import Inputs, find_fatal_level, settle_inputs, take_inputs
from .record import Record, ThreadRecord, drop_record, make_cache_folder, record_path
from .region_tables import ListedPage
from .stale import find_stale
from .writing import remove_files

KEPT_LATEST = 100
"""How many of the latest comments `recent` can show; more is a page of its own."""
_staged_for: ContextVar["Staging | None"] = ContextVar("staged_for", default=None)
_last_began: ContextVar[int] = ContextVar("last_began")
"""When the last build began; not the one that ends, where a plugin has built another site within it."""


@dataclass(slots=True)
class Staging:
    """A build beside the output, whose files are renamed into it afterwards."""

    output: Path
    """Of the site."""
    described: Mapping[str, str]
    """Its settings before any plugin had them, see `describe_found`."""
    owned: frozenset[str]
    """Files that earlier builds of this kind have put there, by path relative to the output."""
    is_recorded: bool = False
    """The plugin was there, and has written the record."""


@contextmanager
def stage(staging: Staging) -> Iterator[None]:
    """Let a build in this block keep its record for another folder, and leave it to its caller to complete."""
    token = _staged_for.set(staging)
    try:
        yield
    finally:
        _staged_for.reset(token)


@dataclass(slots=True)
class Recording:
    """What is known of a build while it runs."""

    path: Path
    """Of the record."""
    output: Path
    """Folder that Pelican writes into."""
    found: Mapping[str, Any]
    """Pelican's settings when the build began."""
    inputs: Inputs
    began: int
    """When the build began, in nanoseconds since 1970."""
    staging: Staging | None
    notes: CallNotes = field(default_factory=CallNotes)
    feeds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Links of the items of each of the site's own feeds, not percent-encoded, by path relative to the output."""

    @classmethod
    def begin(cls, found: Mapping[str, Any], settings: Settings) -> "Recording":
        """Stamp the inputs, before anything of them is read; `found` are Pelican's settings."""
        staging, began = _staged_for.get(), time.time_ns()
        output = Path(found["OUTPUT_PATH"]).absolute()
        live = staging.output if staging else output
        cache = settings.root / found["CACHE_PATH"]
        with suppress(OSError):  # who cannot write there says so
            make_cache_folder(cache)
        found = {**found, "OUTPUT_PATH": str(live)}
        inputs = take_inputs(found, settings, described=staging.described if staging else None)
        _last_began.set(began)
        return cls(record_path(cache, live), output, found, inputs, began, staging)

    def forget_last(self) -> None:
        """Take the record of the last build away, before the first file is written.

        One that cannot be taken away does no harm: the files that are written then have other times than it says.
        """
        if self.staging is None:
            with suppress(OSError):
                drop_record(self.path)

    def note_feed(self, path: str, links: Iterable[str]) -> None:
        """Note one of the site's own feeds, with the links of its items."""
        try:
            relative = Path(path).absolute().relative_to(self.output).as_posix()
        except ValueError:
            return
        self.feeds[relative] = tuple(unquote(link).removesuffix(APPENDED) for link in links)

    def end(
        self, conversations: Conversations, entries: SiteEntries, latest: Newest[LatestComment],
        listed: Mapping[str, Iterable[tuple[PageActivity, str]]],
    ) -> None:  # fmt: skip
        """Write the record; of a staged build it is not complete. Raises OSError or sqlite3.Error.

        `listed` is what the lists of conversations showed, by the address that their pages call the site by.
        """
        calls = {normpath(path): found for path, found in self.notes.calls.items()}
        staging = self.staging
        stale = set(find_stale(staging.output if staging else self.output, conversations, calls))
        if staging is None:
            remove_files(self.output, stale)
        outputs = dict(stamp_files(self.output)) if self.output.is_dir() else {}
        with Record.create(self.path) as record:
            record.write_facts(
                {
                    "inputs": settle_inputs(self.inputs, self.found, conversations.site.settings, self.began),
                    "versions": find_versions(),
                    "fatal_from": find_fatal_level(),
                    "is_staged": staging is not None,
                    "is_alone": _last_began.get() == self.began,
                    "leftovers": staging.owned | stale if staging else frozenset(),
                    "entries": entries,
                    "latest": latest,
                    "read_outside": frozenset(self.notes.read_outside),
                    "turns": find_turns(conversations.site.pages.values(), conversations.site.settings),
                }
            )
            record.write_outputs(outputs.items())
            record.calls.write({path: found for path, found in calls.items() if path in outputs})
            record.write_folders(conversations.folders)
            record.write_threads(self._list_threads(conversations))
            for site_url, found in listed.items():
                record.listed.write(site_url, (ListedPage.of(activity, html) for activity, html in found))
            record.complete(is_complete=staging is None)
        if staging is not None:
            staging.is_recorded = True

    def _list_threads(self, conversations: Conversations) -> Mapping[str, ThreadRecord]:
        settings = conversations.site.settings
        owned = conversations.pages_by_thread
        pages: dict[str, list[tuple[str, Page]]] = {name: [] for name in owned}
        for source, page in conversations.site.pages.items():
            if page.thread in pages and (page == owned[page.thread] or page.conversation is not Conversation.HIDDEN):
                place = 0 if page == owned[page.thread] else len(pages[page.thread])
                pages[page.thread].insert(place, (source, page))
        elements = {
            name: tuple(describe_feed_thread(page, conversations.thread_of(page), settings) for _, page in found)
            for name, found in pages.items()
        }
        feeds: dict[str, list[str]] = {}
        for path, listed in self.feeds.items():
            for link in dict.fromkeys(listed):
                feeds.setdefault(link, []).append(path)
        return {
            name: describe_thread(
                conversations.thread_of(owned[name]), settings,
                ThreadRecord(
                    tuple(found),
                    tuple(tuple(feeds.get(unquote(one.page_url), ())) if one else () for one in elements[name]),
                    elements[name],
                ),
            )
            for name, found in pages.items()
        }  # fmt: skip


def describe_thread(thread: Thread, settings: Settings, record: ThreadRecord) -> ThreadRecord:
    """Return the record of a thread with what changes when comments do."""
    page = record.pages[0][1]
    return replace(
        record,
        elements=tuple(describe_feed_thread(page, thread, settings) for _, page in record.pages),
        parts=tuple(sorted(list_parts(thread.facts, settings))),
        feed=thread_feed_path(page, thread, settings),
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """When time alone changes the output next."""

    closes_at: datetime | None
    """When a page closes by its age, in the time of `read_clock`."""
    closed_at: datetime | None
    """When the last page that is closed by its age has closed; a clock that is set back opens it again."""
    due_at: datetime | None
    """When a post of the future is due, in the time of the machine's clock, which Pelican asks."""


def find_turns(pages: Iterable[Page], settings: Settings) -> Turns:
    """Return when time alone changes the output next."""
    found = tuple(pages)
    now, clock = datetime.now(UTC), read_clock()
    due = (page.date for page in found if page.date is not None and page.date > now)
    closings = (find_closing(page, after_days=settings.close_after_days) for page in found)
    closing = [moment for moment in closings if moment is not None]
    return Turns(
        min((moment for moment in closing if moment > clock), default=None),
        max((moment for moment in closing if moment <= clock), default=None),
        min(due, default=None),
    )
