"""Stale files: feeds of threads and further pages in an output that this plugin once wrote and would not write any more.

Compressed copies of them are others' work, and go with them.

Rule: what a comment said must not stay public because the cache was deleted, or `pelican` has run in between, and nobody knows
who wrote a file: its place and its first bytes tell. Nothing else is touched.
"""

from collections.abc import Iterable, Iterator, Mapping
from glob import escape
from pathlib import Path

from ..building.calls import Call, Region
from ..building.conversations import Conversations
from ..rendering.feeds import FEED_START
from ..rendering.paging import part_path
from ..rendering.regions import thread_feed_path
from .writing import is_inside

_COMPRESSED = (".gz", ".br", ".zst")
"""What plugins add to the name of a file for its compressed copy, which only they can make."""
_ANY = "\0"
"""Stands for the name of a thread, in none of which it occurs."""


def find_stale(output: Path, conversations: Conversations, calls: Mapping[str, Iterable[Call]]) -> Iterator[str]:
    """Yield the paths of stale files, relative to the output; `calls` are those of the build, by path."""
    for path in (*_find_feeds(output, conversations), *_find_parts(output, calls)):
        yield path
        yield from (copy for copy in list_copies(path) if (output / copy).is_file())


def list_copies(path: str) -> Iterator[str]:
    """Yield where compressed copies of a file would be."""
    return (path + suffix for suffix in _COMPRESSED)


def _find_feeds(output: Path, conversations: Conversations) -> Iterator[str]:
    settings = conversations.site.settings
    if settings.feed_thread_atom is None:
        return
    pages = conversations.pages_by_thread
    written = {thread_feed_path(page, conversations.thread_of(page), settings) for page in pages.values()}
    pattern = escape(settings.feed_thread_atom.format(thread=_ANY)).replace(_ANY, "*")
    for path in _list_matches(output, pattern):
        if path not in written and _read(output / path).startswith(FEED_START.encode()):
            yield path


def _find_parts(output: Path, calls: Mapping[str, Iterable[Call]]) -> Iterator[str]:
    for path, found in calls.items():
        if not (is_inside(path) and any(call.region is Region.SECTION and call.number == 0 for call in found)):
            continue
        folder, _, name = part_path(path, 0).rpartition("/")
        if (output / folder).is_dir():
            for part in _list_matches(output / folder, name.replace("0", "[0-9]*")):
                place = f"{folder}/{part}" if folder else part
                if place not in calls and b"<!-- conversation:section " in _read(output / place):
                    yield place


def _list_matches(folder: Path, pattern: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern)) if is_inside(pattern) else []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
