"""Threads: every comment once, in order, at its depth, whatever strangers answered."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.threads import build_thread
from pelican.plugins.conversation.model import Comment, Placement, State

from .samples import make_comment

REMOVED = State.REMOVED


def draw(placements: Sequence[Placement]) -> str:
    """Return the thread as `id` with one dot for each level of depth."""
    return " ".join("." * p.depth + p.comment.id for p in placements)


def build(*comments: Comment, max_indent: int = 5) -> str:
    return draw(build_thread(comments, max_indent=max_indent)[0])


def codes(*comments: Comment) -> list[tuple[str, str]]:
    return [(p.path, p.code) for p in build_thread(comments, max_indent=5)[1]]


c = make_comment


@pytest.mark.parametrize(
    ("expected", "comments"),
    [
        ("", []),
        ("a .b ..c .d e", [c("e", minutes=4), c("c", "b", 2), c("a"), c("d", "a", 3), c("b", "a", 1)]),
        ("a b", [c("b"), c("a")]),
        ("a b", [c("a"), c("b", "gone", 1)]),
        ("a b", [c("a"), c("b", "https://example.net/post", 1)]),
        ("a", [c("a", "a")]),
        ("a .b x", [c("a", "b"), c("b", "a", 1), c("x", minutes=2)]),
        ("b .c ..a", [c("a", "c", 2), c("b", "a"), c("c", "b", 1)]),
        ("a .b", [c("a", state=REMOVED), c("b", "a", 1)]),
        ("b", [c("a", state=REMOVED), c("b", minutes=1)]),
        ("d", [c("a", state=REMOVED), c("b", "a", 1, state=REMOVED), c("d", minutes=2)]),
        ("a .b ..d", [c("a", state=REMOVED), c("b", "a", 1, state=REMOVED), c("d", "b", 2)]),
        ("a .c", [c("a"), c("b", "a", 1, state=REMOVED), c("c", "a", 2)]),
    ],
    ids=["nothing", "nested", "same date: by id", "orphan", "answer to another site", "answers itself", "loop of two",
         "loop is cut at its oldest", "tombstone keeps its place", "bare tombstone goes", "bare tombstones in a row go",
         "tombstones in a row stay for a reply", "tombstone among siblings goes"],
)  # fmt: skip
def test_thread(expected: str, comments: list[Comment]) -> None:
    """The comments come in this order, at this depth."""
    assert expected == build(*comments)


@pytest.mark.parametrize(
    ("expected", "comments"),
    [
        ([], [c("a"), c("b", "a", 1)]),
        ([("b", "unknown-parent")], [c("a"), c("b", "gone", 1)]),
        ([("a", "loop")], [c("a", "a")]),
        ([("a", "older-than-parent"), ("a", "loop")], [c("a", "b"), c("b", "a", 1)]),
        ([("b", "older-than-parent")], [c("a", minutes=1), c("b", "a")]),
        ([("b", "anchor-taken")], [c("a", anchors=("c1",)), c("b", minutes=1, anchors=("c1", "c2"))]),
        ([("b", "anchor-taken")], [c("a1"), c("b", minutes=1, anchors=("comment-a1",))]),
    ],
    ids=[
        "nothing",
        "unknown parent",
        "answers itself",
        "loop",
        "older than its parent",
        "anchor twice",
        "anchor is a fragment",
    ],
)
def test_problems(expected: list[tuple[str, str]], comments: list[Comment]) -> None:
    """What does not fit together is reported, at the comment that has to change."""
    assert expected == codes(*comments)


def test_a_comment_that_answers_itself_is_no_loop_of_replies() -> None:
    """What is said of it speaks of one comment."""
    problem = build_thread([c("a", "a")], max_indent=5)[1][0]
    assert ("the comment answers itself", "correct or remove `in_reply_to`") == (problem.message, problem.remedy)


def test_an_anchor_stays_with_the_oldest() -> None:
    """Of two comments with one anchor, the older keeps it, and the younger keeps its others."""
    placements, problems = build_thread(
        [c("b", minutes=1, anchors=("c1", "c2")), c("a", anchors=("c1",))], max_indent=5
    )
    assert [("c1",), ("c2",)] == [p.comment.anchors for p in placements]
    assert (
        "the anchor 'c1' belongs to the comment 'a' of this thread; remove it where it is wrong" == problems[0].advice
    )


def test_an_orphan_says_so_and_a_cut_loop_keeps_its_parent() -> None:
    """Only a comment whose parent is not there is an orphan; one of a loop still answers somebody on the page."""
    placements, _ = build_thread([c("a", "b"), c("b", "a", 1), c("o", "gone", 2)], max_indent=5)
    assert [("a", "b", False), ("b", "a", False), ("o", None, True)] == [
        (p.comment.id, p.parent and p.parent.id, p.is_orphan) for p in placements
    ]


def test_a_chain_of_50_000_replies() -> None:
    """Depth is unlimited in the data; lists open five deep and every one of them closes."""
    chain = [c("c0"), *(c(f"c{n}", f"c{n - 1}", n) for n in range(1, 50_000))]
    placements, problems = build_thread(chain, max_indent=5)
    assert (50_000, 49_999, 5, ()) == (len(placements), placements[-1].depth, placements[-1].closes, problems)
    assert 5 == sum(p.opens for p in placements)


@st.composite
def any_comments(draw: st.DrawFn) -> list[Comment]:
    """Comments that answer anything: each other, themselves, nobody, a comment that is not there."""
    ids = draw(st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10))
    parents = st.none() | st.sampled_from("abcdefghijz")
    states = st.sampled_from([State.APPROVED, State.APPROVED, State.REMOVED])
    return [c(id, draw(parents), draw(st.integers(0, 5)), state=draw(states)) for id in ids]


@given(any_comments(), st.randoms(), st.integers(0, 4))
def test_every_approved_comment_once_in_any_order(comments: list[Comment], random, max_indent: int) -> None:
    """Nothing is lost or doubled, order of input does not matter, and lists open and close in balance."""
    expected = build_thread(comments, max_indent=max_indent)
    shuffled = list(comments)
    random.shuffle(shuffled)
    assert expected == build_thread(shuffled, max_indent=max_indent)
    shown = [p.comment for p in expected[0]]
    approved = [x for x in comments if x.state is State.APPROVED]
    assert sorted(x.id for x in approved) == sorted(x.id for x in shown if x.state is State.APPROVED)
    assert len(shown) == len({x.id for x in shown})
    level = 0
    for placement in expected[0]:
        assert min(placement.depth, max_indent) == level
        level += placement.opens - placement.closes
    assert level == 0
