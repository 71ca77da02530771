"""Translations: every word of the interface is in every catalogue, and pages speak their own language.

After a change of words, `python -m tests.test_translations` brings the catalogues up to date: what is new there is empty
until somebody translates it.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from bs4 import BeautifulSoup, Tag
from jinja2.ext import babel_extract
from pelican.plugins.conversation.rendering.templating import OWN_CATALOGUES
from pelican.plugins.conversation.rendering.translations import choose_wording, parse_catalogue

from .building import TestSite

PROJECT = Path(__file__).parent.parent
PACKAGE = PROJECT / "plugins" / "conversation"
PLACES = {OWN_CATALOGUES: (PACKAGE,), PROJECT / "theme" / "translations": (PROJECT / "theme" / "templates",)}
"""Where catalogues are, and where their words are."""
CATALOGUES = sorted(path for folder in PLACES for path in folder.glob("*.po"))
PYTHON_KEYWORDS = {"gettext": None, "ngettext": (1, 2)}


def extract_words(folder: Path) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Yield file and message, in the order of files and lines."""
    for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.py")]):
        with path.open("rb") as file:
            if path.suffix == ".html":
                options = {"trimmed": "false", "encoding": "utf-8", "newstyle_gettext": "true"}
                found = (
                    (line, words) for line, _, words, _ in babel_extract(file, ("gettext", "ngettext"), [], options)
                )
                texts = [tuple(filter(None, words))[:2] if isinstance(words, tuple) else words for _, words in found]
            else:
                texts = [words for _, words, _, _ in extract("python", file, PYTHON_KEYWORDS)]
        for words in texts:
            yield (
                path.relative_to(PROJECT).as_posix(),
                words[0] if isinstance(words, tuple) and len(words) == 1 else words,
            )


def make_template(folder: Path) -> Catalog:
    """Return a catalogue with every message of the words that `folder` is for, and no translation."""
    template = Catalog(fuzzy=False)
    for source in PLACES[folder]:
        for path, words in extract_words(source):
            template.add(words, locations=[(path, None)])
    return template


def read_catalogue(path: Path) -> Catalog:
    return read_po(BytesIO(path.read_bytes()), locale=path.stem)


def placeholders(text: str) -> set[tuple[str, ...]]:
    """Return the names of what is put in, and the tags around words that are heard and not seen."""
    return set(re.findall(r"%\((\w+)\)s|(</?i>)", text))


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_every_word_is_translated(path: Path) -> None:
    """A catalogue has each message of the templates and the code, with all plural forms of its language, and no other."""
    catalogue = read_catalogue(path)
    wanted = {message.id for message in make_template(path.parent) if message.id}
    assert wanted == {message.id for message in catalogue if message.id}
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        assert all(texts), message.id
        assert not message.fuzzy, message.id
        if message.id and isinstance(message.id, tuple):
            assert catalogue.num_plurals == len(texts), message.id


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_translations_keep_what_is_put_in(path: Path) -> None:
    """A translation has the placeholders of its message; where a number is meant by its form, it may be left out."""
    for message in read_catalogue(path):
        if message.id and isinstance(message.id, tuple):
            allowed = placeholders(message.id[0]) | placeholders(message.id[1])
            assert all(placeholders(text) <= allowed for text in message.string), message.id
            assert placeholders(message.id[1]) == placeholders(message.string[-1]), message.id
        elif message.id:
            assert placeholders(str(message.id)) == placeholders(str(message.string)), message.id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestSite:
    """An English site in the shipped theme with a post in English and German, and posts in Arabic and French."""
    site = TestSite(
        tmp_path_factory.mktemp("site"), f"THEME = {str(PROJECT / 'theme')!r}\nCONVERSATION_RECEIVER = '/r'\n"
    )
    site.write_article("talk", Modified="2026-03-02")
    site.write_article("talk", file="talk-de", Lang="de", Modified="2026-03-02")
    site.write_article("kalam", Lang="ar")
    site.write_article("parler", Lang="fr")
    for thread in ("talk", "kalam", "parler"):
        site.write_comment(thread, "a", date="2026-03-02T15:04:00Z")
        site.write_comment(thread, "b", in_reply_to="a", name="Ann Example", edited="2026-03-05T00:00:00Z")
    site.build(expect_problems=True)
    return site


def words_of(site: TestSite, path: str) -> BeautifulSoup:
    return BeautifulSoup(site.read(path), "html5lib")


def langs_around(tag: Tag) -> str:
    """Return the language that is in force on an element."""
    return next(found["lang"] for found in (tag, *tag.parents) if found.get("lang"))


@pytest.mark.parametrize(
    ("path", "lang", "nav", "count", "reply", "date", "changed"),
    [
        (
            "talk.html",
            "en",
            "Archives",
            "2 comments",
            "in reply to Reader",
            "March 2, 2026, 3:04\u202fPM",
            "Changed on",
        ),
        ("talk-de.html", "de", "Archiv", "2 Kommentare", "Antwort auf Reader", "2. März 2026, 15:04", "Geändert am"),
        ("kalam-ar.html", "ar", "الأرشيف", "تعليقان", "ردًا على Reader", "2 مارس 2026، 3:04 م", ""),
    ],
)
def test_a_page_is_in_its_own_language(
    site: TestSite, path: str, lang: str, nav: str, count: str, reply: str, date: str, changed: str
) -> None:
    """Section, form and theme, numbers and dates, and every word is marked as what it is."""
    soup = words_of(site, path)
    assert lang == soup.html["lang"]
    link = soup.select_one(".site-nav a")
    assert (nav, lang) == (link.text, langs_around(link))
    assert (count, lang) == (
        soup.select_one(".conversation-count").text,
        langs_around(soup.select_one(".conversation-count")),
    )
    assert (count, lang) == (soup.select_one("#conversation h2").text, soup.select_one("#conversation")["lang"])
    assert reply == soup.select_one(".comment > small").text
    assert date == soup.select_one(".dt-published[datetime^='2026-03-02']").text
    assert changed in soup.select_one(".article-foot").text
    assert "en" == langs_around(soup.select_one(".site-title a"))
    english = {"Reply", "Author", "Comment", "Preview", "Archives", "Print page", "Skip to the text", "Before"}
    shown = {text.strip() for text in soup.find_all(string=True)}
    assert (english & shown == set()) == (lang != "en")


def test_a_language_that_nobody_translated(site: TestSite) -> None:
    """The words are the site's and say so; the date is the page's and says so."""
    soup = words_of(site, "parler-fr.html")
    assert "fr" == soup.html["lang"]
    for selector in (".site-nav a", ".article-foot a", ".site-footer p", "a.skip", "#conversation h2"):
        assert "en" == langs_around(soup.select_one(selector)), selector
    assert "2 mars 2026" in soup.select_one(".dt-published[lang=fr]").text


def test_a_language_by_the_name_of_a_locale(tmp_path: Path) -> None:
    """`ar_EG` or `de_AT`, as `LANG` and Pelican's DATE_FORMATS have it, is understood, and written as HTML has it."""
    site = TestSite(tmp_path, f"THEME = {str(PROJECT / 'theme')!r}\nDEFAULT_LANG = 'de_AT'\n")
    site.write_article("talk")
    site.write_article("kalam", Lang="ar_EG")
    for thread in ("talk", "kalam"):
        site.write_comment(thread, "a", date="2026-01-02T15:04:00Z")
    site.build()
    for path, lang, count, date in (
        ("talk.html", "de-at", "1 Kommentar", "2. Jänner 2026, 15:04"),
        ("kalam-ar_EG.html", "ar-eg", "تعليق واحد", "2 يناير 2026، 3:04 م"),
    ):
        soup = words_of(site, path)
        section = soup.select_one("#conversation")
        assert (lang, lang, count) == (soup.html["lang"].lower(), section["lang"], section.h2.text)
        assert date == section.time.text
    for path in ("talk.html", "kalam-ar_EG.html", "index.html"):
        tags = words_of(site, path).select("[lang], [hreflang]")
        assert {"de-at", "ar-eg"} == {(tag.get("lang") or tag["hreflang"]).lower() for tag in tags}
    assert 2 == len(words_of(site, "talk.html").select("[lang]:not(.neighbours *)")), "of the page and of the section"


def test_a_listing_is_in_the_language_of_the_site(site: TestSite) -> None:
    """With the counts of each entry in the entry's."""
    soup = words_of(site, "index.html")
    counts = {tag.text: langs_around(tag) for tag in soup.select(".entry .conversation-count")}
    assert {"2 comments": "en", "تعليقان": "ar"}.items() <= counts.items()
    assert "en" == langs_around(soup.select_one(".conversation-recent h2"))


RIGHT_TO_LEFT = {"ar", "fa"}


def test_words_of_another_direction_say_so(tmp_path: Path) -> None:
    """Or a full stop, a question mark or the pluses of C++ stand on the wrong side of them."""
    settings = 'SITENAME = "What now?"\nSITESUBTITLE = "C++"\nMENUITEMS = [("C++", "/c/")]\nDIRECT_TEMPLATES = ["index", "archives", "conversations"]\n'
    site = TestSite(tmp_path, f"THEME = {str(PROJECT / 'theme')!r}\n{settings}")
    site.write_article("talk", Title="What?", Tags="C++", Category="C++")
    site.write_article("talk", file="talk-ar", Lang="ar", Title="ماذا؟", Tags="C++", Category="C++")
    site.write_article("gap", Lang="fa", Title="چه؟", Tags="C++", Category="C++")
    site.write_article("about", folder="pages/", Title="Who?")
    for thread in ("talk", "gap"):
        site.write_comment(thread, "a")
    site.build()
    names = ("talk.html", "talk-ar.html", "gap-fa.html", "index.html", "archives.html", "conversations.html")
    for name in names:
        for tag in words_of(site, name).select("body [lang]:not(time, .conversation-count, .comment *)"):
            around = langs_around(tag.parent)
            is_other = (tag["lang"] in RIGHT_TO_LEFT) != (around in RIGHT_TO_LEFT)
            assert not is_other or tag.get("dir") or tag.select_one("a[dir], bdi"), (name, str(tag)[:200])
    page = words_of(site, "gap-fa.html")
    for selector in (
        ".over a",
        ".neighbours a",
        ".site-title a",
        ".site-subtitle",
        ".site-nav li:last-child",
        "[rel=tag]",
    ):
        assert "en" == langs_around(page.select_one(selector)), selector


def test_addresses_run_from_left_to_right(site: TestSite) -> None:
    """In the form, and in what it says of Markdown, where a mark holds the last slash of the address to the rest."""
    soup = words_of(site, "kalam-ar.html")
    assert "ltr" == soup.select_one("#conversation-url")["dir"]
    assert "(https://example.org/\u200e)" in soup.select_one("#conversation-body-hint").text


def test_feeds_speak_the_language_of_their_page(site: TestSite) -> None:
    """The titles of a thread's feed and its entries are in the page's language, that of all comments in the site's."""
    feed = BeautifulSoup(site.read("feeds/comments/kalam.atom.xml"), "xml")
    assert ("ar", "التعليقات على «About kalam»") == (feed.feed["xml:lang"], feed.title.text)
    assert "Ann Example (زائر) يرد على Reader في «About kalam»" in {
        entry.title.text for entry in feed.find_all("entry")
    }
    feed = BeautifulSoup(site.read("feeds/comments.atom.xml"), "xml")
    assert ("en", "Comments on A site") == (feed.feed["xml:lang"], feed.title.text)


def test_a_theme_can_bring_a_language(tmp_path: Path) -> None:
    """Its `translations/fr.po` is used for the section too, and before ours; what it does not have stays English."""
    site = TestSite(tmp_path, "DEFAULT_LANG = 'fr'\nTHEME = 'own'\n")
    site.write_article("talk")
    site.write_comment("talk", "a")
    site.write("own/templates/base.html", "{% block content %}{% endblock %}")
    site.write("own/templates/article.html", "{% extends 'base.html' %}{% block content %}{% trans %}Hello{% endtrans %}{{ conversation.section(article) }}{% endblock %}")  # fmt: skip
    site.write("own/static/.keep", "")
    header = HEADER.format(lang="fr", plural_forms="nplurals=2; plural=(n > 1);")
    site.write(
        "own/translations/fr.po",
        f'{header}msgid "Hello"\nmsgstr "Bonjour"\n\nmsgid "Latest comments"\nmsgstr "Derniers"\n',
    )
    site.build("-e", "DIRECT_TEMPLATES=[]")
    html = site.read("talk.html")
    assert html.startswith("Bonjour")
    assert '<section class="conversation" id="conversation" lang="fr"' in html
    assert "1 comment<" in html


def test_the_words_of_a_site_that_has_its_own_translations(tmp_path: Path) -> None:
    """Where the site's environment translates already, its templates keep its words, and only regions have ours."""
    site = TestSite(
        tmp_path, "JINJA_ENVIRONMENT = {'extensions': ['jinja2.ext.i18n']}\nJINJA_GLOBALS = {'gettext': str.upper}\n"
    )
    site.write_article("talk", Lang="de")
    site.write_comment("talk", "a")
    site.write("over/article.html", "{% trans %}Hello{% endtrans %}{{ conversation.section(article) }}")
    site.build("-t", "simple", "-e", 'THEME_TEMPLATES_OVERRIDES=["over"]')
    html = site.read("talk-de.html")
    assert html.startswith("HELLO")
    assert "1 Kommentar<" in html


def test_wording_is_chosen_by_the_nearest_language() -> None:
    """A region takes the language's words; an unknown language the next in line; nothing is ever missing."""
    catalogue = parse_catalogue(HEADER.format(lang="de", plural_forms="nplurals=2; plural=(n != 1);").encode())
    found = {"de": catalogue}
    assert ("de-AT", catalogue) == (choose_wording(["de-AT"], found).lang, choose_wording(["de-AT"], found).catalogue)
    assert "en-GB" == choose_wording(["en-GB", "de"], found).lang
    assert "de" == choose_wording(["fr", "de"], found).lang
    assert "en" == choose_wording(["fr", "nonsense!"], found).lang
    assert "rtl" == choose_wording(["he", "ar"], {"ar": catalogue}).direction


HEADER = """\
msgid ""
msgstr ""
"Language: {lang}\\n"
"Plural-Forms: {plural_forms}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def update_catalogue(path: Path) -> None:
    """Bring a catalogue up to date with the words it is for."""
    catalogue = read_catalogue(path)
    catalogue.update(make_template(path.parent), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    with path.open("wb") as file:
        file.write(HEADER.format(lang=path.stem, plural_forms=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=120, omit_header=True, include_lineno=False)


if __name__ == "__main__":
    for path in CATALOGUES:
        update_catalogue(path)
