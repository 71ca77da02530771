"""Answering in the browser: what the moderator typed becomes signed answers, before anything is decided.

Rule: no answer is made of half a session. Where one cannot be signed, the error ends the session before it begins. A key
is made, or listed as an author's, only on the blogger's own machine and when they say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..configuration import Settings
from ..errors import ConversationError
from ..inbox.values import NoSubmissionError
from ..model import Author
from ..moderation.candidates import Candidate
from ..moderation.decisions import Action, Decision, Refusal
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
from .decision_form import DecisionForm
from .desk import Desk


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a session."""

    decisions: tuple[Decision, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    answered: Mapping[str, str] = field(default_factory=dict)
    """Id of what each answers, by its own id."""
    more_files: Mapping[Path, bytes] = field(default_factory=dict)
    """What else the commit needs: `allowed_signers`, where a key is listed with it."""


def write_answers(desk: Desk, form: DecisionForm, queue: Mapping[str, Candidate]) -> Answers:
    """Return the answers of a form, signed; `queue` has what waits, by id.

    Raises SigningError where they cannot be signed, and ConversationError for a text that no comment can have.
    """
    asked = [id for id, choice in form.choices.items() if choice.has_answer and choice.action in ("", "approve")]
    if not asked:
        return Answers()
    settings, now = desk.receiver.settings, desk.receiver.now()
    pen, more_files = _find_pen(desk, sets_up=form.sets_up_key)
    decisions, refusals, answered = [], [], {}
    for id in asked:
        answer_id = form.make_answer_id(id)
        answered[answer_id] = id
        try:
            candidate = queue.get(id) or desk.moderation.read_candidate(id)
        except NoSubmissionError:
            refusals.append(Refusal(Action.REPLY, "", answer_id, "what it answers is not in the inbox any more"))
            continue
        if candidate.comment is None:
            refusals.append(Refusal(Action.REPLY, "", answer_id, "what it answers cannot be read"))
        elif _is_published(desk.moderation, candidate.thread, answer_id):
            reason = "it is on the page already; this form was sent before"
            refusals.append(Refusal(Action.REPLY, candidate.thread, answer_id, reason, is_settled=True))
        else:
            text = form.choices[id].answer
            reply = make_reply(
                candidate.comment, text, pen=pen, id=answer_id, date=now, max_body_bytes=settings.max_body_bytes
            )
            decisions.append(reply)
    return Answers(tuple(decisions), tuple(refusals), answered, more_files)


def _is_published(moderation: Moderation, thread: str, id: str) -> bool:
    public = moderation.read_public({thread}).get(thread)
    return public is not None and id in public.files


def _find_pen(desk: Desk, *, sets_up: bool) -> tuple[Pen, Mapping[Path, bytes]]:
    """Return what signs answers, and what has to be committed for that."""
    settings = desk.receiver.settings
    try:
        return find_any_pen(settings), {}
    except (NoKeyError, UnlistedKeyError):
        if not (sets_up and desk.sets_up_keys):
            raise
    return _set_up_pen(desk.moderation, choose_author(settings, None))


def _set_up_pen(moderation: Moderation, author: Author) -> tuple[Pen, Mapping[Path, bytes]]:
    """Make a key where there is none, and list it where it is not listed and a session can commit that."""
    settings = moderation.settings
    try:
        return find_pen(settings, author), {}
    except NoKeyError as error:
        make_key(error.path, author=author, asks_passphrase=False)
        return _set_up_pen(moderation, author)
    except UnlistedKeyError as error:
        if not moderation.repository.holds(settings.allowed_signers):
            raise
        text = add_signer(settings, error.line)
        return find_pen(settings, author, signers_text=text), {settings.allowed_signers: text.encode()}


def describe_set_up(desk: Desk, error: ConversationError) -> str:
    """Return what can be done about a key that is missing or not listed; empty where nothing can, from here."""
    settings = desk.receiver.settings
    if not desk.sets_up_keys or len(settings.authors) != 1:
        return ""
    (author,) = settings.authors.values()
    if isinstance(error, NoKeyError):
        return f"Make the key {error.path}, without a passphrase, and list it as that of {author.name}"
    if isinstance(error, UnlistedKeyError) and desk.moderation.repository.holds(settings.allowed_signers):
        return f"List the key {error.key} as that of {author.name}"
    return ""


def find_any_pen(settings: Settings) -> Pen:
    """Return the key of this machine with the first author it signs for; raises SigningError."""
    if len(settings.authors) < 2:
        return find_pen(settings, choose_author(settings, None))
    errors = []
    for author in settings.authors.values():
        try:
            return find_pen(settings, author)
        except UnlistedKeyError as error:
            errors.append(error)
    raise errors[0]
