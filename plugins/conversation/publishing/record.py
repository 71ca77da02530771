"""The record of the last build: what it read, what it wrote, and which regions stand where; one SQLite file per output.

Rule: a record that is not complete says nothing. It is taken away before a build writes its first file, and completed
after the last. It is not forced onto the disk: should the machine go down, sizes and times of the files will not fit it.
Values in it are JSON, read into the type that is asked for and no other, so that whoever slips a file into the cache, with a
pull request say, gets no code run by it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from gettext import NullTranslations
from hashlib import blake2b
from os import fsdecode, fsencode
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from msgspec import DecodeError
from msgspec.json import Encoder, decode

from ..building.stamps import Stamp, StampedFile
from ..comments.store import FolderState
from ..model import Page
from ..rendering.feed_values import ENGLISH, FeedThread
from .region_tables import Calls, ListedPages, RecordError, Table
from .writing import is_inside

T = TypeVar("T")
KnownFolders = Mapping[str, tuple[str, str]]
"""The stamp that a folder of comments had, empty where it says nothing, and the names of its files then, by the name of its
entry; see `stamp_again`."""

VERSION = 7
_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE outputs (path TEXT PRIMARY KEY, size INTEGER, time INTEGER) WITHOUT ROWID;
CREATE TABLE folders (entry TEXT PRIMARY KEY, thread TEXT, stamp TEXT, digest BLOB, names BLOB) WITHOUT ROWID;
CREATE TABLE threads (thread TEXT PRIMARY KEY, facts BLOB) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """What a build made of one thread and of the pages that show it."""

    pages: tuple[tuple[str, Page], ...]
    """With their sources' absolute paths, the original first."""
    feeds: tuple[tuple[str, ...], ...] = ()
    """The site's own feeds that list each page."""
    elements: tuple[FeedThread | None, ...] = ()
    """What those feeds tell of each page; None: nothing."""
    parts: tuple[int, ...] = (0,)
    """Numbers of the further pages, and 0."""
    feed: str | None = None
    """Path of its own feed, relative to the output."""


def record_path(cache: Path, output: Path) -> Path:
    """Return where the record of an output folder is kept, below Pelican's CACHE_PATH."""
    name = blake2b(str(output).encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()
    return cache / f"conversation-build-{name}.sqlite"


def make_cache_folder(path: Path) -> None:
    """Make the folder of a cache where there is none, and have git ignore what will be in it; raises OSError."""
    if not path.exists():
        path.mkdir(parents=True)
        (path / ".gitignore").write_text("*\n", "ascii")


def drop_record(path: Path) -> None:
    """Take a record away: the output is about to change. Raises OSError."""
    for name in (path, path.with_name(f"{path.name}-journal")):
        name.unlink(missing_ok=True)


class Record(Table):
    """A record, opened; to be closed again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.calls, self.listed = Calls(connection), ListedPages(connection)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new record in place of another; it is complete once `complete` was called. Raises OSError or sqlite3.Error."""
        make_cache_folder(path.parent)
        drop_record(path)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES + Calls.CREATED + ListedPages.CREATED)
        return cls(connection)

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open the record of a build; None where there is none that is complete and readable."""
        if not path.is_file():
            return None
        try:
            record = cls.reopen(path)
        except RecordError:
            return None
        try:
            if record.read_fact("version", int) == VERSION and record.read_fact("is_complete", bool):
                return record
        except RecordError:
            pass
        record.close()
        return None

    @classmethod
    def reopen(cls, path: Path) -> Self:
        """Open a record, complete or not; raises RecordError."""
        try:
            connection = sqlite3.connect(path)
            connection.execute("PRAGMA synchronous = OFF")
        except sqlite3.Error as error:
            raise RecordError(str(error)) from error
        return cls(connection)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:  # fmt: skip
        """Close it."""
        self._connection.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Write everything at the end of the block, or nothing."""
        with self._connection:
            yield

    def complete(self, *, is_complete: bool = True) -> None:
        """Say whether the output is as the record has it."""
        self.write_facts({"version": VERSION, "is_complete": is_complete})
        self._connection.commit()

    # Facts: values of the whole build, by name.

    def read_fact(self, name: str, kind: type[T]) -> T:
        """Return a value of a type; raises RecordError where there is none."""
        for (value,) in self._query("SELECT value FROM facts WHERE name = ?", name):
            return _load(value, kind)
        raise RecordError(f"it does not have {name!r}")

    def write_facts(self, facts: Mapping[str, object]) -> None:
        """Write values by name."""
        rows = [(name, _dump(value)) for name, value in facts.items()]
        self._connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    # Outputs: files written, by path relative to the output.

    def write_outputs(self, stamps: Iterable[tuple[str, Stamp]]) -> None:
        """Write the stamps of files."""
        rows = [(path, *stamp) for path, stamp in stamps]
        self._connection.executemany("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?)", rows)

    def drop_outputs(self, paths: Iterable[str]) -> None:
        """Forget files, and what they call."""
        rows = [(path,) for path in paths]
        self._connection.executemany("DELETE FROM outputs WHERE path = ?", rows)
        self._connection.executemany("DELETE FROM calls WHERE path = ?", rows)

    def list_outputs(self) -> list[StampedFile]:
        """Return every file with its stamp."""
        return self._query("SELECT path, size, time FROM outputs")

    def find_outputs(self, paths: Iterable[str]) -> list[StampedFile]:
        """Return some files with their stamps; those that are not known are left out."""
        return [
            row for path in paths for row in self._query("SELECT path, size, time FROM outputs WHERE path = ?", path)
        ]

    # Folders of comments, by the name of the entry.

    def write_folders(self, folders: Mapping[str, FolderState]) -> None:
        """Write entries of the folder of comments."""
        rows = [(entry, one.thread, one.stamp, one.digest, fsencode(one.names)) for entry, one in folders.items()]
        self._connection.executemany("INSERT OR REPLACE INTO folders VALUES (?, ?, ?, ?, ?)", rows)

    def drop_folders(self, entries: Iterable[str]) -> None:
        """Forget entries."""
        self._connection.executemany("DELETE FROM folders WHERE entry = ?", [(entry,) for entry in entries])

    def read_known(self) -> KnownFolders:
        """Return what is known of each folder."""
        rows = self._query("SELECT entry, stamp, names FROM folders")
        return {
            entry: (stamp, fsdecode(names)) if isinstance(names, bytes) else ("", "") for entry, stamp, names in rows
        }

    def find_folder(self, entry: str) -> FolderState | None:
        """Return an entry, without names."""
        rows = self._query("SELECT thread, stamp, digest FROM folders WHERE entry = ?", entry)
        return next((FolderState(*row) for row in rows), None)

    def count_folders(self, thread: str) -> int:
        """Return how many entries make one thread: two can be the same in another spelling of Unicode."""
        return len(self._query("SELECT entry FROM folders WHERE thread = ?", thread))

    # Threads that a page owns.

    def write_threads(self, threads: Mapping[str, ThreadRecord]) -> None:
        """Write threads by name."""
        rows = [(name, _dump(thread)) for name, thread in threads.items()]
        self._connection.executemany("INSERT OR REPLACE INTO threads VALUES (?, ?)", rows)

    def find_thread(self, name: str) -> ThreadRecord | None:
        """Return a thread; None where no page owns it."""
        rows = self._query("SELECT facts FROM threads WHERE thread = ?", name)
        return next((_load(facts, ThreadRecord) for (facts,) in rows), None)

    def list_threads(self) -> list[str]:
        """Return the name of every thread that a page owns."""
        return [name for (name,) in self._query("SELECT thread FROM threads ORDER BY thread")]

    def close(self) -> None:
        """Close it."""
        with suppress(sqlite3.Error):
            self._connection.close()


def _leave_out(value: object) -> None:
    """Keep nothing of a catalogue: which one it is, a page's language says."""
    if not isinstance(value, NullTranslations):
        raise TypeError(f"a record cannot keep {value!r}")


_dump = Encoder(enc_hook=_leave_out).encode


def _load(data: bytes, kind: type[T]) -> T:
    try:
        return decode(data, type=kind, dec_hook=lambda *_: ENGLISH)
    except (DecodeError, ValueError, RecursionError) as error:
        raise RecordError(str(error)) from error


def find_known(path: Path) -> KnownFolders:
    """Return the folders of comments as the last build saw them; empty where its record does not say."""
    try:
        record = Record.open(path)
        if record is None:
            return {}
        with record:
            return record.read_known()
    except RecordError:
        return {}


def list_owned(path: Path) -> frozenset[str]:
    """Return the files of an output that publishing has put there, from a record that need not be complete."""
    if not path.is_file():
        return frozenset()
    try:
        with Record.reopen(path) as record:
            owned = record.read_fact("leftovers", frozenset[str])
            if record.read_fact("is_staged", bool):
                owned |= {path for path, *_ in record.list_outputs()}
            return frozenset(filter(is_inside, owned))
    except RecordError:
        return frozenset()
