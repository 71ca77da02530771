"""`pelican-comments serve`: build the blog, serve it on this machine, and build again whenever a source changes.

Rule: watching begins before the first build and never pauses, so that a file saved during a build is not missed.
"""

import logging
import threading
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from socketserver import ThreadingMixIn

import click
from pelican import Pelican
from pelican.log import init
from pelican.server import ComplexHTTPRequestHandler, RootedHTTPServer
from watchfiles import watch

from ..errors import ConversationError
from ..site import load_pelican_settings, site_settings

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
DEBOUNCE_MILLISECONDS = 200
"""Editors save in several steps; longer, and the page would feel late."""


class Server(ThreadingMixIn, RootedHTTPServer):  # type: ignore[misc] # Pelican is untyped
    """Serves the output; threads, because browsers open connections ahead of need and leave them idle."""

    daemon_threads = True
    allow_reuse_address = True


class Handler(ComplexHTTPRequestHandler):  # type: ignore[misc] # as above
    """Pelican's handler, which answers nothing at all where a file is missing."""

    def get_path_that_exists(self, original_path: str) -> str | None:
        """Return the file that an address means, or answer 404 with the site's own page."""
        found: str | None = super().get_path_that_exists(original_path)
        if found is None:
            page = Path(self.base_path) / "404.html"
            self.error_message_format = page.read_text("utf-8").replace("%", "%%") if page.is_file() else "not found\n"
            self.send_error(404)
        return found


@click.command(name="serve", short_help="Build the blog, serve it here, follow every change.")
@click.option("-p", "--port", default=8000, show_default=True, help="Port on 127.0.0.1; 0 takes a free one.")
@click.pass_obj
def command(settings_file: str, port: int) -> None:
    """Build the blog and serve it on this machine, following every change."""
    init(level=logging.WARNING)
    path = Path(settings_file).absolute()
    output = Path(load_pelican_settings(path)["OUTPUT_PATH"])
    output.mkdir(parents=True, exist_ok=True)
    try:
        server = Server(str(output), (HOST, port), Handler)
    except OSError as error:
        raise ConversationError(f"port {port} cannot be had ({error.strerror}); choose another with --port") from error
    address = f"http://{HOST}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _build_and_follow(path, address)
    finally:
        server.shutdown()
        server.server_close()


def _build_and_follow(settings_file: Path, address: str) -> None:
    """Build, and build again after every change, until interrupted."""
    watcher = Watcher(_sources(settings_file))
    _build(settings_file, address)
    click.echo(f"Serving {address} - Ctrl+C ends it")
    while True:
        names = sorted({Path(path).name for path in watcher.wait_for_changes()})
        click.echo(f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''} changed, building ...")
        if (sources := _sources(settings_file)) != watcher.sources:
            watcher.stop()
            watcher = Watcher(sources)
        _build(settings_file, address)


def _build(settings_file: Path, address: str) -> None:
    """Run Pelican; what goes wrong is said, and the last good output goes on being served."""
    try:
        Pelican(load_pelican_settings(settings_file, SITEURL=address, FEED_DOMAIN=address)).run()
    except ConversationError as error:
        click.echo(f"pelican-comments: {error}", err=True)
    except Exception:
        logger.exception("The build failed; the site stays as it was")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads and a blogger edits."""

    folders: tuple[Path, ...]
    """Watched with everything below."""
    files: tuple[Path, ...]
    """Watched through their folder: an editor that replaces a file takes a watch on the file itself along."""


def _sources(settings_file: Path) -> Sources:
    siblings = settings_file.parent.glob("*conf*.py")
    try:
        found = load_pelican_settings(settings_file)
        settings = site_settings(found)
    except ConversationError:  # the build says so; a mended file brings the rest back
        return Sources((), (settings_file,))
    folders = (Path(found["PATH"]), Path(found["THEME"]), settings.path)
    return Sources(tuple(path for path in folders if path.is_dir()), (settings.allowed_signers, *sorted(siblings)))


class Watcher:
    """Notes every change of the sources from the moment it is made."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._changed: SimpleQueue[str] = SimpleQueue()
        self._end = threading.Event()
        self._start(sources.folders, recursive=True, only=None)
        self._start(
            {file.parent for file in sources.files}, recursive=False, only={str(file) for file in sources.files}
        )

    def _start(self, paths: Collection[Path], *, recursive: bool, only: Container[str] | None) -> None:
        if paths:
            threading.Thread(target=self._note, args=(paths, recursive, only), daemon=True).start()

    def _note(self, paths: Iterable[Path], recursive: bool, only: Container[str] | None) -> None:
        for changes in watch(
            *paths, recursive=recursive, stop_event=self._end, debounce=DEBOUNCE_MILLISECONDS, step=20,
            rust_timeout=500, raise_interrupt=False,
        ):  # fmt: skip
            for _, path in changes:
                if only is None or path in only:
                    self._changed.put(path)

    def wait_for_changes(self) -> set[str]:
        """Return the paths that have changed since the last call, at least one."""
        changed = {self._changed.get()}
        while not self._changed.empty():
            changed.add(self._changed.get())
        return changed

    def stop(self) -> None:
        """End the watching."""
        self._end.set()
