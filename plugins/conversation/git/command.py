"""Running the git command: no shell, a clean environment, a time limit.

Rule: what a stranger wrote reaches git through standard input only, never in an argument or a path. Only this folder
starts git.
"""

import atexit
import os
import re
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import ConversationError

TIMEOUT_SECONDS = 30.0
"""A command on a local repository takes milliseconds; one that takes this long hangs on a disk."""
OLDEST = (2, 36)
"""The first that knows `core.fsync` for refs."""
NOT_STARTED = 127
"""Status of a `GitError` where there is no git, as a shell has it."""
OF_A_SERVICE = (
    "core.fsync=all", "core.fsyncMethod=fsync", "fastimport.unpackLimit=0", "core.hooksPath=/dev/null",
    "core.warnAmbiguousRefs=false",
)  # fmt: skip
"""For repositories of our own. Left alone, git writes refs and loose objects without fsync, and runs programs it finds."""
OF_USERS = ("GIT_CONFIG", "GIT_SSH", "GIT_ASKPASS", "GIT_SSL", "GIT_HTTP", "GIT_PROXY", "GIT_ALLOW_PROTOCOL")
"""Variables that say how this user reaches other machines; every other GIT_* names a repository or changes an answer."""


class GitError(ConversationError):
    """A git command failed, with what git said."""

    def __init__(self, command: str, status: int | None, said: str) -> None:
        ended = "did not end in time" if status is None else f"ended with {status}"
        super().__init__(f"git {command} {ended}: {said or 'without a word'}")
        self.command = command
        self.status = status
        """As `subprocess` gives it, negative for a signal; None: it was stopped because it took too long."""
        self.said = said


@dataclass(frozen=True, slots=True)
class Answer:
    """How a git command ended."""

    status: int
    """As `subprocess` gives it, negative for a signal."""
    printed: bytes
    said: str
    """What it wrote to standard error, without white space around it."""


@dataclass(frozen=True, slots=True)
class Git:
    """A repository, and how git is run on it."""

    repository: Path
    """The bare repository, or the top of a work tree."""
    is_bare: bool = True
    settings: tuple[str, ...] = OF_A_SERVICE
    """`name=value`, which no configuration file overrules."""
    asks_user_settings: bool = False
    """Whether the configuration of the user and the machine counts: for what reaches other machines, or bears a name."""
    passes_broken_refs: bool = False
    """Whether a ref that leads nowhere is passed over: for fetching, which else fails of it; never where anything is dropped."""

    def run(
        self, *arguments: str, input: bytes = b"", timeout_seconds: float = TIMEOUT_SECONDS, held: Sequence[int] = ()
    ) -> bytes:
        """Return what a git command prints; raises GitError where it does not end with 0. The rest is as for `ask`."""
        answer = self.ask(*arguments, input=input, timeout_seconds=timeout_seconds, held=held)
        if answer.status != 0:
            raise GitError(arguments[0], answer.status, answer.said)
        return answer.printed

    def ask(
        self, *arguments: str, input: bytes = b"", timeout_seconds: float = TIMEOUT_SECONDS, held: Sequence[int] = ()
    ) -> Answer:
        """Return how a git command ended and what it wrote; raises GitError where it cannot start or takes too long.

        `held` are open files that the command keeps open as well, so that a lock on one lasts as long as it does. It has
        a session of its own: nothing it starts can ask at the terminal, and all of it is stopped with it.
        """
        place = (f"--git-dir={self.repository}",) if self.is_bare else ("-C", str(self.repository))
        options = [part for setting in self.settings for part in ("-c", setting)]
        environment = make_environment(asks_user_settings=self.asks_user_settings)
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed command, read by no shell
                ["git", *place, *options, *arguments],  # noqa: S607 - wherever the blogger has it
                env=environment | ({"GIT_REF_PARANOIA": "0"} if self.passes_broken_refs else {}), start_new_session=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=tuple(held),
            )  # fmt: skip
        except OSError as error:
            raise GitError(arguments[0], NOT_STARTED, f"cannot be started ({error}); install git") from error
        if self.asks_user_settings:
            _reaching_out.add(process)
        try:
            printed, said = process.communicate(input, timeout=timeout_seconds)
        except BaseException as error:
            _stop(process)
            if isinstance(error, subprocess.TimeoutExpired):
                raise GitError(arguments[0], None, f"stopped after {timeout_seconds:g} s") from error
            raise
        finally:
            _reaching_out.discard(process)
        return Answer(process.returncode, printed, said.decode(errors="replace").strip())


_reaching_out: set["subprocess.Popen[bytes]"] = set()
"""Commands that may be waiting for another machine; one that a thread of ours waits for ends with this process."""


@atexit.register
def _stop_reaching_out() -> None:
    for process in tuple(_reaching_out):
        _kill(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Kill a command and whatever it started: ssh, a remote's helper."""
    _kill(process)
    process.communicate()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def make_environment(*, asks_user_settings: bool) -> dict[str, str]:
    """Return this process's environment without what git's hooks and users set to steer git, and in English."""
    kept = OF_USERS if asks_user_settings else ()
    found = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(kept)}
    if not asks_user_settings:
        found |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return found | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1"}


def hide_password(text: str) -> str:
    """Return what git said without the names and passwords that addresses in it may hold."""
    return re.sub(r"://[^/@\s]+@", "://", text)


def require_version(git: Git) -> None:
    """Raise GitError where git is older than `OLDEST`."""
    printed = git.run("version").decode(errors="replace")
    found = re.search(r"(\d+)\.(\d+)", printed)
    if found is None or tuple(map(int, found.groups())) < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        raise GitError(
            "version", 0, f"{printed.strip()} cannot promise that a comment is on disk; install {wanted} or later"
        )
