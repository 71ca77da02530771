"""`pelican-comments await`: readers' comments that the author has not answered.

Rule: that no answer is due is nobody's business but the author's, so it is noted beside the inbox and never in the
repository of the site.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from ..building.site import load_pelican_settings, site_settings
from ..comments.comment_file import format_moment
from ..comments.listing import show_path
from ..comments.store import Store
from ..configuration import Settings
from ..errors import ConversationError
from ..model import Comment
from ..moderation.awaiting import find_unanswered
from ..moderation.public_threads import read_public_thread
from .listing import Row, print_rows
from .picking import Name, find_name

NO_ANSWER = "no_answer"
"""File beside the inbox: a line `THREAD/ID` for each comment that needs no answer."""


@click.command(name="await", short_help="List comments that wait for your answer.")
@click.option("--no-answer", "done", multiple=True, metavar="ID", help="Take this one off the list; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_obj
def command(settings_file: str, *, done: tuple[str, ...], as_json: bool) -> None:
    """List the published comments of readers that no author has answered, the oldest first."""
    settings = site_settings(load_pelican_settings(Path(settings_file)))
    path = settings.inbox.parent / NO_ANSWER
    waiting = _read_waiting(settings, path)
    if done:
        taken = {find_name(text, _names(waiting), among="without an answer") for text in done}
        _note(path, sorted(taken))
        waiting = tuple(comment for comment in waiting if (comment.thread, comment.id) not in taken)
        shown = show_path(path, settings.root)
        click.echo(f"Noted in {shown}; take a line out there to have its comment back.", err=as_json)
    if as_json:
        click.echo(_format_json(waiting))
    elif not waiting:
        click.echo("Everybody has an answer.")
    elif not done:
        print_rows([Row(c.thread, c.id, c) for c in waiting], timezone=settings.timezone)
        click.echo(f"{len(waiting)} without an answer.")


def _read_waiting(settings: Settings, path: Path) -> tuple[Comment, ...]:
    if not settings.path.is_dir():
        return ()
    store = Store(settings.path, settings.root, max_body_bytes=settings.max_body_bytes)
    threads = {
        folder.name: read_public_thread(
            folder.name, folder.files, timezone=settings.timezone, max_body_bytes=settings.max_body_bytes
        )
        for folder in store.read_threads()
    }
    return find_unanswered(threads, no_answer=_read_noted(path))


def _read_noted(path: Path) -> set[Name]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise ConversationError(f"{path}: {error}; it is a text file of lines `THREAD/ID`") from error
    return {(thread, id) for thread, _, id in (line.strip().partition("/") for line in lines)}


def _note(path: Path, names: Iterable[Name]) -> None:
    lines = "".join(f"{thread}/{id}\n" for thread, id in names)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+", encoding="utf-8") as file:
            file.seek(0)
            before = file.read()
            file.write("\n" if before and not before.endswith("\n") else "")  # some editors leave it out
            file.write(lines)
    except OSError as error:
        raise ConversationError(f"{path}: {error.strerror}; what needs no answer is noted there") from error


def _names(comments: Sequence[Comment]) -> list[Name]:
    return [(comment.thread, comment.id) for comment in comments]


def _format_json(comments: Sequence[Comment]) -> str:
    rows = [
        {"id": c.id, "thread": c.thread, "date": format_moment(c.date), "name": c.name, "body": c.body}
        for c in comments
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)
