"""Housekeeping: the inbox is tidied now and then, which erases what its writers have changed or taken back.

Rule: whoever changes an inbox, or hears of changes from its remote, sees to it; no visitor waits for it. It is done an hour
or more after the last time, whichever process that was in.
"""

import logging
import threading
import time
from contextlib import suppress

from .keeping import Inbox
from .values import InboxUnavailableError

logger = logging.getLogger(__name__)

STAMP = "tidied"
"""Empty file in the inbox; its time is that of the last tidying."""
INTERVAL_SECONDS = 60 * 60
"""Tidying 3,000 submissions takes 2 s, in which none is taken."""


class Housekeeper:
    """Tidies one inbox; threads may share one."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._stamp = inbox.path / STAMP
        self._turn = threading.Lock()
        self._timer: threading.Timer | None = None
        """Of the next tidying; None, or one that has ended: nothing has changed since the last."""

    def note_change(self) -> None:
        """Say that the inbox has changed; returns at once. It is tidied as soon as that is due, by a thread of its own."""
        wait_seconds = self._find_wait_seconds()
        with self._turn:
            if self._timer is not None and self._timer.is_alive():  # in a forked process it is not
                if wait_seconds > 0:
                    return
                self._timer.cancel()
            self._timer = threading.Timer(wait_seconds, self._tidy_in_time)
            self._timer.name, self._timer.daemon = "inbox housekeeper", True
            self._timer.start()

    def close(self) -> None:
        """Stop; what is to be erased is, by whoever uses the inbox next."""
        with self._turn:
            if self._timer is not None:
                self._timer.cancel()

    def _tidy_in_time(self) -> None:
        with self._turn:
            self._timer = None  # what changes from here on is for the next
        try:
            if not self.tidy_if_due():  # another process was quicker, perhaps before the last change
                self.note_change()
        except InboxUnavailableError as error:
            logger.warning("the inbox was not tidied, and will be later: %s", error)

    def tidy_if_due(self) -> bool:
        """Tidy, where that is due, and return when it is done, with whether it was; raises InboxUnavailableError."""
        if self._find_wait_seconds() > 0:
            return False
        try:
            self._stamp.touch()  # before, so that no other process begins as well
        except OSError:  # whoever keeps a comment will notice
            return True
        self._inbox.tidy()
        return True

    def _find_wait_seconds(self) -> float:
        try:
            passed = abs(time.time() - self._stamp.stat().st_mtime)  # abs: a clock may have been put back
        except OSError:
            with suppress(OSError):
                self._stamp.touch()  # a new inbox has nothing to erase: it counts from now on
            return INTERVAL_SECONDS
        return max(0.0, INTERVAL_SECONDS - passed)
