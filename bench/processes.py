"""Whole processes, measured: CPU seconds, wall seconds and peak memory of a command with all it starts.

Rule: what is measured is what the kernel says of the process when it is waited for (`wait4`), interpreter and imports
included; a command that fails ends the measurement. Commands are started by a process that never grows, as the kernel
counts what the one that starts a command has in memory as the command's.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""With it, modules that were not compiled as they were installed are compiled in every process; hardly anybody has that."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run took."""

    cpu: float
    """Seconds, user and system."""
    wall: float
    """Seconds."""
    memory: int
    """Peak of what was resident, in bytes."""


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a folder and return its cost."""
    return _STARTER.submit(_run, command, folder, environment).result()


def _run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str] | None) -> Cost:
    with (folder / "bench.log").open("wb") as log:
        before = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={name: value for name, value in os.environ.items() if name != UNCOMPILED} | dict(environment or {}),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command} ended with {process.returncode}:\n{(folder / 'bench.log').read_text('utf-8')[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def find_median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(
        median(cost.cpu for cost in costs),
        median(cost.wall for cost in costs),
        int(median(cost.memory for cost in costs)),
    )


def read_all(folder: Path) -> None:
    """Read every file below a folder, so that none has to come from the disk while something is measured."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.read_bytes()


_STARTER = ProcessPoolExecutor(1)
_STARTER.submit(int).result()  # a copy of this process, made before anything large is in it
