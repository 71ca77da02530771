"""`pelican-comments publish`: bring the output up to date by the shortest way.

Rule: it decides nothing; it prints what the publisher did and why.
"""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import ConversationError

if TYPE_CHECKING:
    from ..publishing.folder_look import FolderLook

logger = logging.getLogger(__name__)
SHOWN = 3
"""Names of threads on one line."""


@click.command(name="publish", short_help="Bring the output up to date, by the shortest way.")
@click.option("--full", is_flag=True, help="Build everything, whatever has changed.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option(
    "--fatal", type=click.Choice(["errors", "warnings"]), help="Stop at these, and leave the site as it was.",
)  # fmt: skip
@click.pass_obj
def command(settings_file: str, full: bool, dry_run: bool, fatal: str | None) -> None:
    """Bring the output up to date, by the shortest way.

    Where nothing but comments has changed since the last build, only the parts of pages and the feeds that show them are
    written. Otherwise Pelican builds the site, and the reason is printed. The result is the same.
    """
    from ..publishing.collecting import without_collecting

    with without_collecting():
        _publish(settings_file, full=full, dry_run=dry_run, fatal=fatal)


def _publish(settings_file: str, *, full: bool, dry_run: bool, fatal: str | None) -> None:
    from pelican.log import init

    from ..building.site import load_pelican_settings, site_settings
    from ..publishing.folder_look import begin_look

    init(level=logging.WARNING, fatal=fatal or "")
    found = load_pelican_settings(Path(settings_file))
    settings = site_settings(found)
    try:
        with begin_look(found, settings) as look:  # goes on while the rest is imported
            _finish(found, look, full=full, dry_run=dry_run)
    except OSError as error:
        raise ConversationError(_explain(error)) from error


def _finish(found: Mapping[str, Any], look: "FolderLook", *, full: bool, dry_run: bool) -> None:
    from ..building.conversations import count_things
    from ..publishing.publisher import BuildError, Publisher
    from ..reporting import report

    try:
        outcome = Publisher(found).publish(full=full, dry_run=dry_run, entries=look)
    except BuildError as error:
        if error.__cause__ is None:
            raise
        logger.critical("%s", error, exc_info=error.__cause__)
        sys.exit(1)
    report(outcome.problems)
    if outcome.reason:
        verb = "Would build" if dry_run else "Built"
        click.echo(f"{verb} the whole site, since {outcome.reason}.")
    elif outcome.files:
        verb = "Would bring" if dry_run else "Brought"
        threads = _name(outcome.threads)
        click.echo(f"{verb} {threads} up to date: {count_things(len(outcome.files), 'file')}.")
        for path in outcome.files if dry_run else ():
            click.echo(f"  {path}")
    else:
        click.echo("Nothing has changed.")


def _explain(error: OSError) -> str:
    place = error.filename2 or error.filename
    why = f"{place}: {error.strerror}" if place else str(error)
    return f"the site could not be published: {why}; mend its permissions, its place or the disk, and publish again"


def _name(threads: Sequence[str]) -> str:
    more = f" and {len(threads) - SHOWN} more" if len(threads) > SHOWN else ""
    return f"{', '.join(threads[:SHOWN])}{more}"
