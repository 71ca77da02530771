"""The tally of a plan: what it comes to for each thread, and the comments to list, whatever the size of the export.

Rule: it grows with the number of threads, never with that of comments: of each reason only the first are kept.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from .export import Effect, Note, Reason
from .plan import WRITING, Action, PostPlan

MAX_LISTED = 20
"""Notes kept of one reason; a report file has all."""


@dataclass(slots=True)
class ThreadTally:
    """What the plan comes to for one thread."""

    is_on_site: bool = False
    posts: list[str] = field(default_factory=list)
    """Numbers of the posts whose comments it takes."""
    actions: Counter[Action] = field(default_factory=Counter)
    left_out: int = 0


class Tally:
    """Adds up the plans of posts."""

    def __init__(self) -> None:
        self.threads: dict[str, ThreadTally] = {}
        """In the order of the export."""
        self.notes: dict[Reason, list[Note]] = {}
        """The first `MAX_LISTED` of each reason."""
        self.counts: Counter[Reason] = Counter()
        self.posts = 0
        self.comments = 0
        self.signed_accounts: set[str] = set()
        self._map_keys: set[str] = set()

    @property
    def total(self) -> ThreadTally:
        """What it comes to for all threads."""
        actions = sum((thread.actions for thread in self.threads.values()), Counter[Action]())
        return ThreadTally(actions=actions, left_out=sum(thread.left_out for thread in self.threads.values()))

    @property
    def has_work(self) -> bool:
        """Whether the import would write anything."""
        return any(thread.actions[action] for thread in self.threads.values() for action in WRITING)

    def add(self, plan: PostPlan) -> tuple[Note, ...]:
        """Add a post's plan; return its notes, with those that only the tally can make."""
        thread = self.threads.setdefault(plan.thread, ThreadTally(plan.is_on_site))
        notes = plan.notes
        if thread.posts and plan.changes:
            notes = (Note(Reason.THREAD_SHARED, plan.thread, detail=", ".join((*thread.posts, plan.post))), *notes)
        if plan.changes:
            thread.posts.append(plan.post)
        thread.actions.update(change.action for change in plan.changes)
        left_out = sum(note.reason.effect is Effect.LEFT_OUT for note in notes)
        thread.left_out += left_out
        self.posts += 1
        self.comments += len(plan.changes) + left_out
        self.signed_accounts |= plan.signed_accounts
        if plan.map_key is not None:
            self._map_keys.add(plan.map_key)
        self.add_notes(notes)
        return notes

    def add_notes(self, notes: tuple[Note, ...]) -> None:
        """Count notes, and keep the first of each reason."""
        for note in notes:
            self.counts[note.reason] += 1
            kept = self.notes.setdefault(note.reason, [])
            if len(kept) < MAX_LISTED:
                kept.append(note)

    def finish(self, threads: Mapping[str, str]) -> tuple[Note, ...]:
        """Add and return what only the end shows: the keys of the map that chose nothing."""
        notes = tuple(
            Note(Reason.MAP_UNUSED, name, detail=key) for key, name in threads.items() if key not in self._map_keys
        )
        self.add_notes(notes)
        return notes
