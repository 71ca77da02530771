"""Article lists: lists like any other, only that they know at once what is in them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pelican.plugins.conversation.building.article_lists import ArticleList

from .building import TestSite


class Thing:
    """Something like an article: equal to nothing but itself."""


THINGS = [Thing() for _ in range(6)]
ITEMS = st.sampled_from(THINGS)
PLACES = st.integers(-3, 3)
CHANGES: dict[str, Callable[[list[Any], Any, int], object]] = {
    "append": lambda found, item, _: found.append(item),
    "extend": lambda found, item, _: found.extend([item, THINGS[0]]),
    "insert": lambda found, item, place: found.insert(place, item),
    "pop": lambda found, _, place: found.pop(place) if -len(found) <= place < len(found) else None,
    "remove": lambda found, item, _: found.remove(item) if any(item is one for one in list(found)) else None,
    "clear": lambda found, _, place: found.clear() if place == 0 else None,
    "set": lambda found, item, place: found.__setitem__(place, item) if -len(found) <= place < len(found) else None,
    "set slice": lambda found, item, place: found.__setitem__(slice(place, None), [item]),
    "delete": lambda found, _, place: found.__delitem__(slice(place, place + 1)),
    "add": lambda found, item, _: found.__iadd__([item]),
    "times": lambda found, _, place: found.__imul__(min(place, 2)) if len(found) < 20 else None,
    "reverse": lambda found, _, place: found.reverse(),
    "sort": lambda found, _, place: found.sort(key=id),
}


class Lists(RuleBasedStateMachine):
    """Does the same to a list and to an article list."""

    def __init__(self) -> None:
        super().__init__()
        self.plain: list[Any] = []
        self.ours = ArticleList()

    @rule(name=st.sampled_from(sorted(CHANGES)), item=ITEMS, place=PLACES)
    def change(self, name: str, item: Thing, place: int) -> None:
        for found in (self.plain, self.ours):
            CHANGES[name](found, item, place)

    @invariant()
    def is_the_same(self) -> None:
        assert self.plain == self.ours
        assert [item in self.plain for item in THINGS] == [item in self.ours for item in THINGS]


test_every_change_is_noticed = Lists.TestCase


@pytest.mark.parametrize("item", ["a", 1, 1.0])
def test_what_is_equal_is_found(item: object) -> None:
    """Objects with an equality of their own are looked up as lists do."""
    assert item in ArticleList(["".join(["a"]), 1])


def test_the_pages_of_tags_are_as_without(tmp_path: Path) -> None:
    """Tag, category and author pages are those of a build without the plugin."""
    site = TestSite(tmp_path, 'THEME = "simple"\nCONVERSATION_AUTO = False\n')
    for number in range(6):
        site.write_article(
            f"post-{number}", Tags=f"all, tag{number % 2}x", Category=f"c{number % 3}x", Author=f"A{number % 2}"
        )
    names = ["tag/all.html", "tag/tag1x.html", "category/c2x.html", "author/a1.html", "tags.html", "authors.html"]
    site.build()
    found = [site.read(name) for name in names]
    site.write("pelicanconf.py", (tmp_path / "pelicanconf.py").read_text("utf-8") + "PLUGINS = []\n")
    site.build()
    assert [site.read(name) for name in names] == found
