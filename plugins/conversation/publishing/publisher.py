"""The publisher: brings the output of a site up to date, by its regions where that is certain, else by a full build.

Rule: one at a time. A record is complete only while the output is as it says; whoever dies in between leaves one that is
not, and the next run builds in full.
"""

import fcntl
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..building.conversations import read_clock
from ..building.site import FATAL, list_theme_folders, site_settings
from ..building.stamps import Stamp, StampedFile, find_changed
from ..configuration import Settings
from ..errors import ConversationError
from ..model import Problem
from ..rendering.regions import Regions
from ..rendering.templating import Catalogues, make_region_environment
from .collecting import collecting, without_collecting
from .folder_look import FolderLook, begin_look
from .inputs import ChangeError, Inputs, describe_found, find_fatal_level, is_copied, renew_inputs, staging_path
from .planning import plan_update, write_update
from .record import Record, list_owned, make_cache_folder, record_path
from .recording import Staging, Turns, stage
from .region_tables import RecordError
from .stale import list_copies
from .update import UnfitError, Update
from .writing import clear, is_inside, list_others, move_files, remove_files, write_files


class BuildError(ConversationError):
    """Pelican has failed; the message says with what, and the output is as it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What publishing did, or would do."""

    reason: str = ""
    """Why it took a full build; empty where it did not."""
    threads: tuple[str, ...] = ()
    """Names of those that were brought up to date without one."""
    files: tuple[str, ...] = ()
    """Paths, relative to the output, of what was written or removed without one."""
    problems: tuple[Problem, ...] = ()
    """Of the threads that have changed; a full build logs its own."""


class Publisher:
    """Publishes one site with Pelican's settings as they were read."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        """`found` are Pelican's settings. Raises ConversationError."""
        self._found = dict(found)
        self._settings: Settings = site_settings(self._found)
        self.output = Path(self._found["OUTPUT_PATH"]).absolute()
        self._regions: Regions | None = None
        self._record = record_path(self._settings.root / self._found["CACHE_PATH"], self.output)

    def publish(
        self, *, full: bool = False, dry_run: bool = False, entries: Collection[str] | FolderLook | None = None
    ) -> Outcome:
        """Bring the output up to date; raises ConversationError, and OSError.

        `entries` are names in the folder of comments, from one who has watched content, theme and comments since the last
        publishing and has seen nothing else change: then nothing else is looked at but settings and code. Or it is a look
        that was begun before.
        """
        if entries is None:
            with begin_look(self._found, self._settings) as look:
                return self.publish(full=full, dry_run=dry_run, entries=look)
        with self._turn():
            try:
                if full:
                    raise UnfitError("it was asked for")
                with without_collecting():
                    return self._update(dry_run=dry_run, entries=entries)
            except UnfitError as error:
                outcome = Outcome(reason=str(error))
                if isinstance(entries, FolderLook):
                    entries.drop()
            if not dry_run:
                self._build()
            return outcome

    def _update(self, *, dry_run: bool, entries: Collection[str] | FolderLook) -> Outcome:
        """Bring the changed threads up to date; raises UnfitError."""
        record = Record.open(self._record)
        if record is None:
            raise UnfitError("there is no record of a whole build to go on from")
        is_whole = isinstance(entries, FolderLook)
        with record:
            try:
                inputs = self._check(record, with_trees=is_whole)
                if is_whole:
                    self._check_outputs(record.list_outputs())
                update = plan_update(record, self._settings, self.output, self._make_regions(), entries=entries)
                update.facts |= {**inputs, **self._judge(record, update)}
                if not is_whole:
                    self._check_outputs(record.find_outputs(update.files))
                copies = (copy for path in update.files for copy in list_copies(path))
                if found := record.find_outputs(copies):
                    raise UnfitError(f"{found[0][0]} was made of a page that has changed")
                if not dry_run:
                    self._apply(record, update)
            except (RecordError, sqlite3.Error) as error:
                raise UnfitError(f"the record of the last build is damaged ({error})") from error
        return Outcome(threads=update.threads, files=tuple(sorted(update.files)), problems=update.problems)

    def _check(self, record: Record, *, with_trees: bool) -> Mapping[str, Inputs]:
        """Raise UnfitError if anything that the build has read, but comments, is another now; return what to record of it."""
        if record.read_fact("fatal_from", int) > find_fatal_level():
            raise UnfitError("the last build did not stop at what is fatal now")
        if is_copied(self._found, self._settings.path):
            raise UnfitError("the folder of comments is in STATIC_PATHS, and Pelican copies it")
        if not record.read_fact("is_alone", bool):
            raise UnfitError("a plugin builds other sites along with this one")
        before = record.read_fact("inputs", Inputs)
        try:
            inputs = renew_inputs(before, self._found, self._settings, with_trees=with_trees)
        except ChangeError as error:
            raise UnfitError(str(error)) from error
        if self._settings.receiver is not None and not self._settings.thread_index.is_file():
            raise UnfitError("the receiver's index of threads is not there")
        turns = record.read_fact("turns", Turns)
        if turns.closes_at is not None and turns.closes_at <= read_clock():
            raise UnfitError("a page has closed by its age")
        if turns.closed_at is not None and turns.closed_at > read_clock():
            raise UnfitError("the clock was set back, and a page is open again")
        if turns.due_at is not None and turns.due_at <= datetime.now(UTC):
            raise UnfitError("a post of the future is due")
        return {} if inputs is before else {"inputs": inputs}

    @staticmethod
    def _judge(record: Record, update: Update) -> Mapping[str, int]:
        """Raise UnfitError if a problem is fatal, as `--fatal` says; return what to record of the others."""
        worst = max((problem.severity.level for problem in update.problems), default=0)
        if worst >= find_fatal_level():
            raise UnfitError("a comment has a problem that is fatal")  # the build says which, and stops
        return {"fatal_from": worst + 1} if worst >= record.read_fact("fatal_from", int) else {}

    def _check_outputs(self, files: Iterable[StampedFile]) -> None:
        if (path := find_changed(self.output, files)) is not None:
            raise UnfitError(f"somebody else has changed or removed {path} in the output")

    def _apply(self, record: Record, update: Update) -> None:
        if strange := next((path for path in update.files if not is_inside(path)), None):
            raise RecordError(f"{strange!r} is not in the output")
        if update.files:
            record.complete(is_complete=False)
            stamps = write_files(self.output, update.files, staging=staging_path(self.output))
        self._tell_receiver(update)
        with record.change():
            write_update(record, update, stamps if update.files else {})
            record.complete()

    def _tell_receiver(self, update: Update) -> None:
        if self._settings.receiver is not None and update.ids:
            from ..receiver.thread_index import update_index  # brings the inbox along

            try:
                update_index(self._settings.thread_index, update.ids)
            except (OSError, ValueError) as error:
                raise UnfitError(f"the receiver's index of threads cannot be brought up to date ({error})") from error

    def _make_regions(self) -> Regions:
        """Return the regions of this moment; their templates are read once."""
        if self._regions is None:
            theme = list_theme_folders(self._found)
            environment = make_region_environment(theme)
            self._regions = Regions(environment, self._settings, read_clock(), Catalogues(theme))
        self._regions.now = read_clock()
        return self._regions

    def _build(self) -> None:
        """Build in full beside the output, then rename what is new into it, and remove what is no longer built."""
        folder = staging_path(self.output)
        clear(folder)
        staging = Staging(self.output, describe_found(self._found), list_owned(self._record))
        try:
            with stage(staging), collecting():
                _run_pelican({**_copy(self._found), "OUTPUT_PATH": str(folder)})
            self.output.mkdir(parents=True, exist_ok=True)
            stamps = move_files(folder, self.output)
        finally:
            clear(folder)
        with suppress(RecordError, sqlite3.Error):
            if staging.is_recorded:
                self._complete(stamps)
            else:  # the plugin was not there, or has said that it could not write the record
                self._invalidate()

    def _invalidate(self) -> None:
        """Let the record of an earlier build say nothing of the output, but which files are publishing's own."""
        if self._record.is_file():
            with Record.reopen(self._record) as record:
                record.complete(is_complete=False)

    def _complete(self, stamps: Mapping[str, Stamp]) -> None:
        """Remove what is no longer built, and let the record of the build hold for the output."""
        with Record.reopen(self._record) as record:
            leftovers = record.read_fact("leftovers", frozenset[str]) - stamps.keys()
            remove_files(self.output, leftovers | self._list_foreign(stamps.keys()))
            with record.change():
                record.write_outputs(stamps.items())
                record.write_facts({"leftovers": frozenset()})
            record.complete()

    def _list_foreign(self, built: Collection[str]) -> frozenset[str]:
        """Return what DELETE_OUTPUT_DIRECTORY means: files that were not built, but for those in OUTPUT_RETENTION."""
        sources = (Path(self._found["PATH"]), self._settings.root, self._settings.path)
        holds_sources = any(path.resolve().is_relative_to(self.output.resolve()) for path in sources)
        if not self._found["DELETE_OUTPUT_DIRECTORY"] or holds_sources:
            return frozenset()
        kept = frozenset(self._found["OUTPUT_RETENTION"])
        return frozenset(path for path in list_others(self.output, built) if path.partition("/")[0] not in kept)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        make_cache_folder(self._record.parent)
        descriptor = os.open(self._record.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _copy(value: Any) -> Any:
    """Return settings in lists and dictionaries of their own: Pelican adds to those it is given, which are to be compared later."""
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if type(value) is list else value


def _run_pelican(settings: dict[str, Any]) -> None:
    """Run Pelican; whatever a theme, a plugin or a post raises is the blogger's to mend."""
    from pelican import Pelican  # brings along all that a build needs

    try:
        Pelican(settings).run()
    except ConversationError:
        raise
    except Exception as error:
        if str(error) in FATAL:
            raise BuildError("stopped at an error or warning; the site is as it was") from None
        raise BuildError(f"Pelican could not build the site: {type(error).__name__}: {error}") from error
