"""Region tables: the part of a record that says which regions stand where, and what the list of conversations shows.

Rule: what cannot be read raises RecordError; nothing is written before the record's own transaction ends.
"""

import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self

from ..building.calls import Call, Region
from ..errors import ConversationError
from ..rendering.latest import PageActivity

_REGIONS = {region.value: region for region in Region}


class RecordError(ConversationError):
    """A record cannot be read; the message says why."""


class Table:
    """A table of a record, or several."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _query(self, statement: str, *values: str | bytes | int) -> list[Any]:
        """Return rows; raises RecordError."""
        try:
            return self._connection.execute(statement, values).fetchall()
        except (sqlite3.Error, UnicodeError) as error:
            raise RecordError(str(error)) from error


class Calls(Table):
    """What pages have asked for, by the source of the page it is for, and by the file that has what they got."""

    CREATED = """
CREATE TABLE calls (
    source TEXT, path TEXT, region TEXT, site_url TEXT, number INTEGER, digest BLOB,
    PRIMARY KEY (source, path, region, site_url, number, digest)
) WITHOUT ROWID;
CREATE INDEX calls_of_paths ON calls (path, digest);
"""

    def write(self, calls: Mapping[str, Iterable[Call]]) -> None:
        """Write what files call, by path."""
        self._connection.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?, ?, ?)", _list_rows(calls))

    def renew(self, calls: Mapping[str, Mapping[Call, Call]]) -> None:
        """Write calls in place of others, by path."""
        statement = "DELETE FROM calls WHERE (source, path, region, site_url, number, digest) = (?, ?, ?, ?, ?, ?)"
        self._connection.executemany(statement, _list_rows(calls))
        self.write({path: renewed.values() for path, renewed in calls.items()})

    def find(self, sources: Iterable[str]) -> dict[str, list[Call]]:
        """Return every call for one of some sources, by path; a source of the whole site is empty."""
        found: dict[str, list[Call]] = {}
        statement = "SELECT path, region, site_url, number, digest FROM calls WHERE source = ?"
        for source in sources:
            for path, region, site_url, number, digest in self._query(statement, source):
                if region not in _REGIONS:
                    raise RecordError(f"there is no region {region!r}")
                found.setdefault(path, []).append(Call(_REGIONS[region], source, site_url, number, digest))
        return found

    def has(self, path: str, digest: bytes, *, besides: Container[str]) -> bool:
        """Whether a file calls for something that got the text of a digest, besides what is for some sources."""
        rows = self._query("SELECT source FROM calls WHERE path = ? AND digest = ?", path, digest)
        return any(source not in besides for (source,) in rows)


def _list_rows(calls: Mapping[str, Iterable[Call]]) -> Iterator[tuple[str | int | bytes, ...]]:
    for path, found in calls.items():
        for call in found:
            yield call.source, path, call.region.value, call.site_url, call.number, call.digest


class ListedPage(NamedTuple):
    """A page in the list of conversations; the one with the newest comment is the greatest."""

    date: str
    """Of its newest comment: ISO 8601 in UTC."""
    id: str
    """Of that comment."""
    thread: str
    html: str
    """See `Regions.render_activity`."""

    @classmethod
    def of(cls, activity: PageActivity, html: str) -> Self:
        """Return a page as it was rendered."""
        comment, page = activity.latest.comment, activity.latest.page
        return cls(comment.date.isoformat(), comment.id, page.thread, str(html))


class ListedPages(Table):
    """The list of conversations, as pages show it that call the site by one address."""

    CREATED = """
CREATE TABLE listed (site_url TEXT, thread TEXT, date TEXT, id TEXT, html TEXT, PRIMARY KEY (site_url, thread)) WITHOUT ROWID;
CREATE INDEX listed_in_order ON listed (site_url, date DESC, id DESC, thread DESC);
"""

    def write(self, site_url: str, listed: Iterable[ListedPage]) -> None:
        """Write pages of a list."""
        rows = [(site_url, one.thread, one.date, one.id, one.html) for one in listed]
        self._connection.executemany("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?)", rows)

    def drop(self, thread: str) -> None:
        """Forget the page of a thread, in every list."""
        self._connection.execute("DELETE FROM listed WHERE thread = ?", (thread,))

    def read(self, site_url: str, start: int, number: int) -> list[ListedPage]:
        """Return some pages of a list, the first of them at a place counted from 0, the one with the newest comment first."""
        statement = "SELECT date, id, thread, html FROM listed WHERE site_url = ? ORDER BY date DESC, id DESC, thread DESC LIMIT ? OFFSET ?"
        return [*map(ListedPage._make, self._query(statement, site_url, number, start))]

    def find(self, site_url: str, thread: str) -> ListedPage | None:
        """Return the page of a thread in a list; None where it is not there."""
        rows = self._query(
            "SELECT date, id, thread, html FROM listed WHERE site_url = ? AND thread = ?", site_url, thread
        )
        return next(map(ListedPage._make, rows), None)

    def rank(self, site_url: str, page: ListedPage) -> int:
        """Return how many pages of a list stand above a page, which need not be there."""
        statement = "SELECT count(*) FROM listed WHERE site_url = ? AND (date, id, thread) > (?, ?, ?)"
        return int(self._query(statement, site_url, page.date, page.id, page.thread)[0][0])

    def count(self, site_url: str) -> int:
        """Return how many pages a list has."""
        return int(self._query("SELECT count(*) FROM listed WHERE site_url = ?", site_url)[0][0])
