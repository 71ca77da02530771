"""`pelican-comments remove`: take published comments off the page.

Rule: what has replies keeps its place, empty; git's history keeps what it said, which the help says.
"""

from pathlib import Path

import click

from ..moderation.decisions import Action, Decision
from .deciding import open_moderation
from .picking import from_option, ids_argument, pick_public, require_some
from .session_end import build_option, dry_run_option, end_session, print_plan, show_text


@click.command(name="remove", short_help="Take published comments off the page.")
@ids_argument(public=True)
@from_option
@dry_run_option
@build_option
@click.pass_obj
def command(settings_file: str, ids: tuple[str, ...], *, from_name: str | None, dry_run: bool, no_build: bool) -> None:
    """Take published comments off the page.

    One that has replies keeps its place, without name and words; of any other the file is deleted. The history of the
    repository still has what they said.
    """
    require_some(ids, from_name=from_name)
    moderation = open_moderation(settings_file)
    names = pick_public(moderation, ids, from_name=from_name)
    if not names:
        click.echo(f"No comment in the repository is by {show_text(from_name or '')!r}.")
        return
    decisions = [Decision(Action.REMOVE, id, thread) for thread, id in names]
    if dry_run:
        print_plan(moderation.plan(decisions), is_dry_run=True)
        return
    end_session(moderation, moderation.decide(decisions), settings_file=Path(settings_file), builds=not no_build)
