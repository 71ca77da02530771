"""`pelican-comments import`: the comments of another blog move in.

Rule: the export is read to its end and the plan shown before anything is written, and a file that is there is replaced
only by itself with the author's signature. A new source is a new command that gives `_run` a reader of its posts.
"""

import base64
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ..comment_writer import CommentFolder
from ..errors import ConversationError, SigningError
from ..importers.export import ExportedPost
from ..importers.html_to_markdown import Markdown, convert_html
from ..importers.plan import Action, Change, FileHere, ImportRules, PostPlan, plan_post
from ..importers.tally import Tally
from ..importers.thread_choice import parse_map
from ..importers.wordpress import read_posts
from ..markup import render_body
from ..model import Settings
from ..signatures import Signer, parse_allowed_signers, verify_signature
from ..site import read_site
from ..ssh import find_signing_key, public_key_of, sign_files
from ..store import show_path
from .import_report import ReportFile, format_plan, print_plan


@dataclass(frozen=True, slots=True)
class _Options:
    """What every importer is told on the command line."""

    map_file: Path | None
    dry_run: bool
    sign_as: tuple[str, ...]
    report: Path | None
    as_json: bool


@click.group(name="import")
def command() -> None:
    """Move the comments of another blog in."""


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "map_file", type=click.Path(path_type=Path), metavar="FILE",
    help="Lines `slug, address or number of a post: thread`, for posts that have another name here.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option(
    "--sign-as", multiple=True, metavar="[USER=]KEY",
    help="Sign the comments of each post's author, or those of a user of the old blog (login or number), as the author KEY.",
)  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="List there all that is left out or changed.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.pass_obj
def wordpress(settings_file: str, file: Path, **options: object) -> None:
    """Import the comments in FILE, which WordPress wrote (Tools, Export, All content).

    What was not approved stays out. A second run changes nothing.
    """
    settings, known_threads = _read_site(Path(settings_file))

    def read() -> Iterator[ExportedPost]:
        with _reading(file), file.open("rb") as stream:
            yield from read_posts(stream, str(file), timezone=settings.timezone)

    _run(read, settings, known_threads, _Options(**options))  # type: ignore[arg-type] # click gives them


def _read_site(settings_file: Path) -> tuple[Settings, frozenset[str]]:
    """Return the site's settings and the threads of its pages."""
    from pelican.log import init

    init(level=logging.WARNING, handler=logging.StreamHandler(sys.stderr))
    site = read_site(settings_file)
    return site.settings, frozenset(site.owners)
