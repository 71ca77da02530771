"""Regions: the parts of a page that comments decide, each between its marker comments.

Rule: a region is a pure function of one thread (or of the latest comments), the page's facts, the settings and the
address the page calls the site by. Nothing else may flow in, or a region could not be rendered again by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from gettext import NullTranslations
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from ..comments.pages import is_open
from ..configuration import Settings
from ..model import Conversation, Page, Thread
from .doors import view_doors
from .form_view import view_empty_form
from .latest import LatestComment, PageActivity, tell_apart, view_activity, view_latest
from .list_paging import view_links
from .neighbours import settle_views
from .paging import choose_part, divide_thread, view_parts
from .structured_data import render_structured_data
from .translations import Wording, choose_wording
from .views import show_number, view_comments

SECTION_FRAGMENT = "conversation"
SCRIPT = "conversation.js"
"""Written beside the theme's static files where the settings ask for it."""


class Regions:
    """Renders the regions of a site's pages."""

    def __init__(
        self, templates: Environment, settings: Settings, now: datetime,
        catalogues: Mapping[str, NullTranslations] | None = None,
    ) -> None:  # fmt: skip
        self.templates = templates
        self.settings = settings
        self.now = now
        """Aware; decides which pages have closed by age."""
        self.catalogues = catalogues or {}
        """Of the words of the interface, by BCP 47 tag in lower case."""
        self._wordings: dict[str, Wording] = {}

    def render_section(self, page: Page, thread: Thread, site_url: str, *, part: int = 0) -> Markup:
        """Return heading, thread, form or closing notice, and feed links; empty where there is nothing to say.

        `part` is the number of a further page of a long thread; 0 is the page itself.
        """
        settings = self.settings
        if self._is_silent(page, thread):
            return mark("section", page.thread, "")
        taking = self._is_open(page)
        wording = self.find_wording(page.lang)
        parts = divide_thread(thread, settings)
        shown = choose_part(parts, part)
        comments = view_comments(
            shown.placements, thread, page, settings=settings, site_url=site_url, wording=wording, is_open=taking
        )
        return self._render(
            "section", page.thread, wording,
            comments=settle_views(comments, has_numbers=settings.numbers),
            parts=view_parts(parts, shown, page, site_url=site_url, lang=wording.lang),
            count=thread.count,
            number=show_number(thread.count, wording.lang),
            has_numbers=settings.numbers,
            is_open=taking,
            feed_url=self._thread_feed(page, thread, site_url),
            site_feed_url=f"{site_url}/{quote(settings.feed_atom)}" if settings.feed_atom else None,
            form=view_empty_form(page.thread, settings) if taking else None,
            doors=view_doors(page, settings, wording) if taking else None,
            closed_after_days=None if page.conversation is Conversation.CLOSED else settings.close_after_days,
            title=page.title,
        )  # fmt: skip

    def render_count(self, page: Page, thread: Thread, site_url: str) -> Markup:
        """Return "5 comments" as a link to the section; empty where that is."""
        if self._is_silent(page, thread):
            return mark("count", page.thread, "")
        wording = self.find_wording(page.lang)
        is_plain = page.lang == self.settings.default_lang == wording.lang
        return self._render(
            "count", page.thread, wording,
            count=thread.count,
            number=show_number(thread.count, wording.lang),
            href=f"{site_url}/{page.url}#{SECTION_FRAGMENT}",
            lang_here=None if is_plain else wording.lang,
            title=page.title,
        )  # fmt: skip

    def render_recent(self, latest: Sequence[LatestComment], number: int, site_url: str) -> Markup:
        """Return the latest comments of the site, newest first, as a list; empty where there are none."""
        wording = self.find_wording(self.settings.default_lang)
        found = (view_latest(one, self.settings, wording, site_url=site_url) for one in latest[:number])
        views = list(tell_apart(found, wording.lang))
        if not views:
            return mark("recent", str(number), "")
        return self._render("recent", str(number), wording, comments=views)

    def render_activity(self, activity: PageActivity, site_url: str) -> Markup:
        """Return one page of the list of conversations, without a marker of its own."""
        wording = self.find_wording(self.settings.default_lang)
        view = view_activity(activity, self.settings, wording, site_url=site_url)
        return Markup(self._fill("activity", wording, page=view).strip())  # noqa: S704 - a template's

    def render_pages(self, entries: Sequence[Markup]) -> Markup:
        """Return a list of conversations, of what `render_activity` returned, in order; in words where there is none."""
        wording = self.find_wording(self.settings.default_lang)
        return self._render("pages", "all", wording, entries=entries)

    def render_list_links(self, first: str, number: int, all: int, site_url: str) -> Markup:
        """Return the way from one page of the list of conversations to the next; empty for one page. It is no region.

        `first` is where the first page is written.
        """
        if all == 1:
            return Markup()
        wording = self.find_wording(self.settings.default_lang)
        links = view_links(first, number, all, site_url=site_url, lang=wording.lang)
        return Markup(self._fill("list_links", wording, links=links))  # noqa: S704 - a template's

    def render_head(self, page: Page, thread: Thread, site_url: str, *, part: int = 0) -> Markup:
        """Return what belongs into `<head>`: the thread's feed, the conversation as JSON-LD, the neighbouring parts.

        `part` is as in `render_section`.
        """
        settings = self.settings
        if page.conversation is Conversation.HIDDEN:
            return mark("head", page.thread, "")
        wording = self.find_wording(page.lang)
        parts = divide_thread(thread, settings)
        shown = choose_part(parts, part)
        views = view_parts(parts, shown, page, site_url=site_url, lang=wording.lang)
        data = render_structured_data(
            page, thread, settings, shown.placements,
            page_url=f"{settings.site_url}/{page.url}", catalogue=wording.catalogue,
        )  # fmt: skip
        return self._render(
            "head", page.thread, wording,
            feed_url=self._thread_feed(page, thread, site_url),
            title=page.title,
            data=Markup(data),  # noqa: S704 - it has no `<`, `>` or `&`, see structured_data
            parts=views,
            script_url=f"{site_url}/{settings.static_folder}/{SCRIPT}" if settings.script else None,
        )  # fmt: skip

    def find_wording(self, lang: str) -> Wording:
        """Return the words for a page in `lang` (BCP 47)."""
        if lang not in self._wordings:
            self._wordings[lang] = choose_wording((lang, self.settings.default_lang), self.catalogues)
        return self._wordings[lang]

    def _is_open(self, page: Page) -> bool:
        return is_open(page, close_after_days=self.settings.close_after_days, now=self.now)

    def _is_silent(self, page: Page, thread: Thread) -> bool:
        """Whether a page has no conversation to show: a hidden one, or one that nobody has begun or can begin."""
        is_expected = page.is_article and self._is_open(page)
        return page.conversation is Conversation.HIDDEN or not (thread.facts.size or is_expected)

    def _thread_feed(self, page: Page, thread: Thread, site_url: str) -> str | None:
        path = thread_feed_path(page, thread, self.settings)
        return f"{site_url}/{quote(path)}" if path else None

    def _render(self, region: str, argument: str, wording: Wording, **facts: object) -> Markup:
        return mark(region, argument, self._fill(region, wording, **facts))

    def _fill(self, name: str, wording: Wording, **facts: object) -> str:
        template = self.templates.get_template(f"conversation/{name}.html")
        return template.render(facts, lang=wording.lang, direction=wording.direction, **wording.functions)


def thread_feed_path(page: Page, thread: Thread, settings: Settings) -> str | None:
    """Return where the feed of a thread is written, or None where it has none: no comments, not listed, no site address."""
    is_fed = settings.feed_thread_atom and settings.site_url and page.is_listed and thread.count
    if not is_fed or page.conversation is Conversation.HIDDEN or settings.feed_thread_atom is None:
        return None
    return settings.feed_thread_atom.format(thread=page.thread)


def mark(region: str, argument: str, html: str) -> Markup:
    """Put a region between its markers; no comment can forge one, since no `<!--` of a stranger survives `markup`."""
    return Markup(f"<!-- conversation:{region} {argument} -->{html.strip()}<!-- /conversation:{region} -->")  # noqa: S704
