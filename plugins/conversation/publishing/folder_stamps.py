"""Folder stamps: those of all folders of comments, most of what publishing has to look at.

Rule: of many folders, a process of its own looks at one half. It reads and nothing else, and where it cannot be had or
dies, its half is looked at here.
"""

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Collection
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from ..building.thread_reader import stamp_listing
from ..comments.store import Store

SHARED_FROM = 1000
"""Folders. Starting a process takes as long as looking at 300 with ten comments each."""


def stamp_folders(store: Store) -> dict[str, str]:
    """Return the stamp of every entry of the folder of comments, by its name."""
    names = os.listdir(store.folder)  # noqa: PTH208 - names are all it needs
    if len(names) < SHARED_FROM or not _can_share():
        return _stamp(store, names)
    middle = len(names) // 2
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as other:
            there = other.submit(_stamp, store, names[:middle])
            here = _stamp(store, names[middle:])
            return {**there.result(), **here}
    except (BrokenProcessPool, OSError):
        return _stamp(store, names)


def _can_share() -> bool:
    """Whether a copy of this process is safe and has a processor to run on."""
    return sys.platform == "linux" and threading.active_count() == 1 and len(os.sched_getaffinity(0)) > 1


def _stamp(store: Store, names: Collection[str]) -> dict[str, str]:
    seen = time.time_ns()
    return {listing.entry: stamp_listing(listing, seen) for listing in store.list_threads(frozenset(names))}
