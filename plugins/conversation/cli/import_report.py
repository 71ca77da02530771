"""What an import says: the plan as a table and lists, as JSON, and as a report file.

Rule: texts of the export are strangers' and may hold anything a terminal obeys; they are shown through `_show`.
"""

import json
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ..building.conversations import count_things
from ..errors import ConversationError
from ..importers.export import Note, Reason
from ..importers.plan import Action
from ..importers.tally import Tally, ThreadTally

MAX_ROWS = 40
"""Threads in the table; the rest are counted."""


def print_plan(tally: Tally, *, report: Path | None) -> None:
    """Print the plan: what was read, a table of threads, what is listed and why."""
    click.echo(f"Read {count_things(tally.comments, 'comment')} on {count_things(tally.posts, 'post')}.\n")
    Console(highlight=False, markup=False).print(_make_table(tally))
    more = f"see {report}" if report else "--report FILE writes them all"
    for reason in Reason:
        if count := tally.counts[reason]:
            notes = tally.notes[reason]
            click.echo(f"\n{count} {reason.effect.value}: {reason.words}")
            for note in notes:
                click.echo(f"  {_name(note)}{_detail(note)}")
            if count > len(notes):
                click.echo(f"  … and {count - len(notes)} more ({more})")
    if not tally.has_work:
        click.echo("\nNothing to do.")


def _make_table(tally: Tally) -> Table:
    table = Table(show_footer=True)
    total = tally.total
    rows = list(tally.threads.items())
    names = ["Thread", "Page", "Add", "Move", "Sign", "Same", "Differ", "Left out"]
    for name, footer in zip(names, [count_things(len(rows), "thread"), "", *_cells(total)], strict=True):
        table.add_column(name, footer, justify="left" if name in ("Thread", "Page") else "right", overflow="fold")
    for name, thread in rows[:MAX_ROWS]:
        table.add_row(name, "yes" if thread.is_on_site else "no", *_cells(thread))
    if len(rows) > MAX_ROWS:
        table.add_row(f"… and {len(rows) - MAX_ROWS} more", "", *[""] * 6)
    return table


def _cells(thread: ThreadTally) -> list[str]:
    actions = (Action.ADD, Action.MOVE, Action.SIGN, Action.LEAVE, Action.KEEP)
    return [str(number or "") for number in (*(thread.actions[action] for action in actions), thread.left_out)]


def _show(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _name(note: Note) -> str:
    return f"{note.thread}/{note.id}" if note.id else note.thread


def _detail(note: Note) -> str:
    return f" ({_show(note.detail)})" if note.detail else ""


def format_plan(tally: Tally) -> str:
    """Write the plan as JSON; of each reason the first notes only, with their count."""
    threads = [
        {
            "thread": name, "on_site": thread.is_on_site, "posts": thread.posts, "left_out": thread.left_out,
            **{action.value: thread.actions[action] for action in Action},
        }
        for name, thread in tally.threads.items()
    ]  # fmt: skip
    reasons = [
        {
            "reason": reason.code, "effect": reason.effect.value, "count": tally.counts[reason],
            "first": [{"thread": note.thread, "id": note.id, "detail": note.detail} for note in tally.notes[reason]],
        }
        for reason in Reason
        if tally.counts[reason]
    ]  # fmt: skip
    plan = {"posts": tally.posts, "comments": tally.comments, "threads": threads, "reasons": reasons}
    return json.dumps(plan, ensure_ascii=False, indent=2)


class ReportFile:
    """The full list, a line for each note, in the order of the export; nothing is written without a path."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            try:
                path.write_text("", "utf-8")
            except OSError as error:
                raise ConversationError(f"{path}: {error.strerror}; give a path that can be written to") from error

    def add(self, notes: Iterable[Note]) -> None:
        """Write notes at the end of the file."""
        lines = [f"{note.reason.effect.value}: {_name(note)} {note.reason.words}{_detail(note)}\n" for note in notes]
        if self.path is not None and lines:
            with self.path.open("a", encoding="utf-8") as file:
                file.writelines(lines)
