"""The plugin: Pelican's signals, connected to the parts that do the work.

Rule: no decisions here. A build reads every thread before the first page is written, so that `--fatal errors` stops
while the old output is still whole.
"""

import gc
import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from pelican import Pelican, signals
from pelican.generators import Generator
from pelican.writers import Writer

from .building.addresses import keep_addresses
from .building.article_lists import quicken_lists
from .building.calls import WatchedThread
from .building.conversations import Conversations, read_clock, read_conversations
from .building.feed_writing import FeedWriter, SiteEntries, find_feed_threads
from .building.newest import Newest
from .building.page_regions import LIST_FIRST, LIST_PAGE, PageRegions
from .building.part_writing import copy_pages
from .building.reused_markdown import reuse_markdown
from .building.shelf import Shelf
from .building.shelved_regions import ShelvedRegions
from .building.site import CONTENT_LISTS, collect_site, list_theme_folders, order_translations, site_settings
from .building.site_feeds import add_thread_elements
from .comments.listing import make_printable, show_path
from .model import Conversation, Problem, Severity
from .publishing.recording import KEPT_LATEST, Recording
from .rendering.latest import LatestComment, PageActivity, find_activity, find_latest
from .rendering.list_paging import list_path
from .rendering.regions import SCRIPT
from .rendering.templating import STYLESHEET, Catalogues, RegionLoader, add_regions, add_words, make_region_environment
from .reporting import report

STATIC_SOURCE = Path(__file__).parent / "static"
BUILD, RECORDING, GENERATORS = "conversation_build", "conversation_recording", "conversation_generators"
"""Under which the settings of a run keep its `Build`, its `Recording` and for a moment its generators; its context keeps the first."""


class ConversationGenerator(Generator):  # type: ignore[misc] # Pelican is untyped
    """Writes what Pelican writes no page for: further pages, feeds, the stylesheet of other themes, the script."""

    def generate_output(self, writer: Writer) -> None:
        """Write the files; Pelican calls this once every page is written."""
        build: Build = self.context[BUILD]
        output = Path(self.output_path)
        self._write_parts(build, writer)
        self._write_lists(build, writer)
        build.entries = build.feeds.finish()
        is_extending = any(loader.is_extending for loader in build.loaders)
        wanted = {STYLESHEET: is_extending, SCRIPT: build.conversations.site.settings.script}
        folder = output / self.settings["THEME_STATIC_DIR"]
        for name in (name for name, is_wanted in wanted.items() if is_wanted):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(STATIC_SOURCE / name, folder / name)
        report(build.missing_sections)
        _tell_receiver(build.conversations)
        build.shelf.close()
        report(build.shelf.take_problems())

    def _write_parts(self, build: "Build", writer: Writer) -> None:
        contents = {content.source_path: content for content in _contents(self.context)}
        for part, context in copy_pages(contents, build.conversations, build.regions.find_wording):
            template = self.get_template(part.template)
            relative = self.settings["RELATIVE_URLS"]
            writer.write_file(part.save_as, template, self.context, relative_urls=relative, **context)

    def _write_lists(self, build: "Build", writer: Writer) -> None:
        """Write the further pages of the lists of conversations."""
        relative = self.settings["RELATIVE_URLS"]
        for first, pages in list(build.regions.lists.items()):
            template = self.get_template(pages.template)
            for number in range(2, pages.number + 1):
                path = list_path(first, number)
                facts = {
                    **pages.facts,
                    LIST_FIRST: first,
                    LIST_PAGE: number,
                    "url": path,
                    "page_name": str(PurePosixPath(path).with_suffix("")),
                }
                writer.write_file(path, template, self.context, relative_urls=relative, **facts)


def _tell_receiver(conversations: Conversations) -> None:
    """Write the index of threads for the receiver, where the site has one."""
    settings = conversations.site.settings
    if settings.receiver is None:
        return
    from .receiver.thread_index import write_index  # brings the inbox along, which not every platform has

    path = settings.thread_index
    try:
        write_index(conversations, path)
    except OSError as error:
        message = f"the receiver's index of threads cannot be written: {error.strerror}"
        report([Problem(show_path(path, settings.root), 1, "no-index", message, "mend its permissions or the disk")])


class Build:
    """What one run of Pelican needs of the conversations."""

    def __init__(
        self, conversations: Conversations, regions: PageRegions, loaders: Sequence[RegionLoader], *,
        feeds: FeedWriter, recording: Recording, shelf: Shelf,
        latest: tuple[LatestComment, ...],
    ) -> None:  # fmt: skip
        self.shelf = shelf
        self.feeds = feeds
        self.conversations = conversations
        self.regions = regions
        self.loaders = loaders
        self.recording = recording
        self.latest = Newest(latest, is_whole=len(latest) < KEPT_LATEST)
        self.entries = SiteEntries(Newest((), is_whole=True), Newest((), is_whole=True))
        """Of the feeds, once they are written."""
        self.feed_threads = find_feed_threads(conversations)
        self.missing_sections: list[Problem] = []


def note_generators(generators: Sequence[Generator]) -> None:
    """Keep the generators for `prepare_build`; Pelican calls this once it has read the content."""
    generators[0].settings[GENERATORS] = generators


def prepare_build(pelican: Pelican) -> None:
    """Read the conversations and hand them to the templates; Pelican calls this after the last plugin has had the content.

    It is about to write the first page then.
    """
    generators: Sequence[Generator] = pelican.settings.pop(GENERATORS)
    quicken_lists(generators)
    gc.unfreeze()  # of a build that failed
    gc.collect()
    gc.freeze()  # what Pelican has read stays: looking through it for garbage, again and again, is left out until the end
    context = generators[0].context
    order_translations(_contents(context))
    keep_addresses(_contents(context))
    recording: Recording = pelican.settings[RECORDING]
    recording.forget_last()
    settings = site_settings(pelican.settings)
    shelf = Shelf(settings.root / pelican.settings["CACHE_PATH"])
    conversations = read_conversations(collect_site(context, settings), shelf)
    report(shelf.take_problems())
    report(conversations.problems)
    threads, pages = conversations.threads, conversations.site.pages
    by_thread = conversations.pages_by_thread
    latest = find_latest(threads, by_thread, KEPT_LATEST, settings)
    theme = list_theme_folders(pelican.settings)
    makers = ShelvedRegions(
        make_region_environment(theme), settings, read_clock(), Catalogues(theme), shelf=shelf, theme_folders=theme
    )

    def find_activities() -> tuple[PageActivity, ...]:
        return find_activity(threads, by_thread, settings)

    regions = PageRegions(conversations, makers, latest, find_activities, notes=recording.notes)
    environments = [generator.env for generator in generators if hasattr(generator, "env")]  # plugins have others, too
    for environment in environments:
        add_words(environment, makers.find_wording)
        environment.auto_reload = False  # or Jinja asks for the time of a file whenever a template is named
    names = _content_templates(context, pelican.settings["TEMPLATE_EXTENSIONS"])
    loaders = [add_regions(environment, settings, names) for environment in environments] if settings.auto else []
    for content in _contents(context):
        content.thread = WatchedThread(conversations.thread_of(pages[content.source_path]), recording.notes)
    context["conversation"] = regions
    feeds = FeedWriter(conversations, Path(pelican.output_path), regions.find_wording, makers)
    build = Build(conversations, regions, loaders, feeds=feeds, recording=recording, shelf=shelf, latest=latest)
    context[BUILD] = pelican.settings[BUILD] = build
    gc.freeze()


def _contents(context: Mapping[str, Any]) -> Iterable[Any]:  # Pelican's Content is untyped
    for content in chain.from_iterable(context.get(name, ()) for name in CONTENT_LISTS):
        yield content
        yield from content.translations


def _content_templates(context: Mapping[str, Any], extensions: Iterable[str]) -> set[str]:
    names = {content.template for content in _contents(context)} | {"article", "page"}
    return {name + extension for name in names for extension in extensions}


def begin_recording(pelican: Pelican) -> None:
    """Stamp what the build is going to read; Pelican calls this before it reads anything, and after every plugin came."""
    signals.finalized.disconnect(end_recording)
    signals.finalized.connect(end_recording)  # last, as others write then, too: sitemaps, compressed copies
    pelican.settings[RECORDING] = Recording.begin(pelican.settings, site_settings(pelican.settings))


def quicken_reading(pelican: Pelican) -> None:  # noqa: ARG001 - Pelican's signature
    """Have posts read by one instance of Markdown; Pelican calls this before it reads anything, and after every plugin came."""
    reuse_markdown()


def note_feed(path: str, context: Mapping[str, Any], feed: Any) -> None:  # feedgenerator is untyped
    """Note one of the site's own feeds that was written, with its items."""
    build: Build = context[BUILD]
    build.recording.note_feed(path, [item["link"] for item in feed.items])


def end_recording(pelican: Pelican) -> None:
    """Keep what publishing needs to know of the build; without it, publishing builds in full."""
    gc.unfreeze()
    build: Build = pelican.settings[BUILD]
    path = build.recording.path
    try:
        build.recording.end(build.conversations, build.entries, build.latest, build.regions.activities)
    except (OSError, sqlite3.Error, UnicodeEncodeError) as error:
        shown = show_path(path, build.conversations.site.settings.root)
        why, remedy = str(error), "mend its permissions or the disk"
        if isinstance(error, UnicodeEncodeError):
            why, remedy = f"the name {make_printable(error.object)} is not UTF-8", "rename that file"
        message = f"the record of the build cannot be written, so publishing will build in full: {why}"
        report([Problem(shown, 1, "no-record", message, remedy, Severity.WARNING)])


def add_to_feed(context: Mapping[str, Any], feed: Any) -> None:  # feedgenerator is untyped
    """Add the numbers of comments to one of the site's own feeds, before it is written."""
    add_thread_elements(feed, context[BUILD].feed_threads)


def note_written(path: str, context: Mapping[str, Any]) -> None:  # noqa: ARG001 - Pelican's signature
    """Write the feed of a page's thread, and notice a page that was written without its conversation."""
    content: Any = context.get("article") or context.get("page")
    build: Build = context[BUILD]
    page = build.conversations.site.pages.get(getattr(content, "source_path", ""))
    if page is None:
        return
    build.feeds.write_thread(page)  # now, as its comments are at hand
    if not build.loaders or page.conversation is Conversation.HIDDEN:
        return
    if content.source_path in build.regions.shown or not build.conversations.thread_of(page).facts.size:
        return
    message = f"the template {content.template!r} does not show the conversation of this page"
    remedy = "name its block in CONVERSATION_CONTENT_BLOCK, or call `conversation.section(article)` in it"
    build.missing_sections.append(Problem(page.path, 1, "no-section", message, remedy))


def watch_comments(pelican: Pelican) -> None:
    """Let `pelican --autoreload` watch the comments: it watches the static paths, and reads the list after a build."""
    settings = site_settings(pelican.settings)
    watched = [str(path) for path in (settings.path, settings.allowed_signers) if path.exists()]
    pelican.settings["STATIC_PATHS"] = [*pelican.settings["STATIC_PATHS"], *watched]


def unwatch_comments(pelican: Pelican) -> type[Generator]:
    """Take the comments out of the static paths again before a build, or they would be copied; add our generator."""
    settings = site_settings(pelican.settings)
    watched = {str(settings.path), str(settings.allowed_signers)}
    pelican.settings["STATIC_PATHS"] = [path for path in pelican.settings["STATIC_PATHS"] if path not in watched]
    return ConversationGenerator


def register() -> None:
    """Connect to Pelican."""
    signals.get_generators.connect(begin_recording)
    signals.get_generators.connect(quicken_reading)
    signals.get_generators.connect(unwatch_comments)
    signals.all_generators_finalized.connect(note_generators)
    signals.get_writer.connect(prepare_build)
    signals.feed_generated.connect(add_to_feed)
    signals.content_written.connect(note_written)
    signals.feed_written.connect(note_feed)
    signals.finalized.connect(end_recording)
    signals.finalized.connect(watch_comments)
