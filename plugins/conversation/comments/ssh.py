"""Signing with the ssh-keygen command: which key, and the `.sig` beside each file.

Rule: ssh-keygen never writes into the site. It signs copies in a folder of its own, because it asks before it
overwrites a signature and, left without an answer, keeps the old one and exits with 0. A failure changes no signature.
"""

import base64
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import SigningError
from ..git.command import NOT_STARTED, Git, GitError
from .allowed_signers import NAMESPACE

FILES_A_CALL = 4000
"""With names of four digits, 20 kB of arguments: Windows takes 32 kB, every other system more."""
DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Looked for in `~/.ssh`, in this order."""

_NO_SSH_KEYGEN = "there is no ssh-keygen on the PATH; install OpenSSH's client (Debian: `apt install openssh-client`)"
_REMEDIES = (
    ("too open", "run `chmod 600 {key}`"),
    ("passphrase", "run `ssh-add {key}` first, or sign in a terminal, where ssh-keygen asks for the passphrase"),
    ("No private key found", "run `ssh-add` with its private half, or give the path of that"),
    ("", "find out with `ssh-keygen -Y sign -f {key} -n " + NAMESPACE + " FILE`"),
)
"""What ssh-keygen's complaints mean, the first that fits."""


class NoKeyToSignError(SigningError):
    """No key to sign with was named anywhere, and none is where keys are looked for."""


class NoSuchKeyError(SigningError):
    """The key that was named is not there."""


def sign_files(paths: Sequence[Path], *, key: Path) -> None:
    """Write `<file>.sig` beside each file, in place of an older one; `key` is private, or public with an agent running.

    Raises SigningError before the first signature is written, where one cannot be made.
    """
    _require_file(key)
    batches = (paths[start : start + FILES_A_CALL] for start in range(0, len(paths), FILES_A_CALL))
    signatures = [signature for batch in batches for signature in _sign_batch(batch, key.absolute())]
    for path, signature in zip(paths, signatures, strict=True):
        new = path.with_name(f".{path.name}.sig.new")
        new.write_bytes(signature)
        new.replace(path.with_name(f"{path.name}.sig"))


def _sign_batch(paths: Sequence[Path], key: Path) -> list[bytes]:
    """Return the signature of each file, made in one call."""
    with TemporaryDirectory(prefix="pelican-comments-") as folder:
        copies = [Path(folder, f"{number:04}") for number in range(len(paths))]
        for path, copy in zip(paths, copies, strict=True):
            copy.write_bytes(path.read_bytes())
        _run_ssh_keygen(
            "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE, *(c.name for c in copies), key=key, folder=folder
        )
        return [copy.with_name(f"{copy.name}.sig").read_bytes() for copy in copies]


def _run_ssh_keygen(*arguments: str, key: Path, folder: str | None = None) -> str:
    """Return what ssh-keygen prints; SigningError, with what to do, where it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command with paths, read by no shell
            ["ssh-keygen", *arguments],  # noqa: S607 - wherever the blogger has it
            cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SigningError(_NO_SSH_KEYGEN) from error
    if done.returncode != 0:
        complaint = done.stderr.strip()
        remedy = next(remedy for part, remedy in _REMEDIES if part in complaint).format(key=key)
        raise SigningError(f"the key {key} cannot be used: {complaint.rpartition(chr(10))[2]}; {remedy}")
    return done.stdout


def public_key_of(key: Path) -> str:
    """Return type and base64 of a key's public half, as they stand in `allowed_signers`; `key` is private or public."""
    _require_file(key)
    # this export alone reads the public half of a locked key, and of the same file as `-Y sign` does
    exported = _run_ssh_keygen("-e", "-m", "RFC4716", "-f", str(key.absolute()), key=key)
    encoded = "".join(line for line in exported.splitlines() if ":" not in line and not line.startswith("----"))
    blob = base64.b64decode(encoded)
    return f"{blob[4 : 4 + int.from_bytes(blob[:4])].decode()} {encoded}"


def find_signing_key(configured: Path | None, root: Path) -> Path:
    """Return the key to sign with: the configured one, else the one git signs with, else the first of `DEFAULT_KEYS`.

    `root` is the folder of the site, whose git settings count. Raises NoKeyToSignError where nothing names one, NoSuchKeyError where that is not there.
    """
    found = configured or _find_key_of_git(root) or _find_default_key()
    _require_file(found)
    return found


def _require_file(key: Path) -> None:
    if not key.is_file():
        raise NoSuchKeyError(f"there is no key {key}; correct CONVERSATION_SIGNING_KEY, or git's user.signingkey")


def _find_key_of_git(root: Path) -> Path | None:
    """Return the key that git signs commits with; None where it signs with none, or not with SSH."""
    if _read_git_setting(root, "gpg.format") != "ssh":
        return None
    value = _read_git_setting(root, "user.signingkey")
    if value is None:
        return None
    if value.startswith(("key::", "ssh-")):
        remedy = "write its public half into a file and set CONVERSATION_SIGNING_KEY to that"
        raise SigningError(f"git's user.signingkey is a key, not the path of one ({value[:40]}...); {remedy}")
    return root / value


def _read_git_setting(root: Path, name: str) -> str | None:
    """Return one of git's settings, `~` expanded; None where it is not set, or there is no git."""
    git = Git(root, is_bare=False, settings=(), asks_user_settings=True)
    try:
        answer = git.ask("config", "--type=path", "--get", name)
    except GitError as error:
        if error.status == NOT_STARTED:
            return None
        raise
    if answer.status > 1:  # 1: not set
        raise SigningError(f"git cannot read its settings: {answer.said}; correct them or set CONVERSATION_SIGNING_KEY")
    return os.fsdecode(answer.printed).removesuffix("\n") or None


def _find_default_key() -> Path:
    folder = Path.home() / ".ssh"
    keys = [folder / name for name in DEFAULT_KEYS]
    for key in keys:
        if key.is_file():
            return key
    raise NoKeyToSignError(
        f"there is no key to sign with in {folder}; make one with `ssh-keygen -t ed25519`, or set CONVERSATION_SIGNING_KEY"
    )
