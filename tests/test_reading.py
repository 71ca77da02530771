"""Reading: what a reader, a screen reader's user, a phone's user and a printer's user get, in a browser."""

from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from .browsing import until
from .building import TestSite
from .conftest import PATIENCE_SECONDS
from .reading_site import HOST, KINDS, PROJECT, shown, write_blog

pytestmark = pytest.mark.filterwarnings("default::ResourceWarning")  # Playwright's own sockets, at exit

SCHEMES = ("light", "dark")
COLOURED = ("index.html", "talk.html", "talk/comments-2.html", "shut.html", "conversations.html")
"""Between them they have everything that has a colour."""
WIDTHS = (320, 768, 1600)


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """The blog with every kind of page."""
    return write_blog(tmp_path_factory.mktemp("blog"))


def find_violations(page: Page, context: object = None) -> list[str]:
    """Return what axe-core finds wrong, each with the element concerned."""
    found = Axe().run(page, context=context).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(
    ("path", "scheme"), [*((kind, "light") for kind in KINDS), *((kind, "dark") for kind in COLOURED)]
)
def test_axe_finds_no_violation(blog: TestSite, chromium: Browser, path: str, scheme: str) -> None:
    """On no kind of page, light or dark."""
    with shown(blog, chromium, path, color_scheme=scheme) as page:
        assert [] == find_violations(page)
        assert [] == page.asked


def test_axe_finds_no_violation_where_something_is_marked(blog: TestSite, chromium: Browser) -> None:
    """Nor on a comment that is a permalink's target, one that is new, and the page as it prints."""
    for scheme in SCHEMES:
        with shown(blog, chromium, "talk.html#comment-d", color_scheme=scheme) as page:
            page.evaluate("document.querySelectorAll('.comment').forEach(c => c.classList.add('is-new'))")
            page.evaluate("localStorage.setItem('conversation-seen:/talk.html', '')")
            page.reload()
            assert [] == find_violations(page)
        with shown(blog, chromium, "talk.html#print", color_scheme=scheme) as page:
            assert [] == find_violations(page)


def test_axe_finds_no_violation_in_a_theme_that_knows_nothing(blog: TestSite, chromium: Browser) -> None:
    """The section is as good in Pelican's plain theme, with our stylesheet."""
    blog.build("-t", "simple", "-o", "plain", "-e", 'DIRECT_TEMPLATES=["index"]', expect_problems=True)
    plain = TestSite.__new__(TestSite)
    plain.root = blog.root / "plain-site"
    plain.root.mkdir(exist_ok=True)
    (blog.root / "plain").rename(plain.root / "output")
    for width in WIDTHS:
        with shown(plain, chromium, "talk.html", viewport={"width": width, "height": 800}) as page:
            assert [] == find_violations(page, "#conversation")
            assert width == page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows(blog: TestSite, chromium: Browser, width: int) -> None:
    """No page of any kind is wider than the screen, in either direction of writing."""
    outside = "[...document.querySelectorAll('main *')].filter(e => { const r = e.getBoundingClientRect();"
    outside += " return r.width > 1 && (r.left < -1 || r.right > innerWidth + 1); }).map(e => e.outerHTML.slice(0, 99))"
    with shown(blog, chromium, KINDS[0], viewport={"width": width, "height": 800}) as page:
        for path in KINDS:
            page.goto(f"{HOST}/{path}")
            assert (path, width) == (path, page.evaluate("document.documentElement.scrollWidth"))
            assert (path, []) == (path, page.evaluate(outside))


def expect_seen(page: Page, selector: str) -> None:
    """Wait until an element is within the window, or its beginning is: a browser scrolls when it comes to it."""

    def is_seen() -> bool:
        box = page.locator(selector).bounding_box()
        return box is not None and -1 <= box["y"] < page.viewport_size["height"] and box["height"] > 0

    until(page, is_seen)


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("fragment", ["comment-c", "comment-12"])
def test_a_permalink_lands_and_shows_its_comment(
    blog: TestSite, chromium: Browser, fragment: str, scripts: bool
) -> None:
    """The comment is in the window and looks unlike the others; an older anchor does the same."""
    with shown(blog, chromium, f"talk.html#{fragment}", java_script_enabled=scripts) as page:
        comment = f".comment:is(#{fragment}, :has(> #{fragment}))"
        expect_seen(page, comment)
        colour = "e => getComputedStyle(e).backgroundColor"
        assert page.locator(comment).evaluate(colour) != page.locator("#comment-a").evaluate(colour)


def test_a_permalink_is_marked_in_the_readers_own_colours(blog: TestSite, chromium: Browser) -> None:
    """High contrast takes backgrounds and shadows away; a line around the comment stays."""
    line = "e => [getComputedStyle(e).outlineStyle, getComputedStyle(e).outlineColor]"
    with shown(blog, chromium, "talk.html#comment-c", forced_colors="active") as page:
        assert ["solid", page.evaluate("getComputedStyle(document.body).color")] == page.locator("#comment-c").evaluate(
            line
        )
        assert "none" == page.locator("#comment-a").evaluate(line)[0]


def test_where_the_text_stands_is_not_set_as_its_first_line(blog: TestSite, chromium: Browser) -> None:
    """A post begins in small capitals, what a further page says in its place does not."""
    variant = "e => getComputedStyle(e, '::first-line').fontVariantCaps"
    with shown(blog, chromium, "talk.html") as page:
        assert "small-caps" == page.locator(".text > p").first.evaluate(variant)
        page.goto(f"{HOST}/talk/comments-2.html")
        assert "normal" == page.locator(".text > p").first.evaluate(variant)


@pytest.mark.parametrize("fragment", ["comment-z3", "wp-3"])
def test_the_permalink_of_a_comment_that_has_moved(blog: TestSite, chromium: Browser, fragment: str) -> None:
    """Without scripts it lands on a link to its new place, the only one to be seen; with scripts the reader is taken there."""
    with shown(blog, chromium, f"talk.html#{fragment}", java_script_enabled=False) as page:
        expect_seen(page, ".conversation-parts")
        said = "The comment you are looking for has moved there: comment 16"
        assert ["Page 1", "Page 2", f"Page 3\n{said}"] == [
            text.replace(f" {said}", f"\n{said}") for text in page.locator(".conversation-parts li").all_inner_texts()
        ]
        expect_seen(page, f"#{fragment}")
        page.get_by_role("link", name="comment 16", exact=True).click()
        page.wait_for_url(f"{HOST}/talk/comments-3.html#{fragment}")
        expect_seen(page, "#comment-z3")
    with shown(blog, chromium, f"talk.html#{fragment}") as page:
        page.wait_for_url(f"{HOST}/talk/comments-3.html#{fragment}")
        expect_seen(page, "#comment-z3")
    with shown(blog, chromium, "talk/comments-3.html#comment-z0") as page:  # it never stood there
        page.wait_for_url(f"{HOST}/talk/comments-2.html#comment-z0")


def press(page: Page, key: str, times: int = 1) -> str:
    """Press a key; return the text, or else the id, of the element that then has the focus."""
    for _ in range(times):
        page.keyboard.press(key)
    return page.evaluate("(document.activeElement.innerText || document.activeElement.id).trim()")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_skip_links_skip(blog: TestSite, chromium: Browser, scripts: bool) -> None:
    """From the top to text and conversation, from there past all comments; what has the focus can be seen."""
    with shown(blog, chromium, "shut.html", java_script_enabled=scripts) as page:
        assert "Skip to the text" == press(page, "Tab")
        box = page.locator(":focus").bounding_box()
        assert box["width"] > 50
        assert box["y"] >= 0
        assert "Skip to the conversation" == press(page, "Tab")
        press(page, "Enter")
        page.wait_for_url("**#discussion")
        assert "Skip the comments" == press(page, "Tab")
        assert "none" != page.locator(":focus").evaluate("e => getComputedStyle(e).outlineStyle")
        press(page, "Enter")
        page.wait_for_url("**#conversation-end")
        assert "the feed of this conversation" == press(page, "Tab")


def test_what_a_screen_reader_hears(blog: TestSite, chromium: Browser) -> None:
    """A labelled region, a heading and a list item for every comment, and a name of its own for every reply link."""
    with shown(blog, chromium, "talk.html", java_script_enabled=False) as page:
        region = page.get_by_role("region", name="15 comments")
        assert 1 == region.count()
        headings = region.get_by_role("heading", level=3).all_inner_texts()
        assert ["Reader", "Bea", "אברהם", "Ann Example guest, not the author", "A removed comment"] == headings[:5]
        assert page.locator(".comment").count() == len(headings)
        assert page.locator(".thread li:has(> .comment)").count() == len(headings)
        assert "list" == page.locator(".thread").evaluate("e => e.computedRole ?? 'list'")
        names = page.locator(".e-content ~ a").evaluate_all("all => all.map(e => e.textContent)")
        assert len(names) == len(set(names))
        assert ["Reply to Reader, comment 1", "Reply to Bea, comment 2"] == names[:2]
        assert "in reply to Bea" == page.locator("#comment-c > small").inner_text()
        assert 0 == region.get_by_role("img").count()


def test_reply_links_go_where_they_say(blog: TestSite, chromium: Browser) -> None:
    """Each leads to the receiver's form for that comment; a closed page has none, nor has a tombstone."""
    with shown(blog, chromium, "talk.html", java_script_enabled=False) as page:
        for id in "abc":
            assert f"/conversation/reply/talk/{id}" == page.locator(f"#comment-{id} > .e-content ~ a").get_attribute(
                "href"
            )
        assert 0 == page.locator("#comment-e > .e-content ~ a").count()
        page.get_by_role("link", name="Reply to Bea, comment 2").click()
        page.wait_for_url(f"{HOST}/conversation/reply/talk/b")
    with shown(blog, chromium, "shut.html") as page:
        assert 0 == page.locator(".e-content ~ a, form").count()
        assert page.get_by_text("The author has closed the comments on this page.").is_visible()


def test_the_script_brings_the_form_and_takes_it_back(blog: TestSite, chromium: Browser) -> None:
    """A reply link puts the form under its comment with the parent named, and a button puts it back."""
    with shown(blog, chromium, "talk.html") as page:
        page.get_by_role("link", name="Reply to Bea, comment 2").click()
        assert f"{HOST}/talk.html" == page.url
        form = page.locator("#comment-b > form")
        assert "b" == form.locator("[name=in_reply_to]").input_value()
        assert "Reply to Bea, comment 2" == form.locator("legend").inner_text()
        assert "conversation-name" == page.evaluate("document.activeElement.id")
        assert [] == find_violations(page)
        page.get_by_role("link", name="Reply to Reader, comment 1").click()
        assert "a" == page.locator("#comment-a > form [name=in_reply_to]").input_value()
        page.get_by_role("button", name="Do not reply to this comment").click()
        assert 1 == page.locator("#conversation-end > form").count()
        assert 0 == page.locator("[name=in_reply_to]").count()
        assert "Write a comment" == page.locator("legend").inner_text()
        assert "Reply to Reader, comment 1" == page.evaluate("document.activeElement.textContent")


def test_the_script_keeps_a_draft(blog: TestSite, chromium: Browser) -> None:
    """What was typed is there after a reload, under the comment it answers, and after a preview, which keeps nothing."""
    with shown(blog, chromium, "talk.html") as page:
        page.get_by_role("link", name="Reply to Bea, comment 2").click()
        page.fill("[name=name]", "Zoë")
        page.fill("[name=body]", "Half a sen")
        page.reload()
        assert "Half a sen" == page.locator("#comment-b > form [name=body]").input_value()
        assert "Zoë" == page.locator("[name=name]").input_value()
        page.get_by_role("button", name="Preview").click()
        page.wait_for_url(f"{HOST}/conversation/preview")
        page.goto(f"{HOST}/talk.html")
        assert "Half a sen" == page.locator("#comment-b > form [name=body]").input_value()


def test_the_script_drops_a_draft_that_was_taken(blog: TestSite, chromium: Browser) -> None:
    """Who comes back from the page of a comment's state finds the form empty; what was not sent off meanwhile stays."""
    with shown(blog, chromium, "talk.html") as page:
        for previews, left in ((False, "Words."), (True, "")):
            page.goto(f"{HOST}/talk.html")
            page.fill("[name=name]", "Zoë")
            page.fill("[name=body]", "Words.")
            if previews:
                page.get_by_role("button", name="Preview").click()
                page.wait_for_url(f"{HOST}/conversation/preview")
            else:
                page.goto(f"{HOST}/shut.html")
            page.goto(f"{HOST}/talk.html#conversation-sent")
            assert left == page.locator("[name=body]").input_value()
            assert f"{HOST}/talk.html#conversation" == page.url
            page.reload()
            assert left == page.locator("[name=body]").input_value()


def test_the_script_marks_what_is_new(blog: TestSite, chromium: Browser) -> None:
    """Nothing on the first visit; then what has come since, in words and with links; nothing leaves the browser."""
    with shown(blog, chromium, "talk.html") as page:
        assert 0 == page.locator(".comment-new").count()
        page.evaluate("localStorage.setItem('conversation-seen:/talk.html', localStorage.getItem('conversation-seen:/talk.html').replace(/comment-[bc] ?/g, ''))")  # fmt: skip
        page.evaluate("sessionStorage.clear()")
        for _ in range(2):  # a reload does not lose them
            page.reload()
            assert ["comment-b", "comment-c"] == page.locator(".comment.is-new").evaluate_all(
                "all => all.map(e => e.id)"
            )
            assert ["Bea new"] == page.locator("#comment-b h3").all_inner_texts()
            assert "New since your last visit: Bea, אברהם" == page.locator(".conversation-since").inner_text()
        page.evaluate("sessionStorage.clear()")  # as if the tab had been closed
        page.reload()
        assert 0 == page.locator(".comment-new").count()
        assert [] == page.asked


def test_a_page_prints_whole_and_plain(blog: TestSite, chromium: Browser) -> None:
    """On paper: the text, every comment, addresses written out; no form, no controls. The same on "Print page"."""
    for path in ("talk.html", "talk.html#print"):
        with shown(blog, chromium, path, java_script_enabled=False, color_scheme="dark") as page:
            if path == "talk.html":
                page.emulate_media(media="print")
            assert page.locator(".comment").count() == page.locator(".comment:visible").count()
            hidden = "form, .e-content ~ a, .conversation-feed, .site-nav, .site-footer, .tools"
            assert 0 == page.locator(hidden).locator("visible=true").count()
            written = "e => getComputedStyle(e, '::after').content"
            assert "https://reader.example/" in page.locator("#comment-a h3 a").evaluate(written)
            assert "https://example.com/a/rather" in page.locator("#comment-a .e-content a").first.evaluate(written)
            assert "rgb(255, 255, 255)" == page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")


def squeeze(text: str) -> str:
    """Return a text without white space: lines of a sheet break anywhere, and columns of a table become words."""
    return "".join(text.split())


@pytest.mark.parametrize("path", ["talk.html", "talk.html#print", "shut.html"])
def test_what_stands_on_paper(blog: TestSite, chromium: Browser, path: str) -> None:
    """Printed to PDF: every word of the text and of each comment with who, when and what it answers, addresses behind their links, no form."""
    with shown(blog, chromium, path, java_script_enabled=False) as page:
        printed = squeeze("".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf())).pages))
    soup = BeautifulSoup(blog.read(path.removesuffix("#print")), "html5lib")
    for hidden in soup.select("i"):
        hidden.decompose()
    for link in soup.select(".e-content a, .comment > h3 > a"):
        link.append(f"<{link['href']}>")
    pieces = soup.select(".comment > :is(h3, small, .u-url, p), .e-content :is(p, li, th, td, code)")
    assert len(soup.select(".comment")) <= len(soup.select(".comment > p, .e-content p"))
    in_small = printed.lower()  # the first line of the text has small capitals
    assert [] == [piece for piece in pieces if squeeze(piece.text).lower() not in in_small]
    assert f"{HOST}/{path.removesuffix('#print')}" in printed
    controls = soup.select(
        "label, legend, button, .e-content ~ a, .skip, .conversation-skip, .conversation-feed, .site-nav a"
    )
    assert len(controls) > 4
    assert [] == [control for control in controls if squeeze(control.text) in printed]


def test_paper_says_that_the_conversation_goes_on(blog: TestSite, chromium: Browser) -> None:
    """Of a long one each page is a print of its own, and names the others; nobody is promised the whole."""
    with shown(blog, chromium, "talk.html#print") as page:
        assert "with its conversation and" in page.locator("#print").inner_text()
        expect(page.locator(".conversation-parts")).to_be_visible()
        printed = squeeze("".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.pdf())).pages))
        assert "Page1Page2Page3" in printed
        assert "hasmoved" not in printed
        page.emulate_media(media="print")
        weight = "e => getComputedStyle(e).fontWeight"
        assert ["700", "400", "400"] == [
            a.evaluate(weight) for a in page.locator(".conversation-parts a:visible").all()
        ]


def test_print_page_works_without_scripts(blog: TestSite, chromium: Browser) -> None:
    """The link shows the page as it will be printed, and a way back."""
    with shown(blog, chromium, "talk.html", java_script_enabled=False) as page:
        page.get_by_role("link", name="Print page").click()
        expect(page.get_by_text("This is the page as it prints")).to_be_visible()
        expect(page.locator(".site-nav")).to_be_hidden()
        page.get_by_role("link", name="Back to the page").click()
        expect(page.locator(".site-nav")).to_be_visible()


@pytest.mark.parametrize("theme", [str(PROJECT / "theme"), "simple"])
def test_heaped_accents_cover_nobody_else(tmp_path: Path, chromium: Browser, theme: str) -> None:
    """Fonts draw a thousand marks upon a letter as a tower, in a name or a text; it ends where the comment does."""
    site = TestSite(tmp_path, f"THEME = {theme!r}\nSTATIC_PATHS = []\n")
    site.write_article("talk")
    site.write_comment("talk", "a", body="Said before.\n\nAnd more.\n\nAnd more.", date="2026-03-02T10:00:00Z")
    tower = "H" + "\u0308" * 100
    site.write_comment("talk", "b", name=tower, body=f"{tower} " * 100, date="2026-03-02T11:00:00Z")
    site.build(expect_problems=True)
    for path, before in (("talk.html", "#comment-a"), ("index.html", "#conversation-recent-heading")):
        with shown(site, chromium, path) as page:
            heaped = page.locator(before).screenshot()
            page.evaluate("document.body.innerHTML = document.body.innerHTML.replaceAll('\u0308', '')")
            assert page.locator(before).screenshot() == heaped


@pytest.mark.parametrize("width", WIDTHS)
def test_right_to_left(blog: TestSite, chromium: Browser, width: int) -> None:
    """An Arabic page is the mirror of an English one: replies and their line on the right, words and dates its own, nothing too wide."""
    with shown(
        blog, chromium, "marhaba-ar.html", java_script_enabled=False, viewport={"width": width, "height": 800}
    ) as page:
        section = page.locator("#conversation")
        assert ("ar", "rtl") == (section.get_attribute("lang"), section.get_attribute("dir"))
        assert "3 تعليقات" == section.locator("h2").first.inner_text()
        assert "2 مارس 2026، 10:00 ص" == page.locator("#comment-x0 .dt-published").inner_text()
        assert "ردًا على Reader" == page.locator("#comment-x1 > small").inner_text()
        assert "bdi" == page.locator("#comment-x0 h3 > *").first.evaluate("e => e.localName")
        root, reply = (page.locator(f"#comment-x{number}").bounding_box() for number in (0, 1))
        mirrored = root["x"] + root["width"] - reply["x"] - reply["width"]
        assert mirrored > 5
        sides = "e => { const style = getComputedStyle(e); return [style.borderRightWidth, style.borderLeftWidth]; }"
        assert ["1px", "0px"] == page.locator("#comment-x0 + ol").evaluate(sides)
        for part in ("svg", ".e-content ~ a"):  # what comes first on a line stands at the right edge
            box = page.locator(f"#comment-x0 > {part}").bounding_box()
            assert abs(root["x"] + root["width"] - box["x"] - box["width"]) < 2
        assert width == page.evaluate("document.documentElement.scrollWidth")
        assert 0 == page.evaluate("document.documentElement.scrollLeft")
        page.goto(f"{HOST}/hallo-de.html")
        assert ["0px", "1px"] == page.locator("#comment-x0 + ol").evaluate(sides)
        root, reply = (page.locator(f"#comment-x{number}").bounding_box() for number in (0, 1))
        assert abs(mirrored - reply["x"] + root["x"]) < 1


def test_five_thousand_comments_can_be_read(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> None:
    """In one page too: it opens, scrolls to its last comment, and a permalink in its middle lands."""
    site = TestSite(tmp_path_factory.mktemp("long"), "CONVERSATION_PAGE_SIZE = 10000\nCONVERSATION_SCRIPT = True\n")
    site.write_article("long")
    for number in range(5000):
        parent = f"c{number - 1:04}" if number % 5 else ""
        date = f"2026-03-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        site.write_comment("long", f"c{number:04}", in_reply_to=parent, date=date)
    site.build("-t", "simple")
    with shown(site, chromium, "long.html#comment-c2500") as page:
        assert 5000 == page.locator(".comment").count()
        expect_seen(page, "#comment-c2500")
        page.keyboard.press("End")
        page.wait_for_function(
            "scrollY + innerHeight > document.documentElement.scrollHeight - 5", timeout=1000 * PATIENCE_SECONDS
        )
        page.locator("#comment-c4999").scroll_into_view_if_needed()
        expect_seen(page, "#comment-c4999")
