"""Housekeeping: the inbox is tidied now and then, which erases what its writers have changed or taken back.

Rule: nobody waits for it. It is due when something changes in the inbox an hour or more after the last time, whichever
receiver that was.
"""

import logging
import threading
import time

from ..inbox.keeping import Inbox
from ..inbox.values import InboxUnavailableError

logger = logging.getLogger(__name__)

STAMP = "tidied"
"""Empty file in the inbox; its time is that of the last tidying."""
INTERVAL_SECONDS = 60 * 60
"""Tidying 3,000 submissions takes 2 s, in which none is taken."""


class Housekeeper:
    """Tidies one inbox."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._stamp = inbox.path / STAMP

    def note_change(self) -> threading.Thread | None:
        """Say that the inbox has changed; returns at once, with the thread that tidies where that is due."""
        try:
            if not self._is_due():
                return None
            self._stamp.touch()  # before, so that no other receiver begins as well
        except OSError:  # whoever keeps a comment will notice
            return None
        thread = threading.Thread(target=self._tidy, name="inbox housekeeper", daemon=True)
        thread.start()
        return thread

    def _is_due(self) -> bool:
        try:
            return abs(time.time() - self._stamp.stat().st_mtime) > INTERVAL_SECONDS
        except FileNotFoundError:
            self._stamp.touch()  # a new inbox has nothing to erase
            return False

    def _tidy(self) -> None:
        try:
            self._inbox.tidy()
        except InboxUnavailableError as error:
            logger.warning("the inbox was not tidied, and will be later: %s", error)
