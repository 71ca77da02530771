"""Names of links: in a conversation and in lists of conversations, what reads the same leads to the same place."""

from collections import defaultdict
from collections.abc import Mapping

import pytest
from bs4 import BeautifulSoup
from pelican.plugins.conversation.model import Page as BlogPage
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.rendering.latest import find_latest
from playwright.sync_api import Browser, Page

from .building import TestSite
from .reading_site import HOST, KINDS, shown, write_blog
from .samples import make_comment
from .test_regions import PAGE, SITE_URL, make_regions, make_thread, parse_section

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # Playwright's own sockets, at exit

PARTS = "section.conversation, .conversation-recent, .conversation-pages, .conversation-count"


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """The blog with every kind of page, and a post where everything that can read the same does."""
    site = write_blog(tmp_path_factory.mktemp("blog"))
    site.write_article("alike")
    for number in range(3):
        date = f"2026-03-06T10:00:{number:02}Z"
        site.write_comment("alike", f"n{number}", name="Bea", url=f"https://bea{number}.example/", date=date)
        site.write_comment("alike", f"o{number}", in_reply_to=f"n{number}", name="Bea", date=date)
        site.write_comment("alike", f"p{number}", in_reply_to=f"o{number}", state="removed", date=date)
        site.write_comment("alike", f"q{number}", in_reply_to=f"p{number}", name="Carl", date=date)
        site.write_comment("alike", f"r{number}", in_reply_to=f"https://other.example/{number}", date=date)
    site.build("-e", "CONVERSATION_PAGE_SIZE=4", expect_problems=True)
    return site


def read_links(page: Page) -> Mapping[str, set[str]]:
    """Return where the links of a page's conversations lead, by their accessible names; those in comments are their writers'."""
    page.evaluate("document.querySelectorAll('.comment > .e-content').forEach(body => body.textContent = '')")
    session = page.context.new_cdp_session(page)
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for node in session.send("DOM.querySelectorAll", {"nodeId": root, "selector": PARTS})["nodeIds"]:
        for link in session.send("Accessibility.queryAXTree", {"nodeId": node, "role": "link"})["nodes"]:
            if not link["ignored"]:
                facts = {fact["name"]: fact["value"]["value"] for fact in link["properties"]}
                found[link["name"]["value"]].add(facts["url"])
    return found


@pytest.mark.parametrize("scripts", [True, False])
def test_no_two_links_read_the_same_and_lead_elsewhere(blog: TestSite, chromium: Browser, scripts: bool) -> None:
    """On every kind of page; with scripts after a second visit too, when new comments are linked above the others."""
    seen = 0
    with shown(blog, chromium, KINDS[0], java_script_enabled=scripts) as page:
        for path in (*KINDS, "alike.html", "alike/comments-2.html"):
            page.goto(f"{HOST}/{path}")
            if scripts:
                page.evaluate("for (const s of [localStorage, sessionStorage]) s.setItem('conversation-seen:' + location.pathname, '')")  # fmt: skip
                page.reload()
            links = read_links(page)
            assert {} == {name: urls for name, urls in links.items() if len(urls) > 1}, path
            assert all(name.strip() for name in links), path
            seen += len(links)
    assert seen > 150


def test_what_needs_no_number_has_none() -> None:
    """A parent whose name leads to one place is called by it alone, however many replies it has, unless all numbers are seen; so is a date."""
    comments = [make_comment("a"), *(make_comment(id, "a", minutes, name=id) for minutes, id in enumerate("bcd", 1))]
    section = parse_section(PAGE, make_thread(*comments))
    assert ["in reply to Reader"] * 3 == [small.text for small in section.select("small")]
    assert [] == section.select("i")
    numbered = parse_section(PAGE, make_thread(*comments), CONVERSATION_NUMBERS=True)
    assert ["in reply to Reader (1)"] * 3 == [small.text for small in numbered.select("small")]


def test_whoever_is_answered_twice_is_told_apart() -> None:
    """By number, as are tombstones; on another site by the whole address; with numbers to be seen, this one is seen too."""
    removed = [make_comment(id, state=State.REMOVED, minutes=minutes) for minutes, id in enumerate("cd", 2)]
    roots = [make_comment("a"), make_comment("b", minutes=1), *removed]
    replies = [make_comment(f"{id}-reply", id, 9, name="Bea") for id in "abcd"]
    elsewhere = [make_comment(f"e{n}", f"https://other.example/{n}", 20 + n, name="Dora") for n in range(2)]
    thread = make_thread(*roots, *replies, *elsewhere)
    said = [
        "Reader (1)",
        "Reader (3)",
        "a removed comment (5)",
        "a removed comment (7)",
        "other.example/0",
        "other.example/1",
    ]
    for numbers in (False, True):
        section = parse_section(PAGE, thread, CONVERSATION_NUMBERS=numbers)
        assert [f"in reply to {words}" for words in said] == [small.text for small in section.select("small")]
        assert (0 if numbers else 4) == len(section.select("small i"))


def test_the_latest_comments_are_told_apart() -> None:
    """Who spoke twice on one page has a place in the list from the second on."""
    thread = make_thread(*(make_comment(id, minutes=minutes, name="Bea") for minutes, id in enumerate("abc")))
    latest = find_latest({"a-page": thread}, {"a-page": PAGE}, 3)
    for lang, words in (("en", "Bea on Talk"), ("de", "Bea zu „Talk“")):
        html = make_regions(DEFAULT_LANG=lang).render_recent(latest, 3, SITE_URL)
        links = BeautifulSoup(html, "html5lib").select("a")
        assert [words] * 3 == [link.text for link in links]
        assert [None, f"{words} (2)", f"{words} (3)"] == [link.get("aria-label") for link in links]


def test_counts_say_of_which_page() -> None:
    """A list of articles has many; who hears the links alone hears whose they are, and sees the words they begin with."""
    page = BlogPage("a-page", 'A "talk" & more', "talk.html", "en")
    link = BeautifulSoup(make_regions().render_count(page, make_thread(), SITE_URL), "html5lib").a
    assert ("No comments yet", 'No comments yet: A "talk" & more') == (link.text, link["aria-label"])
