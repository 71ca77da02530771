"""Bringing the inbox and its remote together, after the visitor has been answered.

Rule: what is still to be pushed is worked out from the refs of both sides each time, so a process that dies here loses
nothing and doubles nothing. Nobody waits for the network: the inbox is locked only while what was fetched is taken over.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import ConversationError
from ..git.command import Git, GitError
from ..git.remote import fetch_objects, list_remote_refs, push_refs
from ..git.repository import RefUpdate, find_revisions, read_history, sync
from ..model import State
from .keeping import Inbox
from .lock import syncing, writing
from .reading import REFS, find_doubles, name_ref, parse_ref, read_submissions, settle_refs
from .sync import Standings, Step, SyncPlan, find_differing, plan_sync
from .twins import part_twins
from .values import Standing
from .writing import write_refs

BATCH = 100
"""Steps in one push, all or none: some 30 kB of arguments."""
MAX_REFUSALS = 3
"""After so many in a row, one by one, the others of a batch would be refused as well."""
TIMEOUT_SECONDS = 60.0
AGREED = "agreed.json"
"""Beside git's own files: where each submission stood when both sides last agreed. Without it, only questions are lost."""


class RemoteError(ConversationError):
    """The remote did not take some changes, which stay to be sent."""

    def __init__(self, refused: Mapping[str, str]) -> None:
        id, why = next(iter(refused.items()))
        more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
        super().__init__(f"the inbox's remote refused {id}{more}: {why}")
        self.refused = refused
        """By id: what the remote said."""


@dataclass(frozen=True, slots=True)
class Remote:
    """The repository that an inbox is pushed to, and that other inboxes share."""

    inbox: Inbox
    url: str
    """What git takes for a remote: a name, an address, a path."""
    timeout_seconds: float = TIMEOUT_SECONDS
    """For each command; a round needs three, or some more."""
    answer_seconds: float | None = None
    """For the first of them, which tells whether anybody answers, and for another round to end; None: as long as the others."""

    @property
    def git(self) -> Git:
        """The inbox, with the user's way to other machines: keys, proxies, passwords."""
        return Git(self.inbox.path, asks_user_settings=True)

    def sync(self) -> SyncPlan:
        """Let both sides know what the other has, and return what was done; the inbox can be used meanwhile.

        Raises GitError where the remote cannot be reached or is silent, RemoteError where it refuses a change, and
        InboxUnavailableError or OSError where the inbox cannot be used.
        """
        with syncing(self.inbox.path, patience_seconds=self.answer_seconds or 2 * self.timeout_seconds):
            answer_seconds = self.answer_seconds or self.timeout_seconds
            refs = list_remote_refs(self.git, self.url, prefix=REFS, timeout_seconds=answer_seconds)
            unread = self._fetch(refs)
            refs = {name: revision for name, revision in refs.items() if name not in unread}
            base = self._read_agreed()
            left_out = {parsed[0] for name in unread if (parsed := parse_ref(name))}
            # What cannot be read is taken to be as it was, until it can.
            there = settle_refs(self.git, refs) | {id: base[id] for id in left_out if id in base}
            plan, here = self._take(base, there)
            agreed = _find_agreed(base, here, there)
            self._write_agreed(agreed)
            try:
                self._push(find_doubles(self.git, refs))
                whole, damaged = self._part_damaged(plan.send)
                refused = self._send(whole, agreed)
                unsent = [step.id for step in damaged if self._send([step], agreed)]
            finally:
                self._write_agreed(agreed)
        if refused:
            raise RemoteError(refused)
        return replace(plan, unsent=tuple(unsent), unread=tuple(sorted(unread)))

    def _part_damaged(self, steps: Sequence[Step]) -> tuple[Sequence[Step], Sequence[Step]]:
        """Return the steps with what git can read, and the others, of which one would fail all that it is sent with."""
        stored = read_submissions(self.git, {step.id: step.new for step in steps if step.new})
        damaged = {one.submission.id for one in stored if one.unreadable}
        return [s for s in steps if s.id not in damaged], [s for s in steps if s.id in damaged]

    def _fetch(self, refs: Mapping[str, str]) -> frozenset[str]:
        """Get what is not here yet; return the names of what the remote has and cannot give."""
        known = find_revisions(self.git, list(refs.values()))
        names = [name for name, revision in refs.items() if revision not in known]
        return frozenset(self._fetch_some(names) if names else ())

    def _fetch_some(self, names: Sequence[str]) -> Sequence[str]:
        """Get some refs, in halves where one of them fails all; return those that cannot be got though the remote answers."""
        try:
            git = replace(self.git, passes_broken_refs=True)
            fetch_objects(git, self.url, names=names, timeout_seconds=self.timeout_seconds)
        except GitError as error:
            if error.status is None:
                raise
            if len(names) > 1:
                middle = len(names) // 2
                return [*self._fetch_some(names[:middle]), *self._fetch_some(names[middle:])]
            list_remote_refs(self.git, self.url, prefix=REFS, timeout_seconds=self.timeout_seconds)
            return names
        return ()

    def _take(self, base: Standings, there: Standings) -> tuple[SyncPlan, Standings]:
        """Take over what changed there; return the plan, and how all stand here then."""
        with writing(self.inbox.path) as held:
            here = self.inbox.standings()
            revisions = [side[id].revision for id in find_differing(base, here, there) for side in (here, there)]
            histories = {revision: read_history(self.git, revision) for revision in revisions}
            plan = plan_sync(base, here, there, histories)
            if plan.clashes:
                found = {id: (here[id], there[id]) for id in plan.clashes}
                twins = part_twins(self.inbox.git, found, held=held)
                here = self.inbox.standings()
                plan = plan_sync(base, here, there, histories, joined={*twins.same, *twins.apart})
                plan = replace(plan, set_apart=twins.apart)
            if plan.take:
                write_refs(self.inbox.git, [update for step in plan.take for update in make_updates(step)], held=held)
                here = self.inbox.standings()
        return plan, here

    def _send(self, steps: Sequence[Step], agreed: dict[str, Standing]) -> dict[str, str]:
        """Send changes, a batch at once; where one is refused, each by itself. Return why each of the others was refused."""
        refused: dict[str, str] = {}
        for start in range(0, len(steps), BATCH):
            batch = steps[start : start + BATCH]
            if self._push([update for step in batch for update in make_updates(step)]) is None:
                _note(agreed, batch)
                continue
            for number, step in enumerate(batch):
                why = self._push(make_updates(step))
                if why is None:
                    _note(agreed, [step])
                else:
                    refused[step.id] = why
                if len(refused) >= MAX_REFUSALS and len(refused) > number:
                    return refused  # all, so far
        return refused

    def _push(self, updates: Sequence[RefUpdate]) -> str | None:
        """Return why the remote did not take these updates; None: it did."""
        if not updates:
            return None
        refused = push_refs(self.git, self.url, updates=updates, timeout_seconds=self.timeout_seconds)
        return next((why for why in refused.values() if "atomic" not in why), next(iter(refused.values()), None))

    def _read_agreed(self) -> dict[str, Standing]:
        """Return how both stood when they last agreed; nothing where that is not known."""
        try:
            found = json.loads((self.inbox.path / AGREED).read_bytes())
            if found["remote"] != self._mark:
                return {}
            return {id: Standing(State(state), revision) for id, (state, revision) in found["standings"].items()}
        except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _write_agreed(self, agreed: Standings) -> None:
        standings = {id: [standing.state.value, standing.revision] for id, standing in agreed.items()}
        new = self.inbox.path / f"{AGREED}.new"
        new.write_text(json.dumps({"remote": self._mark, "standings": standings}), "utf-8")
        sync(new)
        new.replace(self.inbox.path / AGREED)

    @property
    def _mark(self) -> str:
        """The remote's address, which may hold a password, in a form that does not tell it."""
        return hashlib.sha256(self.url.encode()).hexdigest()


def make_updates(step: Step) -> list[RefUpdate]:
    """Return what a step does to refs: the new one first, so that a submission is never nowhere."""
    name_old = name_ref(step.id, step.old.state) if step.old else None
    name_new = name_ref(step.id, step.new.state) if step.new else None
    old, new = step.old.revision if step.old else None, step.new.revision if step.new else None
    if name_old == name_new and name_new:
        return [RefUpdate(name_new, old, new)]
    return [
        *([RefUpdate(name_new, None, new)] if name_new else []),
        *([RefUpdate(name_old, old, None)] if name_old else []),
    ]


def _find_agreed(base: Standings, here: Standings, there: Standings) -> dict[str, Standing]:
    """Return where both stand alike, and where they did as far as one has moved since."""
    differing = {id for id in here.keys() | there.keys() if here.get(id) != there.get(id)}
    kept = {id: standing for id, standing in base.items() if id in differing}
    return kept | {id: standing for id, standing in there.items() if id not in differing}


def _note(agreed: dict[str, Standing], steps: Sequence[Step]) -> None:
    for step in steps:
        if step.new:
            agreed[step.id] = step.new
        else:
            agreed.pop(step.id, None)
