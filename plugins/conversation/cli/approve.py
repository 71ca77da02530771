"""`pelican-comments approve`: publish comments of the queue.

Rule: what is decided, and how, is `deciding`'s; here stands only what can be said on the command line.
"""

import click

from ..model import State
from ..moderation.decisions import Action
from .deciding import decide_alike
from .picking import all_option, from_option, ids_argument
from .session_end import build_option, dry_run_option

STATES = (State.PENDING, State.REJECTED, State.SPAM, State.APPROVED)
"""An approved one can be published again where its commit was taken back by hand."""


@click.command(name="approve", short_help="Publish comments of the queue.")
@ids_argument(completed_from=STATES[:1])
@all_option
@from_option
@dry_run_option
@build_option
@click.pass_obj
def command(
    settings_file: str, ids: tuple[str, ...], *, all_: bool, from_name: str | None, dry_run: bool, no_build: bool
) -> None:
    """Publish comments: commit their files and build the site.

    IDS are as `queue` shows them, or as much of one as is unique. A reply is published with or after what it answers.
    """
    decide_alike(
        settings_file, Action.APPROVE, ids, states=STATES, all_=all_, from_name=from_name, dry_run=dry_run,
        no_build=no_build,
    )  # fmt: skip
