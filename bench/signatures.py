"""What a signature costs to verify: `python bench/signatures.py`, for the decision in ARCHITECTURE.md.

Rule: both ways verify the same files in turns, so that a busy machine slows both; the ratio is what counts.
"""

import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pelican.plugins.conversation.comments.allowed_signers import NAMESPACE, parse_allowed_signers
from pelican.plugins.conversation.comments.signatures import verify_signature

KINDS = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa 256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa 521": ("-t", "ecdsa", "-b", "521"),
    "rsa 3072": ("-t", "rsa", "-b", "3072"),
}
FILES = 20
ROUNDS = 3
DATE = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def sign_samples(folder: Path, options: tuple[str, ...]) -> list[Path]:
    """Make a key, the `allowed_signers` that lists it for `ann`, and files of 1 kB with their signatures."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", *options, "-N", "", "-f", key], check=True)
    (folder / "allowed_signers").write_text(f"ann {key.with_suffix('.pub').read_text()}", encoding="utf-8")
    paths = [folder / f"{number}.md" for number in range(FILES)]
    for number, path in enumerate(paths):
        path.write_text(f"{number} " * 400, encoding="utf-8")
    subprocess.run(["ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", NAMESPACE, *paths], check=True)
    return paths


def make_verifiers(folder: Path) -> tuple[Callable[[Path], None], Callable[[Path], None]]:
    """Return what verifies a file here, and what lets ssh-keygen do it; either raises where it fails."""
    allowed = folder / "allowed_signers"
    signers, _ = parse_allowed_signers(allowed.read_text(encoding="utf-8"), str(allowed))
    command = ["ssh-keygen", "-Y", "verify", "-q", "-f", str(allowed), "-I", "ann", "-n", NAMESPACE, "-s"]

    def verify_here(path: Path) -> None:
        signature = path.with_name(f"{path.name}.sig").read_bytes()
        verify_signature(path.read_bytes(), signature, author="ann", signers=signers, date=DATE)

    def run_ssh_keygen(path: Path) -> None:
        with path.open("rb") as file:
            subprocess.run([*command, f"{path}.sig"], stdin=file, check=True)

    return verify_here, run_ssh_keygen


def time_each(verify: Callable[[Path], None], paths: list[Path]) -> list[float]:
    """Return the seconds each file took."""
    times = []
    for path in paths:
        start = time.perf_counter()
        verify(path)
        times.append(time.perf_counter() - start)
    return times


def main() -> None:
    """Print the medians and their ratio for each kind of key."""
    print(f"{'key':<10} {'here, ms':>10} {'ssh-keygen, ms':>15} {'ratio':>7}")
    for kind, options in KINDS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            paths = sign_samples(folder, options)
            verifiers = make_verifiers(folder)
            verifiers[0](paths[0])  # the first one imports the library
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(ROUNDS):
                for verify, found in zip(verifiers, times, strict=True):
                    found.extend(time_each(verify, paths))
        here, command = median(times[0]) * 1000, median(times[1]) * 1000
        print(f"{kind:<10} {here:>10.3f} {command:>15.2f} {command / here:>7.0f}")


if __name__ == "__main__":
    main()
