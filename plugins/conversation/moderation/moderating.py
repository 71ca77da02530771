"""Deciding: what the inbox and the site's repository say becomes a plan, and the plan one commit and moves in the inbox.

Rule: the commit comes first and says which moves belong to it, so whoever comes next finishes what a dead process left.
The inbox has the last word: what it refuses, because its writer changed it in this very moment, is taken back.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ..configuration import Settings
from ..errors import ConversationError
from ..git.work_tree import Branch, BranchMovedError
from ..inbox.keeping import open_inbox
from ..inbox.reading import name_ref
from ..inbox.values import ConflictError, InboxUnavailableError, Move, NoSubmissionError, StoredSubmission, Submission
from ..model import State
from .candidates import Candidate, describe_damage, describe_stray, read_candidate
from .decisions import Decision, Facts, Plan, Refusal, make_id
from .exchange import Exchange
from .planning import plan_session
from .public_threads import PublicThread, read_public_thread
from .session_log import LoggedSession, find_last_moves, find_undoable, format_message
from .site_repository import SiteRepository, UnfinishedError
from .undoing import explain_late, is_left, plan_take_back, plan_take_back_late, plan_undo

ATTEMPTS = 20
"""Each that fails, fails because somebody else's commit came through."""


FEW = 8
"""Up to so many candidates are read one by one (10 ms each); more with all that stand where they do."""

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a session."""

    plan: Plan
    """What was done and what was not; for a dry run, what would be."""
    commit: str = ""
    """Revision; empty where nothing was committed."""
    warnings: tuple[str, ...] = ()
    """What went wrong after the commit; a sentence each."""

    @property
    def has_new_files(self) -> bool:
        """Whether the site is to be built again."""
        return bool(self.commit and self.plan.files)


class Moderation:
    """The moderator's desk: the inbox of a site and its repository. Threads and processes may share one."""

    def __init__(self, settings: Settings) -> None:
        """Open both; raises NoRepositoryError and InboxUnavailableError."""
        self.settings = settings
        self.repository = SiteRepository(settings)
        self.inbox = open_inbox(settings)
        self.exchange = Exchange(self.inbox, settings.inbox_remote)

    def read_queue(self) -> tuple[Candidate, ...]:
        """Return what waits for a decision, oldest first, having finished what a dead session left."""
        with self.repository.held():
            self._finish_moves()
        return self.read_candidates([State.PENDING])

    def read_candidates(self, states: Iterable[State]) -> tuple[Candidate, ...]:
        """Return what the inbox has under some states, oldest first."""
        found = [self._read(stored) for state in states for stored in self.inbox.submissions(state)]
        return tuple(sorted(found, key=lambda candidate: candidate.order))

    def read_candidate(self, id: str) -> Candidate:
        """Return one candidate; raises NoSubmissionError."""
        return self._read(self.inbox.read(id))

    def _read(self, stored: StoredSubmission) -> Candidate:
        submission, standing = stored.submission, stored.standing
        ref = name_ref(submission.id, standing.state)
        return read_candidate(
            submission.comment, submission.private, id=submission.id, state=standing.state,
            revision=standing.revision, timezone=self.settings.timezone, max_body_bytes=self.settings.max_body_bytes,
            damage=describe_damage(ref, stored.unreadable, inbox=self.inbox.path) if stored.unreadable else None,
        )  # fmt: skip

    def describe_strays(self) -> tuple[str, ...]:
        """Return a sentence for each thing among the submissions that is none."""
        return tuple(describe_stray(ref, inbox=self.inbox.path) for ref in self.inbox.find_strays())

    def list_public(self) -> tuple[tuple[str, str], ...]:
        """Return thread and id of every committed comment."""
        return self.repository.list_comments(self.repository.read_branch())

    def read_public(self, threads: Collection[str]) -> Mapping[str, PublicThread]:
        """Return committed threads by name."""
        return self._read_threads(self.repository.read_branch(), threads)

    def _read_threads(self, branch: Branch, threads: Collection[str]) -> Mapping[str, PublicThread]:
        timezone, max_body_bytes = self.settings.timezone, self.settings.max_body_bytes
        found = self.repository.read_comments(branch, threads) if threads else {}
        return {
            name: read_public_thread(name, files, timezone=timezone, max_body_bytes=max_body_bytes)
            for name, files in found.items()
        }

    def read_facts(self, ids: Collection[str], threads: Collection[str]) -> Facts:
        """Return what is so: some candidates, as far as they are there, their threads and those named."""
        return self._read_facts(self.repository.read_branch(), ids, threads)

    def _read_facts(self, branch: Branch, ids: Collection[str], threads: Collection[str]) -> Facts:
        standings = self.inbox.standings()
        candidates = self._read_some({id: standings[id].state for id in ids if id in standings})
        names = {*threads, *(candidate.thread for candidate in candidates.values())} - {""}
        return Facts(
            candidates, {id: standing.state for id, standing in standings.items()}, self._read_threads(branch, names),
            self.settings.timezone, self.settings.max_body_bytes,
        )  # fmt: skip

    def _read_some(self, states: Mapping[str, State]) -> dict[str, Candidate]:
        """Return candidates by id; `states` says where they stood a moment ago."""
        found = {}
        if len(states) > FEW:
            every = self.read_candidates(dict.fromkeys(states.values()))
            found = {candidate.id: candidate for candidate in every if candidate.id in states}
        for id in states:
            if id not in found:
                with suppress(NoSubmissionError):  # withdrawn in this moment
                    found[id] = self.read_candidate(id)
        return found

    def plan(self, decisions: Sequence[Decision]) -> Plan:
        """Return what a session would do now."""
        return self._plan(decisions, self.repository.read_branch())

    def _plan(self, decisions: Sequence[Decision], branch: Branch) -> Plan:
        facts = self._read_facts(branch, [d.id for d in decisions], [d.thread for d in decisions])
        return plan_session(decisions, facts)

    def decide(self, decisions: Sequence[Decision], *, more_files: Mapping[Path, bytes] | None = None) -> Outcome:
        """Carry out the decisions of one session in one commit; `more_files` go into it, if anything does."""

        def attempt(branch: Branch) -> Outcome:
            plan = self._plan(decisions, branch)
            return self._apply(branch, plan, more_files=more_files or {}) if plan.changes else Outcome(plan)

        with self.repository.held():
            return self._try_on_branch(attempt)

    def _try_on_branch(self, attempt: Callable[[Branch], Result], *, finishes: bool = True) -> Result:
        """Return what an attempt on the branch as it is gives, again where it has moved meanwhile.

        `finishes` the sessions that are there before: a dead one, or what came from elsewhere.
        """
        for _ in range(ATTEMPTS):
            if finishes:
                self._finish_moves()
            branch = self.repository.read_branch()
            with suppress(BranchMovedError):
                return attempt(branch)
        raise ConversationError(f"{branch.short_name} moves all the time; run it again when it rests")

    def plan_undo(self) -> tuple[LoggedSession, Plan]:
        """Return the last session that was not taken back, and what would take it back now."""
        return self._plan_undo(self.repository.read_branch())

    def _plan_undo(self, branch: Branch) -> tuple[LoggedSession, Plan]:
        session = find_undoable(self.repository.read_sessions(branch))
        if session is None:
            raise ConversationError("there is no session to take back")
        files = self.repository.read_session_files(session, branch)
        threads = {file.path.partition("/")[0] for file in files}
        return session, plan_undo(session, files, self._read_facts(branch, [m.id for m in session.moves], threads))

    def undo(self) -> tuple[LoggedSession, Outcome]:
        """Take the last session back, in a commit of its own, with the states in the inbox."""

        def attempt(branch: Branch) -> tuple[LoggedSession, Outcome]:
            session, plan = self._plan_undo(branch)
            return session, (Outcome(plan) if plan.refusals else self._apply(branch, plan, undoes=session))

        with self.repository.held():
            return self._try_on_branch(attempt)

    def rewrite(self, candidate: Candidate, data: bytes) -> str:
        """Put an edited text in place of a pending one and return its revision; raises ConflictError."""
        private = self.inbox.read(candidate.id).submission.private
        return self.inbox.replace(Submission(candidate.id, data, private), expected_revision=candidate.revision)

    def push(self) -> str:
        """Push to CONVERSATION_PUSH, where that is set; return what went wrong, empty where nothing did."""
        if self.settings.push is None:
            return ""
        branch = self.repository.read_branch()
        said = self.repository.push(self.settings.push, branch)
        if not said:
            return ""
        remedy = "run `git pull` if others have pushed, or set that to a remote that takes it; the next session pushes it, too"
        return f"the commit stays here, for it could not be pushed to CONVERSATION_PUSH: {said}; {remedy}"

    def _apply(
        self, branch: Branch, plan: Plan, *, more_files: Mapping[Path, bytes] | None = None,
        undoes: LoggedSession | None = None, key: str = "",
    ) -> Outcome:  # fmt: skip
        """Commit a plan, bring the work tree after it, then move what is to be moved in the inbox.

        `key` is that of the session of which the plan takes a part back.
        """
        is_part, key = bool(key), key or make_id(datetime.now(UTC))
        prefix = f"{self.repository.folder}/" if self.repository.folder else ""
        files = {f"{prefix}{path}": data for path, data in plan.files.items()}
        files |= {self.repository.find_path(path): data for path, data in (more_files or {}).items()}
        self.repository.note_untold(key)
        commit = self.repository.commit(branch, files, message=format_message(plan.changes, key, undoes=undoes))
        warnings = []
        try:
            self.repository.finish_files()
        except UnfinishedError as error:
            warnings.append(str(error))
        plan, more = self._move(plan, key)
        if not more and not is_part:
            self.repository.forget_untold(key)
        return Outcome(plan, commit, (*warnings, *more))

    def _move(self, plan: Plan, key: str) -> tuple[Plan, tuple[str, ...]]:
        """Move candidates; what the inbox refuses is taken back, and becomes a refusal of the plan returned."""
        results = dict(zip(plan.moves, self.inbox.apply(plan.moves), strict=True))
        revisions = {move.id: result for move, result in results.items() if isinstance(result, str)}
        conflicts = {
            move.id: result for move, result in results.items()
            if isinstance(result, ConflictError) and (result.standing is None or result.standing.state is not move.to_state)
        }  # fmt: skip
        unknown = [str(result) for result in results.values() if isinstance(result, InboxUnavailableError)]
        warnings = tuple(
            f"the inbox does not know yet: {said}; the next command tells it" for said in dict.fromkeys(unknown)
        )
        if not conflicts:
            return plan, warnings
        back = plan_take_back(plan, conflicts, revisions=revisions)
        warnings += self._take_back(back, key)
        gone = {(change.thread, change.id) for change in back.changes} | {("", id) for id in conflicts}
        kept = [c for c in plan.changes if not {(c.thread, c.id), ("", c.id)} & gone]
        late = [
            Refusal(c.action, c.thread, c.id, explain_late(conflicts.get(c.id)), "look at it again")
            for c in plan.changes
            if c not in kept
        ]
        return replace(plan, changes=tuple(kept), refusals=(*plan.refusals, *late)), warnings

    def _take_back(self, back: Plan, key: str) -> tuple[str, ...]:
        """Take a part of a session back, in a commit of its own; return what went wrong after that."""
        if not back.changes:
            return ()
        undoes = LoggedSession(key, "")
        apply = self._apply
        return self._try_on_branch(lambda b: apply(b, back, undoes=undoes, key=key), finishes=False).warnings

    def _finish_moves(self) -> None:
        """Make the moves that a session's commit tells of and its process did not live to make."""
        branch = self.repository.read_branch()
        sessions = self.repository.read_sessions(branch)
        last = find_last_moves(sessions)
        standings = self.inbox.standings() if last else {}
        public = {id for _, id in self.repository.list_comments(branch)} if last else set()
        left = [
            replace(move, expected_revision=standings[id].revision) for id, move in last.items()
            if is_left(move, standings.get(id)) and (move.to_state is not State.APPROVED or id in public)
        ]  # fmt: skip
        results = self.inbox.apply(left) if left else ()
        untold = {m.id for m, r in zip(left, results, strict=True) if isinstance(r, InboxUnavailableError)}
        for key in self.repository.list_untold():
            found = [session for session in sessions if session.key == key]
            for session in found:
                self._take_back_late(session, last)
            if not untold & {move.id for session in found for move in session.moves}:
                self.repository.forget_untold(key)

    def _take_back_late(self, session: LoggedSession, last: Mapping[str, Move]) -> None:
        """Take back what a dead session put on the page, and would have taken back: its writer was quicker than it."""
        moves = tuple(move for move in session.moves if last[move.id] is move)
        files = self.repository.read_session_files(session, self.repository.read_branch())
        back = plan_take_back_late(replace(session, moves=moves), files, self.inbox.standings())
        self._take_back(back, session.key)
        if back.changes:
            names = ", ".join(f"{change.thread}/{change.id}" for change in back.changes)
            reason = "a session ended in the middle, and a writer had changed or withdrawn what it published"
            _log.warning("%s: taken back, for %s; run `pelican-comments publish`", names, reason)
