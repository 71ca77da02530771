"""Paging: the branches of a long thread, shared out to its page and further pages.

Rule: shares are counted from the oldest branch, in either order. So a further page that is full never changes its
branches again, and the address of a comment on it stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..configuration import Settings
from ..model import Page, Placement, Thread, ThreadFacts
from .views import show_number


@dataclass(frozen=True, slots=True)
class Part:
    """What one page shows of a thread."""

    number: int
    """0 is the page itself; others are further pages, named `comments-<number>`."""
    branches: tuple[tuple[Placement, ...], ...]
    """In the order to be read, each with its root first."""

    @property
    def placements(self) -> tuple[Placement, ...]:
        """The comments of all branches."""
        return tuple(placement for branch in self.branches for placement in branch)


MAX_LINKED = 500
"""Comments that have moved and are linked one by one, at 130 bytes each; of more, each lands on the link to its part."""


@dataclass(frozen=True, slots=True)
class MovedView:
    """Where the permalink or an older anchor of a comment lands that stands on another part."""

    fragment: str
    """Letters, digits, `_`, `.`, `:` and `-`, without `#`."""
    number: str
    """The comment's, in the page's language; empty where it is not linked."""


@dataclass(frozen=True, slots=True)
class PartView:
    """A link to one part of a thread, as the template sees it."""

    label: str
    """Its place in the order of reading, from 1, in the page's language."""
    href: str
    is_shown: bool
    """It is the part on the page at hand."""
    moved: tuple[MovedView, ...]
    """What has to land here on the page itself; empty elsewhere. Either all are linked, or none."""


def list_parts(facts: ThreadFacts, settings: Settings) -> tuple[int, ...]:
    """Return the numbers of a thread's parts in the order to be read, the page itself first; it has one at least."""
    size = settings.page_size
    if settings.newest_first:
        return (0, *range(max(0, facts.roots // size - 1), 0, -1))
    return (0, *range(2, -(-facts.roots // size) + 1))


def divide_thread(thread: Thread, settings: Settings) -> tuple[Part, ...]:
    """Return the parts of a thread, in the order of `list_parts`."""
    numbers, size = list_parts(thread.facts, settings), settings.page_size
    branches = tuple(_split(thread.placements))
    if not settings.newest_first:
        return tuple(Part(number, branches[place * size : (place + 1) * size]) for place, number in enumerate(numbers))
    # The page has the newest branches, a share's worth at least; the older stand in full shares.
    parts = [Part(0, branches[(len(numbers) - 1) * size :][::-1])]
    parts += [Part(number, branches[(number - 1) * size : number * size][::-1]) for number in numbers[1:]]
    return tuple(parts)


def _split(placements: Sequence[Placement]) -> Iterator[tuple[Placement, ...]]:
    start = 0
    for index, placement in enumerate(placements):
        if placement.depth == 0 and index > start:
            yield tuple(placements[start:index])
            start = index
    if placements:
        yield tuple(placements[start:])


def find_moved(thread: Thread, settings: Settings) -> Mapping[str, int]:
    """Return the number of the further page that shows a comment, by id, for those that the page itself does not show."""
    if len(list_parts(thread.facts, settings)) == 1:
        return {}
    parts = divide_thread(thread, settings)[1:]
    return {placement.comment.id: part.number for part in parts for placement in part.placements}


def choose_part(parts: Sequence[Part], number: int) -> Part:
    """Return the part with a number; where there is none, the page's own."""
    return next((part for part in parts if part.number == number), parts[0])


def view_parts(parts: Sequence[Part], shown: Part, page: Page, *, site_url: str, lang: str) -> tuple[PartView, ...]:
    """Return links to all parts, for a page that shows one of them and calls the site by `site_url`; none for one part."""
    if len(parts) == 1:
        return ()
    moved = [part.placements if shown.number == 0 and part is not shown else () for part in parts]
    is_linked = sum(map(len, moved)) <= MAX_LINKED
    return tuple(
        PartView(
            label=show_number(place, lang),
            href=f"{site_url}/{part_url(page, part.number)}",
            is_shown=part is shown,
            moved=tuple(_view_moved(placements, lang if is_linked else None)),
        )
        for place, (part, placements) in enumerate(zip(parts, moved, strict=True), 1)
    )


def _view_moved(placements: Iterable[Placement], lang: str | None) -> Iterator[MovedView]:
    """Yield every fragment of some comments, with numbers in `lang` (BCP 47), or without."""
    for placement in placements:
        number = show_number(placement.number, lang) if lang else ""
        for fragment in (placement.comment.fragment, *placement.comment.anchors):
            yield MovedView(fragment, number)


def part_url(page: Page, number: int) -> str:
    """Return the address of a part, relative to the site's: `talk.html` and `talk/` have `talk/comments-2.html`."""
    return f"{_stem(page.url)}comments-{number}.html" if number else page.url


def part_path(save_as: str, number: int) -> str:
    """Return where a further part is written, for a page that is written to `save_as`."""
    return f"{_stem(save_as.removesuffix('index.html') if _is_index(save_as) else save_as)}comments-{number}.html"


def _is_index(path: str) -> bool:
    return path == "index.html" or path.endswith("/index.html")


def _stem(path: str) -> str:
    """Return the folder of a page's parts, with its slash; empty for the site's own."""
    folder = path.removesuffix(".html").rstrip("/")
    return f"{folder}/" if folder else ""
