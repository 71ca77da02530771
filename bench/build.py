"""Full builds of the synthetic blog, whole processes in turn: what comments cost, here and elsewhere.

Rule: a round runs every contender once, one after the other, so that a busy machine slows all of them; what counts are
ratios of medians. One that took over ten minutes, or would at this size, is left out from there on.
"""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from blog import SIZES, Post, Remark, format_remark, make_posts, make_remarks
from contenders import CONTENDERS, SHIPPED_THEME, Contender
from processes import Cost, find_median, read_all, run

LIMIT_SECONDS = 600
COMMENTS_COMMAND = Path(sys.executable).parent / "pelican-comments"
COMMENTS_BEFORE = 10
"""In a thread that gets a new one."""
PUBLISH = {"publish one": 1, "publish fifty": 50}
"""What one call of `pelican-comments publish` brings out, by the name in the table."""
RUNNING = {"publish one, running": "", "the same, shipped theme": SHIPPED_THEME}
"""What is added to the settings where a running process publishes one comment after the other, by the name in the table."""
RUNNING_COMMENTS = 7


@dataclass(frozen=True, slots=True)
class Measured:
    """The medians of one contender at one size."""

    name: str
    size: str
    cost: Cost
    runs: int


@lru_cache(maxsize=1)
def make_blog(size: str) -> tuple[Sequence[Post], Sequence[Remark]]:
    """Return the posts and comments of one size."""
    posts, comments = SIZES[size]
    return tuple(make_posts(posts)), tuple(make_remarks(posts, comments))


class Site:
    """A contender's site on the disk, with the runs that were measured on it."""

    def __init__(self, contender: Contender, size: str, folder: Path) -> None:
        self.contender = contender
        self.size = size
        self.root = folder / contender.name.replace(" ", "-").replace(",", "")
        self.costs: list[Cost] = []
        self.changes = 0
        posts, self.remarks = make_blog(size)
        sizes = Counter(remark.slug for remark in self.remarks)
        self.threads = sorted(sizes, key=lambda slug: abs(sizes[slug] - COMMENTS_BEFORE))
        self.root.mkdir()
        contender.prepare(self.root, posts, self.remarks if contender.has_comments else [])
        read_all(self.root)
        if contender.is_warm:
            run(contender.command, self.root)

    def measure(self) -> None:
        """Build once, from nothing or with one post and one thread changed."""
        if self.contender.is_warm:
            self._change_a_post()
            if self.contender.has_comments:
                self.add_comments(1)
        else:
            self._put_aside()
        self.costs.append(run(self.contender.command, self.root))

    def _put_aside(self) -> None:
        """Take away what the last run left, but delete nothing: ext4 makes files slowly for minutes after many were deleted."""
        aside = self.root.with_name(f"{self.root.name}-{len(self.costs)}")
        aside.mkdir()
        for name in ("output", "public", "cache", "resources"):
            with suppress(FileNotFoundError):
                (self.root / name).rename(aside / name)

    def measure_publish(self, number: int) -> Cost:
        """Publish new comments, each in a thread of its own."""
        self.add_comments(number)
        return run((COMMENTS_COMMAND, "publish"), self.root)

    def add_comments(self, number: int) -> None:
        """Add new comments, each to a thread of its own that has about ten."""
        for place in range(number):
            self.changes += 1
            last = self.remarks[-1]
            new = replace(last, id=f"new{self.changes}", slug=self.threads[place % len(self.threads)], parent="")
            (self.root / f"comments/{new.slug}/{new.id}.md").write_text(format_remark(new), "utf-8")

    def measure_running(self, settings: str) -> Cost:
        """Publish comments in a running process, see `running`, with settings added; a median, but for the peak memory."""
        with (self.root / "pelicanconf.py").open("a", encoding="utf-8") as file:
            file.write(settings)
        script = Path(__file__).with_name("running.py")
        whole = run((sys.executable, script, *self.threads[:RUNNING_COMMENTS]), self.root)
        each = json.loads((self.root / "bench.log").read_text("utf-8").splitlines()[-1])
        return Cost(each["cpu"], each["wall"], whole.memory)

    def _change_a_post(self) -> None:
        self.changes += 1
        path = next((self.root / "content").glob("post-0.md"))
        path.write_text(path.read_text("utf-8") + f"\nOnce more {self.changes}.\n", "utf-8")


def has_publish() -> bool:
    """Whether the command to publish single comments is there."""
    return subprocess.run([COMMENTS_COMMAND, "publish", "--help"], capture_output=True, check=False).returncode == 0


def measure_size(size: str, contenders: Sequence[Contender], folder: Path, *, rounds: int) -> list[Measured]:
    """Measure every contender at one size, in an empty folder."""
    sites = []
    for contender in contenders:
        print(f"{size}: {contender.name} ...", file=sys.stderr, flush=True)
        sites.append(Site(contender, size, folder))
    for number in range(rounds):
        for site in sites:
            if number and site.costs[-1].wall * rounds > LIMIT_SECONDS:
                continue  # once has to do
            site.measure()
            cost = site.costs[-1]
            print(f"{size} {number + 1}: {site.contender.name}: {cost.cpu:.2f} s", file=sys.stderr, flush=True)
    found = [Measured(site.contender.name, size, find_median(site.costs), len(site.costs)) for site in sites]
    ours = [site for site in sites if site.contender.is_warm and site.contender.has_comments]
    if ours and has_publish():
        found += _measure_publishing(ours[0], rounds=rounds)
    return found


def _measure_publishing(site: Site, *, rounds: int) -> Iterable[Measured]:
    site.measure_publish(0)  # the last build was Pelican's own
    for name, number in PUBLISH.items():
        yield Measured(name, site.size, find_median([site.measure_publish(number) for _ in range(rounds)]), rounds)
    for name, more in RUNNING.items():
        yield Measured(name, site.size, site.measure_running(more), RUNNING_COMMENTS)


def choose_contenders(size: str, before: Mapping[str, Cost], *, growth: float) -> list[Contender]:
    """Return those that are expected to end in time; `before` has their costs at a size `growth` times smaller."""
    chosen = []
    for contender in CONTENDERS:
        expected = before[contender.name].wall * growth if contender.name in before else 0.0
        if expected > LIMIT_SECONDS or (before and contender.name not in before):
            print(f"{size}: {contender.name} is left out, it would take {expected:.0f} s", file=sys.stderr)
            continue
        chosen.append(contender)
    return chosen


def measure_all(sizes: Sequence[str], *, rounds: int) -> list[Measured]:
    """Measure the sizes from small to large; whatever was built is deleted at the end."""
    found: list[Measured] = []
    before: dict[str, Cost] = {}
    smaller = 0
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for size in sizes:
            comments = SIZES[size][1]
            contenders = choose_contenders(size, before, growth=comments / smaller if smaller else 1)
            place = Path(folder, size)
            place.mkdir()
            measured = measure_size(size, contenders, place, rounds=rounds)
            found += measured
            before, smaller = {one.name: one.cost for one in measured}, comments
    return found
