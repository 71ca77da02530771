"""One writer at a time, and what a dead one leaves behind.

Rule: the right to write is an flock, which the system takes back when the last process that holds it is gone. The git
commands a writer starts hold it too, so that one that outlives its writer is waited for. Whoever has it knows that no
writer of ours lives, and that a lock file of git's which is still there after `STALE_SECONDS` is nobody's.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .values import Cause, InboxUnavailableError

WRITER, SYNC = "writer", "sync"
"""Of the files that are locked; they stay empty. Not `*.lock`, which is what git calls its own."""
PATIENCE_SECONDS = 20.0
"""How long a writer waits for its turn: some hundred times what the largest batch takes."""
STALE_SECONDS = 2.0
"""By hand somebody may run `git gc` here, which knows nothing of the flock; it holds a lock for milliseconds."""
PAUSE_SECONDS = 0.02
LEFT_BEHIND = ("*.lock", "packed-refs.new")
"""What stops the next git command, after a kill."""
SCRAPS = ("fast_import_crash_*", "objects/pack/tmp_*")
"""What only takes up space."""
KEPT_BY_FAST_IMPORT = b"fast-import"
"""In a file that, left behind, would keep a pack from ever being joined with others, and what is in it from being erased."""


@contextmanager
def writing(repository: Path, *, patience_seconds: float = PATIENCE_SECONDS) -> Iterator[int]:
    """Be the only writer of a repository; gives the open file that git commands are to hold as well.

    Raises InboxUnavailableError where the turn does not come, and OSError where the file cannot be opened.
    """
    with _locked(repository / WRITER, patience_seconds) as descriptor:
        yield descriptor


@contextmanager
def syncing(repository: Path, *, patience_seconds: float) -> Iterator[None]:
    """Be the only one who brings a repository and its remote together; raises as `writing` does, and keeps nobody from that."""
    with _locked(repository / SYNC, patience_seconds):
        yield


@contextmanager
def _locked(path: Path, patience_seconds: float) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # a new one: a lock is its opening's
    try:
        _wait_for_turn(descriptor, path, patience_seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for_turn(descriptor: int, path: Path, patience_seconds: float) -> None:
    with suppress(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    # the system wakes who waits longest, but knows no limit; asking again and again knows no order
    granted = threading.Event()

    def wait() -> None:
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            granted.set()

    threading.Thread(target=wait, daemon=True).start()
    # the lock goes with the descriptor, even where it is granted after that was closed
    if not granted.wait(patience_seconds):
        raise InboxUnavailableError(Cause.BUSY, f"another process has held {path} all the time")


def remove_left_behind(repository: Path) -> bool:
    """Remove what dead processes left, as the only writer; return whether there was anything, a living one's too.

    Takes up to `STALE_SECONDS`, after a kill that was as short ago as that.
    """
    found = list(find_left_behind(repository))
    for path in found:
        _outwait(path)
    return bool(found)


def find_left_behind(repository: Path) -> Iterator[Path]:
    """Yield files of git that stand for a command under way, or for one that died."""
    for pattern in LEFT_BEHIND:
        yield from repository.glob(pattern)
    yield from (repository / "refs").rglob("*.lock")
    for keep in repository.glob("objects/pack/*.keep"):
        with suppress(FileNotFoundError):
            if keep.read_bytes() == KEPT_BY_FAST_IMPORT:
                yield keep


def remove_scraps(repository: Path) -> None:
    """Remove what a failed command left, as the only writer; a fetch at the same time may fail of it, and is repeated."""
    for pattern in SCRAPS:
        for path in repository.glob(pattern):
            path.unlink(missing_ok=True)


def _outwait(path: Path) -> None:
    """Wait until a file is gone, or too old to be anybody's; then remove it."""
    with suppress(FileNotFoundError):
        first = path.stat()
        while abs(time.time() - first.st_mtime) < STALE_SECONDS:  # abs: a clock may have been put back
            time.sleep(PAUSE_SECONDS)
            if path.stat().st_ino != first.st_ino:
                return
        path.unlink()
