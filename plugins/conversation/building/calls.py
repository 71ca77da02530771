"""Calls: which regions a template asked for while a page was written, and what it got.

Rule: a call holds all that its region is a function of, besides threads and settings: it can be asked again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b


class Region(Enum):
    """The regions, as templates name them."""

    SECTION = "section"
    COUNT = "count"
    HEAD = "head"
    RECENT = "recent"
    PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Call:
    """One region asked for by a template."""

    region: Region
    source: str
    """Absolute path of the page's source; empty for regions of the whole site."""
    site_url: str
    """As the page calls the site: absolute, or relative to itself."""
    number: int = 0
    """Of the further page (section, head), of latest comments (recent), or of the page of the list (pages), 0 for all of it."""
    digest: bytes = b""
    """Of what it got, as `digest_region` makes it."""


def digest_region(html: bytes) -> bytes:
    """Return what tells one region's text (UTF-8) from another, in 12 bytes."""
    return blake2b(html, digest_size=12).digest()


@dataclass(slots=True)
class CallNotes:
    """Every call of one build, by the file that was written then."""

    calls: dict[str, dict[Call, None]] = field(default_factory=dict)
    """Each once, in order, by path relative to the output, as the template's context has it."""
    read_outside: set[str] = field(default_factory=set)
    """Threads of which a template has read more than regions, and whose pages only a full build brings up to date.

    An empty name: a region of the whole site stands where nobody can tell.
    """

    def add(self, output_file: str, call: Call, thread: str) -> None:
        """Note a call; where nobody can tell for which file it was, that its thread was read."""
        if not output_file:
            self.read_outside.add(thread)
        else:
            self.calls.setdefault(output_file, {})[call] = None


class WatchedThread:
    """A page's thread for templates: every attribute that is read is noted, for it reaches past the regions."""

    __slots__ = ("_notes", "_thread")

    def __init__(self, thread: object, notes: CallNotes) -> None:
        self._thread = thread
        self._notes = notes

    def __getattr__(self, name: str) -> object:
        """Return the thread's own attribute."""
        found = getattr(self._thread, name)
        if not name.startswith("__"):
            self._notes.read_outside.add(str(getattr(self._thread, "name", "")))
        return found


def list_changed(calls: Iterable[Call], regions: Mapping[Call, bytes]) -> dict[bytes, bytes]:
    """Return the new text (UTF-8) of every region that has changed, by the digest of the old; raises ValueError where two differ.

    `regions` is what the calls get now; calls that are not in it have not changed.
    """
    changed: dict[bytes, bytes] = {}
    same: set[bytes] = set()
    for call in calls:
        html = regions.get(call)
        if html is None or digest_region(html) == call.digest:
            same.add(call.digest)
        elif changed.setdefault(call.digest, html) != html:
            raise ValueError(f"two regions {call.region.value!r} were alike and are not any more")
    if both := changed.keys() & same:
        raise ValueError(f"{len(both)} region was like another that has not changed")
    return changed
