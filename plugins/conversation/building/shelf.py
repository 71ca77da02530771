"""The shelf: threads and regions of earlier builds, in one SQLite file below Pelican's CACHE_PATH.

Rule: nothing here may stop a build or change what it shows. What cannot be read is made again, a damaged file is dropped
with one warning, and what cannot be written stands in a private file for the length of the build. Another build may
work on the same file: keys are made of content, so no two ever mean different things by one, and every write is short.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..model import Problem, Severity

FILE_NAME = "conversation.sqlite"
FORMAT = 1
"""Of the tables; a file with another one is made anew."""
WAITING_BYTES = 4 * 1024 * 1024
"""So much is collected before it is written."""
LOCK_SECONDS = 5.0
ASKED_AT_ONCE = 200
"""Questions under one lock; another build that wants to write waits for no more."""
KEPT_EDITIONS = 3
"""The threads under one set of settings and versions are an edition; those that were used last are kept."""
_CHECK_BYTES = 8

_TABLES = """
CREATE TABLE IF NOT EXISTS edition (fingerprint BLOB PRIMARY KEY, used INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS thread (edition BLOB, name TEXT, stamps BLOB, seen INTEGER, key BLOB, facts BLOB,
    PRIMARY KEY (edition, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (key BLOB PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS region (key BLOB, place TEXT, data BLOB NOT NULL, PRIMARY KEY (key, place));
"""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """What the shelf knows of a thread without opening its record."""

    stamps: bytes
    """Fingerprint of the stamps of its files."""
    seen: int
    """When these were looked at, in nanoseconds since 1970."""
    key: bytes
    """Of its record: a fingerprint of the files' contents and of the edition."""
    facts: bytes
    """See `thread_record.encode_facts`."""


class Shelf:
    """Keeps records by key for a build, and for the next one where it can."""

    def __init__(self, folder: Path | None) -> None:
        """Open the file in `folder`, or a private one for None."""
        self.path = folder / FILE_NAME if folder else None
        self.problems: list[Problem] = []
        """What was wrong with the file; see `take_problems`."""
        self._has_warned = False
        self._waiting: dict[tuple[str, bytes, str], tuple[Any, ...]] = {}  # rows of several tables
        self._waiting_bytes = 0
        self._regions: tuple[bytes, Mapping[str, bytes]] = (b"", {})
        self._new: set[bytes] = set()  # keys of records that this build has made: no earlier one has regions of them
        self._asked = 0
        self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        if self.path is None:
            return _connect("")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return _connect(str(self.path))
        except sqlite3.OperationalError as error:
            return self._give_up(error)
        except sqlite3.DatabaseError as error:
            return self._start_anew(error)
        except OSError as error:
            return self._give_up(error)

    def _start_anew(self, error: Exception) -> sqlite3.Connection:
        """Drop a damaged file."""
        path = self.path
        if path is None:
            raise error
        self._warn(
            f"the cache of conversations is damaged ({error}) and was made anew", "nothing; it costs this build time"
        )
        try:
            for name in (path, path.with_name(f"{path.name}-journal")):
                name.unlink(missing_ok=True)
            return _connect(str(path))
        except (sqlite3.Error, OSError):
            self.path = None
            return _connect("")

    def _give_up(self, error: Exception) -> sqlite3.Connection:
        """Go on with a private file, as this one cannot be used."""
        self._warn(f"the cache of conversations cannot be used ({error})", "make CACHE_PATH a folder you can write to")
        self.path = None
        return _connect("")

    def _warn(self, message: str, remedy: str) -> None:
        if not self._has_warned:
            self.problems.append(Problem(str(self.path), 1, "cache", message, remedy, Severity.WARNING))
        self._has_warned = True

    def take_problems(self) -> list[Problem]:
        """Return what was found wrong since the last call, one problem in a build."""
        found, self.problems = self.problems, []
        return found

    def list_threads(self, edition: bytes) -> Mapping[str, ThreadRow]:
        """Return what is known of the threads of an edition, by name."""
        query = "SELECT name, stamps, seen, key, facts FROM thread WHERE edition = ?"
        return {
            name: ThreadRow(stamps, seen, key, facts) for name, stamps, seen, key, facts in self._ask(query, edition)
        }

    def find_record(self, key: bytes) -> bytes | None:
        """Return a thread's record."""
        waiting = self._waiting.get(("record", key, ""))
        rows = [waiting[-1:]] if waiting else self._ask("SELECT data FROM record WHERE key = ?", key)
        return bytes(rows[0][0]) if rows else None

    def find_region(self, key: bytes, place: str, fingerprint: bytes) -> str | None:
        """Return a region that was rendered for a thread and a place, where it was made of what has this fingerprint."""
        waiting = self._waiting.get(("region", key, place))
        data: bytes | None = waiting[-1] if waiting else self._list_regions(key).get(place)
        size = len(fingerprint)
        if (
            data is None
            or data[:size] != fingerprint
            or _check(data[size + _CHECK_BYTES :]) != data[size : size + _CHECK_BYTES]
        ):
            return None
        return data[size + _CHECK_BYTES :].decode("utf-8", "surrogatepass")

    def _list_regions(self, key: bytes) -> Mapping[str, bytes]:
        """Return the regions of a thread by place; a page asks for several, one after the other."""
        if self._regions[0] != key:
            rows = self._ask("SELECT place, data FROM region WHERE key = ?", key) if key not in self._new else ()
            self._regions = key, dict(rows)
        return self._regions[1]

    def _ask(self, query: str, value: object) -> list[Any]:  # SQLite's rows
        """Return rows, reading some hundred times under one lock, as taking it costs more than the reading."""
        try:
            if not self._database.in_transaction:
                self._database.execute("BEGIN")
                self._asked = 0
            rows = self._database.execute(query, (value,)).fetchall()
            self._asked += 1
            if self._asked >= ASKED_AT_ONCE:
                self._database.execute("COMMIT")
            return rows
        except sqlite3.OperationalError:  # another build is writing, and takes its time
            return []
        except sqlite3.DatabaseError as error:
            self._replace(error)
            return []

    def keep_thread(self, edition: bytes, name: str, row: ThreadRow, record: bytes | None = None) -> None:
        """Keep what is known of a thread, with its record if that is new."""
        self._wait("thread", edition, name, (edition, name, row.stamps, row.seen, row.key, row.facts))
        if record is not None:
            self._new.add(row.key)
            self._wait("record", row.key, "", (row.key, record))

    def keep_region(self, key: bytes, place: str, fingerprint: bytes, text: str) -> None:
        """Keep a region for the next build; see `find_region`."""
        if self.path is None:
            return
        data = text.encode("utf-8", "surrogatepass")
        self._wait("region", key, place, (key, place, fingerprint + _check(data) + data))

    def _wait(self, table: str, key: bytes, place: str, row: tuple[Any, ...]) -> None:
        self._waiting[table, key, place] = row
        self._waiting_bytes += len(row[-1])  # the data of a row is its last column
        if self._waiting_bytes > WAITING_BYTES:
            self.write()

    def write(self) -> None:
        """Write what was collected, at once."""
        rows: dict[str, list[tuple[Any, ...]]] = {}
        for (table, _, _), row in self._waiting.items():
            rows.setdefault(table, []).append(row)

        def insert(database: sqlite3.Connection) -> None:
            for table, found in rows.items():
                marks = ", ".join("?" * len(found[0]))
                database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", found)  # noqa: S608 - our names

        if rows:
            self._change(insert)
            self._waiting, self._waiting_bytes = {}, 0

    def tidy(self, edition: bytes, names: Iterable[str], *, now: int) -> None:
        """Drop what no build has use for any more: threads that are gone, old editions, and what belonged to them."""
        kept = set(names)

        def drop(database: sqlite3.Connection) -> None:
            database.execute("INSERT OR REPLACE INTO edition VALUES (?, ?)", (edition, now))
            latest = "SELECT fingerprint FROM edition ORDER BY used DESC LIMIT ?"
            database.execute(f"DELETE FROM edition WHERE fingerprint NOT IN ({latest})", (KEPT_EDITIONS,))  # noqa: S608
            known = [name for (name,) in database.execute("SELECT name FROM thread WHERE edition = ?", (edition,))]
            gone = [(edition, name) for name in known if name not in kept]
            database.executemany("DELETE FROM thread WHERE edition = ? AND name = ?", gone)
            database.execute("DELETE FROM thread WHERE edition NOT IN (SELECT fingerprint FROM edition)")
            for table in ("record", "region"):
                database.execute(f"DELETE FROM {table} WHERE key NOT IN (SELECT key FROM thread)")  # noqa: S608 - as above

        self._change(drop)

    def _change(self, change: Callable[[sqlite3.Connection], None]) -> None:
        if self._database.in_transaction:
            self._database.execute("COMMIT")
        for _ in range(2):
            try:
                with self._database:
                    self._database.execute("BEGIN IMMEDIATE")
                    change(self._database)
                return
            except sqlite3.OperationalError as error:
                if "locked" in str(error):
                    self._database.close()
                    self.path, self._database = None, _connect("")
                else:
                    self._replace(error, is_damaged=False)
            except sqlite3.DatabaseError as error:
                self._replace(error)

    def _replace(self, error: Exception, *, is_damaged: bool = True) -> None:
        self._database.close()
        self._database = self._start_anew(error) if is_damaged else self._give_up(error)

    def close(self) -> None:
        """Write what was collected and let go of the file; what is asked for later is not there."""
        self.write()
        self._database.close()
        self.path, self._database = None, _connect("")


def _check(data: bytes) -> bytes:
    return blake2b(data, digest_size=_CHECK_BYTES).digest()


def _connect(path: str) -> sqlite3.Connection:
    """Open a file, or a private one for an empty path, and see that its tables are ours."""
    database = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        database.execute(
            "PRAGMA synchronous = OFF"
        )  # a crash of the machine is found by the checks, and costs one build time
        (found,) = database.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            for table in ("edition", "thread", "record", "region"):
                database.execute(f"DROP TABLE IF EXISTS {table}")
        if found != FORMAT:
            database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
        return database
    except sqlite3.Error:
        database.close()
        raise
