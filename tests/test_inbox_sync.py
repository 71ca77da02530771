"""The plan that brings two inboxes together: what one side changed goes to the other, and what came first stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.inbox.sync import Step, SyncPlan, find_differing, plan_sync
from pelican.plugins.conversation.inbox.values import STATES, Standing

PENDING, APPROVED, REJECTED, SPAM = STATES
OLD = Standing(PENDING, "1")
OURS, THEIRS = Standing(APPROVED, "2"), Standing(REJECTED, "3")


def plan(base: Standing | None, here: Standing | None, there: Standing | None, **histories: list[str]) -> SyncPlan:
    """The plan for one submission, `a`."""
    sides = [{} if standing is None else {"a": standing} for standing in (base, here, there)]
    return plan_sync(*sides, {revision.removeprefix("r"): found for revision, found in histories.items()})


@pytest.mark.parametrize("same", [None, OLD, OURS])
@pytest.mark.parametrize("base", [None, OLD])
def test_nothing_is_done_where_both_stand_alike(base: Standing | None, same: Standing | None) -> None:
    """Whatever is remembered."""
    assert SyncPlan() == plan(base, same, same)


@pytest.mark.parametrize(("base", "new"), [(None, OLD), (OLD, OURS), (OLD, None)])
def test_what_one_side_changed_goes_to_the_other(base: Standing | None, new: Standing | None) -> None:
    """New, decided, withdrawn: here or there."""
    step = Step("a", base, new)
    assert SyncPlan(send=(step,)) == plan(base, new, base)
    assert SyncPlan(take=(step,)) == plan(base, base, new)


@pytest.mark.parametrize(("here", "there"), [(OURS, THEIRS), (OURS, None), (None, THEIRS)])
def test_of_two_changes_the_one_at_the_remote_stays(here: Standing | None, there: Standing | None) -> None:
    """Approved here, rejected or withdrawn there: what was first at the remote counts, and that is reported."""
    step = Step("a", here, there)
    assert SyncPlan(take=(step,), given_up=(step,)) == plan(OLD, here, there)


@pytest.mark.parametrize("base", [None, OLD])
def test_a_change_upon_the_other_sides_change_comes_after_it(base: Standing | None) -> None:
    """Though nothing is remembered of it: a revision that came from the other's is the later one."""
    assert SyncPlan(send=(Step("a", THEIRS, OURS),)) == plan(base, OURS, THEIRS, r2=["3", "1"], r3=["1"])
    assert SyncPlan(take=(Step("a", OURS, THEIRS),)) == plan(base, OURS, THEIRS, r2=["1"], r3=["2", "1"])


def test_two_submissions_of_one_id_are_both_kept() -> None:
    """Neither came from the other and neither was there before: each side keeps its own, and that is reported."""
    assert SyncPlan(clashes=("a",)) == plan(None, OLD, THEIRS, r1=[], r3=[])


@pytest.mark.parametrize(
    ("here", "there"), [(OLD, THEIRS), (OLD, Standing(PENDING, "3")), (OURS, Standing(APPROVED, "3"))]
)
def test_of_two_that_say_the_same_the_first_at_the_remote_stays(here: Standing, there: Standing) -> None:
    """As one comment; nothing is given up, for nothing was decided otherwise."""
    step = Step("a", here, there)
    made = plan_sync({}, {"a": here}, {"a": there}, {}, joined=["a"])
    assert SyncPlan(take=(step,), joined=("a",)) == made


def test_of_two_that_say_the_same_the_one_that_is_decided_stays() -> None:
    """A decision here is sent; where both are decided, the one at the remote counts and that is told."""
    made = plan_sync({}, {"a": OURS}, {"a": OLD}, {}, joined=["a"])
    assert SyncPlan(send=(Step("a", OLD, OURS),), joined=("a",)) == made
    step = Step("a", OURS, THEIRS)
    made = plan_sync({}, {"a": OURS}, {"a": THEIRS}, {}, joined=["a"])
    assert SyncPlan(take=(step,), given_up=(step,), joined=("a",)) == made


standings = st.none() | st.builds(Standing, st.sampled_from(STATES), st.sampled_from("1234"))
sides = st.dictionaries(st.sampled_from("abcd"), st.tuples(standings, standings, standings))


@given(sides)
def test_after_the_plan_both_sides_stand_alike(found: dict) -> None:
    """Each id once, in order, whatever was remembered; and where both differ from it, histories are asked for."""
    base, here, there = ({id: s[side] for id, s in found.items() if s[side]} for side in range(3))
    made = plan_sync(base, here, there, {})
    touched = [step.id for step in (*made.take, *made.send)] + list(made.clashes)
    assert sorted({id for id in here.keys() | there.keys() if here.get(id) != there.get(id)}) == sorted(touched)
    assert [step.id for step in made.send] == sorted(step.id for step in made.send)
    for side, steps in ((here, made.take), (there, made.send)):
        for step in steps:
            assert side.get(step.id) == step.old
    after_here = {**{id: here.get(id) for id in found}, **{step.id: step.new for step in made.take}}
    after_there = {**{id: there.get(id) for id in found}, **{step.id: step.new for step in made.send}}
    assert {id: s for id, s in after_here.items() if id not in made.clashes} == {
        id: s for id, s in after_there.items() if id not in made.clashes
    }
    assert set(made.clashes) <= set(find_differing(base, here, there))


@given(sides)
def test_after_twins_are_joined_both_sides_stand_alike(found: dict) -> None:
    """No clash is left; a decision here gives way only to another decision there."""
    base, here, there = ({id: s[side] for id, s in found.items() if s[side]} for side in range(3))
    clashes = plan_sync(base, here, there, {}).clashes
    made = plan_sync(base, here, there, {}, joined=clashes)
    assert ((), clashes) == (made.clashes, made.joined)
    after_here = here | {step.id: step.new for step in made.take}
    after_there = there | {step.id: step.new for step in made.send}
    assert {id: s for id, s in after_here.items() if s} == {id: s for id, s in after_there.items() if s}
    for id in clashes:
        assert PENDING is here[id].state or PENDING is not after_here[id].state
