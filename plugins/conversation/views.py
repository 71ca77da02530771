"""Views: a thread as templates see it, every word and number ready to be written.

Rule: nothing here is markup but `html`, which `markup` cleaned; templates escape all the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from markupsafe import Markup

from .comment_file import format_moment
from .model import Author, Comment, Page, Placement, Settings, State, Thread

GUEST_MARK = " (guest)"
"""Stands behind a name that can be taken for an author's where there is no room for more."""


@dataclass(frozen=True, slots=True)
class MomentView:
    """A moment, for `<time>`."""

    iso: str
    """RFC 3339 in UTC."""
    text: str
    """In the page's language and the site's time zone."""


@dataclass(frozen=True, slots=True)
class ParentView:
    """What a comment answers, for "in reply to NAME"."""

    name: str
    """Empty for a tombstone, and for a comment that is not in the thread; elsewhere: the host."""
    href: str
    """Empty where there is nothing to point to."""
    is_elsewhere: bool = False
    """It is on another site."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment at its place."""

    id: str
    fragment: str
    """Without `#`."""
    name: str
    url: str | None
    kind: str
    is_author: bool
    is_guest: bool
    is_removed: bool
    is_orphan: bool
    date: MomentView
    edited: MomentView | None
    html: Markup
    number: int
    depth: int
    opens: bool
    closes: int
    parent: ParentView | None
    anchors: tuple[str, ...]
    source: str | None
    lang: str | None
    """BCP 47; None where it is the page's."""


def show_name(comment: Comment, settings: Settings) -> str:
    """Return the name a comment is shown under: its author's, or its own."""
    author = find_author(comment, settings)
    return author.name if author else comment.name or ""


def show_url(comment: Comment, settings: Settings, site_url: str) -> str | None:
    """Return the address behind a comment's name; an author's may be a path on the site."""
    author = find_author(comment, settings)
    url = author.url if author else comment.url
    return f"{site_url}{url}" if url and url.startswith("/") else url


def find_author(comment: Comment, settings: Settings) -> Author | None:
    """Return the author of a comment that has been verified."""
    return settings.authors.get(comment.author) if comment.author else None


def show_moment(moment: datetime, lang: str, timezone: tzinfo) -> MomentView:
    """Return a moment as a reader of `lang` (BCP 47) writes it."""
    local = moment.astimezone(timezone)
    locale = find_locale(lang)
    pattern = str(locale.datetime_formats["long"]).replace("'", "")
    date = format_date(local.date(), "long", locale=locale)
    time = format_time(local.timetz(), "short", locale=locale)
    return MomentView(format_moment(moment), pattern.replace("{1}", date).replace("{0}", time))


@lru_cache(maxsize=64)
def find_locale(lang: str) -> Locale:
    """Return the locale of a BCP 47 tag, of its first part, or English."""
    for tag in (lang, lang.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def view_thread(thread: Thread, page: Page, settings: Settings, *, site_url: str) -> tuple[CommentView, ...]:
    """Return the comments of a thread in order of reading, for a page that calls the site by `site_url`."""
    return tuple(_view_comments(thread, page, settings, site_url))


def _view_comments(thread: Thread, page: Page, settings: Settings, site_url: str) -> Iterator[CommentView]:
    lang = page.lang
    body_lang = page.thread_lang if page.thread_lang != lang else None
    for place in thread.placements:
        comment = place.comment
        author = find_author(comment, settings)
        yield CommentView(
            id=comment.id,
            fragment=comment.fragment,
            name=show_name(comment, settings),
            url=show_url(comment, settings, site_url),
            kind=comment.kind.value,
            is_author=author is not None,
            is_guest=comment.id in thread.guests,
            is_removed=comment.state is State.REMOVED,
            is_orphan=place.is_orphan,
            date=show_moment(comment.date, lang, settings.timezone),
            edited=show_moment(comment.edited, lang, settings.timezone) if comment.edited else None,
            html=Markup(thread.bodies.get(comment.id, "")),  # noqa: S704 - cleaned by markup.render_body
            number=place.number,
            depth=place.depth,
            opens=place.opens,
            closes=place.closes,
            parent=_view_parent(place, settings),
            anchors=comment.anchors,
            source=comment.source,
            lang=comment.lang or body_lang,
        )


def _view_parent(place: Placement, settings: Settings) -> ParentView | None:
    target = place.comment.in_reply_to
    if target is None:
        return None
    if place.parent is not None:
        is_removed = place.parent.state is State.REMOVED
        return ParentView("" if is_removed else show_name(place.parent, settings), f"#{place.parent.fragment}")
    if place.is_orphan:
        return ParentView("", "")
    return ParentView(urlsplit(target).hostname or target, target, is_elsewhere=True)
