"""The build: real Pelican, real files; what goes in as comments comes out as threads on pages."""

import json
import os
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from .building import TestSite

NO_ARTICLE_TEMPLATE = {
    "base.html": "<!DOCTYPE html><html><head>{% block head %}<title>{{ SITENAME }}</title>{% endblock %}</head>"
    "<body id=own>{% block content %}{% endblock %}</body></html>",
}
OTHER_BLOCK = {
    "base.html": "<!DOCTYPE html><html><head>{% block meta %}<title>x</title>{% endblock %}</head>"
    "<body>{% block main %}{% endblock %}</body></html>",
    "article.html": "{% extends 'base.html' %}{% block main %}<h1>{{ article.title }}</h1>{% endblock %}",
    "page.html": "{% extends 'base.html' %}{% block main %}<h1>{{ page.title }}</h1>{% endblock %}",
}
NO_HEAD_BLOCK = {
    "base.html": "<!DOCTYPE html><html>\n  <head>\n    <title>{{ SITENAME }}</title>\n  </head>\n"
    "<body>{% block content %}{% endblock %}</body></html>",
}
KNOWS = {
    "base.html": "<!DOCTYPE html><html><head>{% block head %}{% endblock %}</head><body>{% block content %}{% endblock %}"
    "<aside>{{ conversation.recent(2) }}</aside></body></html>",
    "article.html": "{% extends 'base.html' %}{% block head %}{{ conversation.head(article) }}{% endblock %}"
    "{% block content %}{{ article.content }}{% include 'below.html' %}{% endblock %}",
    "below.html": "<div id=mine>{{ conversation.count(article) }}{{ conversation.section(article) }}</div>",
    "index.html": "{% extends 'base.html' %}{% block content %}{% for article in articles %}"
    "{{ conversation.count(article) }}{% endfor %}{% endblock %}",
}


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with two articles, a page, and a thread on one article and on the page."""
    site = TestSite(tmp_path)
    site.write_article("talk")
    site.write_article("quiet")
    site.write_article("about", folder="pages/")
    site.write_comment("talk", "a", url="https://reader.example/")
    site.write_comment("talk", "b", in_reply_to="a", name="Bea", edited="2026-03-05T00:00:00Z")
    site.write_comment("talk", "c", anchors="[comment-12]", lang="de")
    site.write_comment("about", "d")
    return site


def write_theme(site: TestSite, files: dict[str, str]) -> None:
    for name, text in files.items():
        site.write(f"own/templates/{name}", text)
    site.write("own/static/.keep", "")


def section_of(html: str) -> Tag:
    found = BeautifulSoup(html, "html5lib").select("section.conversation")
    assert len(found) == 1
    return found[0]


def regions_of(html: str) -> list[tuple[str, str]]:
    return re.findall(r"<!-- conversation:(\w+) (\S+) -->.*?<!-- /conversation:\1 -->", html, re.S)


@pytest.mark.parametrize("theme", ["simple", "notmyidea"])
def test_bundled_themes_show_conversations_unchanged(site: TestSite, theme: str) -> None:
    """A theme that knows nothing gets section, head, latest comments and a stylesheet."""
    site.build("-t", theme) if theme == "simple" else site.build()
    for path, thread, ids in [("talk.html", "talk", ["a", "b", "c"]), ("pages/about.html", "about", ["d"])]:
        html = site.read(path)
        assert [("head", thread), ("section", thread)] == regions_of(html)
        assert [f"comment-{id}" for id in ids] == [tag["id"] for tag in section_of(html).select(".comment")]
        assert 1 == html.count("theme/conversation.css")
    assert [("recent", "5")] == regions_of(site.read("index.html"))
    assert 1 == site.read("index.html").count("theme/conversation.css")
    assert (site.root / "output/theme/conversation.css").is_file()


def test_a_theme_without_article_template(site: TestSite) -> None:
    """Pelican falls back to its simple theme's article.html inside the theme's base; so do regions."""
    write_theme(site, NO_ARTICLE_TEMPLATE)
    site.build("-t", "own")
    html = site.read("talk.html")
    assert "<body id=own>" in html
    assert [("head", "talk"), ("section", "talk")] == regions_of(html)


def test_a_theme_whose_block_has_another_name(site: TestSite) -> None:
    """The name of the block is a setting."""
    write_theme(site, OTHER_BLOCK)
    blocks = {"CONVERSATION_CONTENT_BLOCK": "main", "CONVERSATION_HEAD_BLOCK": "meta"}
    site.build("-t", "own", "-e", *(f'{key}="{value}"' for key, value in blocks.items()))
    assert [("head", "talk"), ("section", "talk")] == regions_of(site.read("talk.html"))
    assert [("head", "about"), ("section", "about")] == regions_of(site.read("pages/about.html"))


def test_a_theme_without_a_block_in_its_head(site: TestSite) -> None:
    """What belongs into `<head>` stands at its end, and pages without a conversation are as they would be."""
    write_theme(site, NO_HEAD_BLOCK)
    site.build("-t", "own", "-e", "CONVERSATION_SCRIPT=true")
    for path in ("talk.html", "pages/about.html"):
        html = site.read(path)
        head, _, body = html.partition("</head>")
        assert ["head"] == [name for name, _ in regions_of(head)]
        assert ["section"] == [name for name, _ in regions_of(body)]
        assert 1 == head.count("theme/conversation.css") == html.count("conversation.css")
        assert "conversation.js" in head
    assert "theme/conversation.css" in site.read("index.html").partition("</head>")[0]
    assert "    <title>A site</title>\n  </head>\n<body>" in site.read("archives.html")


def test_templates_of_another_extension(site: TestSite) -> None:
    """Pelican looks for each of its extensions in turn, and the theme has one of them."""
    site.build("-t", "simple", "-e", 'TEMPLATE_EXTENSIONS=[".jinja", ".html"]')
    assert [("head", "talk"), ("section", "talk")] == regions_of(site.read("talk.html"))


def test_a_generator_without_templates(site: TestSite) -> None:
    """Pelican takes any object that a plugin offers, and asks it for what it has."""
    site.write(
        "counting.py",
        "from pelican import signals\n"
        "class Counting:\n"
        "    def __init__(self, **options):\n"
        "        self.path = options['output_path'] + '/count.txt'\n"
        "    def generate_output(self, writer):\n"
        "        open(self.path, 'w').write('1')\n"
        "def register():\n"
        "    signals.get_generators.connect(lambda pelican: Counting, weak=False)\n",
    )
    site.build("-e", 'PLUGIN_PATHS=["."]', 'PLUGINS=["pelican.plugins.conversation", "counting"]')
    assert "1" == site.read("count.txt")
    assert [("head", "talk"), ("section", "talk")] == regions_of(site.read("talk.html"))


def test_a_theme_that_hides_conversations_is_reported(site: TestSite) -> None:
    """Where a page comes out without its conversation, the build says so and names the setting."""
    write_theme(site, OTHER_BLOCK)
    printed = site.build("-t", "own", expect_problems=True)
    assert 2 == printed.count("does not show the conversation of this page")
    assert "CONVERSATION_CONTENT_BLOCK" in printed


def test_a_theme_that_calls_the_regions_gets_nothing_added(site: TestSite) -> None:
    """Regions stand where the theme has them, once; its own stylesheet is its own matter."""
    write_theme(site, KNOWS)
    site.build("-t", "own")
    html = site.read("talk.html")
    assert [("head", "talk"), ("count", "talk"), ("section", "talk"), ("recent", "2")] == regions_of(html)
    assert section_of(html).parent["id"] == "mine"
    assert "conversation.css" not in html
    counts = BeautifulSoup(site.read("index.html"), "html5lib").select(".conversation-count")
    expected = {"quiet": "No comments yet", "talk": "3 comments"}
    found = {tag["href"]: tag.text for tag in counts}
    assert {f"https://blog.example.org/{slug}.html#conversation": text for slug, text in expected.items()} == found


def test_an_article_with_a_template_of_its_own(site: TestSite) -> None:
    """`Template: review` shows its conversation too, whether review.html builds on article.html or on the base."""
    site.write_article("one", Template="review")
    site.write_article("two", Template="essay")
    for slug in ("one", "two"):
        site.write_comment(slug, "x")
    site.write("over/review.html", "{% extends 'article.html' %}")
    site.write("over/essay.html", "{% extends 'base.html' %}{% block content %}essay{% endblock %}")
    site.build("-t", "simple", "-e", 'THEME_TEMPLATES_OVERRIDES=["over"]')
    assert [("head", "one"), ("section", "one")] == regions_of(site.read("one.html"))
    assert [("head", "two"), ("section", "two")] == regions_of(site.read("two.html"))


def test_a_comment_says_all_it_knows(site: TestSite) -> None:
    """Name, link, permalink, date, edit, parent in words, language, older anchors, microformats."""
    site.build()
    section = section_of(site.read("talk.html"))
    first, second, third = section.select("article.comment.u-comment.h-cite")
    name = first.select_one(".p-author.h-card a.p-name.u-url")
    assert ("https://reader.example/", {"ugc", "nofollow", "noopener"}) == (name["href"], set(name["rel"]))
    permalink = first.select_one("article.comment > a.u-url")
    assert "#comment-a" == permalink["href"]
    assert permalink.time["datetime"].endswith("Z")
    assert "in reply to Reader (1)" == " ".join(
        second.small.text.split()
    )  # "Reader" alone leads to the reader's own page
    assert "#comment-a" == second.select_one("small > .u-in-reply-to")["href"]
    assert "2026-03-05T00:00:00Z" == second.select_one("small > time.dt-updated")["datetime"]
    assert third.select_one("#comment-12") is not None
    assert "de" == third.select_one(".comment > .e-content")["lang"]
    assert "comment-a" == second.find_parent("ol").find_parent("li").article["id"]


def test_structured_data(site: TestSite) -> None:
    """JSON-LD counts the comments and nests the replies, and no name gets out of its script."""
    site.write_comment(
        "talk", "evil", name="'</script><script>alert(1)</script>'", in_reply_to="b", date="2026-03-30T00:00:00Z"
    )
    site.build()
    soup = BeautifulSoup(site.read("talk.html"), "html5lib")
    (script,) = soup.select('script[type="application/ld+json"]')
    data = json.loads(script.string)
    assert ("BlogPosting", 4, "2026-03-01T00:00:00Z") == (data["@type"], data["commentCount"], data["datePublished"])
    first = next(c for c in data["comment"] if c["@id"].endswith("#comment-a"))
    assert "Body of b." == first["comment"][0]["text"]
    assert "</script><script>alert(1)</script>" == first["comment"][0]["comment"][0]["author"]["name"]
    assert 1 == len(soup.select("script"))


def test_a_page_without_comments(site: TestSite) -> None:
    """An open article says that nobody has commented yet; a page keeps silent until somebody does."""
    site.write_article("imprint", folder="pages/")
    site.build()
    assert "No comments yet" in section_of(site.read("quiet.html")).h2.text
    assert 'class="conversation"' not in site.read("pages/imprint.html")


def test_closed_and_hidden(site: TestSite) -> None:
    """A closed page shows its thread and says that it is closed; a hidden one shows nothing, nor does any feed."""
    site.write_article("shut", Conversation="closed")
    site.write_article("secret", Conversation="Hidden")
    site.write_article("old", date="2020-01-01")
    for slug in ("shut", "secret", "old"):
        site.write_comment(slug, "x", body=f"Words of {slug}.")
    site.build("-e", "CONVERSATION_CLOSE_AFTER_DAYS=365")
    for slug in ("shut", "old"):
        section = section_of(site.read(f"{slug}.html"))
        assert f"Words of {slug}." in section.text
        assert section.select_one(".conversation-closed") is not None
    assert section_of(site.read("talk.html")).select_one(".conversation-closed") is None
    everything = "".join(path.read_text("utf-8") for path in (site.root / "output").rglob("*.*ml"))
    assert "Words of shut." in everything
    assert "Words of secret." not in everything


def test_drafts_and_hidden_pages_keep_to_themselves(site: TestSite) -> None:
    """They show their thread at their own address; no list and no feed tells of it."""
    for status in ("draft", "hidden"):
        site.write_article(status, Status=status)
        site.write_article(f"{status}-page", folder="pages/", Status=status)
        site.write_comment(status, "x", body=f"Words of {status}.")
        site.write_comment(f"{status}-page", "x", body=f"Words of {status}-page.")
    site.build()
    shown = {"drafts/draft.html": "draft", "hidden.html": "hidden", "drafts/pages/draft-page.html": "draft-page", "pages/hidden-page.html": "hidden-page"}  # fmt: skip
    for path, slug in shown.items():
        assert f"Words of {slug}." in section_of(site.read(path)).text
        assert not (site.root / f"output/feeds/comments/{slug}.atom.xml").exists()
    for path in ("index.html", "feeds/comments.atom.xml"):
        assert "Words of draft" not in site.read(path)
        assert "Words of hidden" not in site.read(path)


def test_translations_share_one_thread(site: TestSite) -> None:
    """Each translation shows the same comments, in words and dates of its language where there are such."""
    site.write_article("talk", file="talk-de", Lang="de", date="2026-03-01")
    site.build()
    assert "Body of a." in section_of(site.read("talk-de.html")).text
    assert "März" in section_of(site.read("talk-de.html")).text
    assert "March" in section_of(site.read("talk.html")).text


@pytest.mark.parametrize("status", ["published", "hidden", "draft"])
def test_translations_that_pelican_does_not_pair(site: TestSite, status: str) -> None:
    """A draft of one, and those of which none is in the language of the site: they share the thread, and nothing is wrong."""
    site.write_article("talk", file="talk-de", Lang="de", Status=status)
    for lang in ("fr", "ar"):
        site.write_article("quiet", file=f"quiet-{lang}", Lang=lang)
    (site.root / "content/quiet.md").unlink()
    site.write_comment("quiet", "e")
    printed = site.build(expect_problems=True)  # Pelican itself warns of two originals
    assert "Thread:" not in printed
    draft = "drafts/" if status == "draft" else ""
    for path, text in {
        f"{draft}talk-de": "Body of a.",
        "talk": "Body of a.",
        "quiet-fr": "Body of e.",
        "quiet-ar": "Body of e.",
    }.items():
        assert text in section_of(site.read(f"{path}.html")).text
    thread = BeautifulSoup(site.read("quiet-fr.html"), "html5lib").select_one(".comment > .e-content")
    assert "ar" == thread["lang"], "the language of the original, which is the first by its path"


def test_a_thread_can_be_named(site: TestSite) -> None:
    """After a post is renamed, `Thread:` keeps its conversation; article.thread is for templates."""
    site.write_article("new-name", Thread="old-name")
    site.write_comment("old-name", "x")
    site.write(
        "over/article.html", "{{ article.thread.name }} {{ article.thread.count }}{{ conversation.section(article) }}"
    )
    site.build("-t", "simple", "-e", 'THEME_TEMPLATES_OVERRIDES=["over"]')
    html = site.read("new-name.html")
    assert html.startswith("old-name 1")
    assert "Body of x." in html


def test_problems_are_logged_and_the_rest_is_published(site: TestSite) -> None:
    """A bad file stops nothing; --fatal errors stops everything, before anything is written, and lists every problem."""
    site.write("comments/talk/bad.md", "no front matter")
    site.write("comments/talk/worse.md", b"\xff")
    site.write_comment("tlak", "x")
    site.write_article("talk", folder="pages/", file="talk2")
    site.write_article("odd", Conversation="sometimes")
    expected = [
        "comments/talk/bad.md:1: the file does not begin with a line `---`; put name and date between two `---` lines",
        "comments/talk/worse.md:1: byte 0xff is not UTF-8; save the file as UTF-8",
        "comments/tlak:1: no page has the thread 'tlak', so its 1 comment is not shown; rename it to 'talk', or write `Thread: tlak` on the page",
        "content/pages/talk2.md:1: the thread 'talk' already belongs to content/talk.md; give one of the two another with `Thread: other-name`",
        "content/odd.md:1: `Conversation: sometimes` is not known, so the page is open to comments; write one of open, closed, hidden",
    ]
    printed = site.build(expect_problems=True)
    for line in expected:
        assert 1 == printed.count(line), printed
    assert ["comment-a", "comment-b", "comment-c"] == [
        tag["id"] for tag in section_of(site.read("talk.html")).select(".comment")
    ]
    (site.root / "output/talk.html").write_text("the old page")
    done = site.run("pelican", "content", "--fatal", "errors", "--log-handler", "plain")
    assert 1 == done.returncode
    for line in expected:
        assert 1 == done.stderr.count(line)
    assert "the old page" == site.read("talk.html")


def test_the_same_input_gives_the_same_bytes(site: TestSite) -> None:
    """Built twice, and from files written in another order with other times, the output is identical."""
    site.build()
    first = snapshot(site.root / "output")
    site.build("-d")
    assert first == snapshot(site.root / "output")
    comments = sorted((site.root / "comments").rglob("*.md"), reverse=True)
    contents = [(path, path.read_bytes()) for path in comments]
    for path, _ in contents:
        path.unlink()
    for path, data in contents:
        path.write_bytes(data)
    site.build("-d")
    assert first == snapshot(site.root / "output")


def test_translations_in_one_order(tmp_path: Path) -> None:
    """Pelican has them as the machine lists their files, which hashes of this one process decide."""
    site = TestSite(tmp_path, f"THEME = {str(Path(__file__).parent.parent / 'theme')!r}\n")
    for lang in ("en", "de", "fr", "ar", "ja"):
        site.write_article("talk", file=f"talk-{lang}", Lang=lang)
    for seed in "012":
        done = site.run("pelican", "content", "-o", seed, environment={"PYTHONHASHSEED": seed})
        assert 0 == done.returncode
    assert snapshot(tmp_path / "0") == snapshot(tmp_path / "1") == snapshot(tmp_path / "2")


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_post_that_is_dated_by_its_file(tmp_path: Path) -> None:
    """Its time has a fraction that HTML does not take; the shipped theme leaves it out wherever it writes a date."""
    site = TestSite(tmp_path, f"THEME = {str(Path(__file__).parent.parent / 'theme')!r}\nDEFAULT_DATE = 'fs'\n")
    path = site.write("content/talk.md", "Title: Talk\n\nText.\n")
    os.utime(path, (1_772_000_000.123456, 1_772_000_000.123456))
    site.build()
    pages = [BeautifulSoup(site.read(name), "html5lib") for name in ("talk.html", "index.html", "archives.html")]
    assert [{"2026-02-25T06:13:20+00:00"}] * 3 == [{time["datetime"] for time in page.select("time")} for page in pages]


def test_relative_urls(site: TestSite) -> None:
    """With RELATIVE_URLS every link of a region is relative to its page."""
    site.build("--relative-urls")
    assert "conversation:recent" not in site.read(
        "category/misc.html"
    )  # in a theme that builds it on the index's template
    assert 'href="./talk.html#comment-' in site.read("index.html")
    assert 'href="../feeds/comments/about.atom.xml"' in site.read("pages/about.html")


def test_raw_comment_files_are_not_published(site: TestSite) -> None:
    """Nothing of `comments/` is copied, not even after a build that told Pelican to watch it."""
    site.build()
    assert [] == list((site.root / "output").rglob("*.md"))


def test_a_bad_setting_is_named(site: TestSite) -> None:
    """The build stops with the setting and the remedy."""
    done = site.run("pelican", "content", "-e", "CONVERSATION_MAX_INDENT=-1", "--log-handler", "plain")
    assert 1 == done.returncode
    assert "CONVERSATION_MAX_INDENT = -1: use a whole number from 0" in done.stderr


def test_no_site_address_no_comment_feeds(site: TestSite) -> None:
    """Without SITEURL no feed could be valid: none is written, none is linked, and pages are built."""
    site.build("-e", 'SITEURL=""', "FEED_ALL_ATOM=null", "FEED_ALL_RSS=null")
    assert not (site.root / "output/feeds").exists()
    assert "atom" not in str(section_of(site.read("talk.html")))
