"""Writing comment files: each whole or not at all.

Rule: nothing in it decides what may be replaced. This is how imports write; decisions reach the folder by a commit that
the work tree follows (`moderation.site_repository`), and nothing else writes there.
"""

import os
from pathlib import Path

from ..errors import ConversationError
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


def _write_file(path: Path, data: bytes) -> None:
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(data)
        os.replace(new, path)  # noqa: PTH105 - the one call that is atomic everywhere
    except OSError:
        new.unlink(missing_ok=True)
        raise
