"""What comments cost a full build: Pelican with the plugin against Pelican without, whole processes, on one blog.

Rule: the two are run in turns, and the ratio of the medians is what counts.
"""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

POSTS = 200
COMMENTS = 2000
ROUNDS = 3
WORDS = [
    "the",
    "tide",
    "comes",
    "in",
    "and",
    "the",
    "ferry",
    "goes",
    "out",
    "while",
    "somebody",
    "asks",
    "what",
    "was",
    "said",
    "and",
    "who",
    "is",
    "going",
    "to",
    "answer",
    "it",
]
SETTINGS = """\
SITENAME = "A site"
SITEURL = "https://blog.example.org"
TIMEZONE = "UTC"
THEME = "simple"
PATH = "content"
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
"""


def write_blog(root: Path) -> None:
    """Write posts and comments, the same ones each time, a few threads with many and many with few."""
    chance = random.Random(1)

    def write_text(words: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(words))

    (root / "content").mkdir()
    for number in range(POSTS):
        header = f"Title: Post {number}\nDate: 2020-01-01 {number // 60:02}:{number % 60:02}\nSlug: post-{number}\n"
        (root / f"content/post-{number}.md").write_text(f"{header}\n{write_text(300)}\n", "utf-8")
    threads: dict[int, list[str]] = {}
    for number in range(COMMENTS):
        post = min(int(chance.paretovariate(0.7)) - 1, POSTS - 1)
        known = threads.setdefault(post, [])
        parent = f"in_reply_to: {chance.choice(known)}\n" if known and chance.random() < 0.5 else ""
        date = f"2021-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
        folder = root / f"comments/post-{post}"
        folder.mkdir(parents=True, exist_ok=True)
        text = f"---\nname: Reader {number % 97}\ndate: {date}\n{parent}---\n{write_text(30)}\n\n{write_text(20)}\n"
        (folder / f"c{number}.md").write_text(text, "utf-8")
        known.append(f"c{number}")


def build(root: Path, plugins: str) -> float:
    """Return the CPU seconds of one full build."""
    (root / "pelicanconf.py").write_text(f"{SETTINGS}PLUGINS = {plugins}\n", "utf-8")
    before = os.times()
    command = [sys.executable, "-m", "pelican", "content", "-d", "-q"]
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    """Print the medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_blog(root)
        build(root, "[]")  # the files are read beforehand
        times: dict[str, list[float]] = {"[]": [], '["pelican.plugins.conversation"]': []}
        for _ in range(ROUNDS):
            for plugins, found in times.items():
                found.append(build(root, plugins))
    without, with_plugin = (median(found) for found in times.values())
    each = (with_plugin - without) / COMMENTS * 1e6
    print(f"{POSTS} posts, {COMMENTS} comments; CPU seconds, median of {ROUNDS}")
    print(f"{'without comments':<20} {without:>6.2f}")
    print(f"{'with the plugin':<20} {with_plugin:>6.2f}   ratio {with_plugin / without:.2f}, {each:.0f} µs a comment")


if __name__ == "__main__":
    main()
