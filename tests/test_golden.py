"""One full build, compared whole with a golden copy: pages, feeds, everything that is written.

After a change that is meant, `python -m tests.test_golden` writes the copy anew; look at its diff before you commit it.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from .building import TestSite

GOLDEN = Path(__file__).parent / "data" / "golden"
SETTINGS = """
THEME = "simple"
DIRECT_TEMPLATES = ["index"]
TAG_SAVE_AS = CATEGORY_SAVE_AS = AUTHOR_SAVE_AS = ""
CONVERSATION_MAX_INDENT = 2
"""


def build(root: Path) -> tuple[Path, str]:
    """Build a copy of the golden site in `root`; return its output and what Pelican said of it."""
    shutil.copytree(GOLDEN / "site", root, dirs_exist_ok=True)
    site = TestSite(root, SETTINGS)
    return root / "output", site.run("pelican", "content", "--log-handler", "plain").stderr


def read_tree(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


def test_the_whole_output_is_as_it_was(tmp_path: Path) -> None:
    """Every file of the output, and every problem on the way, is what the golden copy says."""
    output, said = build(tmp_path)
    assert (GOLDEN / "problems.txt").read_text("utf-8") == said
    expected, found = read_tree(GOLDEN / "output"), read_tree(output)
    assert sorted(expected) == sorted(found)
    for path, text in expected.items():
        assert text == found[path], path


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        output, said = build(Path(folder))
        shutil.rmtree(GOLDEN / "output", ignore_errors=True)
        shutil.copytree(output, GOLDEN / "output")
        (GOLDEN / "problems.txt").write_text(said, "utf-8")
        sys.stderr.write(said)
