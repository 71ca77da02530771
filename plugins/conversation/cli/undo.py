"""`pelican-comments undo`: take the last session of decisions back.

Rule: history only grows: what is taken back is a commit of its own, and taking back again takes the session before.
"""

from pathlib import Path

import click

from .deciding import open_moderation
from .session_end import build_option, dry_run_option, end_session, print_plan


@click.command(name="undo", short_help="Take the last session of decisions back.")
@dry_run_option
@build_option
@click.pass_obj
def command(settings_file: str, *, dry_run: bool, no_build: bool) -> None:
    """Take the last session of decisions back: its files, and where its comments stand in the inbox.

    Run again, it takes the session before that back. Where something was built on it since, nothing is taken back.
    """
    moderation = open_moderation(settings_file)
    if dry_run:
        session, plan = moderation.plan_undo()
        click.echo(f"The last session: {session.subject}")
        print_plan(plan, is_dry_run=True)
        return
    session, outcome = moderation.undo()
    click.echo(f"The last session: {session.subject}")
    end_session(moderation, outcome, settings_file=Path(settings_file), builds=not no_build)
