"""Planning: what one change of comments does to the files of a site, found from the record of the last build.

Rule: this module plans and writes no file. Where it cannot be certain of a file's next content, it raises UnfitError.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..building.conversations import make_rules, read_signers
from ..building.newest import Newest, renew
from ..building.stamps import Stamp
from ..building.thread_reader import ThreadReader
from ..comments.pages import report_unowned
from ..comments.reading import Rules, read_thread
from ..comments.store import Store, ThreadFolder
from ..configuration import Settings
from ..model import Problem, Thread
from ..rendering.latest import LatestComment, find_activity, find_latest
from ..rendering.regions import Regions
from .feed_planning import plan_own_feeds, plan_site_feeds
from .folder_look import FolderLook
from .page_planning import PagePlanner
from .record import Record, ThreadRecord
from .recording import KEPT_LATEST, describe_thread
from .update import ChangedThread, UnfitError, Update


def plan_update(
    record: Record, settings: Settings, output: Path, regions: Regions, *, entries: Iterable[str] | FolderLook
) -> Update:
    """Return what the comments as they are now make of an output that is as its record says; raises UnfitError.

    `entries` names what may have changed in the folder of comments, or looks at everything.
    """
    update = Update()
    store = Store(settings.path, settings.root, max_body_bytes=settings.max_body_bytes)
    signers, _ = read_signers(settings)
    rules = make_rules(settings, signers)
    reader = ThreadReader(store, rules, versions=record.read_fact("versions", bytes))  # nor has any code changed since
    folders = _find_changed(record, reader, store, update, entries)
    changed = list(_read_changed(record, settings, folders, rules, update))
    if not changed:
        return update
    update.threads = tuple(one.thread.name for one in changed)
    update.records = {one.thread.name: one.after for one in changed}
    update.ids = {one.thread.name: tuple(comment.id for comment in one.thread.comments) for one in changed}
    before = record.read_fact("latest", Newest[LatestComment])
    latest = _renew_latest(before, changed, settings)
    _note_activities(changed, settings, update)
    PagePlanner(record, update, output=output, regions=regions, changed=changed, latest=latest, before=before).plan()
    plan_own_feeds(record, update, output=output, settings=settings, regions=regions, changed=changed)
    plan_site_feeds(output, changed, update)
    return update


def _find_changed(
    record: Record, reader: ThreadReader, store: Store, update: Update, entries: Iterable[str] | FolderLook
) -> dict[str, ThreadFolder | None]:
    """Return the entries of the folder of comments whose content is another, as they are now, None for one that is gone."""
    touched = entries.finish() if isinstance(entries, FolderLook) else frozenset(entries)
    seen = time.time_ns()
    listings = {listing.entry: listing for listing in store.list_threads(touched)}
    changed: dict[str, ThreadFolder | None] = {}
    for name in sorted(touched):
        state_before = record.find_folder(name)
        if name not in listings:
            if state_before is not None:
                changed[name] = update.folders[name] = None
            continue
        state, folder = reader.find_state(listings[name], seen)
        update.folders[name] = state
        if state_before is None or state_before.digest != state.digest:
            changed[name] = folder
    return changed


def _read_changed(
    record: Record, settings: Settings, folders: Mapping[str, ThreadFolder | None], rules: Rules, update: Update
) -> Iterator[ChangedThread]:
    """Yield the threads with a page whose folders have changed, and note the problems of all."""
    problems: list[Problem] = []
    names: set[str] = set()
    for entry, folder in folders.items():
        before_state = record.find_folder(entry)
        name = (folder.name if folder is not None else "") or (before_state.thread if before_state is not None else "")
        if folder is not None:
            problems += folder.problems
        if not name:
            continue
        others = record.count_folders(name) - (before_state is not None and before_state.thread == name)
        if others or name in names:
            raise UnfitError(f"two folders hold the thread {name!r}")
        names.add(name)
        thread = Thread(name)
        if folder is not None and folder.files:
            thread, found = read_thread(name, folder.files, rules)
            problems += found
        before = record.find_thread(name)
        if before is not None:
            yield ChangedThread(thread, before, _compare(record, settings, thread, before))
        elif folder is not None and folder.files:
            owners = {owner: owner for owner in record.list_threads()}
            problems += report_unowned([(name, folder.path, thread.count)], owners)
    update.problems = tuple(sorted(set(problems)))


def _compare(record: Record, settings: Settings, thread: Thread, before: ThreadRecord) -> ThreadRecord:
    """Return what the record will say of a thread; raises UnfitError where its pages need Pelican."""
    read_outside = record.read_fact("read_outside", frozenset[str])
    if thread.name in read_outside:
        raise UnfitError(f"a template reads more of the thread {thread.name!r} than its regions")
    if "" in read_outside:
        raise UnfitError("a template asks for the latest comments or the list where nobody can tell for which page")
    after = describe_thread(thread, settings, before)
    if after.parts != before.parts:
        raise UnfitError(f"the thread {thread.name!r} has another number of further pages")
    return after


def _renew_latest(
    before: Newest[LatestComment], changed: Iterable[ChangedThread], settings: Settings
) -> Newest[LatestComment]:
    """Return the latest comments of the site as they are now."""
    fresh: list[LatestComment] = []
    for one in changed:
        fresh += find_latest({one.thread.name: one.thread}, {one.thread.name: one.page}, KEPT_LATEST, settings)
    names = {one.thread.name for one in changed}
    latest = renew(
        before, fresh, lambda item: (item.comment.date, item.comment.id, item.page.thread),
        is_replaced=lambda item: item.page.thread in names, kept=KEPT_LATEST,
    )  # fmt: skip
    if bool(latest.items) != bool(before.items):
        raise UnfitError("the site has its first comments, or none any more")
    return latest


def _note_activities(changed: Iterable[ChangedThread], settings: Settings, update: Update) -> None:
    for one in changed:
        found = find_activity({one.thread.name: one.thread}, {one.thread.name: one.page}, settings)
        update.activities[one.thread.name] = found[0] if found else None


def write_update(record: Record, update: Update, stamps: Mapping[str, Stamp]) -> None:
    """Let the record say what an update has made of the output; `stamps` are those of its files, as written."""
    gone = [path for path, data in update.files.items() if data is None]
    record.write_outputs(stamps.items())
    record.calls.renew(update.calls)
    record.drop_outputs(gone)
    record.write_folders({name: state for name, state in update.folders.items() if state is not None})
    record.drop_folders(name for name, state in update.folders.items() if state is None)
    record.write_threads(update.records)
    for site_url, listed in update.listed.items():
        record.listed.write(site_url, listed)
    for name, activity in update.activities.items():
        if activity is None:
            record.listed.drop(name)
    record.write_facts(update.facts)
