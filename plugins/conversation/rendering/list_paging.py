"""List paging: the list of conversations, shared out to pages of its own.

Rule: the conversation with the newest comment opens the first page, so what nobody answers moves on to later ones.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from .views import show_number


@dataclass(frozen=True, slots=True)
class ListLinks:
    """The way through the pages of a list, as the template sees it."""

    number: str
    """Of the page at hand, from 1, in the page's language."""
    all: str
    """How many pages there are, in the page's language."""
    newer_href: str
    """Empty on the first page."""
    older_href: str
    """Empty on the last page."""


def count_pages(conversations: int, size: int) -> int:
    """Return how many pages a list of `size` conversations a page has; it has one at least."""
    return max(1, -(-conversations // size))


def list_path(first: str, number: int) -> str:
    """Return where a page of a list is written whose first one is written to `first`."""
    path = PurePosixPath(first)
    return first if number == 1 else f"{path.with_suffix('')}-{number}{path.suffix}"


def view_links(first: str, number: int, all: int, *, site_url: str, lang: str) -> ListLinks:
    """Return the links of one page out of `all`, for a page that calls the site by `site_url` and speaks `lang` (BCP 47)."""
    return ListLinks(
        number=show_number(number, lang),
        all=show_number(all, lang),
        newer_href=f"{site_url}/{list_path(first, number - 1)}" if number > 1 else "",
        older_href=f"{site_url}/{list_path(first, number + 1)}" if number < all else "",
    )
