"""The receiver's secret: random bytes in a file of their own, made on first use.

Rule: nobody but its owner may read the file, and it is never written twice: whoever comes second takes what is there.
"""

import hmac
import os
import secrets
from pathlib import Path

from ..errors import SettingsError

SETTING = "CONVERSATION_SECRET"
SECRET_BYTES = 32
"""As many as SHA-256 gives out; more would add nothing."""
_OTHERS = 0o077


def load_secret(path: Path) -> bytes:
    """Return the secret in `path`, made with mode 0600 where there is none; raises SettingsError with what to do."""
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        remedy = f"the receiver must be able to make and to read it ({error.strerror})"
        raise SettingsError(SETTING, str(path), remedy) from error


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Return a key for one purpose, from which neither the secret nor another key can be told."""
    return hmac.digest(secret, purpose.encode(), "sha256")


def _make(path: Path) -> None:
    """Write a new secret beside its place and link it there, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_hex(SECRET_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(new, path)
    except FileExistsError:  # another receiver was faster
        return
    finally:
        new.unlink()


def _read(path: Path) -> bytes:
    if (mode := path.stat().st_mode & 0o777) & _OTHERS:
        raise SettingsError(SETTING, str(path), f"others can read it (mode {mode:03o}); run `chmod 600 {path}`")
    try:
        found = bytes.fromhex(path.read_text("ascii"))
    except ValueError as error:
        raise SettingsError(SETTING, str(path), _BROKEN) from error
    if len(found) < SECRET_BYTES:
        raise SettingsError(SETTING, str(path), _BROKEN)
    return found


_BROKEN = f"it does not hold {2 * SECRET_BYTES} hexadecimal digits; delete it, and a new one is made"
