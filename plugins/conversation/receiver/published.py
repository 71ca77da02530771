"""Published comments, read from their files one by one, for the pages that show what is being answered.

Rule: only what the index calls published is opened, and never through a symbolic link; what it shows, signature and
all, is judged by the same code as in a build.
"""

import os
import stat
import unicodedata
from pathlib import Path

from ..comments.allowed_signers import parse_allowed_signers
from ..comments.comment_file import CommentFile
from ..comments.reading import Rules
from ..comments.store import COMMENT_SUFFIX, MAX_SIGNATURE_BYTES, Store
from ..configuration import Settings
from .thread_index import IndexedThread


class PublishedComments:
    """The comment files of a site."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._max_bytes = Store(settings.path, settings.root, max_body_bytes=settings.max_body_bytes).max_file_bytes

    def read(self, thread: IndexedThread, id: str) -> CommentFile | None:
        """Return the file of a published comment; None where there is none, or none any more."""
        if id not in thread.comments:
            return None
        name = thread.page.thread
        for spelling in (name, unicodedata.normalize("NFD", name)):  # as some systems spell folders
            path = self._settings.path / spelling / f"{id}{COMMENT_SUFFIX}"
            if (data := _read_plain(path, self._max_bytes)) is not None:
                signature = _read_plain(path.with_name(f"{path.name}.sig"), MAX_SIGNATURE_BYTES)
                return CommentFile(id, f"{name}/{path.name}", data, signature)
        return None

    def read_rules(self) -> Rules:
        """Return what verifying a comment takes, with the keys as they are now."""
        settings = self._settings
        try:
            text = settings.allowed_signers.read_text("utf-8")
        except (OSError, UnicodeDecodeError):  # a build says so
            text = ""
        signers, _ = parse_allowed_signers(text, settings.allowed_signers.name, timezone=settings.timezone)
        return Rules(
            authors=settings.authors, signers=signers, timezone=settings.timezone,
            max_body_bytes=settings.max_body_bytes, max_indent=settings.max_indent,
        )  # fmt: skip


def _read_plain(path: Path, max_bytes: int) -> bytes | None:
    """Return what a plain file of up to `max_bytes` holds; None for whatever else is at `path`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > max_bytes:
            return None
        return os.read(descriptor, max_bytes)
    finally:
        os.close(descriptor)
