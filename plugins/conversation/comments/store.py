"""The store: the folder of comment files, read thread by thread in the order of their names.

Rule: everything in the folder is either read or reported. Nothing is opened that is not a plain file of a comment's
size, and no symbolic link is followed.
"""

import os
import unicodedata
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from ..model import Problem, Severity
from ..text import is_id, is_thread_name
from .comment_file import CommentFile
from .front_matter import MAX_BYTES as MAX_HEADER_BYTES

COMMENT_SUFFIX = ".md"
SIGNATURE_SUFFIX = ".md.sig"
MAX_SIGNATURE_BYTES = 16 * 1024
"""Four times the largest that ssh-keygen makes, RSA with 16,384 bits."""
HOUSEKEEPING = frozenset({".gitkeep", ".gitignore", ".gitattributes", "README.md"})
"""Files at the top of the folder that are the blogger's own."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A file that has become a pipe since it was listed must not hold up the build."""


@dataclass(frozen=True, slots=True)
class ThreadFolder:
    """The comment files of one thread, by id, with what was wrong with the folder's other contents."""

    name: str
    path: str
    """As in `Problem.path`."""
    files: tuple[CommentFile, ...]
    problems: tuple[Problem, ...]


def show_path(path: str | Path, root: Path) -> str:
    """Return a path as problems show it: relative to `root` where it is below, with `/`, printable."""
    text, start = str(path), f"{root}{os.sep}"
    if os.sep == "/" and text.startswith(start) and "//" not in text and "/./" not in text:
        return _make_printable(text[len(start) :])
    try:
        shown = Path(path).relative_to(root).as_posix()
    except ValueError:
        shown = Path(path).as_posix()
    return _make_printable(shown)


def _make_printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


Stamp = tuple[str, int, int, int, int, int]
"""Of a file: name, mode, inode, size in bytes, and when content and inode were changed, in nanoseconds."""


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

    @property
    def entry(self) -> str:
        """Name of the folder, or of the file in its place, as the file system has it."""
        return self.folder.rpartition(os.sep)[2]


@dataclass(frozen=True, slots=True)
class FolderState:
    """An entry of the folder of comments, for seeing later whether it has changed."""

    thread: str
    """Empty where it cannot be one."""
    stamp: str
    """Of its files' times and sizes: as long as it is the same, nothing was changed; empty where that cannot be told."""
    digest: bytes
    """Of what it holds: the same for the same files and problems."""


class Store:
    """Reads the folder of comments."""

    def __init__(self, folder: Path, root: Path, *, max_body_bytes: int) -> None:
        self.folder = folder
        self.root = root
        self.max_file_bytes = max_body_bytes + MAX_HEADER_BYTES

    def read_threads(self) -> Iterator[ThreadFolder]:
        """Yield each thread once, by name; a folder that cannot be one has no files and its problem."""
        for listing in self.list_threads():
            yield self.read_listed(listing)

    def list_threads(self, only: Container[str] | None = None) -> Iterator[FolderListing]:
        """Yield the folder of each thread once, by name, and what is no such folder with its problem.

        `only` are the names of entries to look at; without it, all.
        """
        top = show_path(self.folder, self.root)
        with os.scandir(self.folder) as found:
            wanted = found if only is None else (entry for entry in found if entry.name in only)
            entries = sorted(wanted, key=lambda entry: entry.name)
        for entry in entries:
            path = f"{top}/{_make_printable(entry.name)}"
            if entry.is_symlink():
                yield FolderListing("", path, entry.path, (), (_symlink(path),))
            elif not entry.is_dir(follow_symlinks=False):
                if entry.name not in HOUSEKEEPING:
                    problem = _stray(path, "move it into the folder of its thread, or out of here")
                    yield FolderListing("", path, entry.path, (), (problem,))
            elif not is_thread_name(name := unicodedata.normalize("NFC", entry.name)):
                message = f"{entry.name!r} cannot name a thread"
                problem = Problem(
                    path, 1, "bad-thread", message, "use letters, digits, `-`, `_` and inner `.`, 200 bytes at most"
                )
                yield FolderListing("", path, entry.path, (), (problem,))
            else:
                yield _list_folder(name, path, entry.path)

    def read_listed(self, listing: FolderListing) -> ThreadFolder:
        """Read the files of a thread."""
        shown, problems = listing.path, list(listing.problems)
        contents: dict[str, bytes] = {}
        names = {stamp[0] for stamp in listing.stamps}
        for stamp in listing.stamps:
            name = stamp[0]
            if name != ".gitkeep":
                path = f"{shown}/{name if name.isprintable() else _make_printable(name)}"
                self._read_file(f"{listing.folder}/{name}", path, stamp, contents, problems)
        files: list[CommentFile] = []
        for name, data in contents.items():
            if name.endswith(COMMENT_SUFFIX):
                id = name.removesuffix(COMMENT_SUFFIX)
                files.append(CommentFile(id, f"{shown}/{name}", data, contents.get(f"{name}.sig")))
            elif name.removesuffix(".sig") not in names:
                problems.append(_stray(f"{shown}/{name}", "a signature needs its comment beside it"))
        return ThreadFolder(listing.name, shown, tuple(files), tuple(problems))

    def _read_file(
        self, file: str, path: str, stamp: Stamp, contents: dict[str, bytes], problems: list[Problem]
    ) -> None:
        """Add the file's bytes to `contents`, or what is wrong with it to `problems`."""
        name, mode, _, size, _, _ = stamp
        is_signature = name.endswith(SIGNATURE_SUFFIX)
        if S_ISLNK(mode):
            problems.append(_symlink(path))
        elif not S_ISREG(mode) or not name.endswith((COMMENT_SUFFIX, SIGNATURE_SUFFIX)):
            problems.append(_stray(path, "comments are files `<id>.md`; move it out of here"))
        elif not is_id(id := name.removesuffix(".sig").removesuffix(COMMENT_SUFFIX)):
            remedy = "use a-z, 0-9 and `-`, 64 characters at most"
            problems.append(Problem(path, 1, "bad-id", f"{id!r} cannot be the id of a comment", remedy))
        elif size > (MAX_SIGNATURE_BYTES if is_signature else self.max_file_bytes):
            remedy = "shorten it or raise CONVERSATION_MAX_BODY_BYTES"
            problems.append(Problem(path, 1, "body-too-long", f"the file has {size} bytes", remedy))
        else:
            try:
                contents[name] = _read_bytes(file, size)
            except OSError as error:
                problems.append(_unreadable(path, error))


def list_folder(listing: FolderListing) -> FolderListing:
    """Look at the files of a listed folder once more."""
    return _list_folder(listing.name, listing.path, listing.folder)


def _list_folder(name: str, path: str, folder: str) -> FolderListing:
    stamps: list[Stamp] = []
    problems: list[Problem] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError as error:
                    problems.append(_unreadable(f"{path}/{_make_printable(entry.name)}", error))
                    continue
                stamps.append(
                    (entry.name, found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                )
    except OSError as error:
        problems.append(_unreadable(path, error))
    stamps.sort()
    return FolderListing(name, path, folder, tuple(stamps), tuple(problems))


def _read_bytes(file: str, size: int) -> bytes:
    """Return what is in a plain file; three system calls, where `Path.read_bytes` makes seven."""
    descriptor = os.open(file, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT)
    try:
        parts = [os.read(descriptor, size + 1)]
        while parts[-1] and len(parts[0]) != size:  # it was cut short, or has changed since
            parts.append(os.read(descriptor, size + 1))
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _symlink(path: str) -> Problem:
    return Problem(
        path, 1, "symbolic-link", "it is a symbolic link, which could point anywhere", "put the file itself here"
    )


def _stray(path: str, remedy: str) -> Problem:
    return Problem(path, 1, "stray-file", "it is no comment file", remedy, Severity.WARNING)


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, 1, "unreadable", f"it cannot be read: {error.strerror}", "mend its permissions")
