"""`pelican-comments show`: comments whole, from the inbox or the repository.

Rule: the body is shown as it was written, line by line; nothing of the private part is shown.
"""

from collections.abc import Collection
from datetime import tzinfo

import click

from ..inbox.values import STATES
from ..model import Comment, State
from ..moderation.candidates import Candidate
from ..moderation.moderating import Moderation
from ..moderation.planning import STATE_WORDS, find_hindrance
from .deciding import open_moderation
from .listing import describe_guest, describe_lack_of_page, describe_what_is_public, find_threads, format_date
from .picking import NoSuchIdError, find_comment, ids_argument, pick_candidates, pick_public
from .session_end import show_name, show_text
from .shown import note_text


@click.command(name="show", short_help="Show comments whole.")
@ids_argument(completed_from=STATES, public=True, required=True)
@click.pass_obj
def command(settings_file: str, ids: tuple[str, ...]) -> None:
    """Show comments whole: of the queue, published or declined."""
    moderation = open_moderation(settings_file)
    threads = find_threads(moderation.settings)
    for number, text in enumerate(ids):
        click.echo("\n" if number else "", nl=False)
        _show(moderation, text, threads)


def _show(moderation: Moderation, text: str, threads: Collection[str] | None) -> None:
    """Show a comment; `threads` are those of `find_threads`."""
    timezone = moderation.settings.timezone
    undecided = [state for state in STATES if state is not State.APPROVED]
    try:
        (candidate,) = pick_candidates(moderation, [text], states=undecided)
    except NoSuchIdError as error:
        if error.is_ambiguous:
            raise
        try:
            name = pick_public(moderation, [text])[0]
        except NoSuchIdError as other:
            if other.is_ambiguous:
                raise
            _show_unpublished(moderation, text, threads)
            return
        comment = find_comment(moderation, name)
        state = "removed" if comment.state is State.REMOVED else "published"
        click.echo(f"{name[0]}/{name[1]}: {state}")
        _show_lack_of_page(name[0], threads)
        _show_comment(comment, timezone)
    else:
        click.echo(f"{show_name(candidate)}: {STATE_WORDS[candidate.state]}")
        _show_candidate(candidate, moderation, threads)
        note_text(moderation.inbox.path, candidate.id, candidate.data)


def _show_unpublished(moderation: Moderation, text: str, threads: Collection[str] | None) -> None:
    """Show an approved comment whose commit was taken back by hand; raises NoSuchIdError."""
    (candidate,) = pick_candidates(moderation, [text], states=STATES)
    click.echo(f"{show_name(candidate)}: approved, and not in the repository; `approve` publishes it again")
    _show_candidate(candidate, moderation, threads)


def _show_candidate(candidate: Candidate, moderation: Moderation, threads: Collection[str] | None) -> None:
    facts = moderation.read_facts([], {candidate.thread} - {""})
    for mark in candidate.marks:
        click.echo(f"marked:    {show_text(mark)}")
    if guest := describe_guest(candidate.comment, moderation.settings.authors.values()):
        click.echo(f"guest:     {guest}")
    _show_lack_of_page(candidate.thread, threads)
    if public := describe_what_is_public(candidate, facts):
        click.echo(f"public:    {public}")
    if hindrance := find_hindrance(candidate, facts):
        click.echo(f"waits:     {hindrance}")
    for problem in candidate.problems:
        click.echo(f"problem:   {show_text(problem.message)}; {problem.remedy}")
    if candidate.comment is not None:
        _show_comment(candidate.comment, moderation.settings.timezone)
    else:
        click.echo()
        _show_lines(candidate.data.decode("utf-8", "replace"))


def _show_lack_of_page(thread: str, threads: Collection[str] | None) -> None:
    if lack := describe_lack_of_page(thread, threads):
        click.echo(f"page:      {lack}")


def _show_comment(comment: Comment, timezone: tzinfo) -> None:
    facts = {
        "name": comment.name, "author": comment.author, "url": comment.url,
        "date": format_date(comment.date, timezone), "edited": comment.edited and format_date(comment.edited, timezone),
        "answers": comment.in_reply_to, "source": comment.source, "lang": comment.lang,
    }  # fmt: skip
    for key, value in facts.items():
        if value:
            click.echo(f"{key + ':':<10} {show_text(value)}")
    click.echo()
    _show_lines(comment.body)


def _show_lines(text: str) -> None:
    for line in text.split("\n"):
        click.echo(show_text(line.expandtabs(4)))
