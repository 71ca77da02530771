"""The plugin: Pelican's signals, connected to the parts that do the work.

Rule: no decisions here. A build reads every thread before the first page is written, so that `--fatal errors` stops
while the old output is still whole.
"""

import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from pelican import Pelican, signals
from pelican.generators import Generator
from pelican.writers import Writer

from .conversations import Conversations, read_clock, read_conversations
from .feed_writing import find_feed_threads, write_feeds
from .model import Conversation, Problem, Severity
from .page_regions import PageRegions
from .regions import Regions, find_latest
from .site import CONTENT_LISTS, collect_site, site_settings
from .site_feeds import add_thread_elements
from .templating import STYLESHEET, RegionLoader, add_regions, make_region_environment

logger = logging.getLogger(__name__)

STYLESHEET_SOURCE = Path(__file__).parent / "static" / STYLESHEET
KEPT_LATEST = 100
"""How many of the latest comments `recent` can show; more is a page of its own."""


class ConversationGenerator(Generator):  # type: ignore[misc] # Pelican is untyped
    """Writes what belongs to no page: feeds, and the stylesheet of themes that style no conversation."""

    def generate_output(self, writer: Writer) -> None:  # noqa: ARG002 - Pelican's signature
        """Write the files; Pelican calls this once every page is written."""
        build: Build = self.context["conversation_build"]
        output = Path(self.output_path)
        write_feeds(build.conversations, output)
        if any(loader.is_extending for loader in build.loaders):
            folder = output / self.settings["THEME_STATIC_DIR"]
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(STYLESHEET_SOURCE, folder / STYLESHEET)
        report(build.missing_sections)


class Build:
    """What one run of Pelican needs of the conversations."""

    def __init__(self, conversations: Conversations, regions: PageRegions, loaders: Sequence[RegionLoader]) -> None:
        self.conversations = conversations
        self.regions = regions
        self.loaders = loaders
        self.feed_threads = find_feed_threads(conversations)
        self.missing_sections: list[Problem] = []


def prepare_build(generators: Sequence[Generator]) -> None:
    """Read the conversations and hand them to the templates; Pelican calls this once it has read the content."""
    context = generators[0].context
    settings = site_settings(generators[0].settings)
    conversations = read_conversations(collect_site(context, settings))
    report(conversations.problems)
    threads, pages = conversations.threads, conversations.site.pages
    latest = find_latest(threads, conversations.pages_by_thread, KEPT_LATEST)
    templates = make_region_environment(_theme_folders(generators[0]))
    regions = PageRegions(conversations, Regions(templates, settings, read_clock()), latest)
    names = _content_templates(context, generators[0].settings["TEMPLATE_EXTENSIONS"])
    loaders = [add_regions(generator.env, settings, names) for generator in generators] if settings.auto else []
    for content in _contents(context):
        content.thread = conversations.thread_of(pages[content.source_path])
    context["conversation"] = regions
    context["conversation_build"] = Build(conversations, regions, loaders)


def report(problems: Iterable[Problem]) -> None:
    """Log every problem, then stop if Pelican was told that one is fatal (its logger raises at the first)."""
    failure: RuntimeError | None = None
    for problem in problems:
        log = logger.error if problem.severity is Severity.ERROR else logger.warning
        try:
            log("%s", problem)
        except RuntimeError as error:
            failure = error
    if failure is not None:
        raise failure


def _contents(context: Mapping[str, Any]) -> Iterable[Any]:  # Pelican's Content is untyped
    for content in chain.from_iterable(context.get(name, ()) for name in CONTENT_LISTS):
        yield content
        yield from content.translations


def _content_templates(context: Mapping[str, Any], extensions: Iterable[str]) -> set[str]:
    names = {content.template for content in _contents(context)} | {"article", "page"}
    return {name + extension for name in names for extension in extensions}


def _theme_folders(generator: Generator) -> list[Path]:
    return [
        *map(Path, generator.settings["THEME_TEMPLATES_OVERRIDES"]),
        Path(generator.theme).expanduser() / "templates",
    ]


def add_to_feed(context: Mapping[str, Any], feed: Any) -> None:  # feedgenerator is untyped
    """Add the numbers of comments to one of the site's own feeds, before it is written."""
    add_thread_elements(feed, context["conversation_build"].feed_threads)


def note_written(path: str, context: Mapping[str, Any]) -> None:  # noqa: ARG001 - Pelican's signature
    """Notice a page that was written without its conversation, once for each template."""
    content: Any = context.get("article") or context.get("page")
    build: Build = context["conversation_build"]
    page = build.conversations.site.pages.get(getattr(content, "source_path", ""))
    if page is None or not build.loaders or page.conversation is Conversation.HIDDEN:
        return
    if content.source_path in build.regions.shown or not build.conversations.thread_of(page).placements:
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
    signals.get_generators.connect(unwatch_comments)
    signals.all_generators_finalized.connect(prepare_build)
    signals.feed_generated.connect(add_to_feed)
    signals.content_written.connect(note_written)
    signals.finalized.connect(watch_comments)
