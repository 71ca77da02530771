"""Signed tokens and derived ids, by which the receiver knows again what it has seen, without keeping anything.

Rule: whatever two receivers must agree on comes from the secret, the token and the text alone. The time in a token is
that of its preview, and the id of a comment comes from it, so that one token can never make two comments.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from .secret_file import derive_key

TOKEN_AGE = timedelta(minutes=30)
"""A comment that was previewed longer ago is shown once more before it is sent; it also bounds how many ids
`earlier_ids` has to name."""
CLOCKS_APART = timedelta(minutes=1)
"""By so much the clock of the receiver that made a token may be ahead."""
SAME_TEXT_AGE = timedelta(minutes=10)
"""Within it the same text by the same hand is one comment."""
STEP = timedelta(minutes=10)
"""Times in ids are rounded down to it."""
ID_CHARACTERS = 10
"""50 bits. Two comments with one id would be taken for one, so four random characters would be too few: at a
hundred comments a second, 60,000 in one `STEP`, there is one such pair in 600,000 steps."""


class TokenError(Exception):
    """A token or the key of a state page that is not ours, too old, or for something else."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a token proves: that this form was shown to this hand then."""

    digest: str
    """Of the form, see `submission.Form`."""
    group: int
    """Of the hand, see `visitors.Hand`."""
    moment: datetime
    """Aware, whole seconds."""
    subject: str = ""
    """Id and revision of the submission it is to change; empty for a new one."""


class Signing:
    """Signs and reads tokens."""

    def __init__(self, secret: bytes) -> None:
        self._previews = _make_serializer(secret, "preview")
        self._states = _make_serializer(secret, "state")
        self._id_key = derive_key(secret, "id")

    def sign_preview(self, preview: Previewed) -> str:
        """Return the token that proves a preview."""
        facts = [preview.digest, preview.group, int(preview.moment.timestamp()), preview.subject]
        return str(self._previews.dumps(facts))

    def read_preview(self, token: str, *, now: datetime) -> Previewed:
        """Return what a token proves; raises TokenError where that is nothing, or too long ago."""
        digest, group, seconds, subject = _load(self._previews, token)
        preview = Previewed(digest, group, datetime.fromtimestamp(seconds, UTC), subject)
        if not -CLOCKS_APART <= now - preview.moment <= TOKEN_AGE:
            raise TokenError("the preview is too old")
        return preview

    def sign_state(self, id: str, thread: str) -> str:
        """Return the key of a submission's state page; it is always the same."""
        return str(self._states.dumps([id, thread]))

    def read_state(self, key: str) -> tuple[str, str]:
        """Return id and thread; raises TokenError for a key that is not ours."""
        id, thread = _load(self._states, key)
        return id, thread

    def derive_id(self, preview: Previewed) -> str:
        """Return the id of the comment that a preview becomes when it is sent."""
        return self._derive(preview, _round_down(preview.moment))

    def earlier_ids(self, preview: Previewed, *, now: datetime) -> Sequence[str]:
        """Return every id that the same text by the same hand can have if it was sent within `SAME_TEXT_AGE`."""
        step = _round_down(now - SAME_TEXT_AGE - TOKEN_AGE)
        ids = []
        while step <= now:
            ids.append(self._derive(preview, step))
            step += STEP
        return ids

    def _derive(self, preview: Previewed, step: datetime) -> str:
        facts = f"{preview.digest}\0{preview.group}\0{step.isoformat()}"
        digest = hmac.digest(self._id_key, facts.encode(), "sha256")
        return f"{step:%Y%m%d-%H%M%S}-{base64.b32encode(digest).decode().lower()[:ID_CHARACTERS]}"


def _make_serializer(secret: bytes, purpose: str) -> URLSafeSerializer:
    options = {"key_derivation": "hmac", "digest_method": sha256}
    return URLSafeSerializer(secret, salt=f"conversation {purpose}", signer_kwargs=options)


def _load(
    serializer: URLSafeSerializer, text: str
) -> list[Any]:  # what was signed is ours, and has the form it was given
    try:
        return list(serializer.loads(text))
    except BadSignature as error:
        raise TokenError("this is not a token of this receiver") from error


def _round_down(moment: datetime) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // STEP.total_seconds() * STEP.total_seconds(), UTC)
