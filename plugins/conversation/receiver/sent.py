"""What was sent before: finds the comment that a submission is, if it is one already.

Rule: the answer comes from the inbox, so it holds after a restart and between two receivers that share one. Questions
that come together are put to git together: a process of its own for each would cost more than keeping the comment.
"""

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..comments.flat_lines import FrontMatterError
from ..inbox.keeping import Inbox
from ..inbox.submission import parse_private_part
from ..inbox.values import Cause, InboxUnavailableError, NoSubmissionError, Standing
from .signing import SAME_TEXT_AGE, Previewed, Signing

MAX_TOGETHER = 64
"""Questions in one call of git; with six ids each it takes 20 ms."""


@dataclass(slots=True, eq=False)
class _Question:
    """Some ids, and where they stand."""

    ids: frozenset[str]
    answer: Mapping[str, Standing] | InboxUnavailableError | None = None
    """None: nobody has come to it yet."""


class SentComments:
    """The comments that are in the inbox; any number of threads may ask."""

    def __init__(self, inbox: Inbox, signing: Signing) -> None:
        self._inbox = inbox
        self._signing = signing
        self._waiting: deque[_Question] = deque()
        self._turn = threading.Lock()

    def find(self, preview: Previewed, *, now: datetime) -> str | None:
        """Return the id of the comment that this preview has become, or the same text by the same hand lately; else None.

        Raises InboxUnavailableError.
        """
        own = self._signing.derive_id(preview)
        standings = self.find_standings([own, *self._signing.earlier_ids(preview, now=now)])
        if own in standings:
            return own
        return next((id for id in sorted(standings) if self._was_sent_lately(id, now)), None)

    def find_standings(self, ids: Iterable[str]) -> Mapping[str, Standing]:
        """Return where those of some submissions stand that are in the inbox; raises InboxUnavailableError."""
        question = _Question(frozenset(ids))
        self._waiting.append(question)
        while question.answer is None:
            with self._turn:
                if question.answer is None:
                    self._answer_waiting()
        if isinstance(question.answer, InboxUnavailableError):
            raise question.answer
        return question.answer

    def _answer_waiting(self) -> None:
        """Answer the questions that wait, or as many as go together; the caller has the turn."""
        questions = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_TOGETHER))]
        asked = frozenset().union(*(question.ids for question in questions))
        try:
            found = self._inbox.find_standings(asked)
            for question in questions:
                question.answer = {id: found[id] for id in question.ids & found.keys()}
        except InboxUnavailableError as error:
            for question in questions:  # an error each: every thread that raises one adds to it
                question.answer = InboxUnavailableError(error.cause, str(error))
        finally:
            for question in questions:  # whoever asks for the others may be unlucky, and nobody must wait for ever
                if question.answer is None:
                    question.answer = InboxUnavailableError(Cause.BUSY, "the question was interrupted")

    def _was_sent_lately(self, id: str, now: datetime) -> bool:
        try:
            received = parse_private_part(self._inbox.read(id).submission.private).received
        except (NoSubmissionError, FrontMatterError, ValueError):  # withdrawn meanwhile, or damaged
            return False
        return now - received <= SAME_TEXT_AGE
