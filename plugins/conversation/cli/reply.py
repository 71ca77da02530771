"""`pelican-comments reply`: answer a comment as the author, signed, committed and on the page.

Rule: whatever can stand in the way is found before the editor opens: repository, name of the committer, author, key.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from ..comments.listing import show_path
from ..configuration import Settings
from ..errors import ConversationError
from ..model import Author, Comment, State
from ..moderation.decisions import Action, Decision, make_id
from ..moderation.moderating import Moderation
from ..moderation.replying import (
    NoKeyError,
    Pen,
    UnlistedKeyError,
    add_signer,
    choose_author,
    find_pen,
    make_key,
    make_reply,
)
from ..text import is_visible
from .deciding import open_moderation
from .editor import Draft
from .listing import format_date
from .picking import NoSuchIdError, find_comment, ids_argument, pick_candidates, pick_public
from .session_end import build_option, dry_run_option, end_session, print_plan, show_text
from .shown import find_seen, note_text

CUT = "# ------------ What stands below this line is left out ------------"


@click.command(name="reply", short_help="Answer a comment, signed.")
@ids_argument(completed_from=[State.PENDING], public=True, required=True, single=True)
@click.option("-m", "--message", metavar="TEXT", help="The answer, in Markdown; without it, $EDITOR opens.")
@click.option("--as", "author_key", metavar="KEY", help="Answer as this author, where there are several.")
@click.option("-y", "--yes", is_flag=True, help="Make a key and list it in allowed_signers without asking.")
@dry_run_option
@build_option
@click.pass_obj
def command(
    settings_file: str,
    id: str,
    *,
    message: str | None,
    author_key: str | None,
    yes: bool,
    dry_run: bool,
    no_build: bool,
) -> None:
    """Answer a comment as the author: sign the answer, commit it, build the site.

    A comment that is still in the queue is approved with it.
    """
    moderation = open_moderation(settings_file)
    moderation.repository.require_author()
    settings = moderation.settings
    author = choose_author(settings, author_key)
    approval, parent = _find_parent(moderation, id, is_shown=message is None)
    pen, more_files = _set_up_pen(moderation, author, yes=yes, dry_run=dry_run)
    draft = Draft(settings, "reply", thread=parent.thread, id=parent.id)
    text = message if message is not None else _cut(draft.edit(_make_template(parent, settings)))
    if not is_visible(text):
        if message is None:
            draft.drop()
        raise ConversationError("nothing was written, so nothing is answered")
    try:
        now = datetime.now(UTC)
        reply = make_reply(parent, text, pen=pen, id=make_id(now), date=now, max_body_bytes=settings.max_body_bytes)
        decisions = [*approval, reply]
        if dry_run:
            print_plan(moderation.plan(decisions), is_dry_run=True)
            return
        outcome = moderation.decide(decisions, more_files=more_files)
        for path, signers in more_files.items() if outcome.commit else ():
            added = signers.decode().splitlines()[-1]
            click.echo(f"Added to {show_path(path, settings.root)}: {added}")
        if message is None and any(change.id == reply.id for change in outcome.plan.changes):
            draft.drop()
    finally:
        draft.say_whereabouts()
    end_session(moderation, outcome, settings_file=Path(settings_file), builds=not no_build)


def _find_parent(moderation: Moderation, text: str, *, is_shown: bool) -> tuple[list[Decision], Comment]:
    """Return the comment that is meant, and its approval where it is still in the queue; `is_shown`: the editor has it."""
    try:
        candidate = pick_candidates(moderation, [text], states=[State.PENDING])[0]
    except NoSuchIdError as error:
        if error.is_ambiguous:
            raise
        comment = find_comment(moderation, pick_public(moderation, [text])[0])
        if comment.state is State.REMOVED:
            raise ConversationError(f"{comment.thread}/{comment.id} was removed, and cannot be answered") from error
        return [], comment
    seen = find_seen(moderation.inbox.path, [candidate])[candidate.id]
    approval = Decision(Action.APPROVE, candidate.id, seen=seen)
    for refusal in moderation.plan([approval]).refusals:
        message = f"{refusal.thread}/{refusal.id} cannot be answered yet: {refusal.reason}"
        raise ConversationError(f"{show_text(message)}; {refusal.remedy}")
    if candidate.comment is None:
        raise ConversationError(f"{candidate.id} cannot be read")
    if is_shown:
        note_text(moderation.inbox.path, candidate.id, candidate.data)
    return [approval], candidate.comment


def _set_up_pen(moderation: Moderation, author: Author, *, yes: bool, dry_run: bool) -> tuple[Pen, dict[Path, bytes]]:
    """Return what the author signs with, and `allowed_signers` where it is to change for that, which a session can commit."""
    settings = moderation.settings
    try:
        return find_pen(settings, author), {}
    except NoKeyError as error:
        if dry_run or not (yes or _agrees(f"There is no key to sign with. Make one, {error.path}?")):
            raise
        make_key(error.path, author=author, asks_passphrase=not yes)
        click.echo(f"Made the key {error.path}; keep it to yourself, and keep a copy.")
    except UnlistedKeyError:
        pass
    try:
        return find_pen(settings, author), {}
    except UnlistedKeyError as error:
        path = show_path(settings.allowed_signers, settings.root)
        question = f"The key {error.key} does not sign for {author.name} yet. Add it to {path}?"
        can_list = moderation.repository.holds(settings.allowed_signers) and not dry_run
        if not (can_list and (yes or _agrees(question))):
            raise
        text = add_signer(settings, error.line)
        return find_pen(settings, author, signers_text=text), {settings.allowed_signers: text.encode()}


def _agrees(question: str) -> bool:
    """Whether somebody at a terminal says yes."""
    return sys.stdin.isatty() and click.confirm(question, default=True)


def _make_template(parent: Comment, settings: Settings) -> str:
    """Return what the editor opens with: room, and below a line the comment that is answered."""
    who = f"{parent.name or parent.author}, {format_date(parent.date, settings.timezone)}, on {parent.thread}:"
    quoted = [f"# {show_text(line)}".rstrip() for line in (who, "", *parent.body.split("\n"))]
    return "\n".join(["", "", CUT, *quoted, ""])


def _cut(text: str) -> str:
    return text.partition(CUT)[0]
