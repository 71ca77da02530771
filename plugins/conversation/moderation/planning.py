"""Moderation: decisions about comments become a plan of frozen changes, and refusals with their reasons.

Rule: a plan comes from facts alone, and nothing is decided where it is applied. Where the facts have changed meanwhile,
the decisions are planned anew: of two that contradict each other the second to be planned is refused, and says so.
"""

from collections.abc import Sequence
from datetime import tzinfo

from ..comments.comment_file import ParsedFile, format_comment, parse_comment
from ..inbox.values import Move
from ..model import Comment, State
from .candidates import Candidate
from .decisions import Action, Change, Decision, Facts, FileChange, Plan, Refusal

TARGETS = {Action.APPROVE: State.APPROVED, Action.REJECT: State.REJECTED, Action.SPAM: State.SPAM}
"""Where a decision about a candidate puts it."""
STATE_WORDS = {
    State.PENDING: "still in the queue",
    State.APPROVED: "approved",
    State.REJECTED: "declined",
    State.SPAM: "marked as spam",
    State.REMOVED: "removed",
}


def _parse(data: bytes, thread: str, id: str, *, timezone: tzinfo, max_body_bytes: int) -> ParsedFile:
    path = f"{thread}/{id}.md"
    return parse_comment(data, path, thread=thread, id=id, timezone=timezone, max_body_bytes=max_body_bytes)


def make_tombstone(comment: Comment) -> bytes:
    """Write the file that keeps a comment's place, its older anchors, and nothing of what it said."""
    tombstone = Comment(
        thread=comment.thread, id=comment.id, date=comment.date, in_reply_to=comment.in_reply_to,
        state=State.REMOVED, anchors=comment.anchors,
    )  # fmt: skip
    return format_comment(tombstone)


def plan_session(decisions: Sequence[Decision], facts: Facts) -> Plan:
    """Return what the decisions of one session change, in whatever order they are given; of two about one id the first."""
    planner = _Planner(facts)
    first: dict[tuple[str, str], Decision] = {}
    for decision in decisions:
        key = decision.thread, decision.id
        if first.setdefault(key, decision) is not decision:
            planner.refuse(decision, f"`{first[key].action.value}` was decided about it too", "decide once")
    by_action = {action: [d for d in first.values() if d.action is action] for action in Action}
    planner.remove(by_action[Action.REMOVE])
    for decision in (*by_action[Action.REJECT], *by_action[Action.SPAM]):
        planner.decline(decision)
    planner.approve(by_action[Action.APPROVE])
    for decision in (*by_action[Action.EDIT], *by_action[Action.REPLY]):
        planner.write(decision)
    order = list(Action)
    changes = sorted(planner.changes, key=lambda change: order.index(change.action))  # stable: parents stay first
    return Plan(tuple(changes), tuple(planner.refusals))


class _Planner:
    """Judges one decision after the other, knowing what those before it change."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.changes: list[Change] = []
        self.refusals: list[Refusal] = []
        self.is_published_then: dict[tuple[str, str], bool] = {}
        """By thread and id, as far as the decisions judged so far change it."""

    def is_published(self, thread: str, id: str | None) -> bool:
        """Whether a page shows a comment after the decisions judged so far."""
        found = self.is_published_then.get((thread, id or ""))
        return self.facts.thread(thread).is_published(id or "") if found is None else found

    def refuse(self, decision: Decision, reason: str, remedy: str = "", *, is_settled: bool = False) -> None:
        """Note a decision that cannot be carried out."""
        candidate = self.facts.candidates.get(decision.id)
        thread = decision.thread or (candidate.thread if candidate else "")
        self.refusals.append(Refusal(decision.action, thread, decision.id, reason, remedy, is_settled))

    def _find_candidate(self, decision: Decision) -> Candidate | None:
        """Return the candidate where it is still what was looked at; else refuse."""
        candidate = self.facts.candidates.get(decision.id)
        if candidate is None:
            self.refuse(decision, "it is not in the inbox (any more); perhaps its writer withdrew it")
        elif candidate.state is TARGETS[decision.action] and not self._is_lost(candidate):
            self.refuse(decision, f"it is {STATE_WORDS[candidate.state]} already", is_settled=True)
        elif decision.seen not in ("", candidate.revision):
            if candidate.state is State.PENDING:
                self.refuse(decision, "its writer has changed it since you looked", "look at it again")
            else:
                self.refuse(decision, f"somebody has decided meanwhile: it is {STATE_WORDS[candidate.state]}")
        else:
            return candidate
        return None

    def _is_lost(self, candidate: Candidate) -> bool:
        """Whether it counts as approved and has no file: a commit that was taken back by hand."""
        return candidate.state is State.APPROVED and candidate.id not in self.facts.thread(candidate.thread).files

    def _move(self, candidate: Candidate, to_state: State) -> Move | None:
        if candidate.state is to_state:
            return None
        return Move(candidate.id, candidate.state, to_state, candidate.revision)

    def decline(self, decision: Decision) -> None:
        """Plan `reject` and `spam`; what is public is not declined but removed."""
        candidate = self._find_candidate(decision)
        if candidate is None:
            return
        if self.is_published(candidate.thread, decision.id):
            self.refuse(decision, "it is on the page already", "take it off with `pelican-comments remove`")
            return
        move = self._move(candidate, TARGETS[decision.action])
        self.changes.append(Change(decision.action, candidate.thread, candidate.id, move=move))

    def approve(self, decisions: Sequence[Decision]) -> None:
        """Plan approvals, each after that of its parent; what answers something that is not published waits."""
        waiting: dict[str, dict[str, tuple[Decision, Candidate]]] = {}
        ready: list[tuple[Decision, Candidate]] = []
        for decision in decisions:
            candidate = self._find_candidate(decision)
            if candidate is None or not self._is_fit(decision, candidate):
                continue
            parent = candidate.comment.parent_id if candidate.comment else None
            if parent is None or self.is_published(candidate.thread, parent):
                ready.append((decision, candidate))
            else:
                waiting.setdefault(parent, {})[candidate.id] = (decision, candidate)
        ready.sort(key=lambda pair: pair[1].order, reverse=True)
        while ready:
            decision, candidate = ready.pop()
            self.changes.append(self._publish(candidate))
            self.is_published_then[candidate.thread, candidate.id] = True
            found = waiting.get(candidate.id, {})
            follow = [id for id, (_, reply) in found.items() if reply.thread == candidate.thread]
            ready.extend(found.pop(id) for id in sorted(follow, reverse=True))
        for replies in waiting.values():
            for decision, candidate in replies.values():
                self._refuse_reply(decision, candidate)

    def _is_fit(self, decision: Decision, candidate: Candidate) -> bool:
        """Whether a candidate may become a public file; else refuse."""
        public = self.facts.thread(candidate.thread)
        if candidate.comment is None or candidate.problems:
            said = "; ".join(problem.message for problem in candidate.problems)
            mend = f"mend it with `pelican-comments edit {candidate.id}`"
            remedy = candidate.problems[0].remedy if candidate.is_damaged else mend
            self.refuse(decision, f"its file has a problem: {said}", remedy)
        elif candidate.id in public.files and not public.is_published(candidate.id):
            self.refuse(decision, "it was published and removed", "decline it, or delete the file that keeps its place")
        elif candidate.id in public.files and public.files[candidate.id].signature is not None:
            self.refuse(decision, "an author's comment has this id", "decline it")
        else:
            return True
        return False

    def _publish(self, candidate: Candidate) -> Change:
        there = self.facts.thread(candidate.thread).files.get(candidate.id)
        path, before = f"{candidate.thread}/{candidate.id}.md", there.data if there else None
        files: tuple[FileChange, ...] = (FileChange(path, candidate.data, before),)
        note = "in place of what was published" if there else ""
        if there is not None and there.data == candidate.data:
            files, note = (), "its file was there"
        move = self._move(candidate, State.APPROVED)
        parent = (candidate.comment.parent_id if candidate.comment else None) or ""
        return Change(Action.APPROVE, candidate.thread, candidate.id, files, move, note, parent)

    def _refuse_reply(self, decision: Decision, candidate: Candidate) -> None:
        hindrance = find_hindrance(candidate, self.facts) or "what it answers is being removed"
        remedy = "approve that first or with it, take `in_reply_to` out with `edit`, or decline this"
        self.refuse(decision, f"it waits: {hindrance}", remedy)

    def write(self, decision: Decision) -> None:
        """Plan `edit` and `reply`: a file as its writer has made it, where that still fits."""
        public = self.facts.thread(decision.thread)
        there = public.files.get(decision.id)
        parsed = _parse(
            decision.data, decision.thread, decision.id,
            timezone=self.facts.timezone, max_body_bytes=self.facts.max_body_bytes,
        )  # fmt: skip
        comment = parsed.comment
        if comment is None or parsed.problems:
            said = "; ".join(problem.advice for problem in parsed.problems)
            self.refuse(decision, f"its file has a problem: {said}")
        elif (there.data if there else b"") != decision.seen_data:
            self.refuse(decision, "its file has changed since you looked", "look at it again")
        elif (comment.author is None) != (decision.signature is None):
            self.refuse(decision, "an author's comment, and no other, has a signature")
        elif self._is_new_parent(public.comments.get(decision.id), comment):
            self.refuse(decision, f"{comment.parent_id}, which it answers, is not on the page")
        else:
            files, parent = _make_files(decision), comment.parent_id or ""
            self.changes.append(Change(decision.action, decision.thread, decision.id, files, parent=parent))

    def _is_new_parent(self, before: Comment | None, after: Comment) -> bool:
        """Whether a comment answers something that is not published, and did not do so before."""
        parent = after.parent_id
        was = before.parent_id if before else None
        return parent not in (None, was) and not self.is_published(after.thread, parent)

    def remove(self, decisions: Sequence[Decision]) -> None:
        """Plan removals: a tombstone where a reply stays, else the file goes; last replies first."""
        left = {(d.thread, d.id): d for d in decisions if self._is_removable(d)}
        replies = {key: self.facts.thread(key[0]).find_replies(key[1]) - {key[1]} for key in left}
        bare = [key for key, found in replies.items() if not found]
        while bare:
            thread, id = bare.pop()
            self._remove(left.pop((thread, id)), tombstone=None)
            parent = self.facts.thread(thread).comments[id].parent_id or ""
            if (thread, parent) in left:
                replies[thread, parent].discard(id)
                if not replies[thread, parent]:
                    bare.append((thread, parent))
        for (thread, id), decision in left.items():
            comment = self.facts.thread(thread).comments[id]
            if comment.state is State.REMOVED:
                self.refuse(decision, "it is removed already, and keeps the place of its replies", is_settled=True)
            else:
                self._remove(decision, tombstone=make_tombstone(comment))

    def _is_removable(self, decision: Decision) -> bool:
        public = self.facts.thread(decision.thread)
        if decision.id not in public.files:
            self.refuse(decision, "it is not published", "decline it with `pelican-comments reject`")
        elif decision.id not in public.comments:
            self.refuse(decision, "its file has a problem", "see `pelican-comments check`, or delete it")
        return decision.id in public.comments

    def _remove(self, decision: Decision, tombstone: bytes | None) -> None:
        path = f"{decision.thread}/{decision.id}.md"
        files = [FileChange(path, tombstone)]
        if self.facts.thread(decision.thread).files[decision.id].signature is not None:
            files.append(FileChange(f"{path}.sig", None))
        candidate = self.facts.candidates.get(decision.id)
        is_its = candidate is not None and (candidate.thread, candidate.state) == (decision.thread, State.APPROVED)
        move = self._move(candidate, State.REJECTED) if candidate and is_its else None
        note = "its place stays, for its replies" if tombstone else ""
        self.changes.append(Change(decision.action, decision.thread, decision.id, tuple(files), move, note))
        self.is_published_then[decision.thread, decision.id] = False


def _make_files(decision: Decision) -> tuple[FileChange, ...]:
    path = f"{decision.thread}/{decision.id}.md"
    files = (FileChange(path, decision.data),)
    return files if decision.signature is None else (*files, FileChange(f"{path}.sig", decision.signature))


def find_hindrance(candidate: Candidate, facts: Facts) -> str:
    """Return why a candidate that answers another cannot be published yet; empty where nothing hinders it."""
    parent = candidate.comment.parent_id if candidate.comment else None
    public = facts.thread(candidate.thread)
    if parent is None or public.is_published(parent):
        return ""
    if parent in public.files:
        return f"it answers {parent}, which is not on the page any more"
    state = facts.states.get(parent)
    if state is None:
        return f"it answers {parent}, which is nowhere"
    where = f" and not in the thread {candidate.thread} (any more)" if state is State.APPROVED else ""
    return f"it answers {parent}, which is {STATE_WORDS[state]}{where}"
