"""How many submissions the inbox takes, beside plain git commands; with `kills`, what three hundred kills leave of them.

Rule: every run ends with the check of the tests, and a fault ends the bench; `kills` takes a quarter of an hour and needs strace.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pelican.plugins.conversation.git.command import Git
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.values import Submission
from pelican.plugins.conversation.model import State

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.inbox_kills import STAGES, Kills, OneByOne, kill_at_random
from tests.inbox_load import Load, find_differences, make_ids, make_submission, send_at_once, verify

FOLDER = Path(__file__).parent.parent / "var"
"""On a disk, which the system's folder for temporary files may not be; git ignores it."""
KILLS = 300
EVERY_WITHOUT_WRITER = 3
"""Git killed alone, its writer living on, is tried at every so-manyeth system call; killed with it, at every one."""


@contextmanager
def new_inbox() -> Iterator[Inbox]:
    """Give an empty inbox."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="bench-") as folder:
        yield Inbox.open(Path(folder) / "inbox.git")


def require_none(faults: list[str]) -> None:
    """End the bench where there is a fault."""
    if faults:
        sys.exit("\n".join(["FAULTS:", *faults[:20]]))


def write_plainly(git: Git, id: str) -> None:
    """Write a submission as one would by hand: an object each, a ref, all on disk; five commands."""
    submission = make_submission(id)
    blobs = [
        git.run("hash-object", "-w", "--stdin", input=content).decode().strip()
        for content in (submission.comment, submission.private)
    ]
    tree = git.run(
        "mktree", input=f"100644 blob {blobs[0]}\tcomment.md\n100644 blob {blobs[1]}\tprivate.yml\n".encode()
    )
    named = Git(git.repository, settings=(*git.settings, "user.name=Plain", "user.email=plain@example.org"))
    revision = named.run("commit-tree", "-m", id, tree.decode().strip()).decode().strip()
    git.run("update-ref", f"refs/comments/pending/{id}", revision, "0" * 40)


def measure_inbox(write: Callable[[Inbox, str], object], *, clients: int, each: int) -> Load:
    """Let clients in one process write, check, and return their load."""
    with new_inbox() as inbox:
        load = send_at_once(lambda id: write(inbox, id), make_ids(clients, each))
        require_none(load.refused + verify(inbox, load.allowed))
    return load


def _send(path: Path, number: int, clients: int, each: int, gate: object) -> Load:
    inbox = Inbox.open(path)
    gate.wait()  # type: ignore[attr-defined]
    return send_at_once(lambda id: inbox.add(make_submission(id)), make_ids(clients, each, prefix=f"p{number}-"))


def measure_processes(processes: int, *, clients: int, each: int) -> Load:
    """Let clients in several processes write to one inbox, check, and return the load of all."""
    context = multiprocessing.get_context("spawn")
    with new_inbox() as inbox, context.Manager() as manager, context.Pool(processes) as pool:
        gate = manager.Barrier(processes)
        work = [(inbox.path, number, clients, each, gate) for number in range(processes)]
        loads = pool.starmap(_send, work, chunksize=1)
        whole = Load(
            [seconds for load in loads for seconds in load.seconds],
            [id for load in loads for id in load.acknowledged],
            [id for load in loads for id in load.refused],
            max(load.elapsed for load in loads),
        )
        require_none(whole.refused + verify(inbox, whole.allowed))
    return whole


def measure_naive() -> str:
    """Return what becomes of `git add; git commit` by 64 clients in one work tree."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="bench-") as folder:
        git = ["git", "-c", "user.name=Naive", "-c", "user.email=naive@example.org", "-C", folder]
        subprocess.run([*git, "init", "--quiet"], check=True)

        def write(id: str) -> None:
            Path(folder, id).write_bytes(make_submission(id).comment)
            for command in (["add", "--", id], ["commit", "--quiet", "-m", id]):
                subprocess.run([*git, *command], check=True, capture_output=True)

        load = send_at_once(write, make_ids(64, 4))
        listed = subprocess.run([*git, "ls-tree", "--name-only", "HEAD"], capture_output=True, text=True, check=True)
    found = dict.fromkeys(listed.stdout.split(), State.PENDING)
    faults = find_differences(found, load.allowed)
    return f"{len(load.acknowledged)} of 256 got through; the check finds {len(faults)} faults"


def print_throughput() -> None:
    """Print a line for each number of clients, with plain commands measured just before."""
    print(f"naive writer, 64 clients in one work tree: {measure_naive()}\n")
    print(f"{'':28} {'plain, a second':>15} {'inbox, a second':>15} {'ratio':>6} {'median, ms':>10} {'p99, ms':>8}")
    rows: tuple[tuple[str, int, Callable[[], Load]], ...] = (
        ("1 client", 1, lambda: measure_inbox(_add, clients=1, each=60)),
        ("64 clients", 64, lambda: measure_inbox(_add, clients=64, each=30)),
        ("4 processes of 16 clients", 64, lambda: measure_processes(4, clients=16, each=30)),
        ("16 processes of 4 clients", 64, lambda: measure_processes(16, clients=4, each=30)),
    )
    for name, clients, measure in rows:
        plain = measure_inbox(_write_plainly, clients=clients, each=60 if clients == 1 else 3)
        load = measure()
        ratio, median, high = load.rate / plain.rate, load.quantile(0.5) * 1000, load.quantile(0.99) * 1000
        print(f"{name:28} {plain.rate:15.0f} {load.rate:15.0f} {ratio:6.1f} {median:10.0f} {high:8.0f}", flush=True)


def _write_plainly(inbox: Inbox, id: str) -> None:
    write_plainly(inbox.git, id)


def _add(inbox: Inbox, id: str) -> str:
    return inbox.add(make_submission(id))


def print_random_kills() -> None:
    """Kill writers at random moments, and print what became of what they had acknowledged."""
    with new_inbox() as inbox:
        done = kill_at_random(inbox.path, kills=KILLS)
        print(format_kills("at random moments", done, Inbox.open(inbox.path)), flush=True)


def print_calls() -> None:
    """Kill at every system call of one submission and of one decision."""
    steps = [(then, stage) for then in (State.PENDING, State.APPROVED) for stage in STAGES]
    with ThreadPoolExecutor(len(steps)) as pool:  # after most kills somebody waits for a lock to become stale
        for line in pool.map(lambda step: kill_at_every_call(*step), steps):
            print(line, flush=True)


def kill_at_every_call(then: State, stage: str) -> str:
    """Kill one stage at each of its system calls, in an inbox of its own; return the line to print."""
    with new_inbox() as inbox, tempfile.TemporaryDirectory() as folder:
        writers = OneByOne(inbox.path, Path(folder))
        calls = kill_everywhere(writers, stage, then=then)
        writers.close()
        name = f"{'submission' if then is State.PENDING else 'decision'}, {stage}, {calls} calls"
        return format_kills(name, writers.kills, Inbox.open(inbox.path))


def kill_everywhere(writers: OneByOne, stage: str, *, then: State = State.PENDING) -> int:
    """Kill one stage at each of its system calls, and at some of them it alone; return how many calls it makes."""
    calls = writers.find_calls(stage, then=then)
    for call in calls:
        writers.kill(stage, call, then=then)
    for call in calls[::EVERY_WITHOUT_WRITER] if stage != "writer" else ():
        writers.kill(stage, call, then=then, with_writer=False)
    return len(calls)


def format_kills(
    name: str, done: Kills, inbox: Inbox, *, make_expected: Callable[[str], Submission] | None = make_submission
) -> str:
    """Check an inbox and return a line about what became of it."""
    require_none(verify(inbox, done.journal.allowed, make_expected=make_expected))
    return (
        f"{name:40} {done.count:5} kills, {len(done.journal.acknowledged):5} acknowledged of "
        f"{len(done.journal.tried):5}, none lost or double; back in {done.slowest_seconds:.1f} s at most"
    )


def main() -> None:
    """Measure throughput, or kill."""
    started = time.monotonic()
    if sys.argv[1:] == ["kills"]:
        print_random_kills()
        print_calls()
        print(f"{time.monotonic() - started:.0f} s, on {os.cpu_count()} processors")
    else:
        print_throughput()


if __name__ == "__main__":
    main()
