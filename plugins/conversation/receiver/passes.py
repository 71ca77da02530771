"""Passes: what the moderator's browser shows to be let in, in a signed cookie, and the tokens of forms that go with one.

Rule: a form counts only with the token of the pass that it was written for, so no other site can send one. A pass ends
with its time, and all of them with another password or another secret.
"""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from .secret_file import derive_key

PASS_AGE = timedelta(days=14)
"""Who moderates every other week does not sign in twice; a machine that is given away forgets."""

CLOCKS_APART = timedelta(minutes=1)
"""By so much the clock of the receiver that made a pass may be ahead, or ours have been put back since."""


class PassError(Exception):
    """A cookie that is not ours, or too old."""


class Passes:
    """Issues and reads passes."""

    def __init__(self, secret: bytes, password_hash: str | None) -> None:
        key = derive_key(secret, f"moderator {password_hash or ''}")
        self._signer = Signer(key, salt="pass", key_derivation="hmac", digest_method=sha256)
        self._form_key = derive_key(key, "form")

    def issue(self, now: datetime) -> str:
        """Return a new pass, as the cookie has it."""
        return self._signer.sign(f"{int(now.timestamp())}-{secrets.token_hex(16)}").decode()

    def check(self, text: str, now: datetime) -> None:
        """Raise PassError for a cookie that lets nobody in."""
        try:
            seconds = int(self._signer.unsign(text).partition(b"-")[0])
        except (BadSignature, ValueError) as error:
            raise PassError("this is no pass of ours") from error
        if not -CLOCKS_APART <= now - datetime.fromtimestamp(seconds, UTC) <= PASS_AGE:
            raise PassError("the pass is too old")

    def make_form_token(self, text: str) -> str:
        """Return what forms written for a pass carry."""
        return hmac.digest(self._form_key, text.encode(), "sha256").hex()

    def is_form_token(self, token: str, text: str) -> bool:
        """Whether a form was written for a pass."""
        return hmac.compare_digest(token.encode(), self.make_form_token(text).encode())
