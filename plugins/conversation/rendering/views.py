"""Views: a thread as templates see it, every word and number ready to be written.

Rule: nothing here is markup but `html`, which `markup` cleaned; templates escape all the rest.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from urllib.parse import quote, urlsplit

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal
from markupsafe import Markup

from ..comments.comment_file import format_moment
from ..configuration import Settings
from ..model import Author, Comment, Page, Placement, State, Thread
from .doors import DoorsView, view_doors
from .identicons import draw_identicon
from .translations import SOURCE_LANG, Wording, find_locale, mark_guest

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")


@dataclass(frozen=True, slots=True)
class MomentView:
    """A moment, for `<time>`."""

    iso: str
    """RFC 3339 in UTC."""
    text: str
    """In the page's language and the site's time zone."""
    lang: str | None = None
    """BCP 47; None where it is that of the words around it."""


@dataclass(frozen=True, slots=True)
class ParentView:
    """What a comment answers, for "in reply to NAME"."""

    name: str
    """With the mark of a guest; empty for a tombstone, and for a comment that is not in the thread; elsewhere: the host."""
    href: str
    """Empty where there is nothing to point to."""
    is_isolated: bool = False
    """See `CommentView`."""
    is_elsewhere: bool = False
    """It is on another site."""
    number: str = ""
    """As a comment's; empty where the name alone says which comment it is, and where it is not on the page."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment at its place."""

    id: str
    fragment: str
    """Without `#`."""
    name: str
    is_isolated: bool
    """The name may run against the direction of the words around it, so it needs a `<bdi>`."""
    url: str | None
    kind: str
    is_author: bool
    is_guest: bool
    is_removed: bool
    is_orphan: bool
    date: MomentView
    edited: MomentView | None
    html: Markup
    has_direction: bool
    """The body may run against the direction of the section, so it needs a `dir`."""
    identicon: Markup
    """Empty for an author, and where the site has none."""
    reply_href: str | None
    """None where nobody can reply."""
    number: str
    """Its place in the order of reading, in the page's language."""
    depth: int
    opens: bool
    closes: int
    parent: ParentView | None
    anchors: tuple[str, ...]
    source: str | None
    lang: str | None
    """BCP 47; None where it is that of the words around it."""
    paragraph: Markup
    """What is in the only paragraph of `html`; empty where there is more, or none."""
    doors: DoorsView | None = None
    """How to reply where there is no receiver; None where nobody can."""
    has_shared_name: bool = False
    """The same name leads elsewhere in another link of the page, so that this one needs the number."""
    has_shared_date: bool = False
    """Another comment of the page has a date that reads the same, and the link to this one needs the number."""


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


def show_moment(moment: datetime, lang: str, timezone: tzinfo, *, around: str) -> MomentView:
    """Return a moment as a reader of `lang` (BCP 47) writes it, for a place where the words `around` it have a language."""
    local = moment.astimezone(timezone)
    if find_locale(lang) is None:
        lang = around
    text = _find_pattern(lang).replace("{1}", _write_day(local.date(), lang))
    text = text.replace("{0}", _write_time(local.hour, local.minute, lang))
    whole = moment.replace(microsecond=0)  # HTML takes three digits of a fraction at most
    return MomentView(format_moment(whole), text, None if lang == around else lang)


@lru_cache(maxsize=64)
def _find_pattern(lang: str) -> str:
    """Return how a day, `{1}`, and a time, `{0}`, go together."""
    return str((find_locale(lang) or Locale(SOURCE_LANG)).datetime_formats["long"]).replace("'", "")


@lru_cache(maxsize=8192)  # the days of twenty years; Babel takes 15 µs for one
def _write_day(day: date, lang: str) -> str:
    return format_date(day, "long", locale=find_locale(lang) or SOURCE_LANG)


@lru_cache(maxsize=4096)
def _write_time(hour: int, minute: int, lang: str) -> str:
    return format_time(time(hour, minute), "short", locale=find_locale(lang) or SOURCE_LANG)


def show_date(moment: datetime, lang: str) -> str:
    """Return the day of a moment as a reader of `lang` (BCP 47) writes it."""
    return _write_day(moment.date(), lang)


@lru_cache(maxsize=8192)
def show_number(number: int, lang: str) -> str:
    """Return a whole number as a reader of `lang` (BCP 47) writes it."""
    return format_decimal(number, locale=find_locale(lang) or SOURCE_LANG) if number > 999 else str(number)


def show_lang(lang: str, around: str) -> str | None:
    """Return `lang` (BCP 47) where it has to be said, because the words around are in another language."""
    return None if lang == around else lang


def has_right_to_left(text: str) -> bool:
    """Whether `text` has a letter of a script that runs from right to left."""
    return not text.isascii() and _RIGHT_TO_LEFT.search(text) is not None


def view_comments(
    placements: Iterable[Placement], thread: Thread, page: Page, *,
    settings: Settings, site_url: str, wording: Wording, is_open: bool = False,
) -> Iterator[CommentView]:  # fmt: skip
    """Yield the comments of one part of a thread, for a page that calls the site by `site_url`."""
    reply_base = f"{settings.receiver}/reply/{quote(page.thread)}/" if settings.receiver and is_open else None
    has_doors = is_open and settings.receiver is None
    is_rtl = wording.direction == "rtl"
    for place in placements:
        comment = place.comment
        is_removed = comment.state is State.REMOVED
        author = None if is_removed else find_author(comment, settings)  # nobody has proved what a tombstone claims
        name = show_name(comment, settings)
        edited = comment.edited
        html = thread.bodies.get(comment.id, "")
        yield CommentView(
            id=comment.id,
            fragment=comment.fragment,
            name=name,
            is_isolated=is_rtl or has_right_to_left(name),
            url=show_url(comment, settings, site_url),
            kind=comment.kind.value,
            is_author=author is not None,
            is_guest=comment.id in thread.guests,
            is_removed=is_removed,
            is_orphan=place.is_orphan,
            date=show_moment(comment.date, page.lang, settings.timezone, around=wording.lang),
            edited=show_moment(edited, page.lang, settings.timezone, around=wording.lang) if edited else None,
            html=Markup(html),  # noqa: S704 - cleaned by markup.render_body
            has_direction=is_rtl or has_right_to_left(html),
            identicon=_draw(name, settings) if author is None and not is_removed else Markup(),
            reply_href=f"{reply_base}{comment.id}" if reply_base and not is_removed else None,
            number=show_number(place.number, wording.lang),
            depth=place.depth,
            opens=place.opens,
            closes=place.closes,
            parent=_view_parent(place, thread, settings=settings, wording=wording),
            anchors=comment.anchors,
            source=comment.source,
            lang=show_lang(comment.lang or page.thread_lang or page.lang, wording.lang),
            paragraph=Markup(_find_paragraph(html)),  # noqa: S704 - as above
            doors=view_doors(page, settings, wording, parent_id=comment.id, parent_name=name)
            if has_doors and not is_removed
            else None,
        )


def _find_paragraph(html: str) -> str:
    """Return what is in the paragraph that is all there is, or an empty text; a paragraph holds no other."""
    html = html.strip()
    return html[3:-4] if html.startswith("<p>") and html.find("</p>") == len(html) - 4 else ""


def _draw(name: str, settings: Settings) -> Markup:
    return Markup() if settings.identicon_salt is None else draw_identicon(name, settings.identicon_salt)


def _view_parent(place: Placement, thread: Thread, *, settings: Settings, wording: Wording) -> ParentView | None:
    target = place.comment.in_reply_to
    if target is None:
        return None
    if place.parent is not None:
        name = "" if place.parent.state is State.REMOVED else show_name(place.parent, settings)
        if place.parent.id in thread.guests:
            name = mark_guest(name, wording.catalogue)
        is_isolated = wording.direction == "rtl" or has_right_to_left(name)
        return ParentView(name, f"#{place.parent.fragment}", is_isolated=is_isolated)
    if place.is_orphan:
        return ParentView("", "")
    return ParentView(urlsplit(target).hostname or target, target, is_elsewhere=True)
