"""Folder stamps: those of all folders of comments, most of what publishing has to look at.

Rule: of many folders, a process of its own looks at some while this one does something else. It reads and nothing more,
and where it cannot be had or dies, everything is looked at here.
"""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import Self

from ..comments.listing import Entry, list_entries, list_threads, stamp_listing

SHARED_FROM = 1000
"""Folders. Starting a process takes as long as looking at 300 with ten comments each."""
LOOKED_AT_ONCE = 250
"""Folders. Some 20 ms, which is the longest that either process waits for the other."""


class FolderLook:
    """A look at every folder of comments, begun as soon as this is made."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root
        entries = list_entries(folder) if folder.is_dir() else []
        self._parts = [entries[start : start + LOOKED_AT_ONCE] for start in range(0, len(entries), LOOKED_AT_ONCE)]
        self._other: ProcessPoolExecutor | None = None
        self._begun: list[Future[dict[str, str]]] = []
        if len(entries) >= SHARED_FROM and _can_share():
            self._other = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))
            try:
                self._begun = [self._other.submit(_stamp, folder, root, part) for part in self._parts]
            except (BrokenProcessPool, OSError):
                self.drop()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:  # fmt: skip
        """As `drop`."""
        self.drop()

    def finish(self) -> dict[str, str]:
        """Return the stamp of every entry, by its name: the other process goes on from the front, this one comes from the back."""
        found: dict[str, str] = {}
        for number in reversed(range(len(self._parts))):
            found |= self._finish_part(number)
        self.drop()
        return found

    def _finish_part(self, number: int) -> dict[str, str]:
        if self._other is not None and not self._begun[number].cancel():
            try:
                return self._begun[number].result()
            except (BrokenProcessPool, CancelledError, OSError):
                self.drop()
        return _stamp(self._folder, self._root, self._parts[number])

    def drop(self) -> None:
        """Let the other process go."""
        if self._other is not None:
            self._other.shutdown(cancel_futures=True)
            self._other = None


def _can_share() -> bool:
    """Whether a copy of this process is safe and has a processor to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _stamp(folder: Path, root: Path, entries: Sequence[Entry]) -> dict[str, str]:
    seen = time.time_ns()
    return {listing.entry: stamp_listing(listing, seen) for listing in list_threads(folder, root, entries)}
