"""Writing comment files, each whole or not at all, and taking away those that stand elsewhere now.

Rule: nothing in it decides what may be replaced. This is how imports write; decisions reach the folder by a commit that
the work tree follows (`moderation.site_repository`), and nothing else writes there.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from unicodedata import is_normalized

from ..errors import ConversationError
from ..text import is_thread_name
from .listing import list_entries
from .store import COMMENT_SUFFIX, SIGNATURE_SUFFIX


class CommentFolder:
    """The folder of comments, one file at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = 0
        """Comments written so far."""

    def read_comment(self, thread: str, id: str) -> tuple[bytes, bool] | None:
        """Return a comment's bytes and whether a signature stands beside it; None where there is no such file."""
        path = self.folder / thread / f"{id}{COMMENT_SUFFIX}"
        try:
            return path.read_bytes(), path.with_name(f"{id}{SIGNATURE_SUFFIX}").exists()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConversationError(f"{path}: {error.strerror}; comments are plain files in folders") from error

    @cached_property
    def ids(self) -> Mapping[str, Sequence[str]]:
        """The ids of each thread's comments, by thread, as they were when this was first asked; both in order."""
        try:
            names = [entry.name for entry in list_entries(self.folder) if entry.is_folder]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ConversationError(f"{self.folder}: {error.strerror}; comments are plain files in folders") from error
        return {
            name: sorted(path.stem for path in (self.folder / name).glob(f"*{COMMENT_SUFFIX}"))
            for name in names
            if is_thread_name(name) and is_normalized("NFC", name)
        }

    @cached_property
    def _threads(self) -> Mapping[str, Sequence[str]]:
        """Those that have a comment of an id, by id."""
        found: dict[str, list[str]] = {}
        for thread, ids in self.ids.items():
            for id in ids:
                found.setdefault(id, []).append(thread)
        return found

    def find_threads(self, id: str, *, besides: str) -> Sequence[str]:
        """Return the other threads that had a comment of this id when that was first asked, in order."""
        found = [thread for thread in self._threads.get(id, ()) if thread != besides]
        return [thread for thread in found if not _is_one(self.folder / thread, self.folder / besides)]

    def remove_comment(self, thread: str, id: str) -> None:
        """Delete a comment, its signature before it, and the thread's folder if that is empty then."""
        path = self.folder / thread / f"{id}{COMMENT_SUFFIX}"
        try:
            path.with_name(f"{id}{SIGNATURE_SUFFIX}").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        except OSError as error:
            raise ConversationError(
                f"{path}: {error.strerror}; mend that and run it again: it goes on where it stopped"
            ) from error
        with suppress(OSError):
            path.parent.rmdir()

    def write_comment(self, thread: str, id: str, *, data: bytes, signature: bytes | None = None) -> None:
        """Write a comment, and its signature before it, in place of what is there; the thread's folder is made if need be."""
        folder = self.folder / thread
        if folder.is_symlink():
            raise ConversationError(
                f"{folder}: it is a symbolic link, which is not followed; put the folder itself there"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if signature is not None:
                _write_file(folder / f"{id}{SIGNATURE_SUFFIX}", signature)
            _write_file(folder / f"{id}{COMMENT_SUFFIX}", data)
        except OSError as error:
            raise ConversationError(
                f"{folder}: {error.strerror}; mend that and run it again: it goes on where it stopped"
            ) from error
        self.written += 1


def _is_one(folder: Path, other: Path) -> bool:
    """Whether two names are of one folder, as `Talk` and `talk` are on some file systems."""
    try:
        return folder.samefile(other)
    except OSError:
        return False


def _write_file(path: Path, data: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(data)
        os.replace(new, path)  # noqa: PTH105 - the one call that is atomic everywhere
    except OSError:
        new.unlink(missing_ok=True)
        raise
