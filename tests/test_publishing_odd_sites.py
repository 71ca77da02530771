"""Publishing on sites that are unlike most: nothing is taken for unchanged, hidden, left public or deleted."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pelican.plugins._utils import load_plugins
from pelican.plugins.conversation.building.stamps import describe_settings
from pelican.plugins.conversation.publishing.inputs import describe_found

from .building import TestSite
from .signing_site import add_settings
from .test_publishing import (  # noqa: F401 - fixtures
    build_afresh,
    check_output,
    fixed_clock,
    own_site,
    publish,
    publish_showing,
    read_tree,
    unplugged,
    write_site,
)


def publish_apart(site: TestSite) -> str:
    """Publish in a process of its own, where other plugins are loaded, or none; return what it prints."""
    done = site.run("pelican_comments", "publish")
    assert 0 == done.returncode
    return done.stdout


def test_an_output_that_holds_the_site_is_not_emptied(tmp_path: Path) -> None:
    """Pelican does not either, where the content would be among what goes."""
    site = write_site(tmp_path / "site")
    add_settings(site, OUTPUT_PATH=".", DELETE_OUTPUT_DIRECTORY=True)
    before = read_tree(site.root)
    publish(site)
    publish(site, full=True)
    after = read_tree(site.root)
    assert {} == {path: data for path, data in before.items() if after.get(path) != data}


def test_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    """Pelican says so with an error and goes on; where errors are fatal the build stops, and that is no bug."""
    site = write_site(tmp_path / "site", theme="simple")
    add_settings(site, PLUGINS=["missing", "pelican.plugins.conversation"])
    done = site.run("pelican_comments", "publish", "--fatal", "errors")
    assert (1, "pelican-comments: stopped at an error or warning; the site is as it was\n") == (
        done.returncode,
        done.stderr,
    )
    assert "Cannot load plugin `missing`" in done.stdout
    assert "Cannot load plugin `missing`" in publish_apart(site)
    check_output(site)


def test_a_plugin_that_cannot_be_loaded(tmp_path: Path) -> None:
    """What it raises is shown, and the output stays."""
    site = write_site(tmp_path / "site", theme="simple")
    publish(site)
    before = read_tree(site.root / "output")
    site.write("broken.py", "raise ValueError('no key is set')")
    add_settings(site, PLUGIN_PATHS=["."], PLUGINS=["broken", "pelican.plugins.conversation"])
    done = site.run("pelican_comments", "publish")
    assert 1 == done.returncode
    assert "Pelican could not build the site: ValueError: no key is set" in done.stdout
    assert "bug" not in done.stderr
    assert before == read_tree(site.root / "output")


def test_a_build_without_the_plugin(tmp_path: Path) -> None:
    """What it has written is not taken for what the plugin wrote before."""
    site = write_site(tmp_path / "site", theme="simple")
    publish(site)
    path = site.root / "pelicanconf.py"
    settings = path.read_text()
    path.write_text(settings + "PLUGINS = []\n")
    publish_apart(site)
    assert "Body of a." not in site.read("talk.html")
    path.write_text(settings)
    assert "no record" in publish_apart(site)
    check_output(site)


@pytest.mark.parametrize("make", [lambda path: path.write_text("x"), lambda path: path.symlink_to("talk")])
def test_a_folder_that_is_none_any_more(own_site: TestSite, make: Callable[[Path], object]) -> None:  # noqa: F811
    """The comments that were in it go, and what stands in its place can go again."""
    path = own_site.root / "comments/other"
    shutil.rmtree(path)
    make(path)
    assert (("other",), "") == ((outcome := publish(own_site)).threads, outcome.reason)
    assert ["comments/other"] == [problem.path for problem in outcome.problems]
    check_output(own_site)
    path.unlink()
    publish(own_site)
    check_output(own_site)


@pytest.mark.parametrize("keeps_cache", [True, False])
def test_what_is_removed_does_not_stay_public(own_site: TestSite, keeps_cache: bool) -> None:  # noqa: F811
    """Neither in a feed nor on a further page, though the cache was deleted, or `pelican` has built in between."""
    for id in "ghijk":
        own_site.write_comment("talk", id, "Take this back.")
    publish(own_site)
    further, feeds = own_site.root / "output/talk", own_site.root / "output/feeds/comments"
    assert (2, True) == (len(list(further.glob("comments-*.html"))), (feeds / "other.atom.xml").is_file())
    strangers = [
        own_site.write(f"output/{path}", "mine") for path in ("talk/comments-9.html", "feeds/comments/x.atom.xml")
    ]
    for path in (*(own_site.root / f"comments/talk/{id}.md" for id in "ghijk"), own_site.root / "comments/other/e.md"):
        path.unlink()
    if keeps_cache:
        assert 0 == own_site.run("pelican", "content", "-s", "pelicanconf.py").returncode
    else:
        shutil.rmtree(own_site.root / "cache")
    publish(own_site)
    texts = {path: text for path, text in read_tree(own_site.root / "output").items() if b"Take this back." in text}
    assert ({}, False) == (texts, (feeds / "other.atom.xml").exists())
    assert ["mine", "mine"] == [path.read_text() for path in strangers]


def test_the_latest_comments_in_a_macro_without_context(tmp_path: Path) -> None:
    """Nobody can tell on which page they stand, so a comment takes a full build."""
    site = write_site(tmp_path / "site", theme="simple")
    add_settings(site, THEME_TEMPLATES_OVERRIDES=[str(site.root / "templates")])
    site.write("templates/own.html", "{% macro latest(conversation) %}{{ conversation.recent(3) }}{% endmacro %}")
    block = "{% block content %}{{ super() }}{{ own.latest(conversation) }}{% endblock %}"
    site.write("templates/category.html", "{% extends '!simple/category.html' %}{% import 'own.html' as own %}" + block)
    publish(site)
    site.write_comment("talk", "f", in_reply_to="a")
    assert "nobody can tell for which page" in publish(site).reason
    check_output(site)


def test_a_site_built_within_another(own_site: TestSite) -> None:  # noqa: F811
    """Only Pelican brings the pages of both up to date, as with subsites for other languages."""
    own_site.write(
        "subsites.py",
        "from pelican import Pelican, signals\n"
        "def build(pelican):\n"
        "    if not pelican.settings.get('IS_SUBSITE'):\n"
        "        more = {'IS_SUBSITE': True, 'OUTPUT_PATH': pelican.output_path + '/de', 'CACHE_PATH': 'cache/de'}\n"
        "        Pelican({**pelican.settings, **more}).run()\n"
        "def register():\n"
        "    signals.get_writer.connect(build)\n",
    )
    add_settings(own_site, PLUGIN_PATHS=["."], PLUGINS=["subsites", "pelican.plugins.conversation"])
    publish_apart(own_site)
    (own_site.root / "comments/other/e.md").unlink()
    assert "a plugin builds other sites" in publish_apart(own_site)
    for path in ("other.html", "de/other.html"):
        assert "Body of e." not in own_site.read(path)


ZIPPING = """\
import gzip
from pathlib import Path
from pelican import signals
def compress(pelican):
    for path in [*Path(pelican.output_path).rglob('*.html'), *Path(pelican.output_path).rglob('*.xml')]:
        Path(f'{path}.gz').write_bytes(gzip.compress(path.read_bytes(), mtime=0))
def register():
    signals.finalized.connect(compress)
"""


def test_compressed_copies_of_pages(own_site: TestSite) -> None:  # noqa: F811
    """Only the plugin that made them can make them anew."""
    own_site.write("zipping.py", ZIPPING)
    add_settings(own_site, PLUGIN_PATHS=["."], PLUGINS=["zipping", "pelican.plugins.conversation"])
    publish_apart(own_site)
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert ".html.gz was made of a page that has changed" in publish_apart(own_site)


@pytest.mark.parametrize(
    "plugins", [["zipping", "pelican.plugins.conversation"], ["pelican.plugins.conversation", "zipping"]]
)
def test_compressed_copies_of_what_is_removed(own_site: TestSite, plugins: list[str]) -> None:  # noqa: F811
    """They go with the page and the feed that they are copies of: servers would go on sending them."""
    own_site.write("zipping.py", ZIPPING)
    add_settings(own_site, PLUGIN_PATHS=["."], PLUGINS=plugins)
    for id in "ghijk":
        own_site.write_comment("talk", id)
    own_site.build(expect_problems=True)
    copies = [
        own_site.root / "output" / path for path in ("talk/comments-3.html.gz", "feeds/comments/other.atom.xml.gz")
    ]
    assert [True, True] == [path.exists() for path in copies]
    shutil.rmtree(own_site.root / "comments/other")
    for id in "ghijk":
        (own_site.root / f"comments/talk/{id}.md").unlink()
    own_site.build(expect_problems=True)
    assert [False, False] == [path.exists() for path in copies]


def add_outside(site: TestSite) -> None:
    path = site.root / "posts" / "far.md"
    path.write_text(path.read_text() + "\nMore.\n")


def add_words(site: TestSite) -> None:
    site.write("own/translations/de.po", 'msgid ""\nmsgstr ""\n\nmsgid "Comments"\nmsgstr "Gerede"\n')


def change_object(site: TestSite) -> None:
    site.write("facts.txt", "another")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (add_outside, "the content has changed"),
        (add_words, "the theme has changed"),
        (change_object, "the settings have changed (JINJA_GLOBALS)"),
    ],
)
def test_what_stands_elsewhere_counts(tmp_path: Path, change: Callable[[TestSite], None], reason: str) -> None:
    """Posts beside the content, words beside overriding templates, and what objects among the settings hold."""
    site = write_site(tmp_path / "site")
    site.write("posts/far.md", "Title: Far\nDate: 2026-03-04\nSlug: far\n\nFar.\n")
    site.write("own/templates/own.html", "")
    site.write("facts.txt", "one")
    add_settings(site, ARTICLE_PATHS=["", "../posts"], THEME_TEMPLATES_OVERRIDES=[str(site.root / "own/templates")])
    path = site.root / "pelicanconf.py"
    facts = f"S(text=Path({str(site.root / 'facts.txt')!r}).read_text())"
    more = f"from pathlib import Path\nfrom types import SimpleNamespace as S\nJINJA_GLOBALS = {{'facts': {facts}}}\n"
    path.write_text(path.read_text() + more)
    publish(site)
    assert "" == publish(site).reason
    change(site)
    assert reason == publish(site).reason
    check_output(site)


def test_plugins_by_their_short_names(own_site: TestSite) -> None:  # noqa: F811
    """Pelican names plugins in full once it has loaded them, which is no change."""
    add_settings(own_site, PLUGINS=["pelican.plugins.conversation", "sitemap"], SITEMAP={"format": "txt"})
    own_site.build(expect_problems=True)
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "Brought talk up to date" in publish_apart(own_site)
    add_settings(own_site, PLUGINS=["pelican.plugins.conversation"])
    assert "PLUGINS" in publish_apart(own_site)


def test_what_plugins_write_at_the_end_of_a_build(own_site: TestSite) -> None:  # noqa: F811
    """A sitemap is no sign of another hand in the output, wherever its plugin stands in the list."""
    add_settings(
        own_site, PLUGINS=["pelican.plugins.conversation", "pelican.plugins.sitemap"], SITEMAP={"format": "txt"}
    )
    for _ in range(2):
        own_site.build(expect_problems=True)
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "Brought talk up to date" in publish_apart(own_site)


def test_plugins_that_nobody_names() -> None:
    """Pelican loads all that are installed as packages, and describes them as if they had been named."""
    found = {"PLUGINS": list(load_plugins({"PLUGINS": None}))}
    names = {"PLUGINS": [plugin.__name__ for plugin in found["PLUGINS"]]}
    assert "pelican.plugins.sitemap" in names["PLUGINS"]
    assert describe_found({"PLUGINS": None}) == describe_found(found) == describe_found(names)
    assert describe_found({"PLUGINS": None}) != describe_found({"PLUGINS": []})


def test_values_that_hold_themselves_are_described() -> None:
    """A list in itself ends, and equal values are described alike."""
    values: list[object] = [1]
    values.append(values)
    same: list[object] = [1]
    same.append(same)
    assert describe_settings({"A": values}) == describe_settings({"A": same})


def test_comments_that_pelican_copies(tmp_path: Path) -> None:
    """Files of comments that are static files too are copied by Pelican alone."""
    site = write_site(tmp_path / "site")
    shutil.move(site.root / "comments", site.root / "content/comments")
    add_settings(site, CONVERSATION_PATH="content/comments", STATIC_PATHS=["comments"], ARTICLE_EXCLUDES=["comments"])
    publish(site)
    site.write("content/comments/talk/f.md", "---\nname: Ben\ndate: 2026-03-14T09:26:53Z\n---\nA copy, too.\n")
    assert "Pelican copies it" in publish(site).reason
    assert (site.root / "output/comments/talk/f.md").is_file()


def test_a_clock_that_is_set_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was closed by its age is open again."""
    site = write_site(tmp_path / "site", more="CONVERSATION_CLOSE_AFTER_DAYS = 10\n")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1773600000")
    publish(site)
    assert "" == publish(site).reason
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1772600000")
    assert "the clock was set back, and a page is open again" == publish(site).reason
    check_output(site)


def test_two_spellings_of_one_folder(tmp_path: Path) -> None:
    """The comments of the one that commands write to are shown, and those of the other reported, in every build."""
    site = write_site(tmp_path / "site")
    site.write_article("cafe", Thread="caf\u00e9")
    site.write_comment("caf\u00e9", "n1")
    site.write_comment("cafe\u0301", "n2")
    site.write_comment("cafe\u0301", "n3")
    if 2 != len(list((site.root / "comments").glob("caf*"))):
        pytest.skip("this file system takes them for one")
    assert "comments/cafe\u0301:1: error: another folder " in site.run("pelican_comments", "check").stdout
    for _ in range(2):
        site.build(expect_problems=True)
        page = site.read("cafe.html")
        assert (True, False) == ("id=comment-n1" in page, "id=comment-n2" in page)
        assert ">1 comment</h2>" in page


def test_a_folder_where_a_file_was(tmp_path: Path) -> None:
    """Its comments are shown like those of any other, and nobody is told of two folders."""
    site = write_site(tmp_path / "site")
    site.write_article("late")
    stray = site.write("comments/late", "no folder")
    publish(site)
    stray.unlink()
    site.write_comment("late", "n1")
    assert "" == publish(site).reason
    check_output(site)


def test_comments_in_a_repository_of_their_own(own_site: TestSite) -> None:  # noqa: F811
    """Neither the folder `.git` of a clone nor the file of a submodule is a problem."""
    own_site.write("comments/.git/config", "[core]\n")
    assert ".git" not in own_site.run("pelican_comments", "check").stdout
    shutil.rmtree(own_site.root / "comments/.git")
    own_site.write("comments/.git", "gitdir: ../.git/modules/comments\n")
    assert ".git" not in own_site.run("pelican_comments", "check").stdout


def test_an_output_on_another_file_system(own_site: TestSite, tmp_path: Path) -> None:  # noqa: F811
    """Files are copied beside their place, and then renamed into it."""
    other = Path("/dev/shm")
    if not os.access(other, os.W_OK) or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    folder = other / f"conversation-{os.getpid()}"
    try:
        shutil.move(own_site.root / "output/feeds", folder)
        (own_site.root / "output/feeds").symlink_to(folder)
        own_site.write_comment("talk", "f", in_reply_to="a")
        for options in ({}, {"full": True}):
            assert (publish(own_site, **options).reason == "") == (not options)
            fresh = build_afresh(own_site)
            assert fresh == {path: (own_site.root / "output" / path).read_bytes() for path in fresh}
        assert [] == list(folder.rglob("*.new"))
    finally:
        shutil.rmtree(folder)


def test_a_folder_that_nobody_can_read(own_site: TestSite) -> None:  # noqa: F811
    """In the content it is passed over, as Pelican does, and a link to itself does not end the build either."""
    (own_site.root / "content/images").mkdir()
    (own_site.root / "content/images/again").symlink_to("again")
    publish(own_site)
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "" == publish(own_site).reason
    check_output(own_site)
