"""The site: what Pelican read from the content, as the facts that conversations need.

Rule: Pelican's objects end here; everything further in is given `Page` values.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..comments.listing import show_path
from ..comments.pages import claim_threads, is_translation, warn_of_other_thread
from ..configuration import Settings
from ..errors import SettingsError
from ..model import Conversation, Page, Problem
from ..settings import read_settings
from ..text import make_lang, make_thread_name

CONTENT_LISTS = ("articles", "hidden_articles", "drafts", "pages", "hidden_pages", "draft_pages")
"""Where Pelican's context keeps originals: of two pages that claim one thread, the earlier list's wins."""
FATAL = ("Warning or error encountered", "Warning encountered", "Error encountered")
"""What Pelican's loggers raise after a message that is fatal."""


@dataclass(frozen=True, slots=True)
class Site:
    """The pages of a site and who owns which thread."""

    settings: Settings
    pages: Mapping[str, Page]
    """By absolute source path, translations too; a page without a thread of its own is `hidden`."""
    owners: Mapping[str, str]
    """Path of the original page, as in `Problem.path`, by thread."""
    problems: tuple[Problem, ...]


def find_root(content: Path) -> Path:
    """Return the folder that relative paths in the settings start from: where pelicanconf.py stands.

    Pelican does not tell plugins; it is the content folder itself or the nearest one above it that has such a file, and
    the one above it where none has.
    """
    content = content.absolute()
    folders = (content, *content.parents)
    return next((folder for folder in folders if (folder / "pelicanconf.py").is_file()), content.parent)


def load_pelican_settings(settings_file: Path, **overrides: object) -> dict[str, Any]:
    """Read a settings file as Pelican does; raises SettingsError where it is missing or fails."""
    from pelican.settings import read_settings as read_pelican_settings

    if not settings_file.is_file():
        raise SettingsError(
            "--settings", str(settings_file), "there is no such file; call this where pelicanconf.py is"
        )
    try:
        found: dict[str, Any] = read_pelican_settings(str(settings_file), override=dict(overrides))
    except Exception as error:
        folder = settings_file.absolute().parent  # where `from pelicanconf import *` looks is the current one
        is_beside = isinstance(error, ModuleNotFoundError) and (folder / f"{error.name}.py").is_file()
        remedy = f"; call this in {folder}" if is_beside else ""
        said = f"Python says {type(error).__name__}: {error}{remedy}"
        if str(error) in FATAL:
            said = "what was said of them just now is fatal; mend it, or leave out `--fatal`"
        raise SettingsError("--settings", str(settings_file), said) from error
    return found


def read_site(settings_file: Path) -> Site:
    """Read settings and content without writing anything; raises SettingsError, for a plugin that cannot be loaded too."""
    from pelican import Pelican
    from pelican.generators import ArticlesGenerator, PagesGenerator

    found = load_pelican_settings(settings_file)
    try:
        pelican = Pelican(found)
    except Exception as error:
        said = f"one of them cannot be loaded: Python says {type(error).__name__}: {error}; `pelican` shows where"
        raise SettingsError("PLUGINS", found["PLUGINS"], said) from error
    context = {**found, "generated_content": {}, "static_links": set(), "static_content": {}, "localsiteurl": ""}
    for generator_class in (ArticlesGenerator, PagesGenerator):
        generator = generator_class(
            context=context, settings=found, path=pelican.path, theme=pelican.theme, output_path=pelican.output_path
        )
        generator.generate_context()
    return collect_site(context, site_settings(found))


def list_theme_folders(found: Mapping[str, Any]) -> list[Path]:
    """Return the folders of a theme's templates, the site's own before the theme's; `found` are Pelican's settings."""
    return [*map(Path, found["THEME_TEMPLATES_OVERRIDES"]), Path(found["THEME"]).expanduser() / "templates"]


def site_settings(found: Mapping[str, Any]) -> Settings:
    """Check the settings that Pelican has read."""
    return read_settings(found, find_root(Path(found["PATH"])))


def order_translations(contents: Iterable[Any]) -> None:
    """Put the translations of each of Pelican's contents into one order: Pelican has them as the machine lists files."""
    for content in contents:
        if len(content.translations) > 1:
            content.translations = sorted(content.translations, key=lambda one: (one.lang, str(one.source_path)))


def collect_site(context: Mapping[str, Any], settings: Settings) -> Site:
    """Take the facts of every page from Pelican's context and pair them with threads."""
    found = [(_page(content, settings), content) for content in _originals(context)]
    found.sort(key=lambda pair: "thread" not in pair[1].metadata)  # stable: an explicit `Thread:` claims before a slug
    owners, claims = claim_threads([page for page, _ in found])
    owned = {page.thread: page for page, _ in found if owners.get(page.thread) == page.path}
    originals = {content.source_path for _, content in found}
    pages: dict[str, Page] = {}
    problems = [*claims, *(problem for page, content in found for problem in _metadata_problems(page, content))]
    for page, content in found:
        owner = owned.get(page.thread)
        if owner is None or (page is not owner and not is_translation(page, owner)):
            page = replace(page, conversation=Conversation.HIDDEN)  # noqa: PLW2901
        elif page is not owner:
            page = _share_thread(page, owner)  # noqa: PLW2901
        pages[content.source_path] = page
        for translation in (one for one in content.translations if one.source_path not in originals):
            other = _page(translation, settings)
            if "thread" in translation.metadata and other.thread != page.thread:
                problems.extend(warn_of_other_thread(other, page))
            problems.extend(_metadata_problems(other, translation))
            pages[translation.source_path] = _share_thread(other, page)
    return Site(settings, pages, owners, tuple(problems))


def _share_thread(translation: Page, page: Page) -> Page:
    """Return a translation with the thread of a page."""
    mode = Conversation.HIDDEN if page.conversation is Conversation.HIDDEN else translation.conversation
    return replace(translation, thread=page.thread, thread_lang=page.thread_lang, conversation=mode)


def _originals(context: Mapping[str, Any]) -> Iterator[Any]:
    """Yield Pelican's contents without translations, the strongest claim to a thread first, by path."""
    for name in CONTENT_LISTS:
        yield from sorted(context.get(name, ()), key=lambda content: str(content.source_path))


def _page(content: Any, settings: Settings) -> Page:  # Pelican's Content is untyped
    said = str(content.metadata.get("conversation", "open")).strip().lower()
    lang = make_lang(str(content.lang))
    return Page(
        thread=_thread_name(content),
        title=_make_plain(str(content.title)),
        url=str(content.url),
        lang=lang,
        thread_lang=lang,
        conversation=Conversation(said) if said in {mode.value for mode in Conversation} else Conversation.OPEN,
        is_article=content.default_template == "article",
        is_listed=content.status == "published",
        date=_moment(getattr(content, "date", None), settings),
        modified=_moment(getattr(content, "modified", None), settings),
        authors=tuple(str(author.name) for author in getattr(content, "authors", ())),
        path=show_path(os.path.abspath(content.source_path), settings.root),  # noqa: PTH100 - source_path is text
    )


def _make_plain(title: str) -> str:
    """Return a title without the markup that the blogger may have put into it, on one line."""
    if "<" in title or "&" in title:
        return str(Markup(title).striptags())  # noqa: S704 - see above
    return " ".join(title.split())


def _thread_name(content: Any) -> str:  # as in _page
    """Return what `Thread:` says as it is, or a name made of the slug."""
    if said := str(content.metadata.get("thread") or "").strip():
        return unicodedata.normalize("NFC", said)
    return make_thread_name(str(getattr(content, "slug", "")))


def _moment(moment: datetime | None, settings: Settings) -> datetime | None:
    """Return a moment with its offset, which Pelican leaves out where TIMEZONE is not set, and nothing else of Pelican's."""
    return moment and datetime.combine(moment.date(), moment.time(), moment.tzinfo or settings.timezone)


def _metadata_problems(page: Page, content: Any) -> Iterator[Problem]:  # as in _page
    said = str(content.metadata.get("conversation", "open")).strip().lower()
    modes = [mode.value for mode in Conversation]
    if said not in modes:
        message = f"`Conversation: {said}` is not known, so the page is open to comments"
        yield Problem(page.path, 1, "bad-conversation", message, f"write one of {', '.join(modes)}")
