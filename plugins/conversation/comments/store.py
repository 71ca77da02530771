"""The store: the folder of comment files, read thread by thread in the order of their names.

Rule: everything in the folder is either read or reported. Nothing is opened that is not a plain file of a comment's
size, and no symbolic link is followed.
"""

import marshal
import os
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

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
YOUNG_SECONDS = 1.0
"""A file changed so lately can change once more without its times showing it; file systems count in milliseconds."""


@dataclass(frozen=True, slots=True)
class FolderState:
    """An entry of the folder of comments, for seeing later whether it has changed."""

    thread: str
    """Empty where it cannot be one."""
    stamp: str
    """See `Store.stamp_entries`."""
    digest: bytes
    """Of what it holds, 16 bytes: the same for the same files and problems."""


@dataclass(frozen=True, slots=True)
class ThreadFolder:
    """The comment files of one thread, by id, with what was wrong with the folder's other contents."""

    name: str
    path: str
    """As in `Problem.path`."""
    files: tuple[CommentFile, ...]
    problems: tuple[Problem, ...]
    entry: str = ""
    """Name of the folder, or of the file in its place, as the file system has it."""
    stamp: str = ""
    """As `Store.stamp_entries` returns it, taken before the files were read."""

    @property
    def state(self) -> FolderState:
        """What tells whether it has changed."""
        found = blake2b(repr((self.name, self.problems)).encode("utf-8", "surrogatepass"), digest_size=16)
        for file in self.files:
            parts = (file.id.encode(), file.data, b"" if file.signature is None else b"s" + file.signature)
            found.update(b"".join(len(part).to_bytes(8, "big") + part for part in parts))
        return FolderState(self.name, self.stamp, found.digest())


def show_path(path: str | Path, root: Path) -> str:
    """Return a path as problems show it: relative to `root` where it is below, with `/`, printable."""
    try:
        shown = Path(path).relative_to(root).as_posix()
    except ValueError:
        shown = Path(path).as_posix()
    return _make_printable(shown)


def _make_printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


class Store:
    """Reads the folder of comments."""

    def __init__(self, folder: Path, root: Path, *, max_body_bytes: int) -> None:
        self.folder = folder
        self.root = root
        self.max_file_bytes = max_body_bytes + MAX_HEADER_BYTES

    def read_threads(self, only: Iterable[str] | None = None) -> Iterator[ThreadFolder]:
        """Yield each thread once, by name; a folder that cannot be one has no files and its problem.

        `only` are the names of entries to look at; without it, all.
        """
        wanted = None if only is None else frozenset(only)
        for entry in self._entries(self.folder, wanted):
            if entry.name not in HOUSEKEEPING:
                yield self._read_thread(entry)

    def _read_thread(self, entry: os.DirEntry[str]) -> ThreadFolder:
        path = show_path(entry.path, self.root)
        if entry.is_symlink():
            problem = _symlink(path)
        elif not entry.is_dir(follow_symlinks=False):
            problem = _stray(path, "move it into the folder of its thread, or out of here")
        elif not is_thread_name(name := unicodedata.normalize("NFC", entry.name)):
            remedy = "use letters, digits, `-`, `_` and inner `.`, 200 bytes at most"
            problem = Problem(path, 1, "bad-thread", f"{entry.name!r} cannot name a thread", remedy)
        else:
            return self._read_folder(name, Path(entry.path))
        return ThreadFolder("", path, (), (problem,), entry.name, _stamp([entry]))

    def stamp_entries(self) -> Iterator[tuple[str, str]]:
        """Yield each entry of the folder with a stamp of its times and sizes, those of its files included.

        An equal stamp means that nothing was changed. A stamp is empty where a change too late to be seen is possible,
        and where the entry cannot be read; an empty one equals none.
        """
        for entry in self._entries(self.folder):
            if entry.name not in HOUSEKEEPING:
                yield entry.name, _stamp_folder(entry.path) if entry.is_dir(follow_symlinks=False) else _stamp([entry])

    @staticmethod
    def _entries(folder: Path, only: frozenset[str] | None = None) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            found = entries if only is None else (entry for entry in entries if entry.name in only)
            return sorted(found, key=lambda entry: entry.name)

    def _read_folder(self, name: str, folder: Path) -> ThreadFolder:
        shown = show_path(folder, self.root)
        problems: list[Problem] = []
        contents: dict[str, bytes] = {}
        try:
            entries = self._entries(folder)
        except OSError as error:
            return ThreadFolder(name, shown, (), (_unreadable(shown, error),), folder.name)
        stamp = _stamp(entries)
        names = {entry.name for entry in entries}
        for entry in entries:
            if entry.name != ".gitkeep":
                self._read_entry(entry, f"{shown}/{_make_printable(entry.name)}", contents, problems)
        files: list[CommentFile] = []
        for file_name, data in contents.items():
            if file_name.endswith(COMMENT_SUFFIX):
                id = file_name.removesuffix(COMMENT_SUFFIX)
                files.append(CommentFile(id, f"{shown}/{file_name}", data, contents.get(f"{file_name}.sig")))
            elif file_name.removesuffix(".sig") not in names:
                problems.append(_stray(f"{shown}/{file_name}", "a signature needs its comment beside it"))
        return ThreadFolder(name, shown, tuple(files), tuple(problems), folder.name, stamp)

    def _read_entry(
        self, entry: os.DirEntry[str], path: str, contents: dict[str, bytes], problems: list[Problem]
    ) -> None:
        """Add the entry's bytes to `contents`, or what is wrong with it to `problems`."""
        is_signature = entry.name.endswith(SIGNATURE_SUFFIX)
        if entry.is_symlink():
            problems.append(_symlink(path))
        elif not entry.is_file(follow_symlinks=False) or not entry.name.endswith((COMMENT_SUFFIX, SIGNATURE_SUFFIX)):
            problems.append(_stray(path, "comments are files `<id>.md`; move it out of here"))
        elif not is_id(id := entry.name.removesuffix(".sig").removesuffix(COMMENT_SUFFIX)):
            remedy = "use a-z, 0-9 and `-`, 64 characters at most"
            problems.append(Problem(path, 1, "bad-id", f"{id!r} cannot be the id of a comment", remedy))
        else:
            try:
                size = entry.stat(follow_symlinks=False).st_size
                if size > (MAX_SIGNATURE_BYTES if is_signature else self.max_file_bytes):
                    remedy = "shorten it or raise CONVERSATION_MAX_BODY_BYTES"
                    problems.append(Problem(path, 1, "body-too-long", f"the file has {size} bytes", remedy))
                else:
                    contents[entry.name] = Path(entry.path).read_bytes()
            except OSError as error:
                problems.append(_unreadable(path, error))


def _stamp_folder(path: str) -> str:
    try:
        with os.scandir(path) as entries:
            return _stamp(entries)
    except OSError:
        return ""


def _stamp(entries: Iterable[os.DirEntry[str]]) -> str:
    """Return the stamp of some files; empty where one is young or gone."""
    facts = []
    try:
        for entry in entries:
            found = entry.stat(follow_symlinks=False)
            facts.append((found.st_ctime_ns, found.st_mtime_ns, found.st_size, found.st_ino, entry.name))
    except OSError:
        return ""
    facts.sort()
    latest = max((max(fact[:2]) for fact in facts), default=0)
    is_young = time.time_ns() - latest < YOUNG_SECONDS * 1e9
    return "" if is_young else blake2b(marshal.dumps(facts, 2), digest_size=16).hexdigest()


def _symlink(path: str) -> Problem:
    return Problem(
        path, 1, "symbolic-link", "it is a symbolic link, which could point anywhere", "put the file itself here"
    )


def _stray(path: str, remedy: str) -> Problem:
    return Problem(path, 1, "stray-file", "it is no comment file", remedy, Severity.WARNING)


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, 1, "unreadable", f"it cannot be read: {error.strerror}", "mend its permissions")
