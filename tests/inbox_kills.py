"""Killing writers of an inbox: at random moments, and at a chosen system call of theirs or of a git command they started.

Rule: every writer here is a process of its own, and each one that starts proves that the one before left nothing in its
way. The caller ends with `inbox_load.verify`.
"""

import ctypes
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.values import Add, Change, InboxUnavailableError, Move
from pelican.plugins.conversation.model import State

from .inbox_load import Journal, make_submission

PROJECT = Path(__file__).parent.parent
STAGES = ("writer", "cat-file", "fast-import", "update-ref")
"""The processes that write one submission: our own, and git's in their order."""
SHIM = """#!/bin/sh
# Runs git; once, the command $KILL_STAGE under strace with $KILL_OPTIONS, and its writer is killed with it if $KILL_WRITER.
case " $* " in *" $KILL_STAGE "*)
  if mkdir "$KILL_ONCE" 2>/dev/null; then
    strace $KILL_OPTIONS {git} "$@"
    status=$?
    [ $status -eq 137 ] && touch "$KILL_ONCE/killed" && [ -n "$KILL_WRITER" ] && kill -9 $PPID
    exit $status
  fi
esac
exec {git} "$@"
"""


@dataclass
class Kills:
    """What was killed, and what the writers said."""

    journal: Journal = field(default_factory=Journal)
    count: int = 0
    slowest_seconds: float = 0.0
    """From the start of a process after a kill to the first acknowledgement, or to its inbox being open."""

    def note_start(self, seconds: float) -> None:
        """Remember the slowest start."""
        self.slowest_seconds = max(self.slowest_seconds, seconds)


def kill_at_random(path: Path, *, kills: int, threads: int = 8, within_seconds: float = 0.4) -> Kills:
    """Start a writer, let it acknowledge something, kill it; again and again."""
    done = Kills()
    for number in range(kills):
        started = time.monotonic()
        command = [sys.executable, "-m", "tests.inbox_load", str(path), f"r{number}", str(threads)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            said = b""
            while b"ack " not in said:
                piece = os.read(writer.stdout.fileno(), 65536)
                assert piece, "the writer ended by itself"
                said += piece
            done.note_start(time.monotonic() - started)
            time.sleep(random.uniform(0, within_seconds))
            writer.kill()
            done.journal.read(said + writer.stdout.read())
            done.count += 1
    return done


class OneByOne:
    """Writers of one submission each, forked from a process that has everything loaded, and killed at a system call."""

    def __init__(self, path: Path, folder: Path, *program: str) -> None:
        """Write to the inbox at `path`; `folder` is for the shim that stands before git.

        A submission that is to end under another state than pending is added first, and its move is what is killed.
        `program` forks in place of this module, its arguments behind its name, and calls `serve_forks` as well.
        """
        self.path, self.folder = path, folder
        self.kills = Kills()
        self.number = 0
        git = shutil.which("git")
        shim = folder / "bin" / "git"
        shim.parent.mkdir()
        shim.write_text(SHIM.replace("{git}", str(git)), "utf-8")
        shim.chmod(0o755)
        environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}", "KILL_ONCE": str(folder / "once")}
        self.parent = subprocess.Popen(
            [sys.executable, "-m", *(program or ("tests.inbox_kills", str(path)))],
            cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def close(self) -> None:
        """End the process that forks."""
        assert self.parent.stdin
        assert self.parent.stdout
        self.parent.stdin.close()
        self.parent.wait()
        self.parent.stdout.close()

    def find_calls(self, stage: str, *, then: State = State.PENDING) -> list[tuple[str, int]]:
        """Return every system call that a stage makes after its first instruction: its name, and the how manyeth of it."""
        trace = self.folder / "trace"
        self._run(stage, ["-o", str(trace)], then=then, with_writer=False)
        names = re.findall(r"^(\w+)\(", trace.read_text("utf-8", "replace"), re.MULTILINE)
        counted = Counter[str]()
        found = []
        for name in names:
            counted[name] += 1
            found.append((name, counted[name]))
        return found

    def kill(self, stage: str, call: tuple[str, int], *, then: State = State.PENDING, with_writer: bool = True) -> bool:
        """Kill a stage as it enters one of its system calls; return whether it came that far."""
        options = ["-o", "/dev/null", "-e", f"inject={call[0]}:signal=SIGKILL:when={call[1]}"]
        was_killed = self._run(stage, options, then=then, with_writer=with_writer)
        self.kills.count += was_killed
        return was_killed

    def _run(self, stage: str, options: list[str], *, then: State, with_writer: bool) -> bool:
        """Let a writer write one submission, with one stage under strace; return whether that stage was killed."""
        self.number += 1
        once = self.folder / "once"
        shutil.rmtree(once, ignore_errors=True)
        words = (f"k{self.number}", then.value, stage, "yes" if with_writer else "no", *options)
        started = time.monotonic()
        assert self.parent.stdin
        self.parent.stdin.write(f"{' '.join(words)}\n".encode())
        self.parent.stdin.flush()
        process = int(self._read_until("started")[1])
        if self.kills.count:  # before the first kill, the process that forks is starting too
            self.kills.note_start(time.monotonic() - started)
        if stage == "writer":
            return self._trace_writer(process, options) == signal.SIGKILL
        os.kill(process, signal.SIGUSR1)
        self._read_until("ended")
        return (once / "killed").exists()

    def _trace_writer(self, process: int, options: list[str]) -> int:
        command = ["strace", *options, "-p", str(process)]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as tracer:
            assert tracer.stderr
            said = tracer.stderr.readline()
            assert b"attached" in said, said
            os.kill(process, signal.SIGUSR1)
            status = int(self._read_until("ended")[1])
            tracer.communicate()
        return status

    def _read_until(self, word: str) -> list[str]:
        assert self.parent.stdout
        while True:
            line = self.parent.stdout.readline()
            assert line, "the process that forks has ended"
            self.kills.journal.read(line)
            if line.split()[0] == word.encode():
                return line.decode().split()


def serve_forks(write_one: Callable[[str, str], None]) -> None:
    """Fork a writer for each line of standard input: id, state, stage, whether the writer dies with it, strace's options.

    `write_one` gets id and state, and calls `get_ready` and `await_signal`.
    """
    for line in sys.stdin:
        id, then, stage, with_writer, *options = line.split()
        process = os.fork()
        if process == 0:
            os.environ |= {
                "KILL_STAGE": stage, "KILL_OPTIONS": " ".join(options),
                "KILL_WRITER": "1" if with_writer == "yes" else "",
            }  # fmt: skip
            with suppress(InboxUnavailableError):  # git was killed alone
                write_one(id, then)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        os.write(1, f"ended {status}\n".encode())


def get_ready() -> None:
    """Let whoever wants to trace this process; until `await_signal` the shim lets git be."""
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    Path(os.environ["KILL_ONCE"]).mkdir()


def await_signal() -> None:
    """Say that everything is ready, and wait for the word to go on."""
    Path(os.environ["KILL_ONCE"]).rmdir()
    os.write(1, f"started {os.getpid()}\n".encode())
    signal.sigwait([signal.SIGUSR1])


def _write_one(path: Path, id: str, then: str) -> None:
    get_ready()
    inbox = Inbox.open(path)
    state, change = State(then), Add(make_submission(id))
    if state is not State.PENDING:
        revision = _write(inbox, change, State.PENDING)
        change = Move(id, State.PENDING, state, revision)
    await_signal()
    _write(inbox, change, state)


def _write(inbox: Inbox, change: Change, state: State) -> str:
    os.write(1, f"try {change.id} {state.value}\n".encode())
    (result,) = inbox.apply([change])
    if not isinstance(result, str):
        raise result
    os.write(1, f"ack {change.id} {state.value}\n".encode())
    return result


if __name__ == "__main__":
    serve_forks(partial(_write_one, Path(sys.argv[1])))
