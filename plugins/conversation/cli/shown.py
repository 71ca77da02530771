"""What the moderator was shown of the queue, so that a text which its writer has changed since then is not approved.

Rule: a note only ever holds back. What was never shown is decided about as it stands, and a note that cannot be written
or read is none.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ..model import State
from ..moderation.candidates import Candidate

NOTE = "shown.json"
"""In the inbox: the digest of each text that was shown, by id."""
CHANGED = "changed"
"""In place of the revision that was looked at: no submission has it, so the decision is refused."""


def note_queue(inbox: Path, queue: Iterable[Candidate]) -> None:
    """Note all that waits, and nothing else any more."""
    _write(inbox, {candidate.id: _digest(candidate.data) for candidate in queue})


def note_text(inbox: Path, id: str, data: bytes) -> None:
    """Note one text that was shown, or written, by whoever decides."""
    _write(inbox, {**_read(inbox), id: _digest(data)})


def find_seen(inbox: Path, candidates: Iterable[Candidate]) -> Mapping[str, str]:
    """Return the revision that was looked at, by id; `CHANGED` for one that waits and was shown with another text."""
    shown = _read(inbox)
    return {
        c.id: CHANGED if c.state is State.PENDING and shown.get(c.id, digest) != digest else c.revision
        for c, digest in ((c, _digest(c.data)) for c in candidates)
    }


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _read(inbox: Path) -> dict[str, str]:
    try:
        found = json.loads((inbox / NOTE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(inbox: Path, shown: Mapping[str, str]) -> None:
    new = inbox / f"{NOTE}.{os.getpid()}"
    with suppress(OSError):
        try:
            new.write_text(json.dumps(shown), "ascii")
            new.replace(inbox / NOTE)
        finally:
            new.unlink(missing_ok=True)
