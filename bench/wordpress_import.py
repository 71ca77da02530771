"""Measure `pelican-comments import wordpress`: time and memory for an export of a given size.

    python bench/wordpress_import.py [MEGABYTES]

It makes an export of about that size in a temporary folder, plans the import (dry run), applies it, and runs it again,
each in a process of its own, and beside them reads the same file with nothing but the XML parser.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

COMMENTS_A_POST = 8
SHARE_OF_POSTS = 0.75
"""Posts' own texts, of the bytes of an export; old blogs have more of them than of comments."""
HEAD = """\
<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>A blog</title><wp:wxr_version>1.2</wp:wxr_version>
"""
BODIES = (
    "I have tried this at home, and it works with the old one as well. Thank you for writing it up!",
    "Two things:\n\n1. it is slow\n2. it is *very* slow\n\nBut it works.",
    'See <a href="https://example.org/page?a=1&amp;b=2">this page</a>, it says <strong>the opposite</strong>.',
    "<blockquote>it works with the old one as well</blockquote>\nNot here. My log says:\n<pre>\nline one\nline two\n</pre>",
    "Agreed.",
)
PARSER_ONLY = "import sys; from defusedxml.ElementTree import iterparse; [e.clear() for _, e in iterparse(open(sys.argv[1], 'rb'))]"
SETTINGS = 'SITENAME = "A blog"\nSITEURL = "https://blog.example.org"\nTIMEZONE = "UTC"\nPATH = "content"\nDEFAULT_LANG = "en"\n'


def make_comment(id: int) -> str:
    """Return a comment; every fourth opens a branch."""
    parent = 0 if id % 4 == 1 else id - 1
    return (
        f"<wp:comment><wp:comment_id>{id}</wp:comment_id><wp:comment_author><![CDATA[Reader {id % 97}]]></wp:comment_author>"
        f"<wp:comment_author_email>reader{id}@example.org</wp:comment_author_email><wp:comment_author_url></wp:comment_author_url>"
        f"<wp:comment_author_IP>192.0.2.{id % 250}</wp:comment_author_IP><wp:comment_date>2012-05-06 20:46:06</wp:comment_date>"
        f"<wp:comment_date_gmt>2012-05-06 20:46:06</wp:comment_date_gmt><wp:comment_content><![CDATA[{BODIES[id % len(BODIES)]}]]>"
        f"</wp:comment_content><wp:comment_approved>{int(id % 20 != 0)}</wp:comment_approved><wp:comment_type></wp:comment_type>"
        f"<wp:comment_parent>{parent}</wp:comment_parent><wp:comment_user_id>0</wp:comment_user_id></wp:comment>\n"
    )


def write_export(path: Path, megabytes: int) -> int:
    """Write an export and return how many comments it has."""
    comments = 0
    with path.open("w", encoding="utf-8") as file:
        size = file.write(HEAD)
        while size < megabytes * 1_000_000:
            written = "".join(make_comment(comments + n + 1) for n in range(COMMENTS_A_POST)).replace(
                "_id>0<", "_id>999999999<"
            )
            words = "All work and no play makes a dull post. " * int(
                len(written) * SHARE_OF_POSTS / (1 - SHARE_OF_POSTS) / 40
            )
            number = comments // COMMENTS_A_POST
            size += file.write(
                f"<item><title>Post {number}</title><link>https://blog.example.org/post-{number}/</link>"
                f"<content:encoded><![CDATA[{words}]]></content:encoded><wp:post_id>{number + 1}</wp:post_id>"
                f"<wp:post_name>post-{number}</wp:post_name><wp:status>publish</wp:status>\n{written}</item>\n"
            )
            comments += COMMENTS_A_POST
        file.write("</channel></rss>\n")
    return comments


def measure(*command: str, folder: Path) -> tuple[float, float]:
    """Run a command and return its seconds and its peak of memory in megabytes."""
    started = time.perf_counter()
    with (folder / "printed.txt").open("w") as printed:
        process = subprocess.Popen([sys.executable, *command], cwd=folder, stdout=printed, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit((folder / "printed.txt").read_text())
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def main() -> None:
    """Print one line for each run."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with TemporaryDirectory(prefix="wordpress-import-") as name:
        folder = Path(name)
        (folder / "content").mkdir()
        (folder / "pelicanconf.py").write_text(SETTINGS, "utf-8")
        comments = write_export(folder / "export.xml", megabytes)
        print(f"{megabytes} MB, {comments} comments")
        command = ("-m", "pelican_comments", "import", "wordpress", "export.xml")
        runs = {
            "the XML parser alone": ("-c", PARSER_ONLY, "export.xml"),
            "plan (--dry-run)": (*command, "--dry-run"),
            "import": command,
            "import again": command,
        }
        for title, arguments in runs.items():
            seconds, peak = measure(*arguments, folder=folder)
            print(f"{title:22} {seconds:8.1f} s {peak:8.0f} MB", flush=True)


if __name__ == "__main__":
    main()
