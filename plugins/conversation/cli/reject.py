"""`pelican-comments reject`: decline comments of the queue.

Rule: what is decided, and how, is `deciding`'s; here stands only what can be said on the command line.
"""

from ..model import State
from ..moderation.decisions import Action
from .deciding import Chosen, decide_alike, deciding_command

STATES = (State.PENDING, State.SPAM, State.APPROVED)
"""An approved one can be declined where its commit was taken back by hand; one that is public is refused, with the remedy."""


@deciding_command("reject", "Decline comments of the queue.", completed_from=STATES[:2])
def command(settings_file: str, chosen: Chosen) -> None:
    """Decline comments: they are kept in the inbox, never public; a commit without files notes it.

    Each ID is as `queue` shows it, or as much of it as is unique; without one, say --all or --from.
    """
    decide_alike(settings_file, Action.REJECT, chosen, states=STATES)
