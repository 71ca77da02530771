"""The look at all folders of comments, most of what publishing has to do, for those that are not as the last build saw them.

Rule: of many folders, a process of its own looks at some while this one does something else. It reads and nothing more,
outlives nobody, and where it cannot be had or dies, everything is looked at here.
"""

import mmap
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..comments.listing import stamp_again
from ..configuration import Settings
from .record import KnownFolders, find_known, record_path

SHARED_FROM = 1000
"""Folders. Starting a process takes as long as looking at 300 with ten comments each."""
LOOKED_AT_ONCE = 250
"""Folders. Some 10 ms, which is the longest that either process waits for the other."""


def begin_look(found: Mapping[str, Any], settings: Settings) -> "FolderLook":
    """Begin to look at a site's comments, by what the last build saw; `found` are Pelican's settings."""
    path = record_path(settings.root / found["CACHE_PATH"], Path(found["OUTPUT_PATH"]).absolute())
    return FolderLook(settings.path, find_known(path))


class FolderLook:
    """A look at every folder of comments, begun as soon as this is made."""

    def __init__(self, folder: Path, known: KnownFolders) -> None:
        """`known` need not be true of any folder. Raises OSError."""
        self._known = known
        self._within: int | None = os.open(folder, os.O_RDONLY | os.O_CLOEXEC) if folder.is_dir() else None
        """Descriptor of the folder: paths from there are short, which the kernel goes faster. None: the working directory."""
        names = sorted(os.listdir(folder)) if self._within is not None else []  # noqa: PTH208 - for they are texts
        self._gone = known.keys() - names
        self._parts = [names[start : start + LOOKED_AT_ONCE] for start in range(0, len(names), LOOKED_AT_ONCE)]
        self._taken = mmap.mmap(-1, len(self._parts) + 1)
        """A byte for each part, seen by both processes: 1 when one of them looks at it. Should both, no harm is done."""
        self._other: BaseProcess | None = None
        self._answer: Connection | None = None
        if len(names) >= SHARED_FROM and _can_share():
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
        if self._within is not None:
            os.fchdir(self._within)
            self._within = None
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses Ctrl-C means the other process, which ends this one
        found: dict[int, list[str]] = {}
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

    def finish(self) -> frozenset[str]:
        """Return the names of all entries, there or gone, that may not be as they are known."""
        found: dict[int, list[str]] = {}
        for number in reversed(range(len(self._parts))):
            if self._taken[number]:
                break
            found[number] = self._look(number)
        if self._answer is not None:
            with suppress(EOFError, OSError):  # it has died
                found |= self._answer.recv()
        found |= {number: self._look(number) for number in range(len(self._parts)) if number not in found}
        self.drop()
        return frozenset(self._gone.union(*found.values()))

    def _look(self, number: int) -> list[str]:
        self._taken[number] = 1
        return [name for name in self._parts[number] if not self._is_known(name)]

    def _is_known(self, name: str) -> bool:
        stamp, names = self._known.get(name, ("", ""))
        return stamp != "" and stamp == stamp_again(name, names, self._within)

    def drop(self) -> None:
        """Let the other process go."""
        if self._other is not None:
            self._other.terminate()
            self._other.join()
            self._other.close()
        if self._answer is not None:
            self._answer.close()
        if self._within is not None:
            os.close(self._within)
        self._other = self._answer = self._within = None


def _can_share() -> bool:
    """Whether a copy of this process is safe and has a processor to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1
