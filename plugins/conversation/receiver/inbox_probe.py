"""The probe: whether the inbox would keep a comment that comes now, found out by trying what keeping needs.

Rule: anybody may ask, so asking again costs nothing for some seconds; what is said then is what was found out before.
"""

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from tempfile import TemporaryFile

from ..inbox.keeping import Inbox
from ..inbox.values import InboxUnavailableError
from .sent import SentComments

PROBE_BYTES = 256 * 1024
"""More than the largest submission takes."""
KEPT_TIME = timedelta(seconds=5)
"""How long an answer counts: those who watch a server ask every ten seconds at most."""
_NOBODY = "00000000-000000-health"


class InboxProbe:
    """Tries one inbox; any number of threads may ask."""

    def __init__(self, inbox: Inbox, sent: SentComments, clock: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._sent = sent
        self._clock = clock
        self._turn = threading.Lock()
        self._found = ""
        self._moment: datetime | None = None
        """When that was found; None: nobody has asked yet."""

    def find_fault(self) -> str:
        """Return what is wrong with the inbox, in words that a stranger may read; empty: nothing, up to five seconds ago."""
        with self._turn:
            now = self._clock()
            if self._moment is None or not timedelta(0) <= now - self._moment < KEPT_TIME:
                self._found, self._moment = self._try(), now
            return self._found

    def _try(self) -> str:
        """Have git read the inbox, and write beside it as much as a submission takes."""
        try:
            self._sent.find_standings([_NOBODY])
            with TemporaryFile(dir=self._inbox.path) as file:
                file.write(bytes(PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except InboxUnavailableError:
            return "git cannot read it"
        except OSError as error:
            return f"it cannot be written: {error.strerror}"
        return ""
