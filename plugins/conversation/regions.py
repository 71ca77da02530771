"""Regions: the parts of a page that comments decide, each between its marker comments.

Rule: a region is a pure function of one thread (or of the latest comments), the page's facts, the settings and the
address the page calls the site by. Nothing else may flow in, or a region could not be rendered again by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup

from .markup import excerpt, plain_text
from .model import Comment, Conversation, Page, Settings, Thread
from .pages import is_open
from .structured_data import render_structured_data
from .views import GUEST_MARK, MomentView, show_moment, show_name, view_thread

EXCERPT_CHARACTERS = 140
"""Two lines of a narrow column."""
SECTION_FRAGMENT = "conversation"


@dataclass(frozen=True, slots=True)
class LatestComment:
    """A comment among the latest of the site."""

    comment: Comment
    page: Page
    excerpt: str
    """Plain text."""
    is_guest: bool = False
    """Its name can be taken for an author's."""


@dataclass(frozen=True, slots=True)
class LatestView:
    """A comment among the latest, as the template sees it."""

    name: str
    is_author: bool
    title: str
    href: str
    date: MomentView
    excerpt: str


class Regions:
    """Renders the regions of a site's pages."""

    def __init__(self, templates: Environment, settings: Settings, now: datetime) -> None:
        self.templates = templates
        self.settings = settings
        self.now = now
        """Aware; decides which pages have closed by age."""

    def render_section(self, page: Page, thread: Thread, site_url: str) -> Markup:
        """Return heading, thread, form or closing notice, and feed link; empty where there is nothing to say."""
        taking = is_open(page, close_after_days=self.settings.close_after_days, now=self.now)
        is_silent = not thread.placements and not (page.is_article and taking)
        if page.conversation is Conversation.HIDDEN or is_silent:
            return mark("section", page.thread, "")
        return self._render(
            "section",
            page.thread,
            comments=view_thread(thread, page, self.settings, site_url=site_url),
            count=thread.count,
            is_open=taking,
            feed_url=self._thread_feed(page, thread, site_url),
            title=page.title,
        )

    def render_count(self, page: Page, thread: Thread, site_url: str) -> Markup:
        """Return "5 comments" as a link to the section; empty where the page has no conversation to show."""
        if page.conversation is Conversation.HIDDEN:
            return mark("count", page.thread, "")
        href = f"{site_url}/{page.url}#{SECTION_FRAGMENT}"
        return self._render("count", page.thread, count=thread.count, href=href, title=page.title)

    def render_recent(self, latest: Sequence[LatestComment], number: int, site_url: str) -> Markup:
        """Return the latest comments of the site, newest first, as a list; empty where there are none."""
        views = [
            LatestView(
                name=f"{show_name(one.comment, self.settings)}{GUEST_MARK if one.is_guest else ''}",
                is_author=one.comment.author is not None,
                title=one.page.title,
                href=f"{site_url}/{one.page.url}#{one.comment.fragment}",
                date=show_moment(one.comment.date, self.settings.default_lang, self.settings.timezone),
                excerpt=one.excerpt,
            )
            for one in latest[:number]
        ]
        return self._render("recent", str(number), comments=views) if views else mark("recent", str(number), "")

    def render_head(self, page: Page, thread: Thread, site_url: str) -> Markup:
        """Return what belongs into `<head>`: the thread's feed, and the conversation as JSON-LD."""
        if page.conversation is Conversation.HIDDEN:
            return mark("head", page.thread, "")
        page_url = f"{self.settings.site_url}/{page.url}"
        data = render_structured_data(page, thread, self.settings, page_url=page_url)
        feed_url = self._thread_feed(page, thread, site_url)
        # The JSON has no `<`, `>` or `&`, see structured_data.
        return self._render("head", page.thread, feed_url=feed_url, title=page.title, data=Markup(data))  # noqa: S704

    def _thread_feed(self, page: Page, thread: Thread, site_url: str) -> str | None:
        path = thread_feed_path(page, thread, self.settings)
        return f"{site_url}/{quote(path)}" if path else None

    def _render(self, region: str, argument: str, **facts: object) -> Markup:
        return mark(region, argument, self.templates.get_template(f"conversation/{region}.html").render(facts))


def thread_feed_path(page: Page, thread: Thread, settings: Settings) -> str | None:
    """Return where the feed of a thread is written, or None where it has none: no comments, not listed, no site address."""
    is_fed = settings.feed_thread_atom and settings.site_url and page.is_listed and thread.count
    if not is_fed or page.conversation is Conversation.HIDDEN or settings.feed_thread_atom is None:
        return None
    return settings.feed_thread_atom.format(thread=page.thread)


def mark(region: str, argument: str, html: str) -> Markup:
    """Put a region between its markers; no comment can forge one, since no `<!--` of a stranger survives `markup`."""
    return Markup(f"<!-- conversation:{region} {argument} -->{html.strip()}<!-- /conversation:{region} -->")  # noqa: S704


def find_latest(threads: Mapping[str, Thread], pages: Mapping[str, Page], number: int) -> tuple[LatestComment, ...]:
    """Return the newest comments of the listed pages, by thread name in both mappings, newest first."""
    found = [
        (comment.date, comment.id, name, comment)
        for name, thread in threads.items()
        if name in pages and pages[name].is_listed and pages[name].conversation is not Conversation.HIDDEN
        for comment in thread.comments
        if comment.kind.is_counted
    ]
    found.sort(key=lambda entry: entry[:3], reverse=True)
    return tuple(_latest_comment(comment, pages[name], threads[name]) for _, _, name, comment in found[:number])


def _latest_comment(comment: Comment, page: Page, thread: Thread) -> LatestComment:
    words = excerpt(plain_text(thread.bodies[comment.id]), characters=EXCERPT_CHARACTERS)
    return LatestComment(comment, page, words, is_guest=comment.id in thread.guests)
