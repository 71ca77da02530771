"""Pushing in the background: as soon as there is something new, again and again while the remote fails.

Rule: whoever sends a submission only says that there is one; a remote that is slow, silent or refuses delays nobody and
loses nothing.
"""

import logging
import threading
from collections.abc import Callable

from ..errors import ConversationError
from ..git.command import hide_password
from .remote import Remote
from .sync import describe_plan

POLL_SECONDS = 60.0
"""How long it takes at most until a decision made elsewhere is known here."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
"""Between tries while the remote fails; each pause is twice the last."""

_log = logging.getLogger(__name__)


class Pusher:
    """A thread that keeps an inbox and its remote together."""

    def __init__(
        self, remote: Remote, *, note_taken: Callable[[], None] = lambda: None,
        poll_seconds: float = POLL_SECONDS, first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:  # fmt: skip
        """Nothing runs before `notify`; `note_taken` is called when something has been taken from the remote."""
        self.remote = remote
        self._note_taken = note_taken
        self.problem: str | None = None
        """Why the remote does not have everything; None: it has, as far as is known."""
        self._poll_seconds = poll_seconds
        self._first_pause_seconds = first_pause_seconds
        self._pause_seconds = first_pause_seconds
        self._rounds = threading.Condition()
        self._begun = 0
        """How many rounds have begun."""
        self._ended = 0
        """How many of them have ended."""
        self._is_new = threading.Event()
        self._is_closed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """Say that there is something new; returns at once. The first call starts the thread, in a forked process too."""
        self._is_new.set()
        with self._starting:
            if not self._is_closed.is_set() and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="inbox pusher", daemon=True)
                self._thread.start()

    def await_round(self, *, patience_seconds: float) -> None:
        """Wait for a round that begins after this call, not longer than this; not at all while the remote fails."""
        with self._rounds:
            wanted = self._begun + 1
            self.notify()
            self._rounds.wait_for(lambda: self._ended >= wanted or self.problem is not None, patience_seconds)

    def close(self, *, patience_seconds: float = 5.0) -> None:
        """Stop; what is not pushed yet will be after the next start."""
        self._is_closed.set()
        self._is_new.set()
        if self._thread:
            self._thread.join(patience_seconds)

    def _run(self) -> None:
        while not self._is_closed.is_set():
            self._is_new.clear()
            with self._rounds:
                self._begun += 1
            is_well = self._sync()
            with self._rounds:
                self._ended = self._begun
                self._rounds.notify_all()
            if is_well:
                self._is_new.wait(self._poll_seconds)
            else:
                self._is_closed.wait(self._pause_seconds)
                self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    def _sync(self) -> bool:
        """Do one round; return whether all went well."""
        try:
            plan = self.remote.sync()
        except (ConversationError, OSError) as error:
            if self.problem is None:
                _log.warning("The inbox is not pushed, and will be tried again: %s", hide_password(str(error)))
            self.problem = hide_password(str(error))
            return False
        for said in describe_plan(plan):
            _log.warning("%s", said)
        if plan.take:
            self._note_taken()
        if self.problem is not None:
            _log.warning("The inbox is pushed again")
        self.problem, self._pause_seconds = None, self._first_pause_seconds
        return True
