"""`pelican-comments import`: the comments of another blog move in.

Rule: the export is read to its end and the plan shown before anything is written; a file that is there is replaced only by
itself with the author's signature, and goes only where it stands in another folder from then on. A new source is a new
command that gives `_run_import` its reader.
"""

import logging
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import click

from ..building.conversations import count_things
from ..building.site import read_site
from ..comments.comment_writer import CommentFolder
from ..comments.listing import show_path
from ..comments.markup import render_body
from ..comments.signatures import verify_signature
from ..comments.ssh import sign_files
from ..configuration import Settings
from ..errors import ConversationError
from ..importers.earlier_files import FileHere
from ..importers.export import ExportedPost
from ..importers.html_to_markdown import Markdown, convert_html
from ..importers.plan import WRITING, Action, Change, ImportRules, plan_post
from ..importers.tally import Tally
from ..importers.thread_choice import parse_map
from ..importers.wordpress import read_posts
from ..moderation.replying import find_pen
from .import_report import ReportFile, format_plan, print_plan

_PostReader = Callable[[], Iterator[ExportedPost]]
"""Reads the export from its beginning, each time it is called."""


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


@command.command(short_help="Import the file of WordPress's Tools, Export.")
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
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="List there all that is left out or changed."
)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@click.pass_obj
def wordpress(
    settings_file: str, file: Path, *, map_file: Path | None, dry_run: bool, sign_as: tuple[str, ...],
    report: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Import the comments in FILE, which WordPress wrote (Tools, Export, All content).

    What was not approved stays out. A second run changes nothing; one with another map moves what the first one wrote.
    """
    settings, known_threads = _read_site(Path(settings_file))

    def read() -> Iterator[ExportedPost]:
        with _open(file) as stream:
            yield from read_posts(stream, str(file), timezone=settings.timezone)

    _run_import(
        read, settings, known_threads=known_threads, options=_Options(map_file, dry_run, sign_as, report, as_json)
    )


def _read_site(settings_file: Path) -> tuple[Settings, frozenset[str]]:
    """Return the site's settings and the threads of its pages."""
    from pelican.log import init

    init(level=logging.WARNING, handler=logging.StreamHandler(sys.stderr))
    site = read_site(settings_file)
    return site.settings, frozenset(site.owners)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ConversationError(f"{path}: {error.strerror}; give the path of a file that can be read") from error


def _run_import(read: _PostReader, settings: Settings, *, known_threads: frozenset[str], options: _Options) -> None:
    """Plan, show the plan and, unless this is a dry run, apply it."""
    rules = _make_rules(settings, known_threads, options)
    files = _Files(CommentFolder(settings.path))
    with TemporaryDirectory(prefix="pelican-comments-") as staging:
        signing = _Signing(settings, rules, folder=Path(staging)) if options.sign_as else None
        tally = _make_plan(read, rules, files=files, signing=signing, report=ReportFile(options.report))
        if options.as_json:
            click.echo(format_plan(tally))
        else:
            print_plan(tally, report=options.report)
        if options.dry_run or not tally.has_work:
            return
        if signing is not None:
            signing.sign_staged()
        for post in read():
            for change in plan_post(post, rules, files).changes:
                if change.action in WRITING:
                    signature = signing.read_signature(change) if signing is not None else None
                    _apply(change, files.folder, signature)
    if not options.as_json:
        moved = tally.total.actions[Action.MOVE]
        more = f", {moved} of them from another thread's folder" if moved else ""
        path = show_path(settings.path, settings.root)
        click.echo(f"\nWrote {count_things(files.folder.written, 'comment')} to {path}/{more}; commit them.")


def _apply(change: Change, folder: CommentFolder, signature: bytes | None) -> None:
    """Write a comment, then take it away from where it stood."""
    id = change.comment.id
    folder.write_comment(change.comment.thread, id, data=change.data, signature=signature)
    for thread in change.leaves:
        folder.remove_comment(thread, id)


def _make_rules(settings: Settings, known_threads: frozenset[str], options: _Options) -> ImportRules:
    own = [key for key in options.sign_as if "=" not in key]
    accounts = dict(pair.rsplit("=", 1) for pair in options.sign_as if "=" in pair)
    for key in (*own, *accounts.values()):
        if key not in settings.authors:
            known = ", ".join(settings.authors) or "which is empty"
            message = f"--sign-as {key}: there is no such author in CONVERSATION_AUTHORS ({known})"
            raise ConversationError(f"{message}; add the author there")
    if len(own) > 1:
        message = f"--sign-as {own[0]} and {own[1]}: who signs for whom is not clear"
        raise ConversationError(f"{message}; write --sign-as USER={own[0]} --sign-as USER={own[1]}")

    def convert(html: str, base: str) -> Markdown:
        return convert_html(html, lambda body: render_body(body).html, base=base)

    return ImportRules(
        convert=convert,
        known_threads=known_threads,
        threads=_read_map(options.map_file),
        authors=frozenset(settings.authors),
        signs_own=next(iter(own), None),
        signs_accounts=accounts,
        max_body_bytes=settings.max_body_bytes,
    )


def _read_map(path: Path | None) -> Mapping[str, str]:
    if path is None:
        return {}
    try:
        return parse_map(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConversationError(f"{path}: {error}; give the map as a text file in UTF-8") from error


class _Files:
    """The folder of comments, as plans see it."""

    def __init__(self, folder: CommentFolder) -> None:
        self.folder = folder

    def read(self, thread: str, id: str) -> FileHere | None:
        found = self.folder.read_comment(thread, id)
        return None if found is None else FileHere(*found)

    def find_threads(self, id: str, *, besides: str) -> Sequence[str]:
        return self.folder.find_threads(id, besides=besides)

    def list_ids(self, thread: str) -> Sequence[str]:
        return self.folder.ids.get(thread, ())


def _make_plan(
    read: _PostReader, rules: ImportRules, *, files: _Files, signing: "_Signing | None", report: ReportFile
) -> Tally:
    """Read the export to its end and add up what is to be done."""
    tally = Tally()
    for post in read():
        plan = plan_post(post, rules, files)
        report.add(tally.add(plan))
        if signing is not None:
            signing.stage(plan.changes)
    report.add(tally.finish(rules.threads))
    if len(tally.signed_accounts) > 1:
        users = ", ".join(sorted(tally.signed_accounts))
        message = f"--sign-as {rules.signs_own}: the posts have several authors ({users})"
        raise ConversationError(f"{message}; say whose comments to sign, as in --sign-as USER={rules.signs_own}")
    return tally


class _Signing:
    """Signs the authors' comments of an import in a folder beside the site, so that a key that fails leaves no trace."""

    def __init__(self, settings: Settings, rules: ImportRules, *, folder: Path) -> None:
        self.folder = folder
        self.staged: list[tuple[Path, Change]] = []
        authors = filter(None, (rules.signs_own, *rules.signs_accounts.values()))
        pens = [find_pen(settings, settings.authors[key]) for key in authors]  # raises where one may not sign
        self._pen = pens[0]

    def stage(self, changes: Collection[Change]) -> None:
        """Put the comments aside that need a signature."""
        for change in changes:
            if change.comment.author is not None and change.action in WRITING:
                path = self._path_of(change)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(change.data)
                self.staged.append((path, change))

    def _path_of(self, change: Change) -> Path:
        return self.folder / change.comment.thread / f"{change.comment.id}.md"

    def sign_staged(self) -> None:
        """Sign them and check each signature as a build will; raises SignatureError for a key that was not valid then."""
        sign_files([path for path, _ in self.staged], key=self._pen.key)
        for _, change in self.staged:
            verify_signature(
                change.data,
                self.read_signature(change) or b"",
                author=change.comment.author or "",
                signers=self._pen.signers,
                date=change.comment.changed,
            )

    def read_signature(self, change: Change) -> bytes | None:
        """Return the signature of an author's comment; None for a guest's."""
        path = self._path_of(change)
        return path.with_name(f"{path.name}.sig").read_bytes() if change.comment.author is not None else None
