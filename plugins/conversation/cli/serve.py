"""`pelican-comments serve`: build the blog, serve it on this machine with its receiver, and follow every change.

Rule: builds happen here, one after the other; whoever else wants one asks for it and waits.
"""

import logging
import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import click
from pelican.log import init

from ..building.site import find_root, load_pelican_settings
from ..errors import ConversationError
from ..publishing.publisher import BuildError, Publisher
from ..publishing.record import make_cache_folder
from ..reporting import report
from .local_receiver import LocalReceiver, open_receiver
from .local_server import Mounts, open_server
from .site_files import SiteFiles
from .watching import Changes, Watcher, find_sources, has_changed_since, read_file_clock

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
SERVED = "served"
"""Folder below Pelican's CACHE_PATH where what is served is built: its addresses and its form are of this machine, and nothing of
that gets into the output, nor does another command's build take it from here."""
NO_QUESTIONS = {"SSH_ASKPASS": "false", "SSH_ASKPASS_REQUIRE": "force"}
"""A key with a passphrase would make ssh-keygen ask in this terminal, while somebody waits in the browser."""


@click.command(name="serve", short_help="Build the blog, serve it here, follow every change.")
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.pass_obj
def command(settings_file: str, port: int) -> None:
    """Build the blog and serve it on this machine, following every change.

    The comment form works, and what it takes goes into an inbox of this machine; a link to moderate it is printed.
    """
    init(level=logging.WARNING)
    os.environ.update(NO_QUESTIONS)
    path = Path(settings_file).absolute()
    found = load_pelican_settings(path)
    cache = find_root(Path(found["PATH"])) / found["CACHE_PATH"]
    output = cache / SERVED
    try:
        make_cache_folder(cache)
        output.mkdir(exist_ok=True)
    except OSError as error:
        raise ConversationError(f"{output}: {error.strerror}; make CACHE_PATH a folder you can write to") from error
    mounts = Mounts(SiteFiles(output))
    server = open_server(mounts, HOST, port)
    server.start()
    blog = _ServedBlog(path, f"http://{HOST}:{server.port}", mounts=mounts, output=output)
    try:
        blog.build_and_follow()
    finally:
        blog.changes.close()
        server.stop()


def _name(paths: Iterable[str]) -> str:
    """Return the names of some files; those that editors and others write first and then rename do not count."""
    names = sorted({Path(path).name for path in paths if not Path(path).name.startswith(".")})
    return f"{', '.join(names[:3]) or 'Something'}{' and more' if len(names) > 3 else ''}"


class _ServedBlog:
    """A blog that is built and served until somebody interrupts it.

    A session is one build, whether its request comes first or the watcher's word of its files: nothing is built that the
    last build has seen.
    """

    def __init__(self, settings_file: Path, address: str, *, mounts: Mounts, output: Path) -> None:
        self.settings_file = settings_file
        self.address = address
        self.mounts = mounts
        self.output = output
        self.changes = Changes()
        self._receiver: LocalReceiver | None = None
        self._started = -math.inf
        """When the last build began, by the file system's clock: what was written before is in it."""
        self._problem = ""
        """Of the last build."""
        self._publisher: Publisher | None = None
        """Kept while nothing but comments changes."""

    def build_and_follow(self) -> None:
        """Build, and build again after every change and for everybody who asks."""
        watcher = Watcher(find_sources(self.settings_file), self.changes.note)
        self._open_receiver()
        self._build()
        click.echo(f"Serving {self.address} - Ctrl+C ends it")
        self._show_sign_in()
        while True:
            paths, requests = self.changes.wait()
            asked = {*paths, *(watcher.sources.list_comment_folders() if requests else ())}
            if any(has_changed_since(path, self._started) for path in asked):
                click.echo(f"{_name(paths)} changed, building ...")
                watcher = self._follow(watcher, paths)
                if not watcher.sources.are_only_texts(paths):
                    self._open_receiver()
                self._build(entries=None if requests else watcher.sources.find_entries(paths))
            for request in requests:
                request.end(self._problem)

    def _follow(self, watcher: Watcher, paths: Collection[str]) -> Watcher:
        """Return what watches the sources as they are now; where the settings cannot be read, as they were.

        A folder that has come anew is another, even where it is again before anybody has looked.
        """
        sources = find_sources(self.settings_file)
        is_same = sources == watcher.sources and not any(str(folder) in paths for folder in sources.folders)
        if is_same or not sources.folders:
            return watcher
        watcher.stop()
        return Watcher(sources, self.changes.note)

    def _open_receiver(self) -> None:
        """Make the receiver anew from the settings; where they cannot be read, the build says so."""
        last = self._receiver
        try:
            found = open_receiver(self.settings_file, self._overrides, build=self.changes.request_build)
        except ConversationError:
            return
        self._receiver = found
        self.mounts.prefix, self.mounts.receiver = found.prefix, found.app
        if last is not None:
            last.close()
        if found.missing and (last is None or found.missing != last.missing):
            click.echo(found.missing)

    @property
    def _overrides(self) -> Mapping[str, object]:
        return {"SITEURL": self.address, "FEED_DOMAIN": self.address, "OUTPUT_PATH": str(self.output)}

    def _build(self, entries: frozenset[str] | None = None) -> None:
        """Publish; what goes wrong is said, and the last good output goes on being served.

        `entries` are the names in the folder of comments that have changed, where nothing else has.
        """
        self._started = read_file_clock(self.output)
        self._problem = self._publish(entries)

    def _publish(self, entries: frozenset[str] | None) -> str:
        """Return what went wrong, empty where nothing did."""
        overrides = {**self._overrides, **(self._receiver.overrides if self._receiver else {})}
        try:
            if entries is None or self._publisher is None:
                self._publisher = Publisher(load_pelican_settings(self.settings_file, **overrides))
            outcome = self._publisher.publish(entries=entries)
            report(outcome.problems)
            if outcome.threads:
                click.echo(f"Brought {', '.join(outcome.threads)} up to date.")
        except BuildError as error:
            logger.error("The build failed; the site stays as it was", exc_info=error.__cause__)
            return "the site could not be built; the terminal says why"
        except (ConversationError, OSError) as error:
            click.echo(f"pelican-comments: {error}", err=True)
            return f"the site could not be built: {error}"
        return ""

    def _show_sign_in(self) -> None:
        if self._receiver is not None and self._receiver.can_moderate:
            link = f"{self.address}{self._receiver.make_sign_in_path()}"
            click.echo(f"Moderate: {link} (works once, within ten minutes)")
