"""What templates call `conversation`: the regions, asked for with Pelican's own articles and pages.

Rule: it only finds the values that a region is a function of; it adds nothing of its own to what the region says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ..model import Page, Thread
from ..rendering.latest import LatestComment, PageActivity
from ..rendering.list_paging import count_pages
from ..rendering.regions import Regions
from ..rendering.templating import page_lang
from ..rendering.translations import Wording
from ..rendering.views import show_date
from ..text import make_lang
from .calls import Call, CallNotes, Region, digest_region
from .conversations import Conversations

PART = "conversation_part"
"""What a template's context calls the number of a further page; it is not there on the page itself."""


LIST_PAGE, LIST_FIRST = "conversation_list_page", "conversation_list_first"
"""What it calls the number of a page of the list of conversations, from 2, and where the first one is written; as above."""


@dataclass(frozen=True, slots=True)
class ListPages:
    """A list of conversations as its first page has asked for it."""

    template: str
    """Name, without extension."""
    number: int
    """How many pages it has."""
    facts: Mapping[str, Any]
    """What Pelican has told the template beside its context."""


class PageRegions:
    """The regions of every page; its methods are for templates."""

    def __init__(
        self, conversations: Conversations, regions: Regions,
        latest: tuple[LatestComment, ...], find_activities: Callable[[], tuple[PageActivity, ...]] = tuple,
        *, notes: CallNotes | None = None,
    ) -> None:  # fmt: skip
        self._conversations = conversations
        self._regions = regions
        self._latest = latest
        self._find_activities = cache(find_activities)  # every thread is opened for it
        self._notes = notes or CallNotes()
        self.activities: dict[str, tuple[tuple[PageActivity, Markup], ...]] = {}
        """What was shown of them, by the address that pages call the site by."""
        self.shown: set[str] = set()
        """Source paths of the pages whose section was asked for."""
        self.lists: dict[str, ListPages] = {}
        """By where their first page is written."""

    @pass_context
    def section(self, context: Context, content: Any) -> Markup:  # Pelican's Content is untyped
        """Return the conversation of an article or page."""
        self.shown.add(content.source_path)
        page, thread = self._find(content)
        part = _part(context)
        html = self._regions.render_section(page, thread, _site_url(context), part=part)
        return self._note(context, Region.SECTION, html, content, part)

    @pass_context
    def count(self, context: Context, content: Any) -> Markup:  # as above
        """Return "5 comments", a link."""
        page, thread = self._find(content)
        html = self._regions.render_count(page, thread, _site_url(context))
        return self._note(context, Region.COUNT, html, content)

    @pass_context
    def recent(self, context: Context, number: int = 5) -> Markup:
        """Return the latest comments of the site."""
        html = self._regions.render_recent(self._latest, number, _site_url(context))
        return self._note(context, Region.RECENT, html, number=number)

    @pass_context
    def pages(self, context: Context) -> Markup:
        """Return the pages that have comments, by their latest comment.

        On a page of DIRECT_TEMPLATES these are the first CONVERSATION_LIST_SIZE, with a link to the next: for the others
        its template is asked again, see `lists`. Elsewhere it is all of them.
        """
        site_url, size = _site_url(context), self._conversations.site.settings.list_size
        entries = self._list_entries(site_url)
        all = count_pages(len(entries), size)
        first = self._find_first(context, all=all)
        number = 0 if first is None else int(context.get(LIST_PAGE, 1))
        shown = entries[(number - 1) * size : number * size] if number else entries
        html = self._regions.render_pages([entry for _, entry in shown])
        html = self._note(context, Region.PAGES, html, number=number)
        return html if first is None else html + self._regions.render_list_links(first, number, all, site_url)

    def _find_first(self, context: Context, *, all: int) -> str | None:
        """Return where the first page of the list at hand is written; None where it has no other pages."""
        if LIST_FIRST in context:
            return str(context[LIST_FIRST])
        first = str(context.get("output_file", ""))
        template = next(
            (name for name in context.get("DIRECT_TEMPLATES", ()) if _save_as(context, name) == first), None
        )
        if template is None or "articles_paginator" in context:
            return None
        facts = {name: context[name] for name in ("articles", "dates", "blog") if name in context}
        self.lists[first] = ListPages(template, all, facts)
        return first

    def _list_entries(self, site_url: str) -> tuple[tuple[PageActivity, Markup], ...]:
        if site_url not in self.activities:
            found = self._find_activities()
            self.activities[site_url] = tuple((one, self._regions.render_activity(one, site_url)) for one in found)
        return self.activities[site_url]

    @pass_context
    def head(self, context: Context, content: Any) -> Markup:  # as above
        """Return feed link and JSON-LD for `<head>`."""
        page, thread = self._find(content)
        part = _part(context)
        html = self._regions.render_head(page, thread, _site_url(context), part=part)
        return self._note(context, Region.HEAD, html, content, part)

    def _note(self, context: Context, region: Region, html: Markup, content: Any = None, number: int = 0) -> Markup:
        """Note what a template asked for and got, so that publishing can ask again; return it."""
        source = "" if content is None else str(content.source_path)
        call = Call(region, source, _site_url(context), number, digest_region(html.encode("utf-8", "surrogatepass")))
        thread = self._find(content)[0].thread if content is not None else ""
        self._notes.add(str(context.get("output_file", "")), call, thread)
        return html

    @staticmethod
    def date(moment: datetime, lang: str) -> str:
        """Return the day of a moment as a reader of `lang` (BCP 47) writes it, whatever locale the machine has."""
        return show_date(moment, make_lang(lang))

    @pass_context
    def lang(self, context: Context) -> str:
        """Return the language (BCP 47) of the theme's own words on this page."""
        return self._regions.find_wording(page_lang(context)).lang

    def find_wording(self, lang: str) -> Wording:
        """Return the words for a page in `lang` (BCP 47)."""
        return self._regions.find_wording(lang)

    @property
    def feed_url(self) -> str | None:
        """Absolute address of the feed of all comments; None where there is none."""
        settings = self._conversations.site.settings
        has_feed = settings.feed_atom and settings.site_url and self._latest
        return f"{settings.feed_domain}/{quote(settings.feed_atom)}" if has_feed and settings.feed_atom else None

    def _find(self, content: Any) -> tuple[Page, Thread]:  # as above
        """Return the facts of a page that Pelican read; raises LookupError for what is none."""
        pages = self._conversations.site.pages
        path = getattr(content, "source_path", "")
        if path not in pages:
            raise LookupError(
                f"conversation: {content!r} is no article or page that Pelican read; pass `article` or `page`"
            )
        return pages[path], self._conversations.thread_of(pages[path])


def _save_as(context: Context, template: str) -> str:
    return str(context.get(f"{template.upper()}_SAVE_AS", f"{template}.html"))


def _site_url(context: Context) -> str:
    return str(context.get("SITEURL", ""))


def _part(context: Context) -> int:
    return int(context.get(PART, 0))
