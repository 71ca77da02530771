"""Run the measurements that take minutes, not hours, and write `bench/results.md`: `make bench`.

Rule: a figure counts only as a ratio against what stands beside it; machines differ, and this one may be busy.
"""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = ("build", "markup", "signatures")
"""Each prints one table; `wordpress_import` and others that need an argument are run by hand, see their first lines."""


def run_script(name: str) -> str:
    """Return what a script prints; its errors end the run."""
    print(f"{name} ...", file=sys.stderr, flush=True)
    done = subprocess.run([sys.executable, HERE / f"{name}.py"], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"bench/{name}.py failed:\n{done.stderr}")
    return done.stdout.rstrip()


def main() -> None:
    """Write the results of all scripts."""
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    parts = [f"# Measurements\n\nWritten by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine}."]
    for name in SCRIPTS:
        first_line = (HERE / f"{name}.py").read_text("utf-8").splitlines()[0].strip('"')
        parts.append(f"## {name}\n\n{first_line}\n\n```\n{run_script(name)}\n```")
    (HERE / "results.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    print(f"written: {HERE / 'results.md'}", file=sys.stderr)


if __name__ == "__main__":
    main()
