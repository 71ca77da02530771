"""Lists of comments: a table where the terminal is wide, a few lines each where it is not.

Rule: nobody gets a table whose columns are a word wide; below `TABLE_WIDTH` nothing stands beside anything else.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import click
from rich import box
from rich.console import Console
from rich.table import Table

from ..comments.lookalikes import find_author_alike
from ..configuration import Settings
from ..model import Author, Comment, State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Facts
from ..receiver.thread_index import parse_index
from .session_end import shorten, show_text

TABLE_WIDTH = 80
EXCERPT = 200
"""Characters of a comment."""
LONGEST_ID = 26
"""Of those the receiver makes; imported ones may be longer, and are folded."""
NAME = 30
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One comment of a list."""

    thread: str
    """Empty where that is not known."""
    id: str
    comment: Comment | None
    """None where its file has an error."""
    notes: tuple[str, ...] = ()
    """What is to be known about it, a few words each."""


def describe_guest(comment: Comment | None, authors: Iterable[Author]) -> str:
    """Return in words that a commenter's name can be taken for an author's; empty where it cannot."""
    alike = find_author_alike(comment.name, authors) if comment is not None and comment.name else None
    return f"the name can be taken for {alike.name}, so the page says that it is a guest's" if alike else ""


def describe_what_is_public(candidate: Candidate, facts: Facts) -> str:
    """Return in words that a candidate is on the page and not approved, as when it was decided elsewhere; empty where it is not."""
    if candidate.state is State.APPROVED or not facts.thread(candidate.thread).is_published(candidate.id):
        return ""
    said = f"it is on the page all the same; take it off with `pelican-comments remove {candidate.id}`"
    return f"{said}, or approve this text in its place" if candidate.state is State.PENDING else said


def find_threads(settings: Settings) -> Collection[str] | None:
    """Return the threads that pages had when the site was last built; None where that is not known here."""
    try:
        return parse_index(settings.thread_index.read_bytes()).keys()
    except (OSError, ValueError):
        return None


def describe_lack_of_page(thread: str, known: Collection[str] | None) -> str:
    """Return in words that no page shows a thread, `known` being those of `find_threads`; empty where one does, or who knows."""
    if known is None or not thread or thread in known:
        return ""
    said = f"no page had the thread {thread!r} when the site was last built, and without one it is not shown"
    return f"{said}; write `Thread: {thread}` on the page that it belongs to"


def print_rows(rows: Sequence[Row], *, timezone: tzinfo) -> None:
    """Print a list of at least one comment, in the order given."""
    console = Console(highlight=False, markup=False, emoji=False)
    if console.width < TABLE_WIDTH:
        for row in rows:
            _print_lines(row, console.width, timezone)
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, leading=1)
    table.add_column("Id", no_wrap=max(len(row.id) for row in rows) <= LONGEST_ID, overflow="fold")
    table.add_column("By", overflow="fold", max_width=NAME)
    table.add_column("Comment", overflow="fold", ratio=1)
    for row in rows:
        by = [_name(row), _date(row, timezone), _place(row)]
        text = [_body(row, EXCERPT), *_notes(row)]
        table.add_row(row.id, "\n".join(filter(None, by)), "\n".join(filter(None, text)))
    console.print(table)


def _print_lines(row: Row, width: int, timezone: tzinfo) -> None:
    click.echo(row.id)
    facts = [_date(row, timezone), _place(row), *([f"by {_name(row)}"] if _name(row) else [])]
    for line in (" ".join(filter(None, facts)), _body(row, 2 * width - 8), *_notes(row)):
        if line:
            click.echo(f"  {line}")


def _name(row: Row) -> str:
    return shorten((row.comment.name if row.comment else None) or "", NAME)


def _place(row: Row) -> str:
    return f"on {row.thread}" if row.thread else ""


def _body(row: Row, length: int) -> str:
    return shorten(row.comment.body, length) if row.comment else ""


def _notes(row: Row) -> list[str]:
    return [f"! {show_text(note)}" for note in row.notes]


def _date(row: Row, timezone: tzinfo) -> str:
    return format_date(row.comment.date, timezone) if row.comment else ""


def format_date(moment: datetime, timezone: tzinfo) -> str:
    """Write a moment as people read it, in the site's time."""
    return f"{moment.astimezone(timezone):%Y-%m-%d %H:%M}"
