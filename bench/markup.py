"""Measures `render_body`: what ordinary comments cost beside bare comrak and nh3, and what the worst bodies cost.

Rule: times are medians of the processor's time, so that runs on a busy machine compare.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time

import comrak
import nh3
from pelican.plugins.conversation.comments.markup import render_body

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.markup_cases import read_hostile_cases

WORST = 10
ORDINARY = {
    "text": (
        "Thanks for writing this up, it saved me an afternoon. I had tried the same thing last year and gave up when the "
        "queue kept losing messages after a restart.\n\nOne question: does the second worker need its own lock, or is the "
        "one of the first enough? In my case both run on the same machine, behind one proxy."
    ),
    "markup": (
        "> does the second worker need its own lock\n\nYes, *always*. Compare `lock.acquire()` in both:\n\n"
        "- the first waits\n- the second **fails at once**\n\nIt is in [the manual](https://example.org/manual/locks), and "
        "I have been told by two people that the old pages are wrong there. Do not follow them, whatever they say on it."
    ),
    "addresses": (
        "I wrote about it at https://example.org/2008/lock_files (in German), with the code at www.example.com/code. "
        "There is also https://example.net/wiki/Lock_(computing) for the general idea & its history.\nSadly the <b>best</b> "
        "page is gone; I have a copy, write to me. It was by far the clearest text on all of this that I know of."
    ),
}


def measure_us(*works: Callable[[], object], runs: int, rounds: int = 15) -> list[float]:
    """Return the median microseconds of one call of each, measured in turn so that all see the same machine."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, mine in zip(works, times, strict=True):
            started = thread_time()
            for _ in range(runs):
                work()
            mine.append((thread_time() - started) / runs * 1e6)
    return [median(mine) for mine in times]


def bare(body: str, extensions: comrak.ExtensionOptions, cleaner: nh3.Cleaner) -> str:
    """Return what the two libraries make of a body on their own, addresses linked by comrak."""
    return cleaner.clean(comrak.render_markdown(body, extensions))


def print_ordinary() -> None:
    """Print a line for each ordinary comment."""
    extensions = comrak.ExtensionOptions()
    extensions.autolink = extensions.strikethrough = extensions.table = True
    cleaner = nh3.Cleaner()
    print(
        f"{'ordinary comment':20} {'chars':>6} {'comrak µs':>10} {'nh3 µs':>8} {'both µs':>8} {'render_body µs':>15} {'ratio':>6}"
    )
    for name, body in ORDINARY.items():
        html = comrak.render_markdown(body, extensions)
        of_comrak, of_nh3, both, ours = measure_us(
            lambda body=body: comrak.render_markdown(body, extensions),
            lambda html=html: cleaner.clean(html),
            lambda body=body: bare(body, extensions, cleaner),
            lambda body=body: render_body(body),
            runs=500,
        )
        print(f"{name:20} {len(body):6} {of_comrak:10.1f} {of_nh3:8.1f} {both:8.1f} {ours:15.1f} {ours / both:6.2f}")


def print_hostile() -> None:
    """Print the hostile bodies that take longest."""
    rows = []
    for case in read_hostile_cases():
        (microseconds,) = measure_us(lambda body=case.body: render_body(body), runs=1, rounds=3)
        rows.append((microseconds / 1000, case.title, len(case.body.encode()), render_body(case.body)))
    print(f"\n{'worst of ' + str(len(rows)) + ' hostile bodies':42} {'bytes':>6} {'HTML bytes':>10} {'ms':>6}")
    for milliseconds, title, size, rendered in sorted(rows, key=lambda row: -row[0])[:WORST]:
        note = f"  plain: {rendered.problem}" if rendered.problem else ""
        print(f"{title:42} {size:6} {len(rendered.html.encode()):10} {milliseconds:6.0f}{note}")


if __name__ == "__main__":
    print_ordinary()
    print_hostile()
