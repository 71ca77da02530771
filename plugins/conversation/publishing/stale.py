"""Stale files: feeds of threads and further pages in an output that this plugin once wrote and would not write any more.

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

_ANY = "\0"


def find_stale(output: Path, conversations: Conversations, calls: Mapping[str, Iterable[Call]]) -> Iterator[str]:
    """Yield the paths of stale files, relative to the output; `calls` are those of the build, by path."""
    yield from _find_feeds(output, conversations)
    yield from _find_parts(output, calls)


def _find_feeds(output: Path, conversations: Conversations) -> Iterator[str]:
    settings = conversations.site.settings
    if settings.feed_thread_atom is None:
        return
    pages = conversations.pages_by_thread
    written = {thread_feed_path(page, conversations.thread_of(page), settings) for page in pages.values()}
    pattern = escape(settings.feed_thread_atom.format(thread=_ANY)).replace(_ANY, "*")
    for path in _list_matches(output, pattern):
        if path not in written and _starts(output / path, FEED_START.encode()):
            yield path


def _find_parts(output: Path, calls: Mapping[str, Iterable[Call]]) -> Iterator[str]:
    shown = {
        path: {call.number for call in found if call.region is Region.SECTION}
        for path, found in calls.items()
        if path.endswith(".html")
    }
    for path, numbers in shown.items():
        if 0 not in numbers:
            continue
        folder, _, name = part_path(path, 0).rpartition("/")
        if not (output / folder).is_dir():
            continue
        pattern = f"{escape(folder)}/{name.replace('0', '[0-9]*')}" if folder else name.replace("0", "[0-9]*")
        for part in _list_matches(output, pattern):
            if part not in calls and _holds(output / part, b"<!-- conversation:section "):
                yield part


def _list_matches(output: Path, pattern: str) -> list[str]:
    if pattern.startswith("/") or ".." in pattern.split("/"):
        return []
    return sorted(path.relative_to(output).as_posix() for path in output.glob(pattern))


def _starts(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False


def _holds(path: Path, text: bytes) -> bool:
    try:
        return text in path.read_bytes()
    except OSError:
        return False
