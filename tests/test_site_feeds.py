"""The site's own feeds, as the real Pelican writes them, with what threads add."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest
from lxml import etree
from pelican import Pelican, signals
from pelican.plugins.conversation.building.site_feeds import add_thread_elements, page_entry_id
from pelican.plugins.conversation.model import Page
from pelican.plugins.conversation.rendering.feed_values import FeedThread
from pelican.settings import read_settings

A, THR = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
SITE = "https://example.org/blog"
SLASH, WFW = "{http://purl.org/rss/1.0/modules/slash/}", "{http://wellformedweb.org/CommentAPI/}"
ARTICLES = ("talked", "silent", "other", "grüße")
THREADS = {
    f"{SITE}/talked.html": FeedThread(
        f"{SITE}/talked.html", 3, datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC), f"{SITE}/feeds/comments/talked.atom.xml"
    ),
    f"{SITE}/silent.html": FeedThread(f"{SITE}/silent.html", 0),
    f"{SITE}/grüße.html": FeedThread(
        f"{SITE}/grüße.html", 1, datetime(2026, 3, 14, tzinfo=UTC), f"{SITE}/feeds/comments/grüße.atom.xml"
    ),
}
"""All articles but `other`."""


def build_site(folder: Path, threads: Mapping[str, FeedThread] | None, **settings: object) -> Path:
    """Run Pelican on four articles and return its output; without threads, without the signal too."""
    content = folder / "content"
    content.mkdir(parents=True)
    for slug in ARTICLES:
        text = f"Title: About {slug} & more\nSlug: {slug}\nDate: 2026-03-10T00:30:00+01:00\nAuthor: Ann\n\nText.\n"
        (content / f"{slug}.md").write_text(text, encoding="utf-8")
    facts = {
        "PATH": str(content), "OUTPUT_PATH": str(folder / "output"), "SITEURL": SITE, "SITENAME": "Blog", "TIMEZONE": "Europe/Berlin",
        "FEED_ALL_ATOM": "atom.xml", "FEED_ALL_RSS": "rss.xml", "CATEGORY_FEED_ATOM": None, "TRANSLATION_FEED_ATOM": None,
        "AUTHOR_FEED_ATOM": None, "AUTHOR_FEED_RSS": None, "CACHE_CONTENT": False, "PLUGINS": [], "SLUGIFY_USE_UNICODE": True,
    }  # fmt: skip

    def add(context: object, feed: object) -> None:
        add_thread_elements(feed, threads or {})

    pelican = Pelican(read_settings(override={**facts, **settings}))
    if threads is None:
        pelican.run()
    else:
        with signals.feed_generated.connected_to(add):
            pelican.run()
    return folder / "output"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the output of a site whose feeds tell of threads."""
    return build_site(tmp_path_factory.mktemp("site"), THREADS)


def find(items: Iterator[etree._Element], title: str) -> etree._Element:
    """Return the item with the title."""
    (found,) = [item for item in items if title in "".join(item.itertext())]
    return found


def find_entry(folder: Path, slug: str) -> etree._Element:
    """Return the Atom entry of an article."""
    return find(etree.parse(folder / "atom.xml").iter(f"{A}entry"), f"About {slug} & more")


def find_item(folder: Path, slug: str) -> etree._Element:
    """Return the RSS item of an article."""
    return find(etree.parse(folder / "rss.xml").iter("item"), f"About {slug} & more")


def find_replies(entry: etree._Element) -> list[dict[str, str]]:
    """Return the attributes of an entry's links to its replies."""
    return [dict(link.attrib) for link in entry.iter(f"{A}link") if link.get("rel") == "replies"]


def test_rss_says_how_many_and_where(output: Path) -> None:
    """An RSS item has the number of comments, the feed of its thread and the place of the conversation."""
    feed = feedparser.parse((output / "rss.xml").read_bytes())
    assert not feed.bozo
    (item,) = [item for item in feed.entries if "talked" in item.title]
    assert ("3", f"{SITE}/feeds/comments/talked.atom.xml") == (item.slash_comments, item.wfw_commentrss)
    assert f"{SITE}/talked.html#conversation" == item.comments


def test_atom_says_how_many_and_where(output: Path) -> None:
    """An Atom entry has the number of comments, and links to page and feed with number and date."""
    feed = feedparser.parse((output / "atom.xml").read_bytes())
    assert not feed.bozo
    assert ["3"] == [entry.thr_total for entry in feed.entries if "talked" in entry.title]
    numbers = {"rel": "replies", f"{THR}count": "3", f"{THR}updated": "2026-03-14T09:26:53Z"}
    expected = [
        {**numbers, "type": "text/html", "href": f"{SITE}/talked.html#conversation"},
        {**numbers, "type": "application/atom+xml", "href": f"{SITE}/feeds/comments/talked.atom.xml"},
    ]
    assert expected == find_replies(find_entry(output, "talked"))


def test_a_silent_thread_has_a_number_and_no_feed(output: Path) -> None:
    """An article that nobody commented on has 0 comments, and no link to a feed that was never written."""
    item, entry = find_item(output, "silent"), find_entry(output, "silent")
    assert ("0", None) == (item.findtext(f"{SLASH}comments"), item.find(f"{WFW}commentRss"))
    assert f"{SITE}/silent.html#conversation" == item.findtext("comments")
    expected = {"rel": "replies", "type": "text/html", "href": f"{SITE}/silent.html#conversation", f"{THR}count": "0"}
    assert ("0", [expected]) == (entry.findtext(f"{THR}total"), find_replies(entry))


def test_an_article_without_conversation_is_left_alone(output: Path) -> None:
    """An item that no thread belongs to gets nothing."""
    item, entry = find_item(output, "other"), find_entry(output, "other")
    assert not [child for child in item if child.tag == "comments" or child.tag.startswith((SLASH, WFW))]
    assert not [child for child in entry.iter() if child.get("rel") == "replies" or child.tag.startswith(THR)]


def test_addresses_with_other_letters_are_found_and_encoded(output: Path) -> None:
    """Pelican percent-encodes the links of its items; a thread is found by either form, and its own links are encoded."""
    item, (page, feed) = find_item(output, "grüße"), find_replies(find_entry(output, "grüße"))
    assert f"{SITE}/feeds/comments/gr%C3%BC%C3%9Fe.atom.xml" == item.findtext(f"{WFW}commentRss") == feed["href"]
    assert f"{SITE}/gr%C3%BC%C3%9Fe.html#conversation" == item.findtext("comments") == page["href"]


def test_the_ids_of_rss_are_no_addresses(output: Path) -> None:
    """RSS takes a guid for an address unless told otherwise, and Pelican's is a tag: every item is told so."""
    guids = list(etree.parse(output / "rss.xml").iter("guid"))
    assert [("false", "tag:")] * len(ARTICLES) == [(guid.get("isPermaLink"), guid.text[:4]) for guid in guids]


def test_a_feed_without_threads_is_what_pelican_writes(tmp_path: Path) -> None:
    """Where no item has a thread, not a byte is changed."""
    plain, ours = build_site(tmp_path / "plain", None), build_site(tmp_path / "ours", {})
    assert (plain / "atom.xml").read_bytes() == (ours / "atom.xml").read_bytes()
    assert (plain / "rss.xml").read_bytes() == (ours / "rss.xml").read_bytes()


def test_links_with_ref_are_found(tmp_path: Path) -> None:
    """FEED_APPEND_REF changes the links of items, and neither finds nor changes anything else."""
    output = build_site(tmp_path, THREADS, FEED_APPEND_REF=True)
    assert f"{SITE}/talked.html?ref=feed" == find_item(output, "talked").findtext("link")
    assert (
        "3"
        == find_item(output, "talked").findtext(f"{SLASH}comments")
        == find_entry(output, "talked").findtext(f"{THR}total")
    )
    assert f"{SITE}/talked.html#conversation" == find_item(output, "talked").findtext("comments")


@pytest.mark.parametrize("settings", [{}, {"FEED_APPEND_REF": True}, {"SITEURL": f"{SITE}/"}, {"RELATIVE_URLS": True}])
@pytest.mark.parametrize("slug", ["talked", "grüße"])
def test_the_id_of_an_article_is_pelicans(tmp_path: Path, slug: str, settings: Mapping[str, object]) -> None:
    """What comments name as the entry they answer is the id in Pelican's feed, by the day where the article was dated."""
    output = build_site(tmp_path, THREADS, **settings)
    page = Page(slug, f"About {slug}", f"{slug}.html", "en", date=datetime.fromisoformat("2026-03-10T00:30:00+01:00"))
    assert page_entry_id(page, SITE) == find_entry(output, slug).findtext(f"{A}id")


@pytest.mark.parametrize("more", [{"is_article": False}, {"is_listed": False}, {"date": None}])
def test_a_page_in_no_feed_is_named_by_its_address(more: Mapping[str, object]) -> None:
    """A page, a draft and an undated article have no entry in the site's feed, so their address is their id (RFC 4685, 3)."""
    facts = {"thread": "t", "title": "T", "url": "grüße/", "lang": "en", "date": datetime(2026, 3, 10, tzinfo=UTC)}
    assert f"{SITE}/gr%C3%BC%C3%9Fe/" == page_entry_id(Page(**{**facts, **more}), SITE)


def test_what_another_plugin_did_stays(tmp_path: Path) -> None:
    """A feed whose methods were already wrapped by somebody else keeps what they add."""

    def add_rights(context: object, feed: object) -> None:
        inner = feed.add_item_elements

        def wrapped(handler: object, item: object) -> None:
            inner(handler, item)
            handler.addQuickElement("rights", "Ann")

        feed.add_item_elements = wrapped

    with signals.feed_generated.connected_to(add_rights):
        entry = find_entry(build_site(tmp_path, THREADS), "talked")
    assert ("Ann", "3") == (entry.findtext(f"{A}rights"), entry.findtext(f"{THR}total"))


def test_links_are_absolute(output: Path) -> None:
    """Every address that was added stands by itself."""
    found = [link["href"] for link in find_replies(etree.parse(output / "atom.xml").getroot())]
    found += [
        element.text
        for tag in ("comments", f"{WFW}commentRss")
        for element in etree.parse(output / "rss.xml").iter(tag)
    ]
    assert found
    assert found == [urljoin("file:///nowhere/", address) for address in found]
