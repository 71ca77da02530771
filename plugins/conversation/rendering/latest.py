"""What was said last: the latest comments of the site, and the pages by their latest comment.

Rule: only pages that are listed show up here, and only comments that `Thread.count` counts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappush, heapreplace, nlargest

from ..comments.markup import excerpt, plain_text
from ..configuration import Settings
from ..model import Comment, Conversation, Page, Thread
from .paging import find_moved, part_url
from .translations import Wording, mark_guest
from .views import MomentView, show_lang, show_moment, show_name, show_number

EXCERPT_CHARACTERS = 140
"""Two lines of a narrow column."""


@dataclass(frozen=True, slots=True)
class LatestComment:
    """A comment among the latest of the site."""

    comment: Comment
    page: Page
    excerpt: str
    """Plain text."""
    is_guest: bool = False
    """Its name can be taken for an author's."""
    part: int = 0
    """Number of the further page that shows it; 0: the page itself does."""


@dataclass(frozen=True, slots=True)
class PageActivity:
    """A page that has comments, with its latest."""

    latest: LatestComment
    count: int


@dataclass(frozen=True, slots=True)
class LatestView:
    """A comment among the latest, as the template sees it."""

    name: str
    is_author: bool
    title: str
    """Of its page."""
    title_lang: str | None
    """BCP 47; None where it is that of the words around it."""
    page_href: str
    href: str
    date: MomentView
    excerpt: str
    excerpt_lang: str | None
    """As `title_lang`."""
    place: str = ""
    """From 2 on, where the same name has comments on a page of the same title before it in the list."""


@dataclass(frozen=True, slots=True)
class ActivityView:
    """A page that has comments, as the template sees it."""

    latest: LatestView
    count: int
    number: str
    """The count, as written."""


def find_latest(
    threads: Mapping[str, Thread], pages: Mapping[str, Page], number: int, settings: Settings | None = None
) -> tuple[LatestComment, ...]:
    """Return the newest comments of the listed pages, by thread name in both mappings, newest first.

    Without `settings` every comment is on its page itself.
    """
    newest = [(facts.newest, name) for name in _listed(threads, pages) if (facts := threads[name].facts).newest]
    found: list[tuple[tuple[datetime, str, str], LatestComment]] = []  # a heap, the oldest first
    for moment, name in nlargest(number, newest):  # no other thread can have one of them; each is opened once
        if len(found) == number and moment is not None and (*moment, name) < found[0][0]:
            break
        moved = find_moved(threads[name], settings) if settings is not None else {}
        counted = (comment for comment in threads[name].comments if comment.kind.is_counted)
        for comment in nlargest(number, counted, key=_date_key):
            key = (*_date_key(comment), name)
            if len(found) < number:
                heappush(found, (key, _describe(comment, pages[name], threads[name], moved)))
            elif key > found[0][0]:
                heapreplace(found, (key, _describe(comment, pages[name], threads[name], moved)))
            else:
                break
    return tuple(latest for _, latest in sorted(found, reverse=True))


def _date_key(comment: Comment) -> tuple[datetime, str]:
    return comment.date, comment.id


def find_activity(
    threads: Mapping[str, Thread], pages: Mapping[str, Page], settings: Settings
) -> tuple[PageActivity, ...]:
    """Return every listed page that has comments, by thread name in both mappings, the one with the newest comment first."""
    newest = []
    for name in _listed(threads, pages):
        facts = threads[name].facts
        if facts.newest:
            newest.append((facts.newest, name, facts.count))
    newest.sort(reverse=True)
    found = []
    for (_, id), name, count in newest:
        comment = next(comment for comment in threads[name].comments if comment.id == id)
        moved = find_moved(threads[name], settings)
        found.append(PageActivity(_describe(comment, pages[name], threads[name], moved), count))
    return tuple(found)


def _listed(threads: Mapping[str, Thread], pages: Mapping[str, Page]) -> Iterator[str]:
    for name in threads:
        if name in pages and pages[name].is_listed and pages[name].conversation is not Conversation.HIDDEN:
            yield name


def _describe(comment: Comment, page: Page, thread: Thread, moved: Mapping[str, int]) -> LatestComment:
    """Return a comment with what a list says of it; `moved` has the further pages of its thread, by id."""
    return LatestComment(
        comment,
        page,
        excerpt(plain_text(thread.bodies[comment.id]), characters=EXCERPT_CHARACTERS),
        is_guest=comment.id in thread.guests,
        part=moved.get(comment.id, 0),
    )


def view_latest(latest: LatestComment, settings: Settings, wording: Wording, *, site_url: str) -> LatestView:
    """Return a comment of a list in words, for a page that calls the site by `site_url`."""
    comment, page = latest.comment, latest.page
    name = show_name(comment, settings)
    return LatestView(
        name=mark_guest(name, wording.catalogue) if latest.is_guest else name,
        is_author=comment.author is not None,
        title=page.title,
        title_lang=show_lang(page.lang, wording.lang),
        page_href=f"{site_url}/{page.url}",
        href=f"{site_url}/{part_url(page, latest.part)}#{comment.fragment}",
        date=show_moment(comment.date, settings.default_lang, settings.timezone, around=wording.lang),
        excerpt=latest.excerpt,
        excerpt_lang=show_lang(comment.lang or page.thread_lang or page.lang, wording.lang),
    )


def tell_apart(views: Iterable[LatestView], lang: str) -> Iterator[LatestView]:
    """Yield the comments of a list, in order, so that no two links read the same in `lang` (BCP 47)."""
    places: Counter[tuple[str, str]] = Counter()
    for view in views:
        places[view.name, view.title] += 1
        place = places[view.name, view.title]
        yield replace(view, place=show_number(place, lang)) if place > 1 else view


def view_activity(activity: PageActivity, settings: Settings, wording: Wording, *, site_url: str) -> ActivityView:
    """Return a page of the list of conversations in words, for a page that calls the site by `site_url`."""
    latest = view_latest(activity.latest, settings, wording, site_url=site_url)
    return ActivityView(latest, activity.count, show_number(activity.count, wording.lang))
