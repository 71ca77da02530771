"""The store: the folder of comment files, read thread by thread in the order of their names.

Rule: everything in the folder is either read or reported. Nothing is opened that is not a plain file of a comment's
size, and no symbolic link is followed.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
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

    def read_threads(self) -> Iterator[ThreadFolder]:
        """Yield each thread once, by name; a folder that cannot be one has no files and its problem."""
        for entry in self._entries(self.folder):
            path = show_path(entry.path, self.root)
            if entry.is_symlink():
                yield ThreadFolder("", path, (), (_symlink(path),))
            elif not entry.is_dir(follow_symlinks=False):
                if entry.name not in HOUSEKEEPING:
                    yield ThreadFolder(
                        "", path, (), (_stray(path, "move it into the folder of its thread, or out of here"),)
                    )
            elif not is_thread_name(name := unicodedata.normalize("NFC", entry.name)):
                message = f"{entry.name!r} cannot name a thread"
                problem = Problem(
                    path, 1, "bad-thread", message, "use letters, digits, `-`, `_` and inner `.`, 200 bytes at most"
                )
                yield ThreadFolder("", path, (), (problem,))
            else:
                yield self._read_folder(name, Path(entry.path))

    @staticmethod
    def _entries(folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)

    def _read_folder(self, name: str, folder: Path) -> ThreadFolder:
        shown = show_path(folder, self.root)
        problems: list[Problem] = []
        contents: dict[str, bytes] = {}
        try:
            entries = self._entries(folder)
        except OSError as error:
            return ThreadFolder(name, shown, (), (_unreadable(shown, error),))
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
        return ThreadFolder(name, shown, tuple(files), tuple(problems))

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


def _symlink(path: str) -> Problem:
    return Problem(
        path, 1, "symbolic-link", "it is a symbolic link, which could point anywhere", "put the file itself here"
    )


def _stray(path: str, remedy: str) -> Problem:
    return Problem(path, 1, "stray-file", "it is no comment file", remedy, Severity.WARNING)


def _unreadable(path: str, error: OSError) -> Problem:
    return Problem(path, 1, "unreadable", f"it cannot be read: {error.strerror}", "mend its permissions")
