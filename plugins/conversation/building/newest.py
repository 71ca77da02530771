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


class Collector(Generic[T]):
    """Takes items one by one and holds twice as many as it keeps, at most."""

    def __init__(self, key: Callable[[T], Any], *, kept: int) -> None:
        self._key = key
        """By which items are sorted; no two are equal."""
        self._kept = kept
        self._held: list[T] = []
        self._is_whole = True

    def add(self, items: Iterable[T]) -> None:
        """Take items."""
        self._held.extend(items)
        if len(self._held) > 2 * self._kept:
            self._cut()

    def _cut(self) -> None:
        self._held.sort(key=self._key, reverse=True)
        self._is_whole = self._is_whole and len(self._held) <= self._kept
        del self._held[self._kept :]

    def result(self) -> Newest[T]:
        """Return what is kept."""
        self._cut()
        return Newest(tuple(self._held), self._is_whole)


def renew(
    newest: Newest[T], fresh: Iterable[T], key: Callable[[T], Any], *, is_replaced: Callable[[T], bool], kept: int
) -> Newest[T]:
    """Return the newest after all items that `is_replaced` names were replaced by the fresh ones."""
    staying = [item for item in newest.items if not is_replaced(item)]
    if not newest.is_whole:
        floor = key(newest.items[-1]) if newest.items else None
        fresh = [item for item in fresh if floor is not None and key(item) >= floor]
    collector = Collector(key, kept=kept)
    collector.add([*staying, *fresh])
    found = collector.result()
    return Newest(found.items, newest.is_whole and found.is_whole)
