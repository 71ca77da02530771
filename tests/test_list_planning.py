"""List planning: which pages of the list of conversations are others, and what they show."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.model import Page, Thread
from pelican.plugins.conversation.publishing.list_planning import ListPlanner
from pelican.plugins.conversation.publishing.record import Record
from pelican.plugins.conversation.publishing.region_tables import ListedPage
from pelican.plugins.conversation.publishing.update import UnfitError
from pelican.plugins.conversation.rendering.latest import PageActivity, find_activity
from pelican.plugins.conversation.rendering.list_paging import list_path
from pelican.plugins.conversation.rendering.regions import Regions

from .samples import make_comment
from .test_regions import SITE_URL, make_regions, make_thread

NAMES = [f"thread-{number}" for number in range(9)]
SIZES = (1, 2, 3, 100)
REGIONS = {size: make_regions(CONVERSATION_LIST_SIZE=size) for size in SIZES}


def make_activity(name: str, minutes: int) -> PageActivity:
    """Return the activity of a page whose newest comment was written then."""
    thread = make_thread(make_comment("a", minutes=minutes, thread=name))
    page = Page(name, name, f"{name}.html", "en")
    found = find_activity({name: Thread(name, thread.placements, thread.bodies)}, {name: page}, REGIONS[1].settings)
    return found[0]


def describe(regions: Regions, activities: dict[str, int]) -> list[ListedPage]:
    """Return a list in order, in the plainest way."""
    made = (make_activity(name, minutes) for name, minutes in activities.items())
    return sorted((ListedPage.of(one, regions.render_activity(one, SITE_URL)) for one in made), reverse=True)


moments = st.integers(0, 20)


@settings(deadline=None)
@given(
    before=st.dictionaries(st.sampled_from(NAMES), moments),
    changes=st.dictionaries(st.sampled_from(NAMES), st.none() | moments, max_size=4),
    size=st.sampled_from(SIZES),
)
def test_every_page_is_as_in_a_list_made_anew(
    before: dict[str, int], changes: dict[str, int | None], size: int
) -> None:
    """What is another is shown as it is now, what is not is left alone, and another number of pages is refused."""
    regions = REGIONS[size]
    after = {name: at for name, at in {**before, **changes}.items() if at is not None}
    old, new = ([one.html for one in describe(regions, listed)] for listed in (before, after))
    with TemporaryDirectory() as folder, Record.create(Path(folder) / "record.sqlite") as record:
        record.listed.write(SITE_URL, describe(regions, before))
        record.listed.write("..", describe(regions, {NAMES[0]: 30}))
        activities = {name: None if at is None else make_activity(name, at) for name, at in changes.items()}
        planner = ListPlanner(record.listed, regions, activities, SITE_URL)
        whole = planner.find(0)
        assert new == (old if whole is None else whole)
        pages = [(max(len(listed), 1) - 1) // size + 1 for listed in (old, new)]
        if pages[0] != pages[1]:
            with pytest.raises(UnfitError, match="another number of pages"):
                planner.find(1)
            return
        for number in range(1, pages[1] + 1):
            page = slice((number - 1) * size, number * size)
            found = planner.find(number)
            assert new[page] == (old[page] if found is None else found)
        if size == 1 and before and after.keys() == before.keys():
            changed = [place for place, (was, now) in enumerate(zip(old, new, strict=True), 1) if was != now]
            others = [number for number in range(1, len(new) + 1) if planner.find(number) is not None]
            assert set(changed) <= set(others)
            assert not others or min(others) == min(changed)
            assert not others or max(others) <= max(changed) + 1


@pytest.mark.parametrize(
    ("expected", "first"),
    [
        ("conversations-2.html", "conversations.html"),
        ("talk/index-2.html", "talk/index.html"),
        ("v1.2/conversations-2", "v1.2/conversations"),
        ("conversations-2", "conversations"),
    ],
)
def test_addresses_of_further_pages(expected: str, first: str) -> None:
    """They stand beside the first page, under its name and their number."""
    assert (first, expected) == (list_path(first, 1), list_path(first, 2))
