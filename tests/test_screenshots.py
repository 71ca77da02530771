"""The pictures of the README: they are there, small, and come out the same again."""

import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

from .conftest import PROJECT
from .screenshots import IMAGES, PICTURES

MAX_BYTES = 150_000
README = (PROJECT / "README.md").read_text("utf-8")


def test_every_picture_is_there_and_shown() -> None:
    """The README links to each, and the folder holds no other; none is heavy, and one that is shown says what is on it."""
    expected = {f"docs/images/{picture.name}.webp" for picture in PICTURES}
    assert expected == {path.relative_to(PROJECT).as_posix() for path in IMAGES.iterdir()}
    assert expected == set(re.findall(r"\]\((docs/images/[^)]+)\)", README))
    assert MAX_BYTES > max(path.stat().st_size for path in IMAGES.iterdir())
    assert all(len(words) > 20 for words in re.findall(r"!\[([^]]*)\]", README))


def test_a_second_run_changes_nothing(tmp_path: Path, chromium: Browser) -> None:
    """Every picture is taken, and the second time each has the same bytes."""
    command = [sys.executable, "-m", "tests.screenshots", str(tmp_path)]
    for expected in (len(PICTURES), 0):
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=False)
        assert 0 == done.returncode, done.stderr
        assert expected == done.stdout.count("changed: "), done.stdout
    assert all(path.read_bytes()[8:12] == b"WEBP" for path in tmp_path.iterdir())
