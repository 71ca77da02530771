"""Regions: what the section says, in markup that is valid, and in few bytes."""

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
from bs4 import BeautifulSoup, Tag
from pelican.plugins.conversation.comments.threads import build_thread
from pelican.plugins.conversation.configuration import Settings
from pelican.plugins.conversation.model import Conversation, Page, State, Thread
from pelican.plugins.conversation.rendering.latest import find_activity, find_latest
from pelican.plugins.conversation.rendering.regions import Regions
from pelican.plugins.conversation.rendering.templating import Catalogues, make_region_environment
from pelican.plugins.conversation.settings import read_settings

from .building import TestSite
from .reading_site import KINDS, SETTINGS, write_blog
from .samples import START, make_comment
from .test_hostile_pages import ATTACKS

SITE_URL = "https://blog.example.org"
PAGE = Page(thread="a-page", title="Talk", url="talk.html", lang="en", thread_lang="en", date=START)
ENVIRONMENT = make_region_environment([])
CATALOGUES = Catalogues([])
MAX_PAGE_BYTES = 40_000
"""Of a page in the shipped theme with 50 comments, before compression, to be read."""
MAX_PAGE_BYTES_WITH_FORM = 44_000
"""Of the same page with a form and 50 links to reply, its pictures counted; without these it is held to MAX_PAGE_BYTES."""
MAX_PAGE_BYTES_WITH_MAIL = 45_500
MAX_PAGE_BYTES_WITH_FORGE = 51_000
"""Of the same page where the place of the form is taken by a mail, or by a file on a forge, and 50 long links."""
ORDINARY_WORDS = 25
"""A comment of two or three sentences: half of the comments of a blog are shorter."""


def make_settings(**more: object) -> Settings:
    facts = {"SITENAME": "A site", "SITEURL": SITE_URL, "TIMEZONE": "UTC", "DEFAULT_LANG": "en"}
    return read_settings({**facts, **more}, Path("/site"))


def make_regions(**settings: object) -> Regions:
    return Regions(ENVIRONMENT, make_settings(**settings), START, CATALOGUES)


def make_thread(*comments: object, guests: frozenset[str] = frozenset()) -> Thread:
    placements = build_thread(comments, max_indent=5)[0]
    bodies = {c.id: f"<p>{c.body}</p>" for c in comments if c.state is State.APPROVED}
    return Thread("a-page", placements, bodies, guests)


THREAD = make_thread(make_comment("a"), make_comment("b", "a", 1, name="Bea"), make_comment("c", "b", 2))


def parse_section(page: Page, thread: Thread, **settings: object) -> Tag:
    html = make_regions(**settings).render_section(page, thread, SITE_URL)
    return BeautifulSoup(html, "html5lib").select_one("section.conversation")


def test_a_region_is_a_function_of_what_it_is_given() -> None:
    """Rendered again, from other objects of the same values, it is the same text; nothing of other threads is in it."""
    for name in ("section", "count", "head"):
        one, other = (getattr(make_regions(), f"render_{name}")(PAGE, THREAD, SITE_URL) for _ in range(2))
        assert one == other
        assert one.startswith(f"<!-- conversation:{name} a-page -->")
        assert one.endswith(f"<!-- /conversation:{name} -->")


@pytest.mark.parametrize(
    ("lang", "direction", "count", "date"),
    [
        ("en", "ltr", "3 comments", "March 14, 2026"),
        ("en-GB", "ltr", "3 comments", "14 March 2026"),
        ("de", "ltr", "3 Kommentare", "14. März 2026"),
        ("de-AT", "ltr", "3 Kommentare", "14. März 2026"),
        ("ar", "rtl", "3 تعليقات", "14 مارس 2026"),
    ],
)
def test_the_language_of_the_page_wins(lang: str, direction: str, count: str, date: str) -> None:
    """Words, dates, direction and the attribute that says so, whatever the site's language is."""
    page = Page("a-page", "Talk", "talk.html", lang, thread_lang=lang)
    for default in ("en", "de"):
        section = parse_section(page, THREAD, DEFAULT_LANG=default)
        assert (lang, direction) == (section["lang"], section["dir"])
        assert count == section.h2.text
        assert section.time.text.startswith(date)
        assert section.select_one(".e-content").get("lang") is None


@pytest.mark.parametrize(
    ("number", "en", "de", "ar"),
    [
        (1, "1 comment", "1 Kommentar", "تعليق واحد"),
        (2, "2 comments", "2 Kommentare", "تعليقان"),
        (11, "11 comments", "11 Kommentare", "11 تعليقًا"),
        (100, "100 comments", "100 Kommentare", "100 تعليق"),
        (1234, "1,234 comments", "1.234 Kommentare", "1,234 تعليقًا"),
    ],
)
def test_numbers_in_each_language(number: int, en: str, de: str, ar: str) -> None:
    """With the plural forms and the separators of the language."""
    thread = make_thread(*(make_comment(f"c{index}", minutes=index) for index in range(number)))
    for lang, expected in {"en": en, "de": de, "ar": ar}.items():
        page = Page("a-page", "Talk", "talk.html", lang, thread_lang=lang)
        html = make_regions().render_count(page, thread, SITE_URL)
        assert expected == BeautifulSoup(html, "html5lib").a.text


def test_a_language_without_words() -> None:
    """They fall back to the site's, which the section says; dates and comments keep theirs, and say so."""
    page = Page("a-page", "Talk", "talk.html", "fr", thread_lang="fr")
    section = parse_section(page, THREAD, DEFAULT_LANG="de")
    assert ("de", "3 Kommentare") == (section["lang"], section.h2.text)
    assert ("fr", "14 mars 2026") == (section.time["lang"], section.time.text[:12])
    assert "fr" == section.select_one(".e-content")["lang"]
    count = BeautifulSoup(make_regions().render_count(page, THREAD, SITE_URL), "html5lib").a
    assert ("en", "3 comments") == (count["lang"], count.text)


def test_comments_in_another_language_say_so() -> None:
    """On a translation too: the words around are the page's, and the comments what they were written in."""
    thread = make_thread(make_comment("a"), make_comment("b", lang="de", minutes=1))
    page = Page("a-page", "Talk", "talk-de.html", "de", thread_lang="en")
    bodies = parse_section(page, thread).select(".e-content")
    assert ["en", None] == [body.get("lang") for body in bodies]


def test_names_keep_their_direction() -> None:
    """A name that runs from right to left is set apart, and on a page that does, every name; others need no element."""
    thread = make_thread(make_comment("a", name="אברהם"), make_comment("b", "a", 1, name="Bea"))
    assert ["אברהם", "אברהם"] == [tag.text for tag in parse_section(PAGE, thread).select("bdi")]
    page = Page("a-page", "Talk", "talk.html", "ar", thread_lang="ar")
    assert ["אברהם", "Bea", "אברהם"] == [tag.text for tag in parse_section(page, thread).select("bdi")]
    hebrew = make_thread(make_comment("a", body="שלום"), make_comment("b", body="hello", minutes=1))
    assert ["auto", None] == [tag.get("dir") for tag in parse_section(PAGE, hebrew).select(".e-content")]


def test_an_answer_says_that_it_answers_a_guest() -> None:
    """Who answers a guest by the author's name has not answered the author, however far the guest's own words are."""
    comments = make_comment("a", name="Ann Example"), make_comment("b", "a", 1)
    for guests, name in ((frozenset(), "Ann Example"), (frozenset({"a"}), "Ann Example (guest)")):
        section = parse_section(PAGE, make_thread(*comments, guests=guests))
        assert name == section.select_one("small > .u-in-reply-to").text


def test_a_moment_within_a_second() -> None:
    """HTML takes no more than three digits of a fraction, and a program that writes comments may give six."""
    fraction = timedelta(microseconds=123456)
    thread = make_thread(make_comment("a", edited=START + fraction, minutes=fraction / timedelta(minutes=1)))
    times = parse_section(PAGE, thread).select("time")
    assert ["2026-03-14T09:26:53Z"] * 2 == [time["datetime"] for time in times]


def test_why_a_page_is_closed() -> None:
    """By its author or by its age; then there is neither form nor reply link."""
    closed = Page("a-page", "Talk", "talk.html", "en", conversation=Conversation.CLOSED)
    section = parse_section(closed, THREAD, CONVERSATION_RECEIVER="/conversation")
    assert "The author has closed the comments on this page." == section.select_one(".conversation-closed").text
    assert [] == section.select("form, .e-content ~ a")
    old = Page("a-page", "Talk", "talk.html", "en", date=START - timedelta(days=31))
    section = parse_section(old, THREAD, CONVERSATION_CLOSE_AFTER_DAYS=30)
    assert "Comments on this page closed after 30 days." == section.select_one(".conversation-closed").text


def test_where_nobody_receives() -> None:
    """No form and no reply link; the feeds are named."""
    section = parse_section(PAGE, THREAD)
    assert [] == section.select("form, .e-content ~ a")
    assert "Subscribe to the feed of this conversation, or to the feed of all comments" == section.select_one(".conversation-feed").text  # fmt: skip
    section = parse_section(PAGE, THREAD, CONVERSATION_FEED_ATOM=None)
    assert "Subscribe to the feed of this conversation" == section.select_one(".conversation-feed").text


def test_numbers_by_a_setting() -> None:
    """Each comment shows its number in the order of reading."""
    assert [] == parse_section(PAGE, THREAD).select(".comment-number")
    numbered = parse_section(PAGE, THREAD, CONVERSATION_NUMBERS=True)
    assert ["1 Reader", "2 Bea", "3 Reader"] == [tag.text for tag in numbered.select("h3")]


def test_the_script_by_a_setting() -> None:
    """It is loaded from the site, with its words in the page's language; by default there is none."""
    page = Page("a-page", "Talk", "talk.html", "de")
    assert "conversation.js" not in make_regions().render_head(page, THREAD, SITE_URL)
    html = make_regions(CONVERSATION_SCRIPT=True).render_head(page, THREAD, "..")
    script = BeautifulSoup(html, "html5lib").select_one("script[src]")
    assert ("../theme/conversation.js", "neu") == (script["src"], script["data-new"])
    source = Path(__file__).parent.parent / "plugins/conversation/static/conversation.js"
    assert len(source.read_bytes()) < 5000


def render_list(regions: Regions, threads: Mapping[str, Thread], pages: Mapping[str, Page]) -> str:
    """Return the list of conversations."""
    activities = find_activity(threads, pages, regions.settings)
    return regions.render_pages([regions.render_activity(one, SITE_URL) for one in activities])


def test_conversations_by_their_latest_comment() -> None:
    """Who spoke last and the beginning of it, the newest first; pages that are not listed are left out."""
    other = Page("other", "Andere", "andere.html", "de", thread_lang="de")
    hidden = Page("hidden", "Hidden", "hidden.html", "en", is_listed=False)
    comment = make_comment("z", minutes=60, name="Ann", thread="other", body="Zuletzt.")
    threads = {
        "a-page": THREAD,
        "other": Thread("other", build_thread([comment], max_indent=5)[0], {"z": "<p>Zuletzt.</p>"}, frozenset({"z"})),
        "hidden": THREAD,
    }
    pages = {"a-page": PAGE, "other": other, "hidden": hidden}
    regions = make_regions()
    html = render_list(regions, threads, pages)
    first, second = BeautifulSoup(html, "html5lib").select("ol.conversation-pages > li")
    assert ("Andere", "de") == (first.h2.text, first.h2.a["lang"])
    assert "the latest by Ann (guest)" == first.select_one(".conversation-last").text
    assert f"{SITE_URL}/andere.html#comment-z" == first.select_one(".conversation-last")["href"]
    assert ("Zuletzt.", "de") == (first.select_one("p[lang]").text, first.select_one("p[lang]")["lang"])
    assert "3 comments" == second.select_one("a[href$='#conversation']").text
    latest = find_latest(threads, pages, 2, regions.settings)
    assert ["z", "c"] == [one.comment.id for one in latest]
    assert "No comments yet" in regions.render_pages(())


def test_hostile_names_in_links_numbers_and_marks() -> None:
    """What is said of a name in attributes and sentences stays text, in every language."""
    comments = [make_comment("a0", name="Plain")]
    for number, attack in enumerate(ATTACKS):
        comments.append(make_comment(f"a{number + 1}", f"a{number}", number, name=attack, url="https://x.example/"))
    thread = make_thread(*comments, guests=frozenset(comment.id for comment in comments))
    regions = make_regions(CONVERSATION_RECEIVER="/r", CONVERSATION_NUMBERS=True, CONVERSATION_SCRIPT=True)
    for lang in ("en", "de", "ar"):
        page = Page("a-page", ATTACKS[0], "talk.html", lang)
        everything = regions.render_section(page, thread, SITE_URL) + regions.render_head(page, thread, SITE_URL)
        everything += regions.render_recent(find_latest({"a-page": thread}, {"a-page": page}, 50), 50, SITE_URL)
        everything += render_list(regions, {"a-page": thread}, {"a-page": page})
        soup = BeautifulSoup(everything, "html5lib")
        assert len(comments) == len(soup.select(".e-content ~ a > i"))
        assert [] == soup.select(
            "img, iframe, object, style, base, meta, details, video, math, [onerror], [onclick], [onload]"
        )
        assert 2 == len(soup.select("script"))


FORBIDDEN_INSIDE = {"a": "a[href], button, input, textarea", "p": "p, div, ol, ul, section", "h2": "h3", "span": "div, p", "button": "a"}  # fmt: skip
CHILDREN = {"ol": {"li"}, "ul": {"li"}, "tr": {"th", "td"}}


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """The blog with every kind of page."""
    return write_blog(tmp_path_factory.mktemp("blog"))


@pytest.mark.parametrize("path", KINDS)
def test_every_kind_of_page_is_valid_html(blog: TestSite, path: str) -> None:
    """It parses without an error; ids are unique, references lead somewhere, elements stand where they may."""
    parser = html5lib.HTMLParser()
    parser.parse(blog.read(path))
    assert [] == parser.errors
    soup = BeautifulSoup(blog.read(path), "html5lib")
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    for attribute in ("aria-labelledby", "aria-describedby", "for"):
        assert {id for tag in soup.select(f"[{attribute}]") for id in tag[attribute].split()} <= set(ids)
    assert {tag["href"][1:] for tag in soup.select("a[href^='#']")} <= {*ids, ""}
    for outer, inner in FORBIDDEN_INSIDE.items():
        assert [] == [tag for found in soup.select(outer) for tag in found.select(inner)]
    for outer, allowed in CHILDREN.items():
        assert {child.name for tag in soup.select(outer) for child in tag.find_all(recursive=False)} <= allowed
    levels = [int(tag.name[1]) for tag in soup.select("h1, h2, h3, h4")]
    assert 1 == levels.count(1)
    assert all(level <= before + 1 for before, level in pairwise(levels))
    assert 1 == len(soup.select("main"))
    assert soup.html["lang"]


def test_links_between_pages_lead_somewhere(blog: TestSite) -> None:
    """Every link to a page or feed of the site, with its fragment."""
    pages = {path.relative_to(blog.root / "output").as_posix() for path in (blog.root / "output").rglob("*.*ml")}
    ids = {path: set(re.findall(r' id="?([^" >]*)', blog.read(path))) for path in pages}
    for path in (path for path in pages if path.endswith(".html")):
        for link in BeautifulSoup(blog.read(path), "html5lib").select(f"a[href^='{SITE_URL}/'], link[href$='.html']"):
            target, _, fragment = link["href"].removeprefix(f"{SITE_URL}/").partition("#")
            target = target if target and not target.endswith("/") else f"{target}index.html"
            assert target in pages, (path, link)
            assert not fragment or fragment in ids[target], (path, link)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ("", MAX_PAGE_BYTES),
        ('CONVERSATION_RECEIVER = "/conversation"', MAX_PAGE_BYTES_WITH_FORM),
        ('CONVERSATION_MAIL = "comments@example.org"', MAX_PAGE_BYTES_WITH_MAIL),
        ('CONVERSATION_FORGE = "https://github.com/ann/blog"', MAX_PAGE_BYTES_WITH_FORGE),
    ],
    ids=["reading", "form", "mail", "forge"],
)
def test_fifty_comments_are_light(tmp_path: Path, settings: str, limit: int) -> None:
    """50 comments of ordinary length, half of them replies, by 20 commenters: under 40 kB to be read, and with form and reply links, images aside."""
    site = TestSite(tmp_path, SETTINGS.replace("PAGE_SIZE = 3", "PAGE_SIZE = 100").replace("SCRIPT = True", "SCRIPT = False") + f"CONVERSATION_RECEIVER = None\n{settings}\n")  # fmt: skip
    article = site.write_article("talk", Tags="tide, ferry")
    article.write_text(article.read_text("utf-8") + "The tide comes in and the ferry goes out.\n\n" * 60, "utf-8")
    body = " ".join(
        ["the", "tide", "comes", "in", "and", "the", "ferry", "goes", "out", "while", "somebody", "asks"][n % 12]
        for n in range(ORDINARY_WORDS)
    )
    for number in range(50):
        parent = f"20260302-1000{number - 1:02}-abcd" if number % 2 else ""
        date = f"2026-03-{2 + number // 24:02}T{number % 24:02}:30:{number:02}Z"
        site.write_comment(
            "talk", f"20260302-1000{number:02}-abcd", body, name=f"Reader {number % 20}", in_reply_to=parent, date=date
        )
    site.build()
    html = site.read("talk.html")
    pictures = re.findall(r"<svg.*?</svg>", html)
    assert 50 == html.count('<article class="comment') == len(pictures)
    assert len(html.encode()) < limit
    if "RECEIVER" in settings:
        assert 50 == html.count("Reply<i> to Reader ")
        assert len(html.encode()) - len("".join(pictures)) < MAX_PAGE_BYTES
    data = re.search(r'<script type="application/ld\+json">.*?</script>', html)[0]
    assert len(data.encode()) < 3000
    assert len("".join(pictures)) < 50 * 100


def test_a_tombstone_is_nobodys() -> None:
    """Anybody can write one that claims the author, so it has neither the author's name, nor styling, nor link."""
    claimed = make_comment("a", state=State.REMOVED, author="ann", name="Ann Example", url="https://ann.example.org/")
    section = parse_section(
        PAGE, make_thread(claimed, make_comment("b", "a", 1)), CONVERSATION_AUTHORS={"ann": {"name": "Ann Example"}}
    )
    tombstone = section.select_one("#comment-a")
    assert tombstone is not None
    assert ["comment", "u-comment", "h-cite", "is-removed"] == tombstone["class"]
    assert ("Ann" in section.get_text(), []) == (False, tombstone.select('[href*="ann.example"]'))
