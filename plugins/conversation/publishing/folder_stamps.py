"""Folder stamps: those of all folders of comments, most of what publishing has to look at.

Rule: of many folders, a process of its own looks at some while this one does something else. It reads and nothing more,
outlives nobody, and where it cannot be had or dies, everything is looked at here.
"""

import mmap
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..comments.listing import Entry, list_entries, list_threads, stamp_again, stamp_listing
from ..configuration import Settings
from .record import KnownFolders, find_known, record_path

SHARED_FROM = 1000
"""Folders. Starting a process takes as long as looking at 300 with ten comments each."""
LOOKED_AT_ONCE = 250
"""Folders. Some 10 ms, which is the longest that either process waits for the other."""


def begin_look(found: Mapping[str, Any], settings: Settings) -> "FolderLook":
    """Begin to look at a site's comments, by what the last build saw; `found` are Pelican's settings."""
    path = record_path(settings.root / found["CACHE_PATH"], Path(found["OUTPUT_PATH"]).absolute())
    return FolderLook(settings.path, settings.root, find_known(path))


class FolderLook:
    """A look at every folder of comments, begun as soon as this is made."""

    def __init__(self, folder: Path, root: Path, known: KnownFolders | None = None) -> None:
        """`known` need not be true of any folder; those of which it is are not listed again."""
        self._folder, self._root, self._known = folder, root, known or {}
        entries = list_entries(folder) if folder.is_dir() else []
        self._parts = [entries[start : start + LOOKED_AT_ONCE] for start in range(0, len(entries), LOOKED_AT_ONCE)]
        self._taken = mmap.mmap(-1, len(self._parts) + 1)
        """A byte for each part, seen by both processes: 1 when one of them looks at it. Should both, no harm is done."""
        self._other: BaseProcess | None = None
        self._answer: Connection | None = None
        if len(entries) >= SHARED_FROM and _can_share():
            with suppress(OSError):
                self._begin()

    def _begin(self) -> None:
        fork = multiprocessing.get_context("fork")
        self._answer, there = fork.Pipe(duplex=False)
        with there:
            other = fork.Process(target=self._look_there, args=(self._answer, there), daemon=True)
            other.start()
            self._other = other

    def _look_there(self, end: Connection, answer: Connection) -> None:
        """Look at parts from the front until the other process has come from the back; runs in a process of its own."""
        end.close()  # or this process would wait for itself, were the other one killed
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses Ctrl-C means the other process, which ends this one
        found: dict[int, dict[str, str]] = {}
        for number in range(len(self._parts)):
            if self._taken[number]:
                break
            found[number] = self._look(number)
        with suppress(OSError):  # nobody is there any more
            answer.send(found)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:  # fmt: skip
        """As `drop`."""
        self.drop()

    def finish(self) -> dict[str, str]:
        """Return the stamp of every entry, by its name."""
        found: dict[int, dict[str, str]] = {}
        for number in reversed(range(len(self._parts))):
            if self._taken[number]:
                break
            found[number] = self._look(number)
        if self._answer is not None:
            with suppress(EOFError, OSError):  # it has died
                found |= self._answer.recv()
        found |= {number: self._look(number) for number in range(len(self._parts)) if number not in found}
        self.drop()
        return {name: stamp for part in found.values() for name, stamp in part.items()}

    def _look(self, number: int) -> dict[str, str]:
        self._taken[number] = 1
        return _stamp(self._folder, self._root, self._parts[number], self._known)

    def drop(self) -> None:
        """Let the other process go."""
        if self._other is not None:
            self._other.terminate()
            self._other.join()
            self._other.close()
        if self._answer is not None:
            self._answer.close()
        self._other = self._answer = None


def _can_share() -> bool:
    """Whether a copy of this process is safe and has a processor to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _stamp(folder: Path, root: Path, entries: Sequence[Entry], known: KnownFolders) -> dict[str, str]:
    seen = time.time_ns()
    found: dict[str, str] = {}
    for entry in entries:
        stamp, names = known.get(entry.name, ("", ""))
        if stamp and stamp == stamp_again(f"{folder}/{entry.name}", names):
            found[entry.name] = stamp
    rest = [entry for entry in entries if entry.name not in found]
    return found | {listing.entry: stamp_listing(listing, seen) for listing in list_threads(folder, root, rest)}
