"""Small sites for tests, built by the real Pelican in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SETTINGS = """\
SITENAME = "A site"
SITEURL = "https://blog.example.org"
AUTHOR = "Ann Example"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
PATH = "content"
OUTPUT_PATH = "output"
PLUGINS = ["pelican.plugins.conversation"]
FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_ALL_RSS = "feeds/all.rss.xml"
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
CONVERSATION_AUTHORS = {"ann": {"name": "Ann Example"}}
"""
SOURCE_DATE_EPOCH = "1773480413"  # 2026-03-14, so that nothing depends on the day of the test


class TestSite:
    """A site in a folder."""

    __test__ = False

    def __init__(self, root: Path, settings: str = "") -> None:
        self.root = root
        self.write("pelicanconf.py", SETTINGS + settings)
        (root / "content").mkdir(exist_ok=True)

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file below the site's root, making its folders."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return target

    def write_article(self, slug: str, *, date: str = "2026-03-01", folder: str = "", **metadata: str) -> Path:
        """Write an article `slug`, or a page with `folder="pages/"`."""
        name = metadata.pop("file", slug)
        lines = {"Title": f"About {slug}", "Date": date, "Slug": slug, **metadata}
        header = "".join(f"{key}: {value}\n" for key, value in lines.items())
        return self.write(f"content/{folder}{name}.md", f"{header}\nThe text of {slug}.\n")

    def write_comment(self, thread: str, id: str, /, body: str = "", **header: str) -> Path:
        """Write a comment file; its date goes by its id's place in the alphabet."""
        body = body or f"Body of {id}."
        date = f"2026-03-{2 + sum(id.encode()) % 20:02}T10:00:00Z"
        values = {"name": "Reader", "date": date, **header}
        text = "".join(f"{key}: {value}\n" for key, value in values.items() if value)
        return self.write(f"comments/{thread}/{id}.md", f"---\n{text}---\n{body}\n")

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run `python -m COMMAND` in the site's root."""
        variables = {**os.environ, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "COLUMNS": "200", **(environment or {})}
        return subprocess.run(
            [sys.executable, "-W", "error::DeprecationWarning:pelican.plugins.conversation", "-m", *command],
            cwd=self.root, env=variables, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def build(self, *options: str, expect_problems: bool = False) -> str:
        """Build the site and return what Pelican printed; unexpected problems fail the test."""
        done = self.run("pelican", "content", "-s", "pelicanconf.py", "--log-handler", "plain", *options)
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        assert expect_problems or not done.stderr.strip(), printed
        return printed

    def read(self, path: str) -> str:
        """Return a file of the output."""
        return (self.root / "output" / path).read_text("utf-8")
