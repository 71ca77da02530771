"""The doors that need no receiver: a mail, and a new file on a forge, each knowing all that a page can know of a comment."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.model import Conversation, Page
from pelican.plugins.conversation.rendering.doors import DoorsView, view_doors
from pelican.plugins.conversation.rendering.translations import choose_wording
from playwright.sync_api import Browser

from .building import TestSite
from .reading_site import PROJECT, shown
from .samples import make_comment
from .test_hostile_pages import ATTACKS
from .test_reading import find_violations
from .test_regions import PAGE, SITE_URL, make_regions, make_settings, make_thread

MAIL = {"CONVERSATION_MAIL": "comments@example.org"}
FORGE = {"CONVERSATION_FORGE": "https://github.com/ann/blog"}
ENGLISH = choose_wording(["en"], {})
THREAD = make_thread(make_comment("a"), make_comment("b", "a", 1, name="Bea"))


def find_doors(page: Page = PAGE, *, parent: str = "", name: str = "", **settings: object) -> DoorsView:
    found = view_doors(page, make_settings(**settings), ENGLISH, parent_id=parent, parent_name=name)
    assert found is not None
    return found


def read_mail(href: str) -> tuple[str, dict[str, str]]:
    """Return address and fields of a `mailto:` link; `+` is a plus there, and no space."""
    parts = urlsplit(href)
    assert "mailto" == parts.scheme
    fields = [field.partition("=") for field in parts.query.split("&")]
    return unquote(parts.path), {unquote(key): unquote(value) for key, _, value in fields}


def read_section(page: Page = PAGE, **settings: object) -> Tag:
    html = make_regions(**settings).render_section(page, THREAD, SITE_URL)
    return BeautifulSoup(html, "html5lib").select_one("section.conversation")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://github.com/ann/blog", "https://github.com/ann/blog/new/main?filename=comments/a-page/"),
        ("https://github.com/ann/blog.git/", "https://github.com/ann/blog/new/main?filename=comments/a-page/"),
        ("https://github.com/ann/blog/tree/trunk", "https://github.com/ann/blog/new/trunk?filename=comments/a-page/"),
        ("https://git.example.org/ann/blog/tree/main/site", "https://git.example.org/ann/blog/new/main?filename=site/comments/a-page/"),
        ("https://codeberg.org/ann/blog", "https://codeberg.org/ann/blog/_new/main/comments/a-page?filename="),
        ("https://codeberg.org/ann/blog/src/branch/trunk", "https://codeberg.org/ann/blog/_new/trunk/comments/a-page?filename="),
    ],
)  # fmt: skip
def test_where_the_forge_makes_a_file(address: str, place: str) -> None:
    """GitHub takes the whole path in its query, Gitea and Forgejo the folder in the path; branch and folder are the address's."""
    href = find_doors(CONVERSATION_FORGE=address, CONVERSATION_PATH="comments").forge_href
    assert href.startswith(f"{place}YYYYMMDD-HHMMSS-NAME.md&value=")


def test_what_the_file_knows() -> None:
    """The name is left to the writer, the date to the moment, the parent is there for a reply."""
    root, reply = (find_doors(parent=parent, **FORGE).forge_href for parent in ("", "20260301-210000-aaaa"))
    assert ["---\nname: \ndate: YYYY-MM-DDTHH:MM:SSZ\n---\n"] == parse_qs(urlsplit(root).query)["value"]
    expected = "---\nname: \ndate: YYYY-MM-DDTHH:MM:SSZ\nin_reply_to: 20260301-210000-aaaa\n---\n"
    assert [expected] == parse_qs(urlsplit(reply).query)["value"]


def test_what_the_mail_knows() -> None:
    """Its subject names page and thread, and the parent of a reply; its body has the fields to fill in."""
    address, fields = read_mail(find_doors(**MAIL).mail_href)
    assert ("comments@example.org", "Comment on “Talk” [a-page]") == (address, fields["subject"])
    assert "name: \r\nurl: \r\n\r\n" == fields["body"]
    _, fields = read_mail(find_doors(parent="b", name="Bea", **MAIL).mail_href)
    assert {"subject": "Reply to Bea [a-page/b]"} == fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONVERSATION_FORGE", "github.com/ann/blog"),
        ("CONVERSATION_FORGE", "https://github.com/ann"),
        ("CONVERSATION_FORGE", "https://github.com/ann/blog/issues"),
        ("CONVERSATION_FORGE", "https://github.com/ann/blog?x=1"),
        ("CONVERSATION_FORGE", "javascript:alert(1)//a/b/c"),
        ("CONVERSATION_MAIL", "mailto:ann@example.org?cc=bea@example.org"),
        ("CONVERSATION_MAIL", "Ann <ann@example.org>"),
        ("CONVERSATION_MAIL", "ann"),
        ("CONVERSATION_MAIL", ["ann@example.org"]),
    ],
)
def test_a_bad_address_is_named(name: str, value: object) -> None:
    """The error says which setting, and how to write it."""
    with pytest.raises(SettingsError, match=name):
        make_settings(**{name: value})


def test_comments_outside_of_the_repository_have_no_place_on_a_forge() -> None:
    """The path of the folder is not known there."""
    with pytest.raises(SettingsError, match="CONVERSATION_PATH"):
        make_settings(CONVERSATION_PATH="/elsewhere/comments", **FORGE)


@given(title=st.text(), thread=st.text(min_size=1), name=st.text())
def test_nothing_gets_out_of_its_place(title: str, thread: str, name: str) -> None:
    """Whatever title, thread and name: the same address, the same fields, one line of subject, plain characters."""
    page = Page(thread, title, "talk.html", "en")
    doors = find_doors(page, parent="b", name=name, **MAIL, **FORGE)
    address, fields = read_mail(doors.mail_href)
    assert ("comments@example.org", {"subject"}) == (address, set(fields))
    assert fields["subject"].isprintable() or not (title + thread + name).isprintable()
    assert not re.search(r"[\r\n]", fields["subject"].rpartition(" [")[0])
    assert len(fields["subject"]) < 200 + len(thread)
    query = parse_qs(urlsplit(doors.forge_href).query)
    assert {"filename", "value"} == set(query)
    assert doors.forge_href.startswith("https://github.com/ann/blog/new/main?")
    for href in (doors.mail_href, doors.forge_href):
        assert re.fullmatch(r"[A-Za-z0-9:/?&=%@._~-]+", href)


def test_hostile_titles_and_names_in_a_page() -> None:
    """Every link of a page with hostile words goes to the address or the forge, and to nobody else."""
    comments = [make_comment(f"a{number}", name=attack) for number, attack in enumerate(ATTACKS)]
    page = Page("a-page", ATTACKS[0], "talk.html", "en")
    html = make_regions(**MAIL, **FORGE).render_section(page, make_thread(*comments), SITE_URL)
    links = BeautifulSoup(html, "html5lib").select(".e-content ~ a, .conversation-doors a")
    html = make_regions(**FORGE).render_section(page, make_thread(*comments), SITE_URL)
    links += BeautifulSoup(html, "html5lib").select(".e-content ~ a, .conversation-doors a")
    assert 2 * len(ATTACKS) + 3 == len(links)
    for link in links:
        assert link["href"].startswith(
            ("mailto:comments@example.org?subject=", "https://github.com/ann/blog/new/main?")
        )
        assert {"class", "href", "rel"} >= set(link.attrs)


def test_beside_the_form_and_instead_of_it() -> None:
    """With a receiver one line below the form; without, in its place, and one of them under every comment; closed, nowhere."""
    section = read_section(CONVERSATION_RECEIVER="/r", **MAIL, **FORGE)
    assert "Or comment by mail, or as a file on github.com." in section.select_one("form + .conversation-doors").text
    replies = ["Reply to Reader, comment 1", "Reply to Bea, comment 2"]
    assert replies == [link.text for link in section.select(".e-content ~ a")]
    assert "in_reply_to" not in section.text
    section = read_section(**MAIL, **FORGE)
    assert [] == section.select("form")
    assert "Write a comment" == section.select_one(".conversation-doors h3").text
    said = section.select_one(".conversation-doors p").text
    assert said.startswith("Comment by mail, or as a file on github.com. It is shown once it has been approved.")
    assert "add a line in_reply_to with what its address has after “#comment-”" in said
    by_mail = [f"Reply by mail {to}" for to in ("to Reader, comment 1", "to Bea, comment 2")]
    assert by_mail == [link.text for link in section.select(".e-content ~ a")]
    assert by_mail == [link.text for link in read_section(**MAIL).select(".e-content ~ a")]
    by_file = [words.replace("by mail", "on github.com") for words in by_mail]
    assert by_file == [link.text for link in read_section(**FORGE).select(".e-content ~ a")]
    closed = Page("a-page", "Talk", "talk.html", "en", conversation=Conversation.CLOSED)
    assert [] == read_section(closed, **MAIL, **FORGE).select(".conversation-doors, .e-content ~ a")
    assert [] == read_section().select(".conversation-doors, .e-content ~ a")


@pytest.mark.parametrize(
    ("lang", "words", "reply"),
    [
        ("de", "Kommentiere per E-Mail oder als Datei auf github.com.", "Per E-Mail antworten: Bea, Kommentar 2"),
        ("ar", "علّق بالبريد الإلكتروني، أو بملف عبر github.com.", "الرد بالبريد الإلكتروني على Bea، التعليق 2"),
    ],
)
def test_in_the_language_of_the_page(lang: str, words: str, reply: str) -> None:
    """Words, names of links and the subject."""
    section = read_section(Page("a-page", "Talk", "talk.html", lang), **MAIL, **FORGE)
    assert section.select_one(".conversation-doors p").text.startswith(words)
    link = section.select_one("#comment-b > .e-content ~ a")
    assert reply == link.text
    assert not read_mail(link["href"])[1]["subject"].startswith("Reply")


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with the door of a forge and one comment."""
    site = TestSite(tmp_path, f"CONVERSATION_SCRIPT = True\n{as_settings(FORGE)}")
    site.write_article("talk")
    site.write_comment("talk", "a", date="2026-03-02T10:00:00Z")
    site.build("-t", "simple")
    return site


def as_settings(values: dict[str, str]) -> str:
    return "".join(f"{name} = {value!r}\n" for name, value in values.items())


def commit_as_proposed(site: TestSite, href: str) -> Path:
    """Write the file of a forge's link as it is, with nothing but a text below it."""
    query = parse_qs(urlsplit(href).query, keep_blank_values=True)
    return site.write(query["filename"][0], query["value"][0] + "I was there.\n")


def test_check_names_what_is_to_be_mended(site: TestSite) -> None:
    """Merged as it was proposed, nothing is published; `check` names file name, name and date; mended, it is a reply."""
    link = BeautifulSoup(site.read("talk.html"), "html5lib").select_one("#comment-a > .e-content ~ a")
    proposed = commit_as_proposed(site, link["href"])
    done = site.run("pelican_comments", "check")
    assert 1 == done.returncode
    assert "comments/talk/YYYYMMDD-HHMMSS-NAME.md" in done.stdout
    assert "use a-z, 0-9 and `-`" in done.stdout
    renamed = proposed.rename(proposed.with_name("20260314-092653-bea.md"))
    done = site.run("pelican_comments", "check")
    assert re.search(r"20260314-092653-bea\.md:2: error: the comment has no name; add `name:`", done.stdout)
    assert re.search(
        r"20260314-092653-bea\.md:3: error: .* is no date; write it as `date: 2026-03-14T09:26:53Z`", done.stdout
    )
    text = renamed.read_text("utf-8").replace("name: ", "name: Bea").replace("YYYY-MM-DDTHH:MM:SSZ", "2026-03-14T09:26:53Z")  # fmt: skip
    renamed.write_text(text, "utf-8")
    assert 0 == site.run("pelican_comments", "check").returncode
    site.build("-t", "simple")
    soup = BeautifulSoup(site.read("talk.html"), "html5lib")
    assert "Reader" == soup.select_one("#comment-20260314-092653-bea .u-in-reply-to").text


def test_the_script_leaves_the_name_alone_to_be_written(site: TestSite, chromium: Browser) -> None:
    """With scripts the file has its date and an id of its own as soon as the link is followed."""
    with shown(site, chromium, "talk.html") as page:
        link = page.locator("#comment-a > .e-content ~ a")
        link.evaluate("link => link.addEventListener('click', event => event.preventDefault())")
        link.click()
        href = unescape(link.get_attribute("href"))
    proposed = commit_as_proposed(site, href)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-z]{4}\.md", proposed.name)
    done = site.run("pelican_comments", "check")
    assert [f"comments/talk/{proposed.name}:2: error: the comment has no name; add `name:` [missing-name]"] == [
        line for line in done.stdout.splitlines() if proposed.name in line
    ]


def test_the_doors_are_read_on_a_phone(site: TestSite, chromium: Browser) -> None:
    """In the shipped theme nothing is wider than the screen, and axe finds nothing, light or dark; on paper there is no door."""
    site.build("-t", str(PROJECT / "theme"), "-e", "STATIC_PATHS=[]")
    for scheme in ("light", "dark"):
        with shown(site, chromium, "talk.html", viewport={"width": 320, "height": 800}, color_scheme=scheme) as page:
            assert [] == find_violations(page)
            assert 320 == page.evaluate("document.documentElement.scrollWidth")
            page.emulate_media(media="print")
            assert 0 == page.locator(".conversation-doors:visible, .e-content ~ a:visible").count()
