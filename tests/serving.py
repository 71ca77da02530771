"""`pelican-comments serve`, running, for tests."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from queue import Empty, SimpleQueue

from .building import TestSite
from .conftest import PATIENCE_SECONDS

COMMAND = ("pelican_comments",)


def find_free_port() -> int:
    """Return a port that nobody listens on, and that the system gives to no connection: one to itself would take it."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
            return port


class Served:
    """`pelican-comments serve`, running."""

    def __init__(
        self, site: TestSite, *, prefix: tuple[str, ...] = (), options: tuple[str, ...] = (), **environment: str
    ) -> None:
        """`prefix` is a command that runs the command behind it; `options` stand before the name of the command."""
        self.site = site
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", *COMMAND, *options, "serve", "--port", "0"],
            cwd=site.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )  # fmt: skip
        self.printed = ""
        self.lines: SimpleQueue[str] = SimpleQueue()
        """What is printed; an empty text when the process has ended."""
        threading.Thread(target=self._read_lines, daemon=True).start()
        self.address = self.wait_for_line(r"Serving (http://127\.0\.0\.1:\d+)")

    def _read_lines(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def wait_for_line(self, pattern: str) -> str:
        """Return the first group of the next line with `pattern`, within `PATIENCE_SECONDS` from the one before."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE_SECONDS)
            except Empty:
                raise AssertionError(f"no {pattern!r} in {self.printed}") from None
            self.printed += line
            assert line, f"it ended without {pattern!r} in {self.printed}"
            if found := re.search(pattern, line):
                return found[1]

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text; a page that is written at this moment is whole all the same."""
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=PATIENCE_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def send(self, method: str, path: str) -> int:
        """Return the status of a request with an empty body."""
        request = urllib.request.Request(f"{self.address}{path}", b"", method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def count_lines(self, text: str) -> int:
        """Return how many lines with `text` were printed until now."""
        while not self.lines.empty():
            self.printed += self.lines.get()
        return sum(text in line for line in self.printed.splitlines())

    def wait_until(self, path: str, text: str, *, seconds: float = PATIENCE_SECONDS) -> float:
        """Return how long it took until `text` is on the page."""
        start = time.monotonic()
        while time.monotonic() < start + seconds:
            if text in self.get(path)[1]:
                return time.monotonic() - start
            time.sleep(0.05)
        raise AssertionError(f"{text!r} did not come to {path}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=PATIENCE_SECONDS)
        self.process.stdout.close()
        return code
