"""The listing: what is in the folder of comments, thread by thread, before any file is opened.

Rule: looking is all that is done here, and no symbolic link is followed.
"""

import marshal
import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from operator import attrgetter
from pathlib import Path
from stat import S_ISDIR, S_ISLNK
from typing import NamedTuple

from ..model import Problem, Severity
from ..text import is_thread_name

HOUSEKEEPING = frozenset({".gitkeep", ".gitignore", ".gitattributes", ".git", "README.md"})
"""What stands at the top of the folder and is the blogger's own; `.git`: the comments are a repository of their own."""
SETTLED_NS = 2_000_000_000
"""The coarsest clock of a file system in use, FAT's."""

Stamp = tuple[str, int, int, int, int, int]
"""Of a file: name, mode, inode, size in bytes, and when content and inode were changed, in nanoseconds."""
NO_STAMP: Stamp = ("", 0, 0, 0, 0, 0)
_read_values = attrgetter("st_mode", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
"""What a stamp has besides the name."""


class Entry(NamedTuple):
    """What stands in the folder of comments: the folder of a thread, or something else."""

    name: str
    """As the file system has it."""
    is_link: bool
    is_folder: bool


@dataclass(frozen=True, slots=True)
class FolderListing:
    """A folder of comments before its files are opened."""

    name: str
    """Of the thread; empty where it is none."""
    path: str
    """As in `Problem.path`."""
    folder: str
    """Absolute."""
    stamps: tuple[Stamp, ...]
    """By name. Of equal ones the files are equal, unless one was changed within the tick of the file system's clock."""
    problems: tuple[Problem, ...] = ()
    own: Stamp = NO_STAMP
    """Of the folder itself, taken before it was listed: of an equal one the files have the same names."""

    @property
    def entry(self) -> str:
        """Name of the folder, or of the file in its place, as the file system has it."""
        return self.folder.rpartition(os.sep)[2]

    @property
    def names(self) -> str:
        """Of the files, in their order, with `/` between."""
        return "/".join([stamp[0] for stamp in self.stamps])


def list_entries(folder: Path, only: Iterable[str] | None = None) -> list[Entry]:
    """Return what stands in a folder of comments, by name; of the names `only` those that are there. Raises OSError.

    Names that are not in NFC come last: a folder that spells its thread otherwise shall not stand in for the thread's own.
    """
    if only is None:
        with os.scandir(folder) as found:
            entries = [Entry(one.name, one.is_symlink(), one.is_dir(follow_symlinks=False)) for one in found]
    else:
        entries = [entry for name in only if (entry := _find_entry(folder, name)) is not None]
    return sorted(entries, key=lambda entry: (not unicodedata.is_normalized("NFC", entry.name), entry))


def _find_entry(folder: Path, name: str) -> Entry | None:
    try:
        mode = os.lstat(f"{folder}/{name}").st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Entry(name, S_ISLNK(mode), S_ISDIR(mode))


def list_threads(folder: Path, root: Path, entries: Iterable[Entry]) -> Iterator[FolderListing]:
    """Yield the folder of each thread among some entries, and what is no such folder with its problem, in their order."""
    top = show_path(folder, root)
    for entry in entries:
        path, place = f"{top}/{make_printable(entry.name)}", f"{folder}{os.sep}{entry.name}"
        if entry.is_link:
            yield FolderListing("", path, place, (), (report_symlink(path),))
        elif entry.name in HOUSEKEEPING:
            continue
        elif not entry.is_folder:
            problem = report_stray(path, "move it into the folder of its thread, or out of here")
            yield FolderListing("", path, place, (), (problem,))
        elif not is_thread_name(name := unicodedata.normalize("NFC", entry.name)):
            message = f"{entry.name!r} cannot name a thread"
            problem = Problem(
                path, 1, "bad-thread", message, "use letters, digits, `-`, `_` and inner `.`, 200 bytes at most"
            )
            yield FolderListing("", path, place, (), (problem,))
        else:
            yield _list_folder(name, path, place)


def list_folder(listing: FolderListing) -> FolderListing:
    """Look at the files of a listed folder once more."""
    return _list_folder(listing.name, listing.path, listing.folder)


def _list_folder(name: str, path: str, folder: str) -> FolderListing:
    stamps: list[Stamp] = []
    problems: list[Problem] = []
    own = NO_STAMP
    try:
        own = _stamp("", os.lstat(folder))
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    stamps.append(_stamp(entry.name, entry.stat(follow_symlinks=False)))
                except OSError as error:
                    problems.append(report_unreadable(f"{path}/{make_printable(entry.name)}", error))
    except OSError as error:
        problems.append(report_unreadable(path, error))
    stamps.sort()
    return FolderListing(name, path, folder, tuple(stamps), tuple(problems), own)


def _stamp(name: str, found: os.stat_result) -> Stamp:
    return name, *_read_values(found)


def stamp_listing(listing: FolderListing, seen: int, *, digest: bytes | None = None) -> str:
    """Return the stamp of a folder that was listed at `seen` (ns since 1970); empty where a later change might not show.

    `digest` is what `digest_stamps` returned, where that is known.
    """
    if listing.problems or not is_settled(listing, seen):
        return ""
    return (digest or digest_stamps(listing)).hex()


def digest_stamps(listing: FolderListing) -> bytes:
    """Return a fingerprint of the stamps of a folder and its files."""
    return _digest(listing.names, [stamp[1:] for stamp in (listing.own, *listing.stamps)])


def _digest(names: str, values: list[tuple[int, ...]]) -> bytes:
    return blake2b(marshal.dumps((names, values), 2), digest_size=16).digest()  # version 2 says equal things alike


def stamp_again(entry: str, names: str, within: int | None) -> str:
    """Return what `stamp_listing` would of a folder whose files have these names, see `FolderListing.names`.

    It need not be listed for that, which is a third of what a look takes: if another file has come or one has gone, the
    folder's own stamp is another. `entry` is its path from the folder of comments, of which `within` is the descriptor, or
    None where one works there. Empty where it cannot be told.
    """
    start = f"{entry}/"
    paths = [entry, *[start + name for name in names.split("/")]] if names else [entry]
    try:
        values = [_read_values(os.stat(path, dir_fd=within, follow_symlinks=False)) for path in paths]
        return _digest(names, values).hex()
    except (OSError, ValueError):  # ValueError: somebody else has made up the names
        return ""


def is_settled(listing: FolderListing, seen: int) -> bool:
    """Whether everything was last changed so long before it was seen that a later change shows in its stamp."""
    latest = seen - SETTLED_NS
    return all(stamp[4] < latest and stamp[5] < latest for stamp in (listing.own, *listing.stamps))


def show_path(path: str | Path, root: Path) -> str:
    """Return a path as problems show it: relative to `root` where it is below, with `/`, printable."""
    text, start = str(path), f"{root}{os.sep}"
    if os.sep == "/" and text.startswith(start) and "//" not in text and "/./" not in text:
        return make_printable(text[len(start) :])
    try:
        shown = Path(path).relative_to(root).as_posix()
    except ValueError:
        shown = Path(path).as_posix()
    return make_printable(shown)


def make_printable(text: str) -> str:
    """Return a text without control characters and halves of characters, escaped as Python does."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


def report_symlink(path: str) -> Problem:
    """Return the problem of a symbolic link."""
    return Problem(
        path, 1, "symbolic-link", "it is a symbolic link, which could point anywhere", "put the file itself here"
    )


def report_stray(path: str, remedy: str) -> Problem:
    """Return the problem of a file that is no comment."""
    return Problem(path, 1, "stray-file", "it is no comment file", remedy, Severity.WARNING)


def report_unreadable(path: str, error: OSError) -> Problem:
    """Return the problem of what cannot be read."""
    return Problem(path, 1, "unreadable", f"it cannot be read: {error.strerror}", "mend its permissions")
