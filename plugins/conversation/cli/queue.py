"""`pelican-comments queue`: what waits for a decision.

Rule: what is marked comes first, so that what is not stands last, nearest to the prompt, however much spam there is.
"""

import json
from collections.abc import Collection, Iterable, Sequence

import click

from ..comments.comment_file import format_moment
from ..model import Author
from ..moderation.candidates import Candidate
from ..moderation.decisions import Facts
from ..moderation.planning import find_hindrance
from .deciding import open_moderation
from .listing import (
    Row,
    describe_guest,
    describe_lack_of_page,
    describe_what_is_public,
    find_threads,
    print_rows,
)
from .session_end import print_failures, show_text
from .shown import note_queue


@click.command(name="queue", short_help="List what waits for a decision.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_obj
def command(settings_file: str, *, as_json: bool) -> None:
    """List the comments that wait for a decision, the newest last.

    Those that may be spam stand above the others, with what speaks for it; a damaged one says where it is and what to do.
    """
    moderation = open_moderation(settings_file)
    queue = sorted(moderation.read_queue(), key=lambda candidate: not candidate.marks)  # stable: by age
    facts = moderation.read_facts([], {candidate.thread for candidate in queue} - {""})
    print_failures(map(show_text, moderation.describe_strays()))
    note_queue(moderation.inbox.path, queue)
    if as_json:
        click.echo(_format_json(queue, facts))
        return
    if not queue:
        click.echo("Nothing waits.")
        return
    authors, known = moderation.settings.authors.values(), find_threads(moderation.settings)
    rows = [Row(c.thread, c.id, c.comment, _notes(c, facts, authors, known)) for c in queue]
    print_rows(rows, timezone=moderation.settings.timezone)
    marked = sum(bool(candidate.marks) for candidate in queue)
    damaged = sum(candidate.is_damaged for candidate in queue)
    of_them = f"{f', {marked} of them marked' if marked else ''}{f', {damaged} of them damaged' if damaged else ''}"
    click.echo(f"{len(queue)} in the queue{of_them}.")


def _notes(
    candidate: Candidate, facts: Facts, authors: Iterable[Author], known: Collection[str] | None
) -> tuple[str, ...]:
    hindrance = find_hindrance(candidate, facts)
    found = (
        *candidate.marks,
        describe_guest(candidate.comment, authors),
        *(problem.advice for problem in candidate.problems),
        describe_lack_of_page(candidate.thread, known),
        describe_what_is_public(candidate, facts),
        f"waits: {hindrance}" if hindrance else "",
    )
    return tuple(filter(None, found))


def _format_json(queue: Sequence[Candidate], facts: Facts) -> str:
    rows = []
    for candidate in queue:
        comment = candidate.comment
        rows.append(
            {
                "id": candidate.id, "thread": candidate.thread, "marks": candidate.marks,
                "waits": find_hindrance(candidate, facts) or None,
                "problems": [str(problem) for problem in candidate.problems],
                "date": format_moment(comment.date) if comment else None,
                "name": comment.name if comment else None, "url": comment.url if comment else None,
                "in_reply_to": comment.in_reply_to if comment else None, "body": comment.body if comment else None,
            }
        )  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2)
