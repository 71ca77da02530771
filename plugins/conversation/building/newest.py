"""The newest of something, with more to spare than is shown, so that one may go without the rest being read again.

Rule: what is held is complete down to its last item; nothing is said of what is older.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Newest(Generic[T]):
    """Some of the newest items of a site."""

    items: tuple[T, ...]
    """The newest first; none newer than the last is missing."""
    is_whole: bool
    """There are no others."""

    def has(self, number: int) -> bool:
        """Whether the first `number` items of the site are here, or all there are."""
        return self.is_whole or len(self.items) >= number


def renew(
    newest: Newest[T], fresh: Iterable[T], key: Callable[[T], Any], *, is_replaced: Callable[[T], bool], kept: int
) -> Newest[T]:
    """Return the newest after all items that `is_replaced` names were replaced by the fresh ones."""
    staying = [item for item in newest.items if not is_replaced(item)]
    if not newest.is_whole:
        floor = key(newest.items[-1]) if newest.items else None
        fresh = [item for item in fresh if floor is not None and key(item) >= floor]
    found = sorted([*staying, *fresh], key=key, reverse=True)
    return Newest(tuple(found[:kept]), newest.is_whole and len(found) <= kept)
