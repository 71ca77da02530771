"""The store: the folder of comment files, read thread by thread in the order of their names.

Rule: everything in the folder is either read or reported. Nothing is opened that is not a plain file of a comment's
size, and no symbolic link is followed.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from ..model import Problem
from ..text import is_id
from .comment_file import CommentFile
from .flat_lines import MAX_BYTES as MAX_HEADER_BYTES
from .listing import (
    FolderListing,
    Stamp,
    list_entries,
    list_threads,
    make_printable,
    report_stray,
    report_symlink,
    report_unreadable,
)

COMMENT_SUFFIX = ".md"
SIGNATURE_SUFFIX = ".md.sig"
MAX_SIGNATURE_BYTES = 16 * 1024
"""Four times the largest that ssh-keygen makes, RSA with 16,384 bits."""
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


@dataclass(frozen=True, slots=True)
class FolderState:
    """An entry of the folder of comments, for seeing later whether it has changed."""

    thread: str
    """Empty where it cannot be one."""
    stamp: str
    """Of its files' times and sizes: as long as it is the same, nothing was changed; empty where that cannot be told."""
    digest: bytes
    """Of what it holds: the same for the same files and problems."""
    names: str = ""
    """As in `FolderListing`."""


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

    def list_threads(self, only: Iterable[str] | None = None) -> Iterator[FolderListing]:
        """Yield the folder of each thread once, by name, and what is no such folder with its problem; see `listing`.

        `only` are the names of entries to look at; without it, all.
        """
        return list_threads(self.folder, self.root, list_entries(self.folder, only))

    def read_listed(self, listing: FolderListing) -> ThreadFolder:
        """Read the files of a thread."""
        shown, problems = listing.path, list(listing.problems)
        contents: dict[str, bytes] = {}
        names = {stamp[0] for stamp in listing.stamps}
        for stamp in listing.stamps:
            name = stamp[0]
            if name != ".gitkeep":
                path = f"{shown}/{name if name.isprintable() else make_printable(name)}"
                self._read_file(f"{listing.folder}/{name}", path, stamp, contents, problems)
        files: list[CommentFile] = []
        for name, data in contents.items():
            if name.endswith(COMMENT_SUFFIX):
                id = name.removesuffix(COMMENT_SUFFIX)
                files.append(CommentFile(id, f"{shown}/{name}", data, contents.get(f"{name}.sig")))
            elif name.removesuffix(".sig") not in names:
                problems.append(report_stray(f"{shown}/{name}", "a signature needs its comment beside it"))
        return ThreadFolder(listing.name, shown, tuple(files), tuple(problems))

    def _read_file(
        self, file: str, path: str, stamp: Stamp, contents: dict[str, bytes], problems: list[Problem]
    ) -> None:
        """Add the file's bytes to `contents`, or what is wrong with it to `problems`."""
        name, mode, _, size, _, _ = stamp
        is_signature = name.endswith(SIGNATURE_SUFFIX)
        # Of an editor that has a comment open: Emacs' lock `.#a.md` is a link to nowhere.
        is_hidden = name.startswith(".")
        if S_ISLNK(mode) and not is_hidden:
            problems.append(report_symlink(path))
        elif is_hidden or not S_ISREG(mode) or not name.endswith((COMMENT_SUFFIX, SIGNATURE_SUFFIX)):
            problems.append(report_stray(path, "comments are files `<id>.md`; move it out of here"))
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
                problems.append(report_unreadable(path, error))


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
