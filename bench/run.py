"""Run the measurements and write `bench/results.md` with its plot: `make bench`, or `make bench-quick` for the smallest site.

    python bench/run.py [--sizes S,M,L] [--rounds 3] [--only-builds] [--show]

Rule: a figure counts only as a ratio against what stands beside it; machines differ, and this one may be busy.
"""

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from blog import SIZES
from build import measure_all
from report import write_report

HERE = Path(__file__).parent
SCRIPTS = ("markup", "signatures")
"""Each prints one table; `wordpress_import` and others that need an argument are run by hand, see their first lines."""


def run_script(name: str) -> str:
    """Return what a script prints; its errors end the run."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, HERE / f"{name}.py"], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench/{name}.py failed:\n{done.stderr}")
    return done.stdout.rstrip()


def read_arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(SIZES), help="which blogs, from small to large")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is built")
    parser.add_argument("--only-builds", action="store_true", help="leave out {}".format(" and ".join(SCRIPTS)))
    parser.add_argument("--show", action="store_true", help="print the results and write no file")
    return parser.parse_args()


def main() -> None:
    """Write or show the results."""
    arguments = read_arguments()
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    table, plot = write_report(measure_all(arguments.sizes.split(","), rounds=arguments.rounds))
    parts = [
        f"# Measurements\n\nWritten by `bench/run.py` on {datetime.now(UTC):%Y-%m-%d}: {machine}. [How to read it](README.md).",
        f"## Builds of the synthetic blog\n\n{table}\n\n![CPU seconds by the number of comments](results.svg)",
    ]
    for name in () if arguments.only_builds else SCRIPTS:
        first_line = (HERE / f"{name}.py").read_text("utf-8").splitlines()[0].strip('"')
        parts.append(f"## {name}\n\n{first_line}\n\n```\n{run_script(name)}\n```")
    if arguments.show:
        print("\n\n".join(parts))
        return
    (HERE / "results.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    (HERE / "results.svg").write_text(plot, "utf-8")
    print(f"written: {HERE / 'results.md'}", file=sys.stderr)


if __name__ == "__main__":
    main()
