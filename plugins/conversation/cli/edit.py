"""`pelican-comments edit`: change comments in the editor, in the queue or on the page.

Rule: every change is marked as an edit, with its time, and an author's comment is signed anew.
"""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from ..comments.comment_file import format_comment, parse_comment
from ..errors import ConversationError
from ..model import Comment, State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Action, Decision
from ..moderation.moderating import Moderation
from ..moderation.replying import choose_author, find_pen, sign
from .deciding import open_moderation
from .editor import Draft
from .picking import Name, NoSuchIdError, ids_argument, pick_candidates, pick_public
from .session_end import build_option, dry_run_option, end_session, print_plan
from .shown import note_text


@click.command(name="edit", short_help="Change comments in the editor.")
@ids_argument(completed_from=[State.PENDING], public=True, required=True)
@dry_run_option
@build_option
@click.pass_obj
def command(settings_file: str, ids: tuple[str, ...], *, dry_run: bool, no_build: bool) -> None:
    """Change comments in $EDITOR, in the queue or on the page; they are marked as edited.

    One in the queue stays there. Ids, threads and states cannot be changed.
    """
    moderation = open_moderation(settings_file)
    moderation.repository.require_author()
    drafts: dict[Name, Draft] = {}
    decisions: list[Decision] = []
    try:
        for name, picked in {_name(picked): picked for picked in [_pick(moderation, text) for text in ids]}.items():
            drafts[name] = Draft(moderation.settings, "edit", thread=name[0], id=name[1])
            if isinstance(picked, Candidate):
                _edit_candidate(moderation, picked, drafts[name], dry_run=dry_run)
            else:
                decisions.append(_edit_public(moderation, picked, drafts[name]))
        if dry_run:
            print_plan(moderation.plan(decisions), is_dry_run=True)
            return
        outcome = moderation.decide(decisions)
        for change in outcome.plan.changes:
            drafts[change.thread, change.id].drop()
    finally:
        for draft in drafts.values():
            draft.say_whereabouts()
    end_session(moderation, outcome, settings_file=Path(settings_file), builds=not no_build)


def _pick(moderation: Moderation, text: str) -> Candidate | Name:
    """Return the comment of the queue that is meant, or thread and id of a published one."""
    try:
        return pick_candidates(moderation, [text], states=[State.PENDING])[0]
    except NoSuchIdError as error:
        if error.is_ambiguous:
            raise
        return pick_public(moderation, [text])[0]


def _name(picked: Candidate | Name) -> Name:
    return (picked.thread, picked.id) if isinstance(picked, Candidate) else picked


def _edit_candidate(moderation: Moderation, candidate: Candidate, draft: Draft, *, dry_run: bool) -> None:
    data, _ = _edit_file(moderation, candidate.data, (candidate.thread, candidate.id), draft)
    if dry_run:
        click.echo(f"{candidate.thread}/{candidate.id} would be edited and stay in the queue")
        return
    moderation.rewrite(candidate, data)
    note_text(moderation.inbox.path, candidate.id, data)
    draft.drop()
    click.echo(f"{'edited':<9} {candidate.thread}/{candidate.id}, which stays in the queue")


def _edit_public(moderation: Moderation, name: Name, draft: Draft) -> Decision:
    thread, id = name
    before = moderation.read_public([thread])[thread].files[id]
    data, comment = _edit_file(moderation, before.data, name, draft)
    signature = None
    if comment.author is not None:
        pen = find_pen(moderation.settings, choose_author(moderation.settings, comment.author))
        signature = sign(data, comment, pen=pen)
    return Decision(Action.EDIT, id, thread, seen_data=before.data, data=data, signature=signature)


def _edit_file(moderation: Moderation, before: bytes, name: Name, draft: Draft) -> tuple[bytes, Comment]:
    """Return the edited file and its comment; asks for another try where the file has a problem then."""
    old = _parse(moderation, before, name)[0]
    while True:
        text = draft.edit(before.decode("utf-8", "replace"))
        comment, problems = _parse(moderation, text.encode(), name)
        if old is not None and comment is not None and comment.author != old.author:
            problems = ("the author cannot be changed",)
        if comment is not None and comment.state is State.REMOVED:
            problems = ("the state cannot be changed; take it off the page with `pelican-comments remove`",)
        if comment is not None and not problems:
            edited = replace(comment, edited=datetime.now(UTC).replace(microsecond=0))
            return format_comment(edited, max_body_bytes=moderation.settings.max_body_bytes), edited
        for problem in problems:
            click.echo(f"pelican-comments: {problem}", err=True)
        if not sys.stdin.isatty() or not click.confirm("Open the editor again?", default=True):
            raise ConversationError(f"{'/'.join(name)} is as it was")


def _parse(moderation: Moderation, data: bytes, name: Name) -> tuple[Comment | None, tuple[str, ...]]:
    settings = moderation.settings
    parsed = parse_comment(
        data, f"{name[0]}/{name[1]}.md", thread=name[0], id=name[1],
        timezone=settings.timezone, max_body_bytes=settings.max_body_bytes,
    )  # fmt: skip
    return parsed.comment, tuple(str(problem) for problem in parsed.problems)
