"""The thread reader: threads from their files, or from the shelf where the files are as they were.

Rule: stamps of files are believed only if no file was changed in the seconds before they were taken, as git does it; else
the contents decide. A thread from the shelf equals the one that its files give, and so do its problems.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b

from ..comments.comment_file import CommentFile
from ..comments.listing import FolderListing, digest_stamps, is_settled, list_folder, show_path, stamp_listing
from ..comments.reading import Rules, read_thread
from ..comments.store import FolderState, Store, ThreadFolder
from ..comments.thread_record import decode_facts, decode_thread, encode_facts, encode_thread
from ..model import Placement, Problem, Thread, ThreadFacts
from .fingerprint import find_versions, make_fingerprint
from .shelf import Shelf, ThreadRow


class StoredThread(Thread):
    """A thread whose comments are fetched when they are asked for, and let go of when the next one's are."""

    __slots__ = ("_facts", "_fetch", "key")
    key: bytes
    """A fingerprint of everything that shapes the thread."""
    _facts: ThreadFacts
    _fetch: Callable[["StoredThread"], Thread]

    def __init__(self, name: str, facts: ThreadFacts, key: bytes, fetch: Callable[["StoredThread"], Thread]) -> None:
        for field, value in (("name", name), ("_facts", facts), ("key", key), ("_fetch", fetch)):
            object.__setattr__(self, field, value)  # its base is frozen

    @property
    def facts(self) -> ThreadFacts:
        """What is known of it without its comments."""
        return self._facts

    @property
    def count(self) -> int:
        """As in `Thread`."""
        return self._facts.count

    @property
    def placements(self) -> tuple[Placement, ...]:
        """As in `Thread`."""
        return self._fetch(self).placements

    @property
    def bodies(self) -> Mapping[str, str]:
        """As in `Thread`."""
        return self._fetch(self).bodies

    @property
    def guests(self) -> frozenset[str]:
        """As in `Thread`."""
        return self._fetch(self).guests


class ThreadReader:
    """Reads the threads of a site, one listed folder after the other."""

    def __init__(self, store: Store, rules: Rules, shelf: Shelf | None = None, *, versions: bytes = b"") -> None:
        """`versions` is what `find_versions` returned to somebody who knows that it would say the same again."""
        self._store = store
        self._rules = rules
        self._shelf = shelf
        folder = show_path(store.folder, store.root)
        self._edition = make_fingerprint(versions or find_versions(), rules, folder)
        self._known = dict(shelf.list_threads(self._edition)) if shelf else {}
        self._folders: dict[str, FolderListing] = {}  # without stamps, which would be a third of what a site takes
        self._held: tuple[StoredThread, Thread] | None = None
        self.states: dict[str, FolderState] = {}
        """Of what was read so far, by the name of the entry."""

    def read(self, listing: FolderListing) -> tuple[Thread | None, tuple[Problem, ...]]:
        """Return the thread of a folder, None where it has no comment file, and what is wrong with its files."""
        is_twin = listing.name in self._folders  # the shelf keeps one thread of a name
        if self._shelf is None or not listing.name or listing.problems or is_twin:
            self.states[listing.entry], folder = self.find_state(listing, time.time_ns())
            return self._read_files(folder) if folder.files else (None, folder.problems)
        return self._read_shelved(listing, self._shelf)

    def find_state(self, listing: FolderListing, seen: int) -> tuple[FolderState, ThreadFolder]:
        """Return what tells whether an entry of the folder of comments has changed, and its files.

        `seen` is a moment before it was listed, in nanoseconds since 1970.
        """
        stamp = stamp_listing(listing, seen)
        folder = self._store.read_listed(listing)
        key = make_fingerprint(self._edition, listing.name, _digest_files(folder.files), folder.problems)
        return FolderState(listing.name, stamp, key, listing.names), folder

    def _read_files(self, folder: ThreadFolder) -> tuple[Thread, tuple[Problem, ...]]:
        thread, problems = read_thread(folder.name, folder.files, self._rules)
        return thread, (*folder.problems, *problems)

    def _read_shelved(self, listing: FolderListing, shelf: Shelf) -> tuple[Thread | None, tuple[Problem, ...]]:
        seen, stamps = time.time_ns(), digest_stamps(listing)
        known = self._known.pop(listing.name, None)
        if known and known.stamps == stamps and is_settled(listing, known.seen):
            found = self._take(listing, known)
            if found is not None:
                self._note(listing, seen, stamps, known.key)
                return found
        folder = self._store.read_listed(listing)
        key = make_fingerprint(self._edition, listing.name, _digest_files(folder.files), folder.problems)
        self._note(listing, seen, stamps, key)
        if not folder.files:
            return None, folder.problems
        if known and known.key == key:
            found = self._take(listing, known)
            if found is not None:
                shelf.keep_thread(self._edition, listing.name, ThreadRow(stamps, seen, key, known.facts))
                return found
        thread, problems = self._read_files(folder)
        facts = thread.facts
        row = ThreadRow(stamps, seen, key, encode_facts(facts, problems))
        shelf.keep_thread(self._edition, listing.name, row, encode_thread(thread))
        return self._make(listing, facts, key), problems

    def _note(self, listing: FolderListing, seen: int, stamps: bytes, key: bytes) -> None:
        stamp = stamp_listing(listing, seen, digest=stamps)
        self.states[listing.entry] = FolderState(listing.name, stamp, key, listing.names)

    def _take(self, listing: FolderListing, row: ThreadRow) -> tuple[Thread, tuple[Problem, ...]] | None:
        """Return what the shelf has, or None where that is damaged."""
        try:
            facts, problems = decode_facts(row.facts)
        except ValueError:
            return None
        return self._make(listing, facts, row.key), problems

    def _make(self, listing: FolderListing, facts: ThreadFacts, key: bytes) -> StoredThread:
        self._folders[listing.name] = replace(listing, stamps=())
        return StoredThread(listing.name, facts, key, self._fetch)

    def _fetch(self, stored: StoredThread) -> Thread:
        """Return a thread with its comments; where the shelf has lost them, its files are read once more."""
        if self._held is not None and self._held[0] is stored:
            return self._held[1]
        record = self._shelf.find_record(stored.key) if self._shelf else None
        try:
            thread = decode_thread(record) if record is not None else self._read_again(stored)
        except ValueError:
            thread = self._read_again(stored)
        self._held = (stored, thread)
        return thread

    def _read_again(self, stored: StoredThread) -> Thread:
        folder = self._store.read_listed(list_folder(self._folders[stored.name]))
        return read_thread(folder.name, folder.files, self._rules)[0]

    def finish(self) -> None:
        """Write what was found new, and drop what is there no more."""
        if self._shelf is not None:
            self._shelf.write()
            self._shelf.tidy(self._edition, self._folders, now=time.time_ns())


def _digest_files(files: tuple[CommentFile, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for file in files:
        signature = file.signature or b""
        digest.update(
            f"{file.path}\0{file.signature is not None}\0{len(file.data)}\0{len(signature)}\0".encode(
                "utf-8", "surrogatepass"
            )
        )
        digest.update(file.data)
        digest.update(signature)
    return digest.digest()
