"""Load for a receiver that runs as on a server: clients over HTTP, kills, and the check of what became of their comments.

Rule: a word in its text tells each comment from every other one, so that what was kept can be compared with what was
answered, whichever answer never came.
"""

import http.client
import itertools
import json
import os
import random
import re
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode

from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.lock import find_left_behind
from pelican.plugins.conversation.inbox.values import STATES

from .building import TestSite
from .inbox_load import Load
from .inbox_load import find_faults as find_inbox_faults
from .serving import find_free_port

RECIPE = Path(__file__).parent.parent / "docs" / "recipes" / "conversation.service"
SETTINGS = """\
CONVERSATION_RECEIVER = "/conversation"
CONVERSATION_TRUSTED_PROXIES = ["127.0.0.1"]
CONVERSATION_RATE_LIMITS = ["10000000 per day"]
"""
BROKEN = (OSError, http.client.HTTPException)
"""What a client sees of a receiver that dies."""
PATIENCE_SECONDS = 120.0


class Process(Protocol):
    """What is asked of a receiver's process."""

    def poll(self) -> int | None:
        """Return how it ended; None: it runs."""

    def kill(self) -> None:
        """Kill it (-9)."""

    def wait(self) -> object:
        """Wait until it is gone."""


class RunningReceiver:
    """A small site whose receiver is started as the systemd recipe starts it."""

    def __init__(self, root: Path, *, pages: int = 1, threads: int | None = None) -> None:
        """Write the site, with pages `page-0`, `page-1` and so on; `threads` of waitress, if not as many as the recipe says."""
        self.root = root = root.absolute()
        site = TestSite(root, SETTINGS)
        for number in range(pages):
            site.write_article(f"page-{number}")
        self.port = find_free_port()
        program, *options = shlex.split(re.findall(r"^ExecStart=(.*)$", RECIPE.read_text("utf-8"), re.M)[0])
        options = [option.replace("127.0.0.1:8001", f"127.0.0.1:{self.port}") for option in options]
        if threads is not None:
            options = [re.sub(r"--threads=\d+", f"--threads={threads}", option) for option in options]
        self._command = [str(Path(sys.executable).with_name(Path(program).name)), *options]

    @property
    def inbox(self) -> Inbox:
        """Its inbox, opened anew."""
        return Inbox.open(self.root / "var" / "inbox.git")

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it; it answers some time later."""
        return subprocess.Popen(
            self._command, cwd="/", env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def run_to_end(self) -> "subprocess.CompletedProcess[str]":
        """Start one that cannot work, and return how it ended."""
        return subprocess.run(
            self._command, cwd="/", env=self._environment, capture_output=True, text=True,
            timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CONVERSATION_SETTINGS": str(self.root / "pelicanconf.py")}

    def await_answer(self, process: Process) -> None:
        """Return when it answers."""
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            assert process.poll() is None, "the receiver ended by itself"
            try:
                Client(self.port).close()
                return
            except BROKEN:
                time.sleep(0.02)
        raise AssertionError("the receiver does not answer")


class Client:
    """A visitor with a connection of their own."""

    def __init__(self, port: int, *, number: int = 0) -> None:
        """Connect; raises OSError."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        self._connection.connect()
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            "X-Forwarded-For": f"198.51.100.{number % 250}",
        }  # fmt: skip

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def preview(self, thread: str, word: str) -> dict[str, str]:
        """Preview a comment and return the form to send."""
        form = {"thread": thread, "name": "Reader", "body": f"The word is {word}."}
        return {**form, "token": self._post("preview", form, 200)["token"]}

    def send(self, form: dict[str, str]) -> str:
        """Send a comment and return its id; raises one of `BROKEN` where it was not acknowledged."""
        return self._post("comments", form, 201)["id"]

    def _post(self, path: str, form: dict[str, str], expected: int) -> dict[str, str]:
        self._connection.request("POST", f"/conversation/{path}", urlencode(form), self._headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status != expected:
            raise http.client.HTTPException(f"{response.status}: {data[:200]!r}")
        return json.loads(data)


@dataclass
class Sent:
    """What clients sent, and what they were told."""

    tried: set[str] = field(default_factory=set)
    """Words whose sending began."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Id by word."""
    seconds: list[float] = field(default_factory=list)
    """How long each acknowledged sending took."""
    refused: list[str] = field(default_factory=list)
    """What went wrong otherwise."""

    def send(self, client: Client, thread: str, word: str) -> None:
        """Preview and send one comment, and remember how that went."""
        form = client.preview(thread, word)
        self.tried.add(word)
        started = time.perf_counter()
        id = client.send(form)
        self.seconds.append(time.perf_counter() - started)
        self.acknowledged[word] = id


def find_faults(inbox: Inbox, sent: Sent) -> list[str]:
    """Return everything that is wrong, a line each: lost, double, never sent, damaged (`git fsck --strict`), left behind."""
    faults = [*find_inbox_faults(inbox), *(f"left behind: {path}" for path in find_left_behind(inbox.path))]
    kept: dict[str, list[str]] = {}
    for stored in (stored for state in STATES for stored in inbox.submissions(state)):
        words = re.findall(rb"The word is ([\w-]+)\.", stored.submission.comment)
        kept.setdefault(words[0].decode() if words else "", []).append(stored.submission.id)
    faults += [f"{word} is there and nobody sent it" for word in kept.keys() - sent.tried]
    faults += [f"{word} is there {len(ids)} times" for word, ids in kept.items() if len(ids) > 1]
    faults += [
        f"{word} was acknowledged and is lost" for word, id in sent.acknowledged.items() if kept.get(word) != [id]
    ]
    return faults


def run_together(work: Iterable[Callable[[], None]]) -> float:
    """Run everything at once, each in a thread; return the seconds until the last has ended."""
    threads = [threading.Thread(target=one) for one in work]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started


def send_at_once(receiver: RunningReceiver, *, clients: int, each: int, pages: int = 1) -> tuple[Sent, Load]:
    """Let clients each send some comments one after the other, all at once, to so many pages in turn."""
    sent = Sent()
    process = receiver.start()

    def run(number: int) -> None:
        try:
            client = Client(receiver.port, number=number)
            for n in range(each):
                sent.send(client, f"page-{(number + n) % pages}", f"w{number}-{n}")
            client.close()
        except BROKEN as error:
            sent.refused.append(f"client {number}: {error}")

    try:
        receiver.await_answer(process)
        elapsed = run_together([lambda number=number: run(number) for number in range(clients)])
    finally:
        process.terminate()
        process.wait()
    return sent, Load(sent.seconds, list(sent.acknowledged), sent.refused, elapsed)


@dataclass
class Killed:
    """What became of a receiver that was killed again and again."""

    sent: Sent = field(default_factory=Sent)
    count: int = 0
    slowest_seconds: float = 0.0
    """From its start to its first acknowledgement."""


def _send_until_over(
    sent: Sent, port: int, number: int, *, words: Iterator[str], has_one: threading.Event, is_over: threading.Event
) -> None:
    """Send comments one after the other, again with a new connection where one breaks.

    For an instant after a kill, a git command that was being started still holds the dead receiver's socket, and whoever
    connects then is cut off.
    """
    while not is_over.is_set():
        try:
            client = Client(port, number=number)
        except OSError:
            time.sleep(0.02)
            continue
        with suppress(*BROKEN), closing(client):
            while not is_over.is_set():
                sent.send(client, "page-0", next(words))
                has_one.set()


def kill_at_random(receiver: RunningReceiver, *, kills: int, clients: int = 8, within_seconds: float = 0.4) -> Killed:
    """Start the receiver, let it acknowledge something, kill it (-9) at some moment; again and again."""
    done = Killed()
    for number in range(kills):
        started = time.monotonic()
        process = receiver.start()
        has_one, is_over = threading.Event(), threading.Event()
        words = map(f"k{number}-{{}}".format, itertools.count())  # a generator would not do for several threads
        work = partial(_send_until_over, done.sent, receiver.port, words=words, has_one=has_one, is_over=is_over)
        threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
        for thread in threads:
            thread.start()
        try:
            assert has_one.wait(PATIENCE_SECONDS), "nothing is acknowledged"
            done.slowest_seconds = max(done.slowest_seconds, time.monotonic() - started)
            time.sleep(random.uniform(0, within_seconds))
        finally:
            is_over.set()
            process.kill()
            process.wait()
            for thread in threads:
                thread.join()
        done.count += 1
    return done
