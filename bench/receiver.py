"""How many comments the receiver takes over HTTP, beside plain git commands; with `kills`, what 300 kills leave of them.

Rule: the receiver runs as the recipe for systemd starts it, every run ends with the check of the tests, and a fault ends
the bench. `kills` takes a quarter of an hour and needs strace.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from inbox import FOLDER, format_kills, kill_everywhere, measure_inbox, measure_naive, require_none, write_plainly

from tests.inbox_kills import STAGES
from tests.receiver_forks import ForkedReceiver
from tests.receiver_kills import open_writers
from tests.receiver_load import Client, Killed, RunningReceiver, Sent, find_faults, kill_at_random, send_at_once

CLIENTS, EACH = 64, 25
KILLS, STARTS = 300, 40


@contextmanager
def new_folder() -> Iterator[Path]:
    """Give an empty folder on a disk."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def new_receiver(*, pages: int = 1, threads: int | None = None) -> Iterator[RunningReceiver]:
    """Give a receiver on a disk, with an empty inbox."""
    with new_folder() as folder:
        yield RunningReceiver(folder, pages=pages, threads=threads)


def print_throughput() -> None:
    """Print a line for one page and for as many as clients, with plain commands measured just before."""
    print(f"naive writer, 64 clients in one work tree: {measure_naive()}\n")
    print(
        f"{'64 clients, each comment':26} {'plain refs,':>12} {'receiver,':>12} {'ratio':>6} {'median, ms':>11} {'p99, ms':>8}"
    )
    print(f"{'previewed and sent':26} {'a second':>12} {'a second':>12}")
    for pages in (1, CLIENTS):
        plain = measure_inbox(lambda inbox, id: write_plainly(inbox.git, id), clients=CLIENTS, each=3)
        with new_receiver(pages=pages) as receiver:
            sent, load = send_at_once(receiver, clients=CLIENTS, each=EACH, pages=pages)
            require_none([*load.refused, *find_faults(receiver.inbox, sent)])
        median, high = load.quantile(0.5) * 1000, load.quantile(0.99) * 1000
        name = f"on {pages} page{'s' if pages > 1 else ''}"
        print(f"{name:26} {plain.rate:12.0f} {load.rate:12.0f} {load.rate / plain.rate:6.1f} {median:11.0f} {high:8.0f}", flush=True)  # fmt: skip


def print_random_kills() -> None:
    """Kill the receiver at random moments, and print what became of what it had acknowledged.

    Started as in the recipe it imports for some seconds on a busy machine, which shows how long it is away; the other
    kills are for what it leaves behind.
    """
    starts = measure_starts(10)
    print(f"a start with nothing to mend takes {starts[5]:.1f} s, {starts[-1]:.1f} s at most of 10", flush=True)
    for name, kills, kind in (
        ("as the recipe starts it", STARTS, RunningReceiver),
        ("started by fork", KILLS - STARTS, ForkedReceiver),
    ):
        with new_folder() as folder:
            receiver = kind(folder)
            done = kill_at_random(receiver, kills=kills)
            require_none(find_faults(receiver.inbox, done.sent))
            if isinstance(receiver, ForkedReceiver):
                receiver.close()
        print_killed(f"at random moments, {name}", done)


def measure_starts(count: int) -> list[float]:
    """Return how long starts take, to the first acknowledgement, of a receiver that was ended in peace; in order of length."""
    found = []
    with new_receiver() as receiver:
        for number in range(count + 1):  # the first one makes the inbox and the index
            started = time.monotonic()
            process = receiver.start()
            receiver.await_answer(process)
            client, sent = Client(receiver.port), Sent()
            sent.send(client, "page-0", f"s{number}")
            found.append(time.monotonic() - started)
            client.close()
            process.terminate()
            process.wait()
    return sorted(found[1:])


def print_killed(name: str, done: Killed) -> None:
    """Print what became of a receiver."""
    print(
        f"{name:44} {done.count:5} kills, {len(done.sent.acknowledged):5} acknowledged of "
        f"{len(done.sent.tried):5}, none lost or double; back in {done.slowest_seconds:.1f} s at most",
        flush=True,
    )


def kill_at_every_call(stage: str) -> str:
    """Kill one stage of a submission at each of its system calls; return the line to print."""
    with new_receiver() as receiver, tempfile.TemporaryDirectory() as folder:
        writers = open_writers(receiver, Path(folder))
        calls = kill_everywhere(writers, stage)
        writers.close()
        return format_kills(f"{stage}, {calls} calls", writers.kills, receiver.inbox, make_expected=None)


def main() -> None:
    """Measure throughput, or kill."""
    started = time.monotonic()
    if sys.argv[1:] == ["kills"]:
        print_random_kills()
        with ThreadPoolExecutor(len(STAGES)) as pool:  # after most kills somebody waits for a lock to become stale
            for line in pool.map(kill_at_every_call, STAGES):
                print(line, flush=True)
    else:
        print_throughput()
    print(
        f"{time.monotonic() - started:.0f} s, on {os.cpu_count()} processors; load {os.getloadavg()[0]:.1f} at the end"
    )


if __name__ == "__main__":
    main()
