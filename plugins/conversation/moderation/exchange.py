"""Exchange: a session of decisions begins with what the inbox's remote has, and ends with telling it.

Rule: the remote is asked and told, and never needed. What it does not hear of now stays in the inbox, whose next round
tells it, whoever makes that.
"""

from ..errors import ConversationError
from ..git.command import hide_password
from ..inbox.keeping import Inbox
from ..inbox.remote import Remote
from ..inbox.sync import describe_plan

ANSWER_SECONDS = 10.0
"""Somebody waits for a command: a machine that says nothing for so long is taken for one that is away."""


class Exchange:
    """The exchange of one inbox with its remote, where it has one; called before a session and after it."""

    def __init__(self, inbox: Inbox, url: str | None, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        """Nothing is asked before the first call."""
        self._remote = Remote(inbox, url, answer_seconds=answer_seconds) if url else None
        self._is_away = False

    def __call__(self) -> tuple[str, ...]:
        """Bring both together and return what there is to say, a line each; a remote that was away is not asked again."""
        if self._remote is None or self._is_away:
            return ()
        try:
            return describe_plan(self._remote.sync())
        except (ConversationError, OSError) as error:
            self._is_away = True
            said = hide_password(" ".join(str(error).split()))
            return (f"the inbox's remote is left out, and told by the next command or receiver: {said}",)
