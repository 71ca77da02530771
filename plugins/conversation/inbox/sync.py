"""What two inboxes have to tell each other: a plan, made of where every submission stands here, there, and stood last time.

Rule: what reached the remote first counts. A change here that was made without knowing it gives way, and is named, so that
whoever made it can be told; a submission is never given up for another one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ..model import State
from .values import Standing

Standings = Mapping[str, Standing]
"""By id."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of where one submission stands, on one side."""

    id: str
    old: Standing | None
    """None: nowhere."""
    new: Standing | None
    """None: nowhere."""


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """What is to be done on either side; ids in order, each at most once."""

    take: tuple[Step, ...] = ()
    """To be done here."""
    send: tuple[Step, ...] = ()
    """To be done there."""
    given_up: tuple[Step, ...] = ()
    """Those of `take` that undo a change made here."""
    clashes: tuple[str, ...] = ()
    """Ids of different submissions here and there; both sides keep theirs."""
    joined: tuple[str, ...] = ()
    """Ids that both sides took by themselves, of which one stays."""
    unsent: tuple[str, ...] = ()
    """Ids of `send` that are damaged here, and that the remote did not take as they are."""
    unread: tuple[str, ...] = ()
    """Refs of the remote that it cannot give, being damaged there."""
    set_apart: Mapping[str, str] = field(default_factory=dict)
    """The ids that those of `joined` have got which said something else, by the id they had."""


def find_differing(base: Standings, here: Standings, there: Standings) -> tuple[str, ...]:
    """Return the ids that stand differently on both sides though neither is as it was: their histories decide."""
    return tuple(
        id
        for id in sorted(here.keys() & there.keys())
        if here[id] != there[id] and base.get(id) not in (here[id], there[id])
    )


def plan_sync(
    base: Standings, here: Standings, there: Standings, histories: Mapping[str, Sequence[str]], *,
    joined: Collection[str] = (),
) -> SyncPlan:  # fmt: skip
    """Return how both sides come to stand alike; `base` is how both stood when they last did.

    `histories` gives, for the revisions of `find_differing`, all revisions that each came from; `joined` are the ids that
    would be clashes and need not be, because no text is lost with either side.
    """
    take, send, given_up, clashes = [], [], [], []
    for id in sorted(base.keys() | here.keys() | there.keys()):
        old, ours, theirs = base.get(id), here.get(id), there.get(id)
        if ours == theirs:
            continue
        if theirs == old or (ours and theirs and theirs.revision in histories.get(ours.revision, ())):
            send.append(Step(id, theirs, ours))
        elif ours == old or (ours and theirs and ours.revision in histories.get(theirs.revision, ())):
            take.append(Step(id, ours, theirs))
        elif old is None and ours and theirs and id in joined and _is_decided(ours) and not _is_decided(theirs):
            send.append(Step(id, theirs, ours))
        elif old is None and ours and id in joined:
            take.append(Step(id, ours, theirs))
            given_up += take[-1:] if _is_decided(ours) and theirs and ours.state is not theirs.state else []
        elif old is None:
            clashes.append(id)
        else:
            take.append(Step(id, ours, theirs))
            given_up.append(take[-1])
    return SyncPlan(tuple(take), tuple(send), tuple(given_up), tuple(clashes), tuple(sorted(joined)))


def _is_decided(standing: Standing) -> bool:
    return standing.state is not State.PENDING


def _is_approved(standing: Standing | None) -> bool:
    return standing is not None and standing.state is State.APPROVED


def describe_plan(plan: SyncPlan) -> tuple[str, ...]:
    """Return what somebody should know of a round, a sentence each."""
    said = []
    for step in plan.given_up:
        state = step.new.state.value if step.new else "withdrawn"
        published = f"; it is public from here: take it off the page with `pelican-comments remove {step.id}`"
        said.append(
            f"Submission {step.id} was changed here after it became {state} elsewhere, which stands"
            f"{published if _is_approved(step.old) and not _is_approved(step.new) else ''}"
        )
    said += [
        f"Submission {id} is another one at the remote, decided as well or damaged; neither is pushed"
        for id in plan.clashes
    ]
    said += [
        f"Submission {id} is damaged here, and not pushed; `pelican-comments queue` says more" for id in plan.unsent
    ]
    said += [
        f"The remote's {name} cannot be fetched, and is left out; look at it there with `git fsck`"
        for name in plan.unread
    ]
    for id in plan.joined:
        new = plan.set_apart.get(id)
        other = f"; the other text waits as {new}" if new else ", with the same text"
        said.append(f"Submission {id} came by two receivers, and is one comment now{other}")
    return tuple(said)
