"""Writing to the inbox, one batch at a time: objects first, then all refs in one transaction.

Rule: only who has the turn (`lock.writing`) calls these. Each hands git the lock's open file (`held`), so that a
command that outlives its writer is waited for.
"""

from collections.abc import Mapping, Sequence

from ..git.command import Git, GitError
from ..git.repository import NewCommit, RefUpdate, find_revisions, list_refs, sync_refs, update_refs, write_commits
from ..model import State
from .lock import remove_left_behind, remove_scraps
from .reading import (
    COMMENT,
    PRIVATE,
    REFS,
    find_all_refs,
    find_doubles,
    find_refs,
    group_refs,
    name_ref,
    read_submissions,
    settle_refs,
)
from .values import Add, Change, ConflictError, Move, Replace, Standing, StoredSubmission, Submission, Withdraw, judge


def write_changes(git: Git, changes: Sequence[Change], *, held: int) -> list[str | ConflictError]:
    """Do changes of different ids; return the revision of each, or why it came too late.

    Raises GitError or OSError where any could not be done; then none is.
    """
    standings = _find_standings(git, changes, held=held)
    results: dict[str, str | ConflictError] = {}
    for change in changes:
        try:
            judge(change, standings.get(change.id))
        except ConflictError as error:
            results[change.id] = error
    fitting = [change for change in changes if change.id not in results]
    results |= _write_fitting(git, fitting, held=held)
    return [results[change.id] for change in changes]


def _write_fitting(git: Git, changes: Sequence[Change], *, held: int) -> dict[str, str]:
    damaged = _find_damaged(git, [change for change in changes if isinstance(change, Move)])
    commits = [commit for change in changes for commit in _make_commits(change, damaged.get(change.id))]
    try:
        written = iter(write_commits(git, commits, held=[held]) if commits else ())
    except GitError:
        remove_scraps(git.repository)  # on a full disk, they are what fills it
        raise
    revisions = {c.id: c.expected_revision if isinstance(c, Withdraw) else next(written) for c in changes}
    updates = [update for change in changes for update in _make_updates(change, revisions[change.id])]
    write_refs(git, updates, held=held)
    return revisions


def _find_damaged(git: Git, moves: Sequence[Move]) -> dict[str, StoredSubmission]:
    """Return what can be read of the damaged among some submissions; looked at twice, as a git may have been killed."""
    damaged = {move.id: Standing(move.from_state, move.expected_revision) for move in moves}
    found: dict[str, StoredSubmission] = {}
    for _ in range(2):
        found = {s.submission.id: s for s in read_submissions(git, damaged) if s.unreadable}
        damaged = {id: stored.standing for id, stored in found.items()}
    return found


def _make_commits(change: Change, damaged: StoredSubmission | None = None) -> tuple[NewCommit, ...]:
    """Return the commit a change needs. A new text has no parent, so that nothing keeps the old one.

    Nor has a move of something damaged, so that git can do with the whole repository again what it does with whole ones.
    """
    match change:
        case Add(submission) | Replace(submission):
            return (NewCommit(f"{State.PENDING.value} {change.id}", _make_files(submission)),)
        case Move() if damaged:
            files = {
                file: data for file, data in _make_files(damaged.submission).items() if file not in damaged.unreadable
            }
            return (NewCommit(f"{change.to_state.value} {change.id}", files),)
        case Move():
            return (NewCommit(f"{change.to_state.value} {change.id}", {}, change.expected_revision),)
        case Withdraw():
            return ()


def _make_files(submission: Submission) -> Mapping[str, bytes]:
    return {COMMENT: submission.comment, PRIVATE: submission.private}


def _make_updates(change: Change, revision: str) -> tuple[RefUpdate, ...]:
    match change:
        case Add():
            return (RefUpdate(name_ref(change.id, State.PENDING), None, revision),)
        case Replace():
            return (RefUpdate(name_ref(change.id, State.PENDING), change.expected_revision, revision),)
        case Withdraw():
            return (RefUpdate(name_ref(change.id, State.PENDING), change.expected_revision, None),)
        case Move():
            return (
                RefUpdate(name_ref(change.id, change.to_state), None, revision),
                RefUpdate(name_ref(change.id, change.from_state), change.expected_revision, None),
            )


def write_refs(git: Git, updates: Sequence[RefUpdate], *, held: int) -> None:
    """Do all updates or none, past what a dead process left and past a git command that was killed half-way."""
    try:
        update_refs(git, updates, held=[held])
    except (GitError, OSError):
        remove_left_behind(git.repository)
        try:
            update_refs(git, _find_undone(git, updates), held=[held])
            sync_refs(git, updates)
        except (GitError, OSError):
            _take_back(git, updates, held=held)
            raise


def _find_undone(git: Git, updates: Sequence[RefUpdate]) -> list[RefUpdate]:
    now = find_revisions(git, [update.name for update in updates])
    return [update for update in updates if now.get(update.name) != update.new]


def _take_back(git: Git, updates: Sequence[RefUpdate], *, held: int) -> None:
    """Undo what was done of a transaction that cannot be finished."""
    undone = _find_undone(git, updates)
    done = [RefUpdate(update.name, update.new, update.old) for update in updates if update not in undone]
    if done:
        update_refs(git, done, held=[held])


def _find_standings(git: Git, changes: Sequence[Change], *, held: int) -> dict[str, Standing]:
    new = [change.id for change in changes if isinstance(change, Add)]
    old = [change.id for change in changes if not isinstance(change, Add)]
    refs = find_refs(git, new) | (find_all_refs(git, old) if old else {})
    if len(refs) > len(group_refs(refs)):
        _drop_doubles(git, refs, held=held)
    return settle_refs(git, refs)


def finish_moves(git: Git, *, held: int) -> None:
    """Finish the moves that a killed process left half done."""
    _drop_doubles(git, list_refs(git, REFS), held=held)


def _drop_doubles(git: Git, refs: Mapping[str, str], *, held: int) -> None:
    if left := find_doubles(git, refs):
        write_refs(git, left, held=held)
