"""A receiver that starts quickly: forked from a process that has its modules loaded, so that hundreds of kills take minutes.

Rule: nothing but imports is done before the fork; settings, inbox, application and server are made in each process anew.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import waitress
from pelican.plugins.conversation.receiver import assembly, create_app, moderator
from pelican.plugins.conversation.receiver.incoming import MAX_REQUEST_BYTES

from .receiver_load import RunningReceiver

PROJECT = Path(__file__).parent.parent
LOADED = (assembly, moderator)
"""What `create_app` would import."""
THREADS = 32
"""As the recipe has it."""


class ForkedReceiver(RunningReceiver):
    """A small site whose receiver is forked and served by waitress, each time in a new process."""

    def __init__(self, root: Path) -> None:
        """Start the process that forks."""
        super().__init__(root)
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.receiver_forks", str(self.root), str(self.port)],
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self) -> "Forked":
        """Start a receiver; it answers some time later."""
        return Forked(int(self._ask("start")), self)

    def reap(self) -> None:
        """Wait for the end of the one that was started last."""
        self._ask("wait")

    def close(self) -> None:
        """End the process that forks."""
        self._parent.communicate()

    def _ask(self, word: str) -> str:
        assert self._parent.stdin
        assert self._parent.stdout
        self._parent.stdin.write(f"{word}\n".encode())
        self._parent.stdin.flush()
        line = self._parent.stdout.readline()
        assert line, "the process that forks has ended"
        return line.decode()


@dataclass(frozen=True, slots=True)
class Forked:
    """One receiver, as `subprocess.Popen` would have it."""

    pid: int
    receiver: ForkedReceiver

    def poll(self) -> None:
        """Say nothing: one that ends by itself does not answer."""

    def kill(self) -> None:
        """Kill it (-9)."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait until it is gone."""
        self.receiver.reap()


def serve_forks(root: Path, port: int) -> None:
    """Fork a receiver, or wait for its end, as each line of standard input says."""
    os.environ["CONVERSATION_SETTINGS"] = str(root / "pelicanconf.py")
    process = 0
    for line in sys.stdin:
        if line == "wait\n":
            os.waitpid(process, 0)
            os.write(1, b"gone\n")
        elif (process := os.fork()) == 0:
            waitress.serve(
                create_app(), host="127.0.0.1", port=port, threads=THREADS, clear_untrusted_proxy_headers=False,
                max_request_body_size=MAX_REQUEST_BYTES + 1, _quiet=True,
            )  # fmt: skip
            os._exit(0)
        else:
            os.write(1, f"{process}\n".encode())


if __name__ == "__main__":
    serve_forks(Path(sys.argv[1]), int(sys.argv[2]))
