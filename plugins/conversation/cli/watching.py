"""Watching: what a build reads, and every change of it; and who waits for a build.

Rule: watching begins before the first build and never pauses, so that a file saved during a build is not missed.
"""

import math
import os
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile

import click
from watchfiles import watch

from ..building.site import load_pelican_settings, site_settings
from ..errors import ConversationError

DEBOUNCE_MILLISECONDS = 200
"""Editors save in several steps; longer, and the page would feel late."""
POLLING_MILLISECONDS = 1000
"""Between two looks at every file, where the system does not tell of changes."""
LOOKING = "The system does not tell of changes in so many folders: looking at all of them every second"
PATIENCE_SECONDS = 300.0
"""Nobody looks longer at a page that does not come; the build goes on."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads and a blogger edits."""

    folders: tuple[Path, ...]
    """Watched with everything below."""
    files: tuple[Path, ...]
    """Watched through their folder: an editor that replaces a file takes a watch on the file itself along. The folders are
    among them, or what is missing on the way to one, as they may come later or anew."""
    texts: tuple[Path, ...] = ()
    """Those folders whose changes are none of the settings' or of the theme's."""
    comments: Path | None = None
    """Folder of the comments; None where the settings cannot be read."""
    ignored: tuple[Path, ...] = ()
    """What builds and the receiver write, should it lie in a folder that is watched."""

    def list_comment_folders(self) -> list[str]:
        """Return the folders of threads; whatever comes and goes in one changes its time."""
        if self.comments is None or not self.comments.is_dir():
            return []
        return [entry.path for entry in os.scandir(self.comments) if entry.is_dir()] or [str(self.comments)]

    def find_entries(self, paths: Iterable[str]) -> frozenset[str] | None:
        """Return which entries of the folder of comments have changed; None where anything else has."""
        if self.comments is None or not all(Path(path).is_relative_to(self.comments) for path in paths):
            return None
        found = [Path(path).relative_to(self.comments).parts for path in paths]
        return frozenset(parts[0] for parts in found) if all(found) else None

    def are_only_texts(self, paths: Iterable[str]) -> bool:
        """Whether nothing but articles and comments has changed."""
        return all(any(Path(path).is_relative_to(folder) for folder in self.texts) for path in paths)


def find_sources(settings_file: Path) -> Sources:
    """Return what the build of a site reads; only the settings where they cannot be read."""
    siblings = settings_file.parent.glob("*conf*.py")
    try:
        found = load_pelican_settings(settings_file)
        settings = site_settings(found)
    except ConversationError:  # the build says so; a mended file brings the rest back
        return Sources((), (settings_file,))
    texts = (Path(found["PATH"]), settings.path)
    overrides = (Path(folder).absolute() for folder in found["THEME_TEMPLATES_OVERRIDES"])
    folders = (*texts, Path(found["THEME"]), *overrides)
    files = (settings_file, settings.allowed_signers, *sorted(siblings), *map(_find_entry, folders))
    return Sources(
        tuple(path for path in folders if path.is_dir()), tuple(dict.fromkeys(files)), texts,
        settings.path,
        (Path(found["OUTPUT_PATH"]), settings.root / found["CACHE_PATH"], settings.inbox, settings.secret.parent),
    )  # fmt: skip


def _find_entry(path: Path) -> Path:
    """Return `path`, or the first folder on the way to it that is missing."""
    while not path.parent.is_dir():
        path = path.parent
    return path


def read_file_clock(folder: Path) -> float:
    """Return the moment as the file system of a folder has it, in seconds, which need not be as the machine has it."""
    try:
        with TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return -math.inf


def has_changed_since(path: str, moment: float) -> bool:
    """Whether a file was written, renamed or deleted at `moment`, of the file system's clock, or later."""
    place = Path(path)
    while not (is_there := os.path.lexists(place)) and not place.parent.is_dir():
        place = place.parent
    stats = [
        place.parent.stat(),
        *([place.lstat()] if is_there else []),
    ]  # not everywhere a renamed file has a new time
    return any(max(found.st_mtime, found.st_ctime) >= moment for found in stats)


@dataclass(slots=True, eq=False)
class Request:
    """Somebody who waits for a build."""

    problem: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    def end(self, problem: str) -> None:
        """Tell whoever waits that the build has ended, and what went wrong."""
        self.problem = problem
        self._ended.set()

    def wait(self) -> str:
        """Return what went wrong, empty where nothing did."""
        return self.problem if self._ended.wait(PATIENCE_SECONDS) else "the site is still being built"


class Changes:
    """What has happened since the last build."""

    def __init__(self) -> None:
        self._items: SimpleQueue[str | Request] = SimpleQueue()
        self._is_closed = False

    def note(self, path: str) -> None:
        """Note that a file has changed."""
        self._items.put(path)

    def request_build(self) -> str:
        """Wait for a build that begins after this call; return what went wrong, empty where nothing did."""
        request = Request()
        if self._is_closed:
            return "the site is not built any more"
        self._items.put(request)
        return request.wait()

    def wait(self) -> tuple[set[str], list[Request]]:
        """Return the paths that have changed and who waits for a build, at least one of either."""
        items = [self._items.get(), *self._take_all()]
        requests = [item for item in items if isinstance(item, Request)]
        return {item for item in items if isinstance(item, str)}, requests

    def _take_all(self) -> Iterable[str | Request]:
        while True:
            try:
                yield self._items.get_nowait()
            except Empty:
                return

    def close(self) -> None:
        """Let nobody wait any more."""
        self._is_closed = True
        for item in self._take_all():
            if isinstance(item, Request):
                item.end("the site is not built any more")


class Watcher:
    """Notes every change of the sources from the moment it is made."""

    def __init__(self, sources: Sources, note: Callable[[str], None]) -> None:
        self.sources = sources
        self._note = note
        self._end = threading.Event()
        self._untold = threading.Lock()
        """Free until it was said that the system does not tell of changes."""
        self._start(sources.folders, recursive=True, only=None)
        folders = {file.parent for file in sources.files}
        self._start(folders, recursive=False, only={str(file) for file in sources.files})

    def _start(self, paths: Collection[Path], *, recursive: bool, only: Collection[str] | None) -> None:
        if paths:
            threading.Thread(target=self._watch, args=(paths, recursive, only), daemon=True).start()

    def _watch(self, paths: Collection[Path], recursive: bool, only: Collection[str] | None) -> None:
        try:
            self._follow(paths, recursive, only, is_polling=None)
        except OSError as error:  # of a large site, the system has not watches enough
            if self._untold.acquire(blocking=False):
                why = str(error).partition(" about ")[0]
                click.echo(f"{LOOKING} ({why}); on Linux, raise fs.inotify.max_user_watches", err=True)
            self._follow(paths, recursive, only, is_polling=True)

    def _follow(
        self, paths: Collection[Path], recursive: bool, only: Collection[str] | None, *, is_polling: bool | None
    ) -> None:
        for changes in watch(
            *paths, recursive=recursive, stop_event=self._end, debounce=DEBOUNCE_MILLISECONDS, step=20,
            rust_timeout=500, raise_interrupt=False, force_polling=is_polling, poll_delay_ms=POLLING_MILLISECONDS,
        ):  # fmt: skip
            for _, path in changes:
                if path in only if only is not None else not self._is_ignored(path):
                    self._note(path)

    def _is_ignored(self, path: str) -> bool:
        return any(Path(path).is_relative_to(folder) for folder in self.sources.ignored)

    def stop(self) -> None:
        """End the watching."""
        self._end.set()
