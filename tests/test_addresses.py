"""Addresses of articles and pages are found once, and are those that Pelican would find."""

from pathlib import Path

from .building import TestSite

LATE = """\
from pelican import signals

def move(generators):
    for generator in generators:
        for article in getattr(generator, "articles", ()):
            article.override_url = article.override_save_as = f"late-{article.slug}.html"

def register():
    signals.all_generators_finalized.connect(move)
"""
COUNTED = """
import atexit
from pelican.contents import Content
asked, find = [], Content.url_format.fget
Content.url_format = property(lambda self: (asked.append(self.source_path), find(self))[1])
atexit.register(lambda: open("asked", "w").write(str(len(asked))))
"""


def test_a_plugin_that_comes_later_has_the_last_word(tmp_path: Path) -> None:
    """What it makes of an address stands where Pelican and the theme write it, and in what is ours."""
    more = 'PLUGIN_PATHS = ["."]\nPLUGINS = [*PLUGINS, "late"]\n'
    site = TestSite(tmp_path, more)
    site.write("late.py", LATE)
    site.write_article("talk")
    site.write_comment("talk", "one")
    site.build()
    feeds = [path.relative_to(site.root / "output").as_posix() for path in site.root.glob("output/feeds/**/*.xml")]
    assert 3 <= len(feeds)
    for path in ("index.html", "late-talk.html", *feeds):
        assert "/late-talk.html" in site.read(path)
        assert "/talk.html" not in site.read(path)


def test_an_address_of_its_own_stays(tmp_path: Path) -> None:
    """`URL` and `Save_as` in an article's metadata mean what they mean."""
    site = TestSite(tmp_path)
    site.write_article("talk", URL="elsewhere/", Save_as="elsewhere/index.html")
    site.write_article("about", folder="pages/", date="2026-03-02")
    site.write_comment("talk", "one")
    site.build()
    assert 'href="https://blog.example.org/elsewhere/' in site.read("index.html")
    assert "Body of one" in site.read("elsewhere/index.html")
    assert (tmp_path / "output/pages/about.html").exists()


def test_it_is_found_less_often(tmp_path: Path) -> None:
    """Lists ask for the address of each article several times; that no longer makes a difference."""
    asked = {}
    for name, settings in (("plain", "PLUGINS = []\n"), ("ours", "")):
        (tmp_path / name).mkdir()
        site = TestSite(tmp_path / name, settings + COUNTED)
        for number in range(8):
            site.write_article(f"talk-{number}", Tags="a, b, c", Category="d")
        site.build()
        asked[name] = int((site.root / "asked").read_text())
    assert asked["ours"] < asked["plain"] / 2
