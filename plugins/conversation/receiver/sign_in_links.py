"""One-time links: addresses that sign the moderator in, each once, within ten minutes.

Rule: a link is good as long as its file is there, and whoever removes the file has used it. Removing succeeds once,
whatever the number of threads and processes; looking at a link removes nothing.
"""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from itsdangerous import BadSignature, Signer

from .secret_file import derive_key

LINK_AGE = timedelta(minutes=10)
"""Long enough to go to the browser, short enough that one in a terminal's history opens nothing."""
FOLDER = "sign-in"
"""Beside the receiver's secret."""


class SignInLinks:
    """The one-time links of one receiver."""

    def __init__(self, secret_file: Path, secret: bytes) -> None:
        """Keep the files of links beside the file of the secret."""
        self._folder = secret_file.with_name(FOLDER)
        self._signer = Signer(derive_key(secret, "sign-in"), salt="link", key_derivation="hmac", digest_method=sha256)

    def issue(self, now: datetime) -> str:
        """Return the token of a new link, which stands at the end of its address; raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in self._folder.iterdir():
            if not _is_fresh(file.name, now):
                file.unlink(missing_ok=True)
        name = f"{int(now.timestamp())}-{secrets.token_hex(16)}"
        (self._folder / name).touch(mode=0o600, exist_ok=False)
        return self._signer.sign(name).decode()

    def is_good(self, token: str, now: datetime) -> bool:
        """Whether a link can be used now; it is not used by that."""
        name = self._read(token, now)
        return name is not None and (self._folder / name).is_file()

    def redeem(self, token: str, now: datetime) -> bool:
        """Use a link; return whether it was good."""
        name = self._read(token, now)
        if name is not None:
            with suppress(FileNotFoundError):
                (self._folder / name).unlink()
                return True
        return False

    def _read(self, token: str, now: datetime) -> str | None:
        """Return the name of a link's file; None for a token that is not ours, or too old."""
        try:
            name = self._signer.unsign(token).decode()
        except BadSignature:
            return None
        return name if _is_fresh(name, now) else None


def _is_fresh(name: str, now: datetime) -> bool:
    seconds = name.partition("-")[0]
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 12:
        return False
    return timedelta(0) <= now - datetime.fromtimestamp(int(seconds), UTC) <= LINK_AGE
