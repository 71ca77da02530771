"""Paging: long conversations on several pages, where every permalink goes on landing."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.threads import build_thread
from pelican.plugins.conversation.configuration import Settings
from pelican.plugins.conversation.model import Page, Thread
from pelican.plugins.conversation.rendering.paging import (
    MAX_LINKED,
    divide_thread,
    find_moved,
    part_path,
    part_url,
    view_parts,
)
from pelican.plugins.conversation.settings import read_settings

from .building import TestSite
from .samples import make_comment


def make_settings(**more: object) -> Settings:
    return read_settings({"SITENAME": "A site", "DEFAULT_LANG": "en", **more}, Path("/site"))


def make_thread(branches: int, replies: int = 1) -> Thread:
    """Return a thread of roots r0, r1, ... each with replies."""
    comments = []
    for number in range(branches):
        comments.append(make_comment(f"r{number}", minutes=number))
        comments += [
            make_comment(f"r{number}-{reply}", f"r{number}", minutes=1000 + number) for reply in range(replies)
        ]
    return Thread("a-page", build_thread(comments, max_indent=5)[0])


def roots_of(thread: Thread, settings: Settings) -> list[tuple[int, list[str]]]:
    return [
        (part.number, [branch[0].comment.id for branch in part.branches]) for part in divide_thread(thread, settings)
    ]


def test_oldest_first() -> None:
    """The page has the first share, and further pages the next ones."""
    settings = make_settings(CONVERSATION_PAGE_SIZE=2)
    assert [(0, ["r0", "r1"]), (2, ["r2", "r3"]), (3, ["r4"])] == roots_of(make_thread(5), settings)
    assert [(0, ["r0", "r1"])] == roots_of(make_thread(2), settings)
    assert [(0, [])] == roots_of(make_thread(0), settings)


def test_newest_first() -> None:
    """The page has the newest branches, at least a share of them; the oldest are on page 1, and so are their numbers."""
    settings = make_settings(CONVERSATION_PAGE_SIZE=2, CONVERSATION_ORDER="newest")
    assert [(0, ["r4", "r3", "r2"]), (1, ["r1", "r0"])] == roots_of(make_thread(5), settings)
    assert [(0, ["r5", "r4"]), (2, ["r3", "r2"]), (1, ["r1", "r0"])] == roots_of(make_thread(6), settings)
    assert [(0, ["r2", "r1", "r0"])] == roots_of(make_thread(3), settings)
    assert [(0, [])] == roots_of(make_thread(0), settings)


@given(st.integers(0, 40), st.integers(0, 2), st.integers(1, 10), st.sampled_from(["oldest", "newest"]))
def test_every_comment_is_on_one_part(branches: int, replies: int, size: int, order: str) -> None:
    """Exactly one, with its whole branch; lists that open on a part close on it."""
    settings = make_settings(CONVERSATION_PAGE_SIZE=size, CONVERSATION_ORDER=order)
    thread = make_thread(branches, replies)
    parts = divide_thread(thread, settings)
    shown = [placement.comment.id for part in parts for placement in part.placements]
    assert sorted(shown) == sorted(placement.comment.id for placement in thread.placements)
    assert 0 == parts[0].number
    assert len({part.number for part in parts}) == len(parts)
    for part in parts:
        assert sum(placement.opens for placement in part.placements) == sum(p.closes for p in part.placements)
        assert len(part.branches) <= (2 * size if part.number == 0 else size)
    moved = find_moved(thread, settings)
    assert {id: part.number for part in parts[1:] for id in (p.comment.id for p in part.placements)} == moved


@pytest.mark.parametrize(("branches", "number"), [(MAX_LINKED + 1, "501"), (MAX_LINKED + 2, "")])
def test_what_has_moved_is_linked_up_to_a_number(branches: int, number: str) -> None:
    """The page itself has every fragment that stands elsewhere, with the comment's number while there are not too many to link."""
    page = Page("a-page", "Talk", "talk.html", "en")
    parts = divide_thread(make_thread(branches, 0), make_settings(CONVERSATION_PAGE_SIZE=1))
    first, *others = view_parts(parts, parts[0], page, site_url="..", lang="en")
    assert () == first.moved
    moved = [one for part in others for one in part.moved]
    assert [f"comment-r{index}" for index in range(1, branches)] == [one.fragment for one in moved]
    assert number == moved[MAX_LINKED - 1].number
    assert bool(number) == all(one.number for one in moved)
    assert not any(part.moved for part in view_parts(parts, parts[1], page, site_url="..", lang="en"))


@given(st.integers(0, 40), st.integers(1, 10), st.sampled_from(["oldest", "newest"]))
def test_a_comment_on_a_further_page_stays_there(branches: int, size: int, order: str) -> None:
    """Whatever comes after it."""
    settings = make_settings(CONVERSATION_PAGE_SIZE=size, CONVERSATION_ORDER=order)
    before = find_moved(make_thread(branches), settings)
    after = find_moved(make_thread(branches + 7, 2), settings)
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("url", "save_as", "expected"),
    [
        ("talk.html", "talk.html", "talk/comments-2.html"),
        ("talk/", "talk/index.html", "talk/comments-2.html"),
        ("2026/talk", "2026/talk.html", "2026/talk/comments-2.html"),
        ("2026/talk", "2026/talk/index.html", "2026/talk/comments-2.html"),
        ("", "index.html", "comments-2.html"),
    ],
)
def test_addresses_of_parts(url: str, save_as: str, expected: str) -> None:
    """A part stands in the folder of its page's name, whichever way the site writes addresses."""
    assert expected == part_url(Page("talk", "Talk", url, "en"), 2)
    assert expected == part_path(save_as, 2)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """A site with seven branches on an article and two on a page, three to a part, built with the plain theme."""
    site = TestSite(tmp_path_factory.mktemp("long"), "CONVERSATION_PAGE_SIZE = 3\n")
    site.write_article("talk")
    site.write_article("talk", file="talk-de", Lang="de")
    site.write_article("about", folder="pages/")
    for number in range(7):
        anchors = f"[wp-{number}]"
        site.write_comment("talk", f"r{number}", date=f"2026-03-02T0{number}:00:00Z", anchors=anchors)
        site.write_comment("talk", f"r{number}-a", in_reply_to=f"r{number}", date=f"2026-03-03T0{number}:00:00Z")
    for number in range(4):
        site.write_comment("about", f"s{number}")
    site.build("-t", "simple")
    return site


def ids_of(html: str) -> list[str]:
    return [tag["id"] for tag in BeautifulSoup(html, "html5lib").select(".comment")]


def test_further_pages_are_written(long: TestSite) -> None:
    """For articles, their translations and pages, through the same template, which needs no change."""
    assert ["comment-r0", "comment-r0-a", "comment-r1"] == ids_of(long.read("talk.html"))[:3]
    assert ["comment-r3", "comment-r3-a", "comment-r4"] == ids_of(long.read("talk/comments-2.html"))[:3]
    assert ["comment-r6", "comment-r6-a"] == ids_of(long.read("talk/comments-3.html"))
    assert ["comment-r6", "comment-r6-a"] == ids_of(long.read("talk-de/comments-3.html"))
    assert 1 == len(ids_of(long.read("pages/about/comments-2.html")))
    assert not (long.root / "output/talk/comments-1.html").exists()
    assert not (long.root / "output/talk/comments-4.html").exists()


def test_a_further_page_leads_back_and_on(long: TestSite) -> None:
    """It has the way to the text in its place, the parts before and after in its head, and says which part it is."""
    soup = BeautifulSoup(long.read("talk/comments-2.html"), "html5lib")
    assert "The text of talk." not in soup.text
    assert "https://blog.example.org/talk.html" == soup.select_one("a[rel=up]")["href"]
    assert "https://blog.example.org/talk.html" == soup.select_one("link[rel=prev]")["href"]
    assert "https://blog.example.org/talk/comments-3.html" == soup.select_one("link[rel=next]")["href"]
    assert soup.title.text.endswith("About talk, page 2 of the conversation")
    assert "Page 2" == soup.select_one(".conversation-parts [aria-current=page]").text
    german = BeautifulSoup(long.read("talk-de/comments-2.html"), "html5lib")
    assert german.title.text.endswith("About talk, Seite 2 der Unterhaltung")


def test_every_fragment_resolves_on_the_page_itself(long: TestSite) -> None:
    """The permalinks and older anchors of all comments, once each; on a further page those of its own."""
    html = long.read("talk.html")
    soup = BeautifulSoup(html, "html5lib")
    for number in range(7):
        for fragment in (f"comment-r{number}", f"comment-r{number}-a", f"wp-{number}"):
            assert 1 == len(soup.select(f"[id={fragment}]")), fragment
    moved = soup.select_one("#wp-6").find_parent("li")
    assert "https://blog.example.org/talk/comments-3.html#conversation" == moved.select_one("a[href]")["href"]
    assert [] == BeautifulSoup(long.read("talk/comments-2.html"), "html5lib").select("#comment-r0, #comment-r6")
    bytes_each = sum(len(anchor) for anchor in re.findall(r'<a id="[^"]*"></a>', html)) / 11
    assert bytes_each < 50


def test_lists_and_feeds_link_to_the_right_page(long: TestSite) -> None:
    """The latest comments, the feeds and their parents."""
    assert "https://blog.example.org/talk/comments-3.html#comment-r6-a" in long.read("index.html")
    feed = BeautifulSoup(long.read("feeds/comments/talk.atom.xml"), "xml")
    for entry in feed.find_all("entry"):
        link = entry.find("link", rel="alternate")["href"]
        number = int(re.search(r"#comment-r(\d)", link)[1])
        path = "talk.html" if number < 3 else f"talk/comments-{number // 3 + 1}.html"
        assert link.startswith(f"https://blog.example.org/{path}#")
        if link.endswith("-a"):
            expected = f"https://blog.example.org/{path}#comment-r{number}"
            assert expected == entry.find("in-reply-to")["href"]


def test_numbers_go_on(long: TestSite) -> None:
    """The first comment of the second part has the number after the last of the first."""
    long.build("-t", "simple", "-o", "numbered", "-e", "CONVERSATION_NUMBERS=true")
    html = (long.root / "numbered/talk/comments-2.html").read_text("utf-8")
    numbers = [tag.text for tag in BeautifulSoup(html, "html5lib").select(".comment-number")]
    assert ["7", "8", "9", "10", "11", "12"] == numbers


def test_newest_first_on_pages(long: TestSite) -> None:
    """The newest branch stands at the top, its reply below it; page 1 has the oldest, the page itself links on to it."""
    long.build("-t", "simple", "-o", "newest", "-e", 'CONVERSATION_ORDER="newest"')
    output = long.root / "newest"
    assert ["comment-r6", "comment-r6-a", "comment-r5"] == ids_of((output / "talk.html").read_text("utf-8"))[:3]
    assert ["comment-r2", "comment-r2-a"] == ids_of((output / "talk/comments-1.html").read_text("utf-8"))[:2]


def test_a_template_gets_what_pelican_gives_it(tmp_path: Path) -> None:
    """Themes ask for the category that stands beside the article, and whether the page is one of the blog."""
    site = TestSite(tmp_path, "CONVERSATION_PAGE_SIZE = 3\n")
    site.write_article("talk", Category="Rivers")
    site.write_article("about", folder="pages/")
    for number in range(4):
        site.write_comment("talk", f"r{number}")
        site.write_comment("about", f"s{number}")
    shown = "{% block content %}[{{ category and category.slug }} {{ blog }}]{% endblock %}"
    for name in ("article", "page"):
        site.write(f"over/{name}.html", f"{{% extends '!simple/{name}.html' %}}{shown}")
    site.build("-t", "simple", "-e", 'THEME_TEMPLATES_OVERRIDES=["over"]')
    for path in ("talk.html", "talk/comments-2.html"):
        assert "[rivers True]" in site.read(path)
    for path in ("pages/about.html", "pages/about/comments-2.html"):
        assert "[ ]" in site.read(path)


def test_relative_links(long: TestSite) -> None:
    """With RELATIVE_URLS every link of a further page is relative to it."""
    long.build("-t", "simple", "-o", "relative", "--relative-urls")
    html = (long.root / "relative/talk/comments-2.html").read_text("utf-8")
    soup = BeautifulSoup(html, "html5lib")
    assert "../talk.html" == soup.select_one("a[rel=up]")["href"]
    assert "../talk/comments-3.html#conversation" == soup.select(".conversation-parts a")[2]["href"]
