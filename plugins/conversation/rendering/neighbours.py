"""Neighbours: what a comment's view owes to the others on its page: a picture drawn once, and links told apart.

Rule: two links of a page that read the same lead to the same place. Where names or dates would break that, the number of
the comment stands behind them; it is left out everywhere else, as every byte counts as often as there are comments.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from .identicons import share_identicons
from .views import CommentView, ParentView


def settle_views(comments: Iterable[CommentView], *, has_numbers: bool) -> tuple[CommentView, ...]:
    """Return all comments of one page, in order, as they are written beside each other.

    Where numbers are seen, what is answered has its number in any case.
    """
    views = tuple(comments)
    pictures = share_identicons([view.identicon for view in views])
    pages = _find_pages(views)
    targets = _find_targets(views, pages)
    numbers = {f"#{view.fragment}": view.number for view in views}
    dates = Counter([view.date.text for view in views])
    return tuple(
        _settle(
            view, picture, _tell_apart(view.parent, targets, numbers, has_numbers=has_numbers) if view.parent else None,
            has_shared_name=view.url is not None and len(pages[view.name]) > 1,
            has_shared_date=dates[view.date.text] > 1,
        )
        for view, picture in zip(views, pictures, strict=True)
    )  # fmt: skip


def _settle(
    view: CommentView, picture: Markup, parent: ParentView | None, *, has_shared_name: bool, has_shared_date: bool
) -> CommentView:
    """Return a view with what it owes to the others; most are as they were, and making one anew takes a while."""
    if picture is view.identicon and parent is view.parent and not has_shared_name and not has_shared_date:
        return view
    return replace(
        view, identicon=picture, parent=parent, has_shared_name=has_shared_name, has_shared_date=has_shared_date
    )


def _find_pages(views: Sequence[CommentView]) -> Mapping[str, set[str]]:
    """Return where commenters' own links lead, by name."""
    pages: defaultdict[str, set[str]] = defaultdict(set)
    for view in views:
        if view.url is not None and not view.is_removed:
            pages[view.name].add(view.url)
    return pages


def _find_targets(views: Sequence[CommentView], pages: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """Return where links lead that name a commenter or what is answered, by that name; `pages` are the commenters' own."""
    targets: defaultdict[str, set[str]] = defaultdict(set)
    targets.update({name: set(urls) for name, urls in pages.items()})
    for view in views:
        if view.parent is not None and view.parent.href:
            targets[view.parent.name].add(view.parent.href)
    return targets


def _tell_apart(
    parent: ParentView, targets: Mapping[str, set[str]], numbers: Mapping[str, str], *, has_numbers: bool
) -> ParentView:
    """Return what is answered with its number, or with its whole address elsewhere, if the name alone leads to several places."""
    is_shared = len(targets.get(parent.name, ())) > 1
    if parent.is_elsewhere and is_shared:
        return replace(parent, name=parent.href.partition("://")[2] or parent.href)
    return replace(parent, number=numbers.get(parent.href, "")) if is_shared or has_numbers else parent
