"""Undoing: the last session becomes a plan that takes it back, files and states; or the part of one that came too late.

Rule: a session is undone whole or not at all, and only where nothing has been built on it: a file that has changed
since, or a reply to what it published, stops it with words. A part is taken back where the inbox has overtaken it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..comments.comment_file import parse_comment
from ..inbox.values import ConflictError, Move, Standing
from ..model import State
from .candidates import Candidate
from .decisions import Action, Change, Facts, FileChange, Plan, Refusal
from .session_log import LoggedSession


@dataclass(frozen=True, slots=True)
class SessionFile:
    """What a session made of one file below the folder of comments."""

    path: str
    """`<thread>/<file name>`."""
    before: bytes | None
    """None: there was none."""
    after: bytes | None
    """None: it was deleted."""
    now: bytes | None
    """None: there is none."""


def plan_undo(session: LoggedSession, files: Sequence[SessionFile], facts: Facts) -> Plan:
    """Return what takes a session back; `facts` has the threads of its files, and the candidates it moved."""
    refusals = [*_refuse_changed(files), *_refuse_answered(files, facts)]
    if refusals:
        return Plan((), tuple(refusals))
    moves = _reverse_moves(session, facts.candidates)
    by_comment: dict[tuple[str, str], list[FileChange]] = {}
    for file in files:
        if file.now != file.before:
            by_comment.setdefault(_name_comment(file.path), []).append(FileChange(file.path, file.before))
    changes = [
        Change(Action.UNDO, thread, id, tuple(found), moves.pop(id, None)) for (thread, id), found in by_comment.items()
    ]
    for id, move in moves.items():
        changes.append(Change(Action.UNDO, facts.candidates[id].thread, id, move=move))
    return Plan(tuple(changes))


def _name_comment(path: str) -> tuple[str, str]:
    thread, _, name = path.partition("/")
    return thread, name.partition(".")[0]


def _refuse_changed(files: Sequence[SessionFile]) -> list[Refusal]:
    reason, remedy = "its file has changed since", "change it by hand, or with `pelican-comments edit`"
    return [
        Refusal(Action.UNDO, *_name_comment(file.path), reason, remedy)
        for file in files
        if file.now not in (file.before, file.after)
    ]


def _refuse_answered(files: Sequence[SessionFile], facts: Facts) -> list[Refusal]:
    """Refuse to take a comment away from under a reply that stays."""
    going = {_name_comment(file.path) for file in files if file.before is None and file.path.endswith(".md")}
    found = []
    for thread, id in sorted(going):
        replies = sorted(reply for reply in facts.thread(thread).find_replies(id) if (thread, reply) not in going)
        if replies:
            reason = f"{replies[0]} answers it meanwhile"
            found.append(Refusal(Action.UNDO, thread, id, reason, "take it off with `pelican-comments remove`"))
    return found


def _reverse_moves(session: LoggedSession, candidates: Mapping[str, Candidate]) -> dict[str, Move]:
    """Return the moves back; what has been decided anew since, or is gone, stays as it is."""
    found = {}
    for move in session.moves:
        candidate = candidates.get(move.id)
        if candidate is not None and candidate.state is move.to_state:
            found[move.id] = Move(move.id, move.to_state, move.from_state, candidate.revision)
    return found


def plan_take_back(plan: Plan, late: Collection[str], *, revisions: Mapping[str, str]) -> Plan:
    """Return what takes those changes of a session back that the inbox refused, ids `late`, and the replies to them.

    `revisions` are those of the candidates that it has moved, by id.
    """
    going: set[tuple[str, str]] = set()
    changes = []
    for change in plan.changes:  # parents first
        is_put_on_page = change.action in (Action.APPROVE, Action.REPLY)
        if is_put_on_page and (change.id in late or (change.thread, change.parent) in going):
            going.add((change.thread, change.id))
            files = tuple(FileChange(file.path, file.before) for file in change.files)
            move = change.move if change.id in revisions else None
            back = Move(change.id, move.to_state, move.from_state, revisions[change.id]) if move else None
            changes.append(Change(Action.UNDO, change.thread, change.id, files, back))
    return Plan(tuple(changes))


def explain_late(conflict: ConflictError | None) -> str:
    """Return why a change was taken back, from what the inbox said to its move; None: it had none, or it was made."""
    if conflict is None:
        return "it answers a comment that was taken back"
    if conflict.standing is None:
        return "its writer withdrew it in this very moment"
    if conflict.standing.state is State.PENDING:
        return "its writer changed it in this very moment"
    return "somebody decided otherwise in this very moment"


def plan_take_back_late(
    session: LoggedSession, files: Sequence[SessionFile], standings: Mapping[str, Standing]
) -> Plan:
    """Return what takes those changes of a dead session back that the inbox would have refused, as it would have itself.

    `standings` are those after every move that is left has been made.
    """
    if session.undoes:  # what undoing brings back was decided, and its writer could not touch it
        return Plan()
    late = {move.id for move in session.moves if _is_late(move, standings.get(move.id))}
    made = (move.id for move in session.moves if move.id in standings and standings[move.id].state is move.to_state)
    return plan_take_back(_recall_plan(session, files), late, revisions={id: standings[id].revision for id in made})


def _is_late(move: Move, standing: Standing | None) -> bool:
    """Whether a submission went another way than the session's: its writer's, or somebody else's who decided."""
    return standing is None or not (standing.state is move.to_state or is_left(move, standing))


def is_left(move: Move, standing: Standing | None) -> bool:
    """Whether a logged move is still to be made: the submission is what was decided about, and where it was."""
    return (
        standing is not None
        and standing.state is move.from_state
        and standing.revision.startswith(move.expected_revision)
    )


def _recall_plan(session: LoggedSession, files: Sequence[SessionFile]) -> Plan:
    """Return what a session put on the page and is there as it was, parents first; its log has approvals in that order."""
    moves = {move.id: move for move in session.moves}
    by_comment: dict[tuple[str, str], list[SessionFile]] = {}
    for file in files:
        if file.after is not None and file.now == file.after:
            by_comment.setdefault(_name_comment(file.path), []).append(file)
    changes = [
        _recall_change(thread, id, found, moves.get(id))
        for (thread, id), found in by_comment.items()
        if (moves[id].to_state is State.APPROVED if id in moves else found[0].before is None)
    ]
    order = list(moves)
    return Plan(tuple(sorted(changes, key=lambda c: order.index(c.id) if c.id in moves else len(order))))


def _recall_change(thread: str, id: str, files: Sequence[SessionFile], move: Move | None) -> Change:
    texts = [file.after for file in files if file.after is not None and file.path.endswith(".md")]
    comments = [parse_comment(text, id, thread=thread, id=id, max_body_bytes=None).comment for text in texts]
    parent = next((comment.parent_id for comment in comments if comment), None) or ""
    action = Action.APPROVE if move else Action.REPLY
    return Change(action, thread, id, tuple(FileChange(f.path, f.after, f.before) for f in files), move, parent=parent)
