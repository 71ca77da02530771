"""The log of moderation: the message of a session's commit, which people read and which tells what undoing it takes.

Rule: a commit message is as public as the comments and lasts longer. Nothing that a stranger wrote stands in it, not even
a name: only threads, ids, states and the revisions of the inbox, by which an interrupted session is found and finished.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..inbox.values import STATES, Move
from ..model import State
from .decisions import Action, Change

SESSION_KEY, UNDOES_KEY = "Conversation-Session", "Conversation-Undoes"
"""Trailers (git-interpret-trailers(1)): the key of a session, and of the one it takes back."""

REVISION_DIGITS = 12
"""Of a revision of the inbox in the log: enough to know one again, and not to be guessed."""

_VERBS = {
    Action.APPROVE: "approve",
    Action.REPLY: "answer",
    Action.EDIT: "edit",
    Action.REMOVE: "remove",
    Action.REJECT: "decline",
    Action.SPAM: "mark as spam",
    Action.UNDO: "take back",
}
_STATES = "|".join(state.value for state in STATES)
_LINE = re.compile(rf"- \S.* [^\s/]*/([a-z0-9-]+) \[({_STATES}) -> ({_STATES}) ([0-9a-f]{{{REVISION_DIGITS}}})\]")
_TRAILER = re.compile(rf"({SESSION_KEY}|{UNDOES_KEY}): ([a-z0-9-]+)")


@dataclass(frozen=True, slots=True)
class LoggedSession:
    """A session, as its commit tells it."""

    key: str
    """As a comment's id; it outlives a rebase."""
    subject: str
    """First line of the message."""
    moves: tuple[Move, ...] = ()
    """With the first `REVISION_DIGITS` of their revisions."""
    undoes: str = ""
    """Key of the session it takes back, its own where it takes back a part of itself; empty for every other one."""
    commit: str = ""
    """Revision of its commit."""


def describe_changes(changes: Iterable[Change]) -> str:
    """Return what a session does, in words: "Approve 3 comments, decline 1"."""
    counts: dict[Action, int] = {}
    for change in changes:
        counts[change.action] = counts.get(change.action, 0) + 1
    words: list[str] = []
    for action in Action:
        if number := counts.get(action):
            noun = f" comment{'s' * (number != 1)}" if not words else ""
            verb, _, rest = _VERBS[action].partition(" ")
            words.append(f"{verb} {number}{noun}{f' {rest}' if rest else ''}")
    return ", ".join(words).capitalize()


def format_message(changes: Sequence[Change], key: str, *, undoes: LoggedSession | None = None) -> str:
    """Write the message of a session's commit; `undoes` is the session that it takes back, or a part of."""
    subject = f"Undo: {undoes.subject}" if undoes and undoes.subject else describe_changes(changes)
    trailers = [f"{SESSION_KEY}: {key}", *([f"{UNDOES_KEY}: {undoes.key}"] if undoes else [])]
    lines = [format_change(change) for change in changes]
    return "\n".join([subject, "", *lines, *([""] if lines else []), *trailers, ""])


def format_change(change: Change) -> str:
    """Write one change as a line of the log."""
    move = change.move
    tail = (
        f" [{move.from_state.value} -> {move.to_state.value} {move.expected_revision[:REVISION_DIGITS]}]"
        if move
        else ""
    )
    return f"- {_VERBS[change.action].capitalize()} {change.thread}/{change.id}{tail}"


def parse_message(message: str, commit: str) -> LoggedSession | None:
    """Read a commit's message; None where it is no session's."""
    lines = message.rstrip("\n").split("\n")
    trailers = {match[1]: match[2] for line in lines if (match := _TRAILER.fullmatch(line))}
    if SESSION_KEY not in trailers:
        return None
    moves = [_read_move(match) for line in lines if (match := _LINE.fullmatch(line))]
    return LoggedSession(
        trailers[SESSION_KEY], lines[0], tuple(filter(None, moves)), trailers.get(UNDOES_KEY, ""), commit
    )


def _read_move(match: re.Match[str]) -> Move | None:
    id, old, new, revision = match.groups()
    try:
        return Move(id, State(old), State(new), revision)
    except ValueError:  # written by hand
        return None


def find_last_moves(sessions: Iterable[LoggedSession]) -> Mapping[str, Move]:
    """Return the last move of each id; the sessions are given latest first."""
    last: dict[str, Move] = {}
    for session in sessions:
        for move in session.moves:
            last.setdefault(move.id, move)
    return last


def find_undoable(sessions: Iterable[LoggedSession]) -> LoggedSession | None:
    """Return the last session that was not taken back, and is no taking back; they are given latest first."""
    undone: set[str] = set()
    for session in sessions:
        if session.undoes:
            undone |= {session.undoes} - {
                session.key
            }  # one that took back a part of itself can be undone like any other
        elif session.key not in undone:
            return session
    return None
