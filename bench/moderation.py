"""What a session of decisions costs beside a long thread: planning, deciding, and the page of the queue.

Rule: a figure counts as a ratio against the same beside a thread of one comment, on the same machine a moment before.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from pelican.plugins.conversation.inbox.values import Add
from pelican.plugins.conversation.moderation.decisions import Action, Decision

from tests.moderated_site import PUBLIC, make_submission
from tests.moderator_desk import PLACE, ModeratorDesk

FOLDER = Path(__file__).parent.parent / "var"
"""On a disk; git ignores it."""
PUBLISHED, WAITING = 5000, 50


def make_desk(folder: Path, published: int) -> ModeratorDesk:
    """Return a desk before a thread with so many comments, each answering the one before or none, and half as many waiting."""
    desk = ModeratorDesk(folder / "site")
    parent = PUBLIC
    for number in range(published):
        id = f"20260313-200000-{number:05}"
        desk.site.files.write_comment("talk", id, body=f"Comment {number}, with *a word* or two.\n\nAnd more.", in_reply_to=parent, date="2026-03-13T20:00:00Z")  # fmt: skip
        parent = id if number % 5 else PUBLIC
    desk.site.commit_all("More")
    for start in (0, WAITING):
        numbers = range(start, start + WAITING)
        answered = PUBLIC if start else parent
        desk.site.inbox.apply([Add(make_submission(f"20260314-100000-{n:05}", answered, minutes=n)) for n in numbers])
    return desk


def measure(work: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure_desk(published: int) -> dict[str, float]:
    """Return the seconds of everything, by name."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="bench-") as folder:
        desk = make_desk(Path(folder), published)
        moderation = desk.site.moderation()
        queue = moderation.read_queue()
        decisions = [Decision(Action.APPROVE, candidate.id, seen=candidate.revision) for candidate in queue[:WAITING]]
        desk.sign_in()
        found = {
            f"plan {WAITING}": measure(lambda: moderation.plan(decisions)),
            "first page of the queue": measure(lambda: desk.client.get(PLACE)),
            "next page of the queue": measure(lambda: desk.client.get(PLACE)),
            f"decide {WAITING}": measure(lambda: moderation.decide(decisions)),
        }
        form = {f"action__{candidate.id}": "approve" for candidate in queue[WAITING:]}
        page = desk.read_queue()
        found[f"decide {WAITING} in the browser"] = measure(lambda: desk.decide(page, **form))
        if desk.site.subjects()[:2] != [f"Approve {WAITING} comments"] * 2 or moderation.read_queue():
            sys.exit(f"not everything was approved: {desk.site.subjects()[:3]}")
    return found


def main() -> None:
    """Print a line for each."""
    short, long = measure_desk(1), measure_desk(PUBLISHED)
    print(f"{'seconds beside a thread of':36} {2:>8} {PUBLISHED + 1:>8}  ratio")
    for name in short:
        print(f"{name:36} {short[name]:8.2f} {long[name]:8.2f} {long[name] / short[name]:6.1f}")


if __name__ == "__main__":
    main()
