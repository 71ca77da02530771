"""A WordPress blog moves in: its posts by pelican-import, its comments by us, and the site builds without a problem.

What is expected is counted in the export by other means than the importer's.
"""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pypandoc
import pytest
from bs4 import BeautifulSoup
from pelican.plugins.conversation.comments.reading import CommentFile, Rules, read_thread
from pelican.plugins.conversation.model import State

from .building import TestSite

OWN = Path(__file__).parent / "data" / "wordpress"
REAL = ("themeunittestdata.wordpress.xml", "wordpressexport.xml")


def text_of(element: ET.Element, name: str) -> str:
    """Return the text of the first child with this local name."""
    return next((child.text or "" for child in element if child.tag.rpartition("}")[2] == name), "")


def expected_comments(export: Path) -> dict[str, tuple[str, str | None, datetime]]:
    """Return slug, parent and date of each approved comment, by id; a parent that is not approved is none."""
    found: dict[str, tuple[str, str | None, datetime]] = {}
    for item in ET.parse(export).getroot().iter("item"):
        for comment in (child for child in item if child.tag.endswith("}comment")):
            is_comment = text_of(comment, "comment_type") in ("", "comment", "pingback", "trackback")
            is_public = text_of(item, "status") != "private"
            if text_of(comment, "comment_approved") == "1" and is_comment and is_public:
                written = text_of(comment, "comment_date_gmt")
                if written.startswith("0000"):  # then the site's own time, and the test's site is at UTC
                    written = text_of(comment, "comment_date")
                date = datetime.fromisoformat(written).replace(tzinfo=UTC)
                parent = text_of(comment, "comment_parent")
                found[f"wp-{text_of(comment, 'comment_id')}"] = (text_of(item, "post_name"), f"wp-{parent}", date)
    return {id: (slug, parent if parent in found else None, date) for id, (slug, parent, date) in found.items()}


def expected_depths(comments: dict[str, tuple[str, str | None, datetime]]) -> Counter[int]:
    def depth(id: str) -> int:
        parent = comments[id][1]
        return 0 if parent is None else 1 + depth(parent)

    return Counter(depth(id) for id in comments)


@pytest.fixture(scope="module", params=[*REAL, *sorted(path.name for path in OWN.glob("*.xml"))])
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TestSite, str]:
    """An export, the site that was made of it, and what the import printed."""
    if request.param in REAL:
        export = request.getfixturevalue("shared_data") / "wordpress" / request.param
    else:
        export = OWN / request.param
    # one of the posts is called "categories", and one has so many that their names make no file name
    settings = 'DIRECT_TEMPLATES = ["index"]\nCATEGORY_SAVE_AS = "category/{slug:.80}.html"\n'
    site = TestSite(tmp_path_factory.mktemp("moved"), settings)
    command = [
        Path(sys.executable).parent / "pelican-import",
        "--wpfile",
        "-m",
        "markdown",
        "--dir-page",
        "-o",
        "content",
        export,
    ]
    path = f"{Path(pypandoc.get_pandoc_path()).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(command, cwd=site.root, check=True, capture_output=True, env={**os.environ, "PATH": path})
    done = site.run("pelican_comments", "import", "wordpress", str(export))
    assert done.returncode == 0, done.stdout + done.stderr
    return export, site, done.stdout


def placements_of(site: TestSite) -> dict[str, tuple[str, str | None, datetime, int]]:
    """Return thread, parent, date and depth of each comment written, by id; any problem fails the test."""
    found = {}
    for folder in sorted((site.root / "comments").iterdir()):
        files = [CommentFile(path.stem, path.name, path.read_bytes()) for path in sorted(folder.glob("*.md"))]
        thread, problems = read_thread(folder.name, files, Rules(authors={}))
        assert () == problems
        for place in thread.placements:
            assert place.comment.state is State.APPROVED
            found[place.comment.id] = (folder.name, place.comment.in_reply_to, place.comment.date, place.depth)
    return found


def test_numbers_parents_depths_and_dates_are_those_of_the_export(moved: tuple[Path, TestSite, str]) -> None:
    """Every approved comment is there with its parent, its depth and its moment; no other is."""
    export, site, _ = moved
    expected, found = expected_comments(export), placements_of(site)
    assert {id: (parent, date) for id, (_, parent, date) in expected.items()} == {id: f[1:3] for id, f in found.items()}
    assert expected_depths(expected) == Counter(f[3] for f in found.values())


def test_the_site_builds_without_a_problem(moved: tuple[Path, TestSite, str]) -> None:
    """All of it is on the pages; what has no page (the picture of our own export) is reported, and nothing else is."""
    export, site, _ = moved
    slugs = {slug for slug, _, _ in expected_comments(export).values()}
    without_page = {"picture"} & slugs
    site.build(*(() if without_page else ("--fatal", "warnings")), expect_problems=bool(without_page))
    done = site.run("pelican_comments", "check", "--format", "json")
    assert {("no-page", f"comments/{slug}") for slug in without_page} == {
        (p["code"], p["path"]) for p in json.loads(done.stdout)
    }
    pages = [BeautifulSoup(path.read_text("utf-8"), "html5lib") for path in (site.root / "output").rglob("*.html")]
    shown = [tag["id"].removeprefix("comment-") for page in pages for tag in page.select("article.comment")]
    expected = [id for id, (slug, _, _) in expected_comments(export).items() if slug not in without_page]
    assert sorted(expected) == sorted(shown)
    anchors = {tag["id"] for page in pages for tag in page.select("article.comment > a[id]")}
    assert {id.replace("wp-", "comment-") for id in shown} == anchors


def test_no_address_reaches_a_file(moved: tuple[Path, TestSite, str]) -> None:
    """Neither the e-mail nor the IP of any commenter is in any comment file or on any page of the conversation."""
    export, site, _ = moved
    secrets = set()
    for element in ET.parse(export).getroot().iter():
        if element.tag.endswith(("}comment_author_email", "}comment_author_IP")) and (element.text or "").strip():
            secrets.add(element.text.strip())
    written = "".join(path.read_text("utf-8") for path in (site.root / "comments").rglob("*") if path.is_file())
    assert set() == {secret for secret in secrets if re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", written)}


def test_a_second_run_changes_nothing(moved: tuple[Path, TestSite, str]) -> None:
    """Importing twice is importing once."""
    export, site, _ = moved
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (site.root / "comments").rglob("*.md")}
    done = site.run("pelican_comments", "import", "wordpress", str(export))
    assert done.returncode == 0
    assert "Nothing to do." in done.stdout
    assert before == {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (site.root / "comments").rglob("*.md")
    }


def test_the_theme_test_data(shared_data: Path) -> None:
    """The figures that its source gives: 33 comments, 30 approved, 10 replies (one not approved), the deepest at depth 9."""
    export = shared_data / "wordpress" / REAL[0]
    comments = [element for element in ET.parse(export).getroot().iter() if element.tag.endswith("}comment")]
    approved = expected_comments(export)
    replies = [comment for comment in comments if text_of(comment, "comment_parent") != "0"]
    assert (33, 30, 10, 9) == (len(comments), len(approved), len(replies), max(expected_depths(approved)))
    assert 9 == sum(parent is not None for _, parent, _ in approved.values())
