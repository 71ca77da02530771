"""The index of threads: what the receiver has to know of the site's pages, written by each build.

Rule: the receiver reads no content and asks Pelican nothing while it answers. It goes on with the last index it could
read, whatever becomes of the file.
"""

import json
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..building.conversations import Conversations
from ..model import Conversation, Page

logger = logging.getLogger(__name__)

VERSION = 1
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class IndexedThread:
    """A thread that a page owns."""

    page: Page
    """The original, with what the receiver needs of it."""
    comments: frozenset[str] = frozenset()
    """Ids of what is published in it."""


def write_index(conversations: Conversations, path: Path) -> None:
    """Write the index of every thread that a page owns, where it has changed; raises OSError."""
    threads = {
        name: _describe(page, [comment.id for comment in conversations.thread_of(page).comments])
        for name, page in sorted(conversations.pages_by_thread.items())
    }
    _write(threads, path)


def update_index(path: Path, ids: Mapping[str, Sequence[str]]) -> None:
    """Write the ids of what is published in some threads, by name, into an index; raises OSError, or ValueError where it is none."""
    try:
        threads = json.loads(path.read_bytes())["threads"]
        for name, found in ids.items():
            threads[name]["comments"] = sorted(found)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"it is no index of these threads ({error!r})") from error
    _write(threads, path)


def _write(threads: Mapping[str, object], path: Path) -> None:
    data = json.dumps({"version": VERSION, "threads": threads}, ensure_ascii=False, indent=0).encode()
    if path.is_file() and path.read_bytes() == data:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_bytes(data)
    new.replace(path)


def _describe(page: Page, ids: list[str]) -> dict[str, object]:
    return {
        "title": page.title,
        "url": page.url,
        "lang": page.lang,
        "conversation": page.conversation.value,
        "date": page.date.isoformat() if page.date else None,
        "comments": sorted(ids),
    }


@dataclass(slots=True)
class ThreadIndex:
    """The index as it is now; any number of threads of the process may ask it."""

    path: Path
    _stamp: _Stamp | None = None
    """Of the file that was read last, for better or worse."""
    _threads: Mapping[str, IndexedThread] | None = None
    """None: none was ever read."""
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name: str) -> IndexedThread | None:
        """Return a thread that a page owns, from the file as it is now; None for every other name."""
        self._refresh()
        return (self._threads or {}).get(name)

    def is_readable(self) -> bool:
        """Whether an index was ever read."""
        self._refresh()
        return self._threads is not None

    def _refresh(self) -> None:
        with self._turn:
            try:
                found = self.path.stat()
                stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
                if stamp != self._stamp:
                    self._stamp = stamp
                    self._threads = parse_index(self.path.read_bytes())
            except (OSError, ValueError) as error:
                if self._stamp is not None or self._threads is None:
                    logger.warning("the index of threads cannot be read: %s", error)


def parse_index(data: bytes) -> Mapping[str, IndexedThread]:
    """Read what `write_index` wrote; raises ValueError for anything else."""
    try:
        found = json.loads(data)
        if found["version"] != VERSION:
            raise ValueError(f"it has version {found['version']}; build the site again")
        return {name: _read_thread(name, facts) for name, facts in found["threads"].items()}
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no index of threads ({error!r}); build the site again") from error


def _read_thread(name: str, facts: Mapping[str, Any]) -> IndexedThread:
    page = Page(
        thread=name, title=facts["title"], url=facts["url"], lang=facts["lang"], thread_lang=facts["lang"],
        conversation=Conversation(facts["conversation"]),
        date=datetime.fromisoformat(facts["date"]) if facts["date"] else None,
    )  # fmt: skip
    return IndexedThread(page, frozenset(facts["comments"]))
