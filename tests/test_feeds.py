"""Feeds: Atom that validates, threaded as RFC 4685 says, whatever the comments hold."""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from urllib.parse import quote, unquote, urljoin, urlsplit

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markupsafe import Markup
from pelican.plugins.conversation.comments.threads import build_thread
from pelican.plugins.conversation.model import Author, Comment, Kind, Page, State, Thread
from pelican.plugins.conversation.rendering.feeds import (
    FeedFacts,
    FeedPage,
    entry_id,
    list_entries,
    page_url,
    render_feed,
)

from .samples import START, addresses, make_comment

DATA = Path(__file__).parent / "data" / "feeds"
SCHEMA = etree.RelaxNG(etree.parse(DATA / "atom.rng"))
A, THR, XML = (
    "{http://www.w3.org/2005/Atom}",
    "{http://purl.org/syndication/thread/1.0}",
    "{http://www.w3.org/XML/1998/namespace}",
)
SITE = "https://example.org"
FEED_URL = "https://example.org/feeds/comments/a-page.atom.xml"
PAGE_ID = "tag:example.org,2026-03-10:/a-page.html"
AUTHORS = {"ann": Author("ann", "Ann Example", "https://example.org/about")}


def make_page(**more: object) -> FeedPage:
    """Return the page of the thread `a-page`, with a feed."""
    facts = {"thread": "a-page", "title": "A page", "url": "a-page.html", "lang": "en", **more}
    page = Page(**facts)
    return FeedPage(page, page_url(page, SITE), PAGE_ID, FEED_URL)


def make_facts(**more: str) -> FeedFacts:
    """Return what the feed of the thread `a-page` says of itself."""
    facts = {
        "key": "comments/a-page", "title": "Comments on A page", "url": FEED_URL,
        "alternate_url": "https://example.org/a-page.html#conversation", "site_url": SITE, "default_lang": "en",
    }  # fmt: skip
    return FeedFacts(**{**facts, **more})


def make_thread(
    comments: Sequence[Comment], bodies: Mapping[str, str] | None = None, guests: Iterable[str] = ()
) -> Thread:
    """Return the thread of `comments`, each with a body that names it."""
    placements, _ = build_thread(comments, max_indent=5)
    html = {comment.id: f"<p>Body of {comment.id}.</p>\n" for comment in comments if comment.state is State.APPROVED}
    return Thread("a-page", placements, {**html, **(bodies or {})}, frozenset(guests))


def render(
    *comments: Comment, page: FeedPage | None = None, facts: FeedFacts | None = None, max_items: int | None = None,
    bodies: Mapping[str, str] | None = None, guests: Iterable[str] = (),
) -> str | None:  # fmt: skip
    """Return the feed of the thread that `comments` make."""
    entries = list_entries(make_thread(comments, bodies, guests), page or make_page(), authors=AUTHORS, site_url=SITE)
    return render_feed(entries, facts or make_facts(), max_items=max_items)


def parse(text: str | None) -> etree._Element:
    """Return the root of a feed that has been held against schema and rules."""
    assert text is not None
    root = etree.fromstring(text.encode())
    assert SCHEMA.validate(root), SCHEMA.error_log
    assert_rules(root)
    return root


def parse_entry(text: str | None, id: str = "a") -> etree._Element:
    """Return the entry of the comment `id`."""
    (found,) = [entry for entry in parse(text).iter(f"{A}entry") if entry.findtext(f"{A}id").endswith(f"/{id}")]
    return found


def assert_rules(root: etree._Element) -> None:
    """Hold a feed against those rules of RFC 4287 and of the W3C's validator that a grammar cannot say."""
    entries = root.findall(f"{A}entry")
    ids = [element.text for element in root.iter(f"{A}id")]
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert all(re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}-\d\d-\d\d:[A-Za-z0-9._~%-]+/[a-z0-9-]+", id) for id in ids[1:])
    assert len(find_links(root, "self")) == 1, "a feed says once where it is"
    for element in (root, *entries):
        kinds = [(link.get("type"), link.get("hreflang")) for link in find_links(element, "alternate")]
        assert len(kinds) == len(set(kinds)) == 1
    moments = [datetime.fromisoformat(element.text) for element in root.iter(f"{A}updated")]
    assert all(moment.tzinfo is not None for moment in moments)
    assert moments[0] == max(moments), "the feed changed when its newest entry did"
    assert moments[1:] == sorted(moments[1:], reverse=True), "newest first"
    web = [urlsplit(address) for address in find_addresses(root)]
    assert all(part.scheme in ("http", "https") and part.hostname for part in web), "an address is not absolute"


def find_links(element: etree._Element, rel: str) -> list[etree._Element]:
    """Return the links of a feed or an entry that have the relation."""
    return [link for link in element.findall(f"{A}link") if link.get("rel") == rel]


def find_addresses(root: etree._Element) -> list[str]:
    """Return every address that is no id."""
    return [
        *(element.get("href") for element in root.iter() if element.get("href")),
        *(element.get(f"{XML}base") for element in root.iter(f"{A}content")),
        *(element.text for element in root.iter(f"{A}uri")),
    ]


def test_a_thread_feed_is_the_golden_one() -> None:
    """Roots, replies, an author, a guest, a tombstone, an orphan, a mention and an answer to elsewhere, compared whole."""
    conversation = (
        make_comment("root", name="Zoë <b>", url="https://reader.example.com/?a=1&b=2"),
        make_comment("reply", "root", 10, name=None, author="ann", edited=START + timedelta(days=1)),
        make_comment("guest", "reply", 20, name="Ann Exаmple"),
        make_comment("gone", None, 30, state=State.REMOVED, name="Gone"),
        make_comment("answer", "gone", 40, lang="de"),
        make_comment("orphan", "lost", 50),
        make_comment("mention", "https://elsewhere.example.net/note", 60, source="https://blog.example.net/post", kind=Kind.MENTION),
        make_comment("like", None, 70, kind=Kind.LIKE),
    )  # fmt: skip
    bodies = {"root": '<p>Fish &amp; chips, <a href="menu.html">see</a> ]]&gt;</p>\n'}
    text = render(*conversation, bodies=bodies, guests=["guest"])
    parse(text)
    assert (DATA / "thread.atom.xml").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("09:36:53Z<", "09:36:53<"),
        ('href="https://example.org/a-page.html#', 'href="a-page.html#'),
        ("<name>Reader</name>", ""),
        ('xml:lang="de"', 'xml:lang="no tag"'),
        ("<thr:total>1</thr:total>", "<thr:total>-1</thr:total>"),
        ('<entry xml:lang="en">', '<thr:total>5</thr:total><entry xml:lang="en">'),
        ("<updated>2026-03-15T09:26:53Z</updated>", ""),
        ('thr:in-reply-to ref="tag', 'thr:in-reply-to id="tag'),
    ],
)
def test_the_schema_refuses(good: str, bad: str) -> None:
    """The schema that the other tests rely on notices each of these faults in the golden feed."""
    text = (DATA / "thread.atom.xml").read_text(encoding="utf-8")
    assert good in text
    assert not SCHEMA.validate(etree.fromstring(text.replace(good, bad, 1).encode()))


def test_no_comment_no_feed() -> None:
    """A thread without comments has no feed, and neither has one that holds a like and a tombstone only."""
    assert render() is None
    assert render(make_comment("like", kind=Kind.LIKE), make_comment("b", "gone", state=State.REMOVED)) is None
    assert render(make_comment(), max_items=0) is None


def test_feedparser_reads_it() -> None:
    """A feed reader finds titles, names, links, dates and the thread without a complaint."""
    feed = feedparser.parse(render(make_comment("a"), make_comment("b", "a", 1, url="https://example.com/")))
    assert not feed.bozo
    assert "Comments on A page" == feed.feed.title
    reply, root = feed.entries
    assert "Reader answers Reader on A page" == reply.title
    assert ("https://example.org/a-page.html#comment-b", "https://example.com/") == (
        reply.link,
        reply.author_detail.href,
    )
    assert ("2026-03-14T09:27:53Z", "1") == (reply.published, root.thr_total)
    assert root.id == reply["thr_in-reply-to"]["ref"]
    assert "<p>Body of b.</p>" == reply.content[0].value


def test_ids_hold_while_addresses_change() -> None:
    """A post that moves, another scheme, another port and a moved feed leave the ids of comments and feed as they were."""
    moved = make_page(url="2026/a-page/", title="Renamed")
    facts = make_facts(site_url="http://EXAMPLE.org:8080/blog", url="https://example.org/other.xml")
    thread = make_thread([make_comment()])
    old = render_feed(list_entries(thread, make_page(), authors={}, site_url=SITE), make_facts())
    new = render_feed(list_entries(thread, moved, authors={}, site_url=facts.site_url), facts)
    assert [element.text for element in parse(old).iter(f"{A}id")] == [
        element.text for element in parse(new).iter(f"{A}id")
    ]


@pytest.mark.parametrize(
    ("expected", "thread", "site"),
    [
        ("tag:example.org,2026-03-14:a-page/a", "a-page", SITE),
        ("tag:example.org,2026-03-14:gr%C3%BC%C3%9Fe/a", "grüße", "https://example.org:8443/blog"),
        ("tag:xn--bcher-kva.example,2026-03-14:a_b.c/a", "a_b.c", "https://Bücher.example"),
    ],
)
def test_an_entry_id_is_a_tag(expected: str, thread: str, site: str) -> None:
    """An id is a tag URI: domain without port and in ASCII, day in UTC, thread percent-encoded, id."""
    late = datetime(2026, 3, 15, 1, tzinfo=timezone(timedelta(hours=5)))
    assert expected == entry_id(Comment(thread, "a", late, name="Reader"), site)


def test_an_id_needs_the_address_of_the_site() -> None:
    """A site without an absolute address has no domain to make an id of."""
    with pytest.raises(ValueError, match="absolute address"):
        entry_id(make_comment(), "")


def test_feeds_of_one_site_have_different_ids() -> None:
    """The id of a feed is made of its key and the domain."""
    facts = [make_facts(), make_facts(key="comments"), make_facts(key="comments", site_url="https://example.com")]
    assert 3 == len({each.id for each in facts})
    assert "urn:uuid:db390945-1d9a-5722-b736-11fe49d6f156" == make_facts(key="comments/a-post").id


@pytest.mark.parametrize(
    ("ref", "href", "type", "parent"),
    [
        (PAGE_ID, "https://example.org/a-page.html", "text/html", None),
        (PAGE_ID, "https://example.org/a-page.html", "text/html", "lost"),
        ("tag:example.org,2026-03-14:a-page/p", "https://example.org/a-page.html#comment-p", "text/html", "p"),
        ("tag:example.org,2026-03-14:a-page/gone", "https://example.org/a-page.html#comment-gone", "text/html", "gone"),
        ("https://example.net/n%C3%B6te", "https://example.net/n%C3%B6te", None, "https://example.net/nöte"),
    ],
    ids=["root", "orphan", "reply", "answer to a tombstone", "elsewhere"],
)
def test_in_reply_to(ref: str, href: str, type: str | None, parent: str | None) -> None:
    """A comment names what it answers by id and address, and once more as `related`."""
    others = make_comment("p"), make_comment("gone", state=State.REMOVED)
    entry = parse_entry(render(*others, make_comment("a", parent, 1)))
    (element,) = entry.findall(f"{THR}in-reply-to")
    assert (ref, href, type) == (element.get("ref"), element.get("href"), element.get("type"))
    (related,) = find_links(entry, "related")
    assert (href, type) == (related.get("href"), related.get("type"))


def test_in_reply_to_points_to_an_entry_of_the_feed() -> None:
    """What a reply gives as `ref` is the id of its parent's entry."""
    root = parse(render(make_comment("a"), make_comment("b", "a", 1), make_comment("c", "b", 2)))
    ids = [entry.findtext(f"{A}id") for entry in root.iter(f"{A}entry")]
    assert [*ids[1:], PAGE_ID] == [element.get("ref") for element in root.iter(f"{THR}in-reply-to")]


def test_replies_are_counted() -> None:
    """A comment with replies says how many answer it directly, when the last of them changed, and where they are."""
    replies = [make_comment("b", "a", 1, edited=START + timedelta(hours=9)), make_comment("c", "a", 2)]
    uncounted = [make_comment("d", "b", 3, kind=Kind.LIKE), make_comment("e", "a", 4, state=State.REMOVED)]
    text = render(make_comment("a"), *replies, *uncounted)
    (link,) = find_links(parse_entry(text), "replies")
    assert (FEED_URL, "application/atom+xml") == (link.get("href"), link.get("type"))
    assert ("2", "2026-03-14T18:26:53Z") == (link.get(f"{THR}count"), link.get(f"{THR}updated"))
    assert "2" == parse_entry(text).findtext(f"{THR}total")
    assert ([], None) == (find_links(parse_entry(text, "b"), "replies"), parse_entry(text, "b").find(f"{THR}total"))


def test_a_thread_without_a_feed_is_not_linked_to() -> None:
    """Where threads have no feeds, the feed of all comments gives numbers and no link."""
    page = make_page()
    entry = parse_entry(
        render(make_comment("a"), make_comment("b", "a", 1), page=FeedPage(page.page, page.url, page.entry_id))
    )
    assert ([], "1") == (find_links(entry, "replies"), entry.findtext(f"{THR}total"))


def test_latest_first_and_no_more_than_asked() -> None:
    """Entries are ordered by their last change, then by id; the oldest fall out, the feed's own date stays."""
    comments = [make_comment("a", edited=START + timedelta(days=1)), *(make_comment(id, None, 5) for id in "bcd")]
    root = parse(render(*comments, max_items=3))
    assert ["a", "d", "c"] == [id.text[-1] for id in root.iterfind(f"{A}entry/{A}id")]
    assert "2026-03-15T09:26:53Z" == root.findtext(f"{A}updated")


def test_order_of_input_does_not_matter() -> None:
    """Shuffled entries of two threads that were written in the same second give the same bytes."""
    pages = [make_page(), make_page(thread="b-page", url="b.html")]
    threads = [make_thread([make_comment(id, thread=page.page.thread) for id in "abcdef"]) for page in pages]
    pairs = zip(threads, pages, strict=True)
    entries = [entry for pair in pairs for entry in list_entries(*pair, authors={}, site_url=SITE)]
    expected = render_feed(entries, make_facts())
    parse(expected)
    Random(7).shuffle(entries)
    assert expected == render_feed(entries, make_facts())


def test_dates_are_in_utc() -> None:
    """Every date has its offset, and one that RFC 3339 can say: zones of old have odd seconds."""
    odd = timezone(timedelta(minutes=53, seconds=28))
    entry = parse_entry(
        render(Comment("a-page", "a", START.astimezone(odd), name="Reader", edited=START + timedelta(hours=1)))
    )
    assert ["2026-03-14T09:26:53Z", "2026-03-14T10:26:53Z"] == [
        entry.findtext(f"{A}{name}") for name in ("published", "updated")
    ]


def test_an_author_is_marked_and_a_guest_is_named_so() -> None:
    """A signed comment bears the author's name, page and mark; a name that looks the same is said to be a guest's."""
    signed = make_comment("a", name=None, author="ann")
    text = render(signed, make_comment("b", "a", 1, name="Ann Example"), make_comment("c", "b", 2), guests=["b"])
    author, guest, other = (parse_entry(text, id) for id in "abc")
    assert ["Ann Example", "https://example.org/about"] == [element.text for element in author.find(f"{A}author")]
    assert "author" == author.find(f"{A}category").get("term")
    assert ("Ann Example (guest)", None) == (guest.findtext(f"{A}author/{A}name"), guest.find(f"{A}category"))
    assert "Reader answers Ann Example (guest) on A page" == other.findtext(f"{A}title")


def test_an_authors_path_on_the_site_becomes_absolute() -> None:
    """An author whose page is given as a path on the site is linked by its whole address."""
    authors = {"ann": Author("ann", "Ann", "/über/ann.html")}
    thread = make_thread([make_comment("a", name=None, author="ann")])
    (entry,) = list_entries(thread, make_page(), authors=authors, site_url="https://example.org/blog")
    assert "https://example.org/blog/%C3%BCber/ann.html" == entry.url


def test_a_removed_name_stays_removed() -> None:
    """A reply to a tombstone does not say whose comment that was."""
    text = render(make_comment("gone", name="Gone", state=State.REMOVED), make_comment("a", "gone", 1))
    assert "Reader on A page" == parse_entry(text).findtext(f"{A}title")
    assert "Gone" not in text


def test_relative_links_resolve_against_the_page() -> None:
    """What a comment links to relatively is found from the page, not from the feed."""
    feed = feedparser.parse(render(make_comment(), bodies={"a": '<a href="b.html">b</a> <a href="#c">c</a>'}))
    expected = '<a href="https://example.org/b.html">b</a> <a href="https://example.org/a-page.html#c">c</a>'
    assert expected == feed.entries[0].content[0].value


def test_languages() -> None:
    """Feed, page and comment each say their own language, and none where a tag is no tag."""
    page = make_page(lang="de")
    entry = parse_entry(render(make_comment(lang="fr"), page=page))
    assert ("de", "fr") == (entry.get(f"{XML}lang"), entry.find(f"{A}content").get(f"{XML}lang"))
    root = parse(render(make_comment(lang="de"), page=page, facts=make_facts(default_lang="no tag")))
    assert (None, None) == (root.get(f"{XML}lang"), root.find(f"{A}entry/{A}content").get(f"{XML}lang"))


def test_addresses_are_uris() -> None:
    """A page with other letters in its address is linked percent-encoded, once."""
    entry = parse_entry(
        render(make_comment(url="https://bücher.example/ä%20b?ö"), page=make_page(url="grüße/a b%20c.html"))
    )
    (link,) = find_links(entry, "alternate")
    assert "https://example.org/gr%C3%BC%C3%9Fe/a%20b%20c.html#comment-a" == link.get("href")
    assert "https://bücher.example/%C3%A4%20b?%C3%B6" == entry.findtext(f"{A}author/{A}uri")


def test_markup_is_escaped_like_any_text() -> None:
    """A body, title or name that comes as Markup is escaped all the same: a feed carries HTML as text."""
    page = make_page(title=Markup("<i>T</i>"))
    entry = parse_entry(render(make_comment(name=Markup("<b>N</b>")), page=page, bodies={"a": Markup("<p>&amp;</p>")}))
    assert ("<b>N</b> on <i>T</i>", "<p>&amp;</p>") == (entry.findtext(f"{A}title"), entry.findtext(f"{A}content"))


hostile = st.text(
    st.characters(exclude_categories=())
    | st.sampled_from("<>&\"'\r\n\t \x00\x01\x08\x0b\x0c\x1f\x7f\x85\x9f\ud800\udfff\ufdd0\ufffd\ufffe\uffff\U0001ffff]]>{%}")
)  # fmt: skip


def written(text: str) -> str:
    """Return what a feed may hold of `text`, said without the code: XML's characters, less C1 controls, its line ends."""
    text = re.sub("\r\n?", "\n", text)
    return "".join(
        c for c in text if c in "\t\n" or (ord(c) >= 0x20 and not 0x7F <= ord(c) <= 0x9F and not is_never(ord(c)))
    )


def is_never(code: int) -> bool:
    """Whether XML has no such character above the controls."""
    return 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)


@given(
    name=hostile, body=hostile, title=hostile, feed_title=hostile, thread=hostile, lang=hostile, url=addresses | hostile
)
def test_any_text_is_carried(
    name: str, body: str, title: str, feed_title: str, thread: str, lang: str, url: str
) -> None:
    """Whatever name, body, title, language and address hold, the feed is valid and gives the same text back."""
    comment = make_comment(name=name, url=url, lang=lang, thread=f"t{thread}")
    placements, _ = build_thread([comment], max_indent=5)
    page = make_page(title=title, lang=lang)
    entries = list_entries(Thread("a-page", placements, {"a": body}), page, authors=AUTHORS, site_url=SITE)
    root = parse(render_feed(entries, make_facts(title=feed_title, default_lang=lang)))
    (entry,) = root.iterfind(f"{A}entry")
    assert written(feed_title) == root.findtext(f"{A}title")
    assert written(f"{name} on {title}") == entry.findtext(f"{A}title")
    assert written(name) == entry.findtext(f"{A}author/{A}name")
    assert written(body) == entry.findtext(f"{A}content")
    assert entry.find(f"{A}author/{A}uri") is None or unquote(url) == unquote(entry.findtext(f"{A}author/{A}uri"))


@given(body=st.text())
def test_a_body_is_escaped_once(body: str) -> None:
    """The text of a body that was escaped as HTML is what a feed reader shows."""
    shown = f"<p>{html.escape(body)}</p>"
    assert written(shown) == parse_entry(render(make_comment(), bodies={"a": shown})).findtext(f"{A}content")


def test_a_long_chain_of_replies() -> None:
    """A feed of 5,000 replies in a chain is written without recursion, and holds each once."""
    comments = [make_comment("a0"), *(make_comment(f"a{n}", f"a{n - 1}", n) for n in range(1, 5000))]
    root = parse(render(*comments))
    assert 5000 == len(root.findall(f"{A}entry"))
    assert 4999 == len(root.findall(f".//{THR}total"))


@given(st.one_of(st.from_regex(r"[A-Za-z0-9_./-]{0,20}", fullmatch=True), st.text(max_size=12)))
def test_the_address_of_a_page_is_joined_as_everywhere(url: str) -> None:
    """As the standard library joins them, whatever the page's address is, percent-encoded."""
    found = page_url(Page("a-page", "A page", url, "en"), "https://example.org/blog/")
    assert quote(unquote(urljoin("https://example.org/blog/", url)), safe="") == quote(unquote(found), safe="")
