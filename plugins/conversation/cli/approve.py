"""`pelican-comments approve`: publish comments of the queue.

Rule: what is decided, and how, is `deciding`'s; here stands only what can be said on the command line.
"""

from ..model import State
from ..moderation.decisions import Action
from .deciding import Chosen, decide_alike, deciding_command

STATES = (State.PENDING, State.REJECTED, State.SPAM, State.APPROVED)
"""An approved one can be published again where its commit was taken back by hand."""


@deciding_command("approve", "Publish comments of the queue.", completed_from=STATES[:1])
def command(settings_file: str, chosen: Chosen) -> None:
    """Publish comments: commit their files and build the site.

    Each ID is as `queue` shows it, or as much of it as is unique; without one, say --all or --from. A reply is published
    with or after what it answers.
    """
    decide_alike(settings_file, Action.APPROVE, chosen, states=STATES)
