"""Moderation: what decisions become, without a file or a repository in sight."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.comment_file import CommentFile, format_comment, parse_comment
from pelican.plugins.conversation.inbox.values import Move
from pelican.plugins.conversation.model import Comment, Kind, State
from pelican.plugins.conversation.moderation.awaiting import find_unanswered
from pelican.plugins.conversation.moderation.candidates import Candidate, read_candidate
from pelican.plugins.conversation.moderation.decisions import (
    Action,
    Change,
    Decision,
    Facts,
    FileChange,
    Plan,
)
from pelican.plugins.conversation.moderation.planning import (
    find_hindrance,
    make_tombstone,
    plan_session,
)
from pelican.plugins.conversation.moderation.public_threads import PublicThread, read_public_thread
from pelican.plugins.conversation.moderation.session_log import (
    LoggedSession,
    describe_changes,
    find_last_moves,
    find_undoable,
    format_message,
    parse_message,
)
from pelican.plugins.conversation.moderation.undoing import SessionFile, plan_take_back, plan_undo

from .samples import START, make_comment

REVISION = "3f2a9c1e0b12" + "0" * 28
PRIVATE = b"thread: a-page\nreceived: 2026-03-14T09:26:53Z\n"


def candidate(
    id: str, parent: str | None = None, *, state: State = State.PENDING, data: bytes | None = None, **more: object
) -> Candidate:
    """Return a candidate as the inbox gives it."""
    data = format_comment(make_comment(id, parent, **more)) if data is None else data
    return read_candidate(data, PRIVATE, id=id, state=state, revision=REVISION)


def public(*comments: Comment, signed: Sequence[str] = ()) -> Mapping[str, PublicThread]:
    """Return the thread `a-page` with these comments."""
    files = [
        CommentFile(c.id, f"a-page/{c.id}.md", format_comment(c), b"signature" if c.id in signed else None)
        for c in comments
    ]
    return {"a-page": read_public_thread("a-page", files)}


def facts(*candidates: Candidate, threads: Mapping[str, PublicThread] | None = None) -> Facts:
    return Facts({c.id: c for c in candidates}, {c.id: c.state for c in candidates}, threads or {})


def decide(action: Action, *ids: str) -> list[Decision]:
    return [Decision(action, id, seen=REVISION) for id in ids]


def remove(*ids: str) -> list[Decision]:
    return [Decision(Action.REMOVE, id, "a-page") for id in ids]


def reasons(plan: Plan) -> dict[str, str]:
    return {refusal.id: refusal.reason for refusal in plan.refusals}


def test_an_approved_comment_is_its_file_as_it_was_received() -> None:
    """Byte for byte, under the folder of its thread; the inbox learns of it."""
    (change,) = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a"))).changes
    file = FileChange("a-page/a.md", format_comment(make_comment("a")))
    move = Move("a", State.PENDING, State.APPROVED, REVISION)
    assert Change(Action.APPROVE, "a-page", "a", (file,), move) == change


@pytest.mark.parametrize(("action", "state"), [(Action.REJECT, State.REJECTED), (Action.SPAM, State.SPAM)])
def test_a_declined_comment_changes_no_file(action: Action, state: State) -> None:
    """It is moved in the inbox, and that is all."""
    (change,) = plan_session(decide(action, "a"), facts(candidate("a"))).changes
    assert Change(action, "a-page", "a", (), Move("a", State.PENDING, state, REVISION)) == change


def test_parents_are_approved_before_their_replies() -> None:
    """In whatever order the decisions come, and however long the chain is."""
    ids = [f"c{number:04}" for number in range(3000)]
    chain = [candidate(id, parent) for id, parent in zip(ids, [None, *ids], strict=False)]
    plan = plan_session(decide(Action.APPROVE, *reversed(ids)), facts(*chain))
    assert (ids, ()) == ([change.id for change in plan.changes], plan.refusals)


@pytest.mark.parametrize(
    ("expected", "others", "threads"),
    [
        ("it waits: it answers p, which is still in the queue", [candidate("p")], {}),
        ("it waits: it answers p, which is declined", [candidate("p", state=State.REJECTED)], {}),
        ("it waits: it answers p, which is marked as spam", [candidate("p", state=State.SPAM)], {}),
        ("it waits: it answers p, which is approved and not in the thread a-page (any more)", [candidate("p", state=State.APPROVED)], {}),
        ("it waits: it answers p, which is nowhere", [], {}),
        ("it waits: it answers p, which is not on the page any more", [], public(make_comment("p", state=State.REMOVED, name=None))),
    ],
)  # fmt: skip
def test_a_reply_waits_for_its_parent(
    expected: str, others: list[Candidate], threads: Mapping[str, PublicThread]
) -> None:
    """What it answers must be on the page, and why it is not is said."""
    plan = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a", "p"), *others, threads=threads))
    assert ((), {"a": expected}) == (plan.changes, reasons(plan))


def test_replies_that_answer_each_other_wait() -> None:
    """A loop ends the planning of those in it, and of no other."""
    there = facts(candidate("a", "b"), candidate("b", "a"), candidate("c", "c"), candidate("d"))
    plan = plan_session(decide(Action.APPROVE, "a", "b", "c", "d"), there)
    assert (["d"], {"a", "b", "c"}) == ([change.id for change in plan.changes], set(reasons(plan)))


def test_a_reply_does_not_follow_a_parent_in_another_thread() -> None:
    """Ids of other threads are no parents."""
    other = read_candidate(
        format_comment(replace(make_comment("a"), thread="other")), b"thread: other\n",
        id="a", state=State.PENDING, revision=REVISION,
    )  # fmt: skip
    plan = plan_session(decide(Action.APPROVE, "a", "b"), facts(other, candidate("b", "a")))
    assert (["a"], ["b"]) == ([change.id for change in plan.changes], list(reasons(plan)))


def test_a_reply_to_another_site_waits_for_nothing() -> None:
    """An address is no parent."""
    plan = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a", "https://example.org/post")))
    assert ["a"] == [change.id for change in plan.changes]


def test_a_reply_waits_where_its_parent_is_removed_in_the_same_session() -> None:
    """Whatever the order of the two decisions."""
    there = facts(candidate("a", "p"), threads=public(make_comment("p")))
    plan = plan_session([*decide(Action.APPROVE, "a"), *remove("p")], there)
    assert (["p"], {"a": "it waits: what it answers is being removed"}) == ([c.id for c in plan.changes], reasons(plan))


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("the comment has no name", b"---\ndate: 2026-03-14T09:26:53Z\n---\nx\n"),
        ("is no key of a comment", b"---\nname: A\nmood: glad\ndate: 2026-03-14T09:26:53Z\n---\nx\n"),
        ("it claims to be by the author 'ann'", b"---\nauthor: ann\nid: a\nthread: a-page\ndate: 2026-03-14T09:26:53Z\n---\nx\n"),
        ("it has a state", b"---\nname: A\nstate: removed\ndate: 2026-03-14T09:26:53Z\n---\nx\n"),
        ("thread is 'other'", b"---\nname: A\nthread: other\ndate: 2026-03-14T09:26:53Z\n---\nx\n"),
        ("is not UTF-8", b"\xff"),
    ],
)  # fmt: skip
def test_a_file_with_a_problem_is_not_published(expected: str, data: bytes) -> None:
    """Errors and warnings, and what only an author or nobody may say."""
    plan = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a", data=data)))
    assert () == plan.changes
    assert expected in reasons(plan)["a"]


@pytest.mark.parametrize("private", [b"", b"thread: ../up\n", b"thread: [a, b]\n", b"{", b"\xff", b"thread: a/b\n"])
def test_a_private_part_without_a_thread(private: bytes) -> None:
    """Nothing leads a file out of the folder of comments, and nothing raises."""
    there = read_candidate(format_comment(make_comment("a")), private, id="a", state=State.PENDING, revision=REVISION)
    plan = plan_session(decide(Action.APPROVE, "a"), facts(there))
    assert ("", ()) == (there.thread, plan.changes)
    assert "cannot name a thread" in reasons(plan)["a"]


def test_marks_are_read_in_any_form() -> None:
    """A list, a text or none."""
    data = format_comment(make_comment("a"))
    found = [
        read_candidate(data, PRIVATE + private, id="a", state=State.PENDING, revision=REVISION).marks
        for private in (b"marks: [7 links, honeypot]\n", b"marks: honeypot\n", b"")
    ]
    assert [("7 links", "honeypot"), ("honeypot",), ()] == found


def test_whose_text_has_changed_is_not_decided_about() -> None:
    """What was looked at is not what is there."""
    plan = plan_session([Decision(Action.APPROVE, "a", seen="0" * 40)], facts(candidate("a")))
    assert {"a": "its writer has changed it since you looked"} == reasons(plan)


@pytest.mark.parametrize(
    ("expected", "action", "state"),
    [
        ("it is approved already", Action.APPROVE, State.APPROVED),
        ("it is declined already", Action.REJECT, State.REJECTED),
        ("it is marked as spam already", Action.SPAM, State.SPAM),
    ],
)
def test_what_is_so_already_is_no_failure(expected: str, action: Action, state: State) -> None:
    """The same decision twice is one."""
    there = facts(candidate("a", state=state), threads=public(make_comment("a")))
    (refusal,) = plan_session([Decision(action, "a", seen="0" * 40)], there).refusals
    assert (expected, True) == (refusal.reason, refusal.is_settled)


def test_who_comes_second_is_told() -> None:
    """Declined after it was approved, and the other way round."""
    late = [Decision(Action.REJECT, "a", seen="0" * 40), Decision(Action.APPROVE, "b", seen="0" * 40)]
    plan = plan_session(late, facts(candidate("a", state=State.APPROVED), candidate("b", state=State.REJECTED)))
    expected = {
        "a": "somebody has decided meanwhile: it is approved",
        "b": "somebody has decided meanwhile: it is declined",
    }
    assert expected == reasons(plan)


def test_what_was_withdrawn_is_not_there() -> None:
    """Its writer may take it out until it is decided."""
    assert "withdrew" in reasons(plan_session(decide(Action.APPROVE, "a"), facts()))["a"]


def test_of_two_decisions_about_one_comment_the_first_counts() -> None:
    """The second is refused, and says so."""
    plan = plan_session([*decide(Action.REJECT, "a"), *decide(Action.APPROVE, "a")], facts(candidate("a")))
    assert [Action.REJECT] == [change.action for change in plan.changes]
    assert {"a": "`reject` was decided about it too"} == reasons(plan)


def test_a_file_that_is_there_is_not_written_again() -> None:
    """After a session that died before the inbox learnt of it."""
    there = facts(candidate("a"), threads=public(make_comment("a")))
    (change,) = plan_session(decide(Action.APPROVE, "a"), there).changes
    assert ((), Move("a", State.PENDING, State.APPROVED, REVISION)) == (change.files, change.move)


def test_a_later_text_takes_the_place_of_what_was_published() -> None:
    """Its writer changed it after a session that died."""
    there = facts(candidate("a", body="new"), threads=public(make_comment("a", body="old")))
    (change,) = plan_session(decide(Action.APPROVE, "a"), there).changes
    (file,) = change.files
    assert (format_comment(make_comment("a", body="new")), "in place of what was published") == (file.data, change.note)


@pytest.mark.parametrize(
    ("expected", "there", "signed"),
    [
        ("it was published and removed", make_comment("a", state=State.REMOVED, name=None), ()),
        ("an author's comment has this id", make_comment("a", author="ann", name=None), ("a",)),
    ],
)
def test_what_else_may_have_the_id(expected: str, there: Comment, signed: Sequence[str]) -> None:
    """Neither a tombstone nor an author's words are replaced."""
    plan = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a"), threads=public(there, signed=signed)))
    assert {"a": expected} == reasons(plan)


def test_what_counts_as_approved_and_has_no_file_can_be_published_again() -> None:
    """Its commit was taken back by hand."""
    (change,) = plan_session(decide(Action.APPROVE, "a"), facts(candidate("a", state=State.APPROVED))).changes
    assert (["a-page/a.md"], None) == ([file.path for file in change.files], change.move)


def test_what_is_on_the_page_is_not_declined() -> None:
    """It is removed, by another command, which is named."""
    there = facts(candidate("a"), threads=public(make_comment("a")))
    (refusal,) = plan_session(decide(Action.SPAM, "a"), there).refusals
    expected = ("it is on the page already", "take it off with `pelican-comments remove`")
    assert expected == (refusal.reason, refusal.remedy)


def test_a_removed_comment_keeps_its_place_where_it_has_replies() -> None:
    """Without name, address, words or signature; with date, parent and older anchors."""
    there = make_comment("a", "p", url="https://example.org/", anchors=("comment-7",), lang="de")
    threads = public(make_comment("p"), there, make_comment("b", "a"))
    (change,) = plan_session(remove("a"), facts(threads=threads)).changes
    (file,) = change.files
    comment = parse_comment(file.data or b"", "", thread="a-page", id="a").comment
    assert Comment("a-page", "a", there.date, in_reply_to="p", state=State.REMOVED, anchors=("comment-7",)) == comment


def test_a_removed_comment_without_replies_is_deleted() -> None:
    """With the signature beside it."""
    there = make_comment("a", author="ann", name=None)
    (change,) = plan_session(remove("a"), facts(threads=public(there, signed=["a"]))).changes
    assert (FileChange("a-page/a.md", None), FileChange("a-page/a.md.sig", None)) == change.files


def test_comments_removed_together_need_no_place_for_each_other() -> None:
    """A whole branch goes, and a comment above it that has another reply stays as a tombstone."""
    threads = public(make_comment("a"), make_comment("b", "a"), make_comment("c", "b"), make_comment("d", "a"))
    plan = plan_session(remove("a", "b", "c"), facts(threads=threads))
    expected = {"a-page/a.md": make_tombstone(make_comment("a")), "a-page/b.md": None, "a-page/c.md": None}
    assert expected == plan.files


def test_a_tombstone_can_be_removed_when_its_replies_are_gone() -> None:
    """And not before."""
    tombstone = make_comment("a", state=State.REMOVED, name=None)
    bare = plan_session(remove("a"), facts(threads=public(tombstone)))
    kept = plan_session(remove("a"), facts(threads=public(tombstone, make_comment("b", "a"))))
    assert ({"a-page/a.md": None}, {}, True) == (bare.files, kept.files, kept.refusals[0].is_settled)


def test_comments_that_answer_each_other_can_be_removed() -> None:
    """A loop in the files leaves tombstones, and ends."""
    threads = public(make_comment("a", "b"), make_comment("b", "a"), make_comment("c", "c"))
    plan = plan_session(remove("a", "b", "c"), facts(threads=threads))
    assert {"a-page/a.md", "a-page/b.md"} == {path for path, data in plan.files.items() if data is not None}


def test_of_a_thread_only_what_is_asked_for_is_parsed() -> None:
    """Approving a reply looks at its parent, however many comments there are; whoever wants all gets all."""
    files = [CommentFile(id, f"a-page/{id}.md", format_comment(make_comment(id))) for id in ("a", "b", "c")]
    thread = read_public_thread("a-page", [*files, CommentFile("d", "a-page/d.md", b"?")])
    assert (True, False, False) == tuple(thread.is_published(id) for id in ("a", "d", "e"))
    assert {"a", "d"} == set(thread.comments._parsed)
    assert (["a", "b", "c"], 3) == (list(thread.comments), len(thread.comments))
    assert ("d" in thread.files, "d" in thread.comments, thread.comments.get("d")) == (True, False, None)


def test_the_inbox_learns_that_a_comment_was_removed() -> None:
    """Its writer's page must not go on saying that it is published."""
    there = facts(candidate("a", state=State.APPROVED), threads=public(make_comment("a")))
    (change,) = plan_session(remove("a"), there).changes
    assert Move("a", State.APPROVED, State.REJECTED, REVISION) == change.move


def test_what_is_not_published_is_not_removed() -> None:
    """Nor is a file that cannot be read; each says what to do instead."""
    broken = {"a-page": read_public_thread("a-page", [CommentFile("b", "a-page/b.md", b"?")])}
    plan = plan_session(remove("a", "b"), facts(threads=broken))
    assert {"a": "it is not published", "b": "its file has a problem"} == reasons(plan)


def edit(before: Comment, after: Comment, signature: bytes | None = None) -> Decision:
    return Decision(
        Action.EDIT,
        after.id,
        "a-page",
        seen_data=format_comment(before),
        data=format_comment(after),
        signature=signature,
    )


def test_an_edited_file_takes_the_place_of_the_one_that_was_edited() -> None:
    """And of no other."""
    old, new = make_comment("a"), make_comment("a", body="new", edited=START)
    there = facts(threads=public(old))
    late = facts(threads=public(make_comment("a", body="changed by somebody else")))
    assert {"a-page/a.md": format_comment(new)} == plan_session([edit(old, new)], there).files
    assert {"a": "its file has changed since you looked"} == reasons(plan_session([edit(old, new)], late))


def test_an_edit_may_not_move_a_reply_below_nothing() -> None:
    """A new parent has to be on the page; an old one that is not is no reason to refuse."""
    old = make_comment("a", "gone")
    there = facts(threads=public(old))
    moved = plan_session([edit(old, make_comment("a", "nowhere"))], there)
    left = plan_session([edit(old, make_comment("a", "gone", body="new"))], there)
    assert ({"a": "nowhere, which it answers, is not on the page"}, ["a"]) == (reasons(moved), [c.id for c in left.changes])  # fmt: skip


def reply(id: str, parent: str, signature: bytes | None = b"signature") -> Decision:
    comment = make_comment(id, parent, author="ann", name=None)
    return Decision(Action.REPLY, id, "a-page", data=format_comment(comment), signature=signature)


def test_a_reply_comes_with_its_signature() -> None:
    """Two files, and nothing in the inbox."""
    plan = plan_session([reply("r", "a")], facts(threads=public(make_comment("a"))))
    assert ({"a-page/r.md", "a-page/r.md.sig"}, ()) == (set(plan.files), plan.moves)


def test_a_reply_can_approve_what_it_answers() -> None:
    """Both in one session, the approval first."""
    plan = plan_session([reply("r", "a"), *decide(Action.APPROVE, "a")], facts(candidate("a")))
    assert ["a", "r"] == [change.id for change in plan.changes]


def test_a_reply_is_not_published_without_what_it_answers() -> None:
    """Its parent was declined meanwhile."""
    declined = replace(candidate("a", state=State.REJECTED), revision="0" * 40)
    plan = plan_session([reply("r", "a"), *decide(Action.APPROVE, "a")], facts(declined))
    assert ((), {"a", "r"}) == (plan.changes, set(reasons(plan)))


def test_an_author_signs() -> None:
    """Without a signature an author's comment would be left out of the page, so it is refused here."""
    plan = plan_session([reply("r", "a", signature=None)], facts(threads=public(make_comment("a"))))
    assert {"r": "an author's comment, and no other, has a signature"} == reasons(plan)


def test_an_unsigned_comment_of_an_author_is_not_published() -> None:
    """A build leaves it out, so nothing can answer it."""
    threads = public(make_comment("p", author="ann", name=None))
    assert "not on the page" in find_hindrance(candidate("a", "p"), facts(threads=threads))


@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from([Action.APPROVE, Action.REJECT, Action.REMOVE])), max_size=13, unique_by=lambda d: d[0]),
    st.lists(st.integers(-1, 12), min_size=13, max_size=13),
    st.sets(st.integers(0, 12)),
)  # fmt: skip
def test_no_session_leaves_a_reply_without_its_parent(
    decided: list[tuple[int, Action]], parents: list[int], on_page: set[int]
) -> None:
    """Whatever is decided: what is new on the page answers something that is on the page, tombstones of it included."""
    comments = [make_comment(f"c{n}", f"c{p}" if p >= 0 else None) for n, p in enumerate(parents)]
    before = {c.id for n, c in enumerate(comments) if n in on_page}
    waiting = [candidate(c.id, c.in_reply_to) for n, c in enumerate(comments) if n not in on_page]
    there = facts(*waiting, threads=public(*(c for c in comments if c.id in before)))
    decisions = [
        d for n, action in decided for d in (remove(f"c{n}") if action is Action.REMOVE else decide(action, f"c{n}"))
    ]
    plan = plan_session(decisions, there)
    removed = {c.id for c in plan.changes if c.action is Action.REMOVE}
    page = before - removed
    for change in plan.changes:
        if change.action is Action.APPROVE:
            assert change.parent == "" or change.parent in page
            page.add(change.id)
    deleted = {change.id for change in plan.changes for file in change.files if file.data is None}
    assert not any(c.parent_id in deleted for c in comments if c.id in page and c.id not in deleted)
    assert len(decisions) == len(plan.changes) + len(plan.refusals)


def changes(**numbers: int) -> list[Change]:
    return [Change(Action(name), "t", f"{name}{n}") for name, number in numbers.items() for n in range(number)]


@pytest.mark.parametrize(
    ("expected", "numbers"),
    [
        ("Approve 3 comments, decline 1", {"approve": 3, "reject": 1}),
        ("Approve 1 comment, answer 1", {"reply": 1, "approve": 1}),
        ("Mark 2 comments as spam", {"spam": 2}),
        ("Edit 1 comment, remove 2, mark 1 as spam", {"remove": 2, "edit": 1, "spam": 1}),
        ("Take 1 comment back", {"undo": 1}),
    ],
)
def test_a_session_in_words(expected: str, numbers: dict[str, int]) -> None:
    """The first line of its commit."""
    assert expected == describe_changes(changes(**numbers))


def test_the_log_says_what_was_decided_and_nothing_that_a_stranger_wrote() -> None:
    """A commit message is public and stays; a name in it could never be taken back."""
    there = facts(candidate("a", name="Fixes #12 @somebody"), candidate("b", body="Buy!"))
    plan = plan_session([*decide(Action.APPROVE, "a"), *decide(Action.REJECT, "b")], there)
    expected = """\
Approve 1 comment, decline 1

- Approve a-page/a [pending -> approved 3f2a9c1e0b12]
- Decline a-page/b [pending -> rejected 3f2a9c1e0b12]

Conversation-Session: s1
"""
    assert expected == format_message(plan.changes, "s1")


def test_the_log_is_read_back() -> None:
    """Key, first line and moves; a message without the trailer is nobody's session."""
    moves = (Move("a", State.PENDING, State.APPROVED, "3f2a9c1e0b12"), Move("b", State.APPROVED, State.SPAM, "0" * 12))
    logged = [Change(Action.APPROVE, "täg.e", m.id, move=replace(m, expected_revision=m.expected_revision + "f" * 28)) for m in moves]  # fmt: skip
    message = format_message(logged, "s2", undoes=LoggedSession("s1", "Approve 1 comment"))
    assert LoggedSession("s2", "Undo: Approve 1 comment", moves, "s1", "c0ffee") == parse_message(message, "c0ffee")
    assert parse_message("Approve 1 comment\n\n- Approve t/a [pending -> approved 3f2a9c1e0b12]\n", "c0ffee") is None


def test_moves_that_cannot_be_are_not_read() -> None:
    """A message that somebody wrote by hand is read as far as it goes."""
    message = "x\n\n- Approve t/a [pending -> pending 3f2a9c1e0b12]\n- Approve t/-b [pending -> spam 3f2a9c1e0b12]\n\nConversation-Session: s\n"  # fmt: skip
    session = parse_message(message, "")
    assert session is not None
    assert () == session.moves


def test_only_the_last_word_about_a_comment_counts() -> None:
    """An older session is not finished after a newer one has taken it back."""
    there, back = Move("a", State.PENDING, State.APPROVED, "1"), Move("a", State.APPROVED, State.PENDING, "2")
    assert {"a": back} == find_last_moves([LoggedSession("s2", "", (back,)), LoggedSession("s1", "", (there,))])


def test_each_undo_takes_the_session_before() -> None:
    """What was taken back is passed over, and so is the taking back."""
    sessions = [LoggedSession("s4", "", undoes="s2"), LoggedSession("s3", "", undoes="s3"), LoggedSession("s2", ""), LoggedSession("s1", "")]  # fmt: skip
    assert ("s1", None) == (getattr(find_undoable(sessions), "key", None), find_undoable(sessions[:3]))


SESSION = LoggedSession("s", "Approve 1 comment", (Move("a", State.PENDING, State.APPROVED, REVISION[:12]),))


def test_undo_brings_files_and_states_back() -> None:
    """What was new goes, what was changed is as before, and the queue has the comment again."""
    files = [SessionFile("a-page/a.md", None, b"a", b"a"), SessionFile("a-page/b.md", b"old", b"new", b"new")]
    plan = plan_undo(SESSION, files, facts(candidate("a", state=State.APPROVED), threads=public(make_comment("a"))))
    assert {"a-page/a.md": None, "a-page/b.md": b"old"} == plan.files
    assert (Move("a", State.APPROVED, State.PENDING, REVISION),) == plan.moves


def test_undo_leaves_what_was_taken_back_by_hand() -> None:
    """A file that is as before, and a comment that was decided anew, stay."""
    files = [SessionFile("a-page/a.md", None, b"a", None)]
    assert Plan() == plan_undo(SESSION, files, facts(candidate("a", state=State.REJECTED)))


def test_undo_stops_where_something_was_built_on_the_session() -> None:
    """A file that has changed since, and a reply to what would go; then nothing at all is taken back."""
    files = [SessionFile("a-page/a.md", None, b"a", b"a"), SessionFile("a-page/b.md", b"1", b"2", b"3")]
    threads = public(make_comment("a"), make_comment("r", "a"))
    plan = plan_undo(SESSION, files, facts(candidate("a", state=State.APPROVED), threads=threads))
    assert ((), {"a": "r answers it meanwhile", "b": "its file has changed since"}) == (plan.changes, reasons(plan))


def test_what_comes_too_late_is_taken_back_with_the_replies_to_it() -> None:
    """And nothing else of the session."""
    there = facts(candidate("a"), candidate("b", "a"), candidate("c"))
    plan = plan_session([*decide(Action.APPROVE, "a", "b", "c"), reply("r", "b")], there)
    back = plan_take_back(plan, ["a"], revisions={"b": "1", "c": "2"})
    assert {"a-page/a.md": None, "a-page/b.md": None, "a-page/r.md": None, "a-page/r.md.sig": None} == back.files
    assert (Move("b", State.APPROVED, State.PENDING, "1"),) == back.moves


def test_who_waits_for_an_answer() -> None:
    """Readers whose comment no author answered, oldest first; not authors, likes or those that need none."""
    comments = [
        make_comment("a", minutes=9),
        make_comment("answered"),
        make_comment("r", "answered", author="ann", name=None),
        make_comment("by-reader", "a", minutes=1),
        make_comment("like", kind=Kind.LIKE),
        make_comment("mention", kind=Kind.MENTION, minutes=2),
        make_comment("noted"),
        make_comment("gone", state=State.REMOVED, name=None),
        make_comment("claimed"),
        make_comment("claim", "claimed", author="ann", name=None),
    ]
    found = find_unanswered(public(*comments, signed=["r"]), no_answer={("a-page", "noted")})
    assert ["claimed", "by-reader", "mention", "a"] == [comment.id for comment in found]


def test_candidates_stand_oldest_first() -> None:
    """One whose file cannot be read has no date and no name, and comes before all others."""
    dated, broken = candidate("a"), candidate("b", data=b"?")
    assert ["b", "a"] == [c.id for c in sorted([dated, broken], key=lambda c: c.order)]
    assert ("Reader", "") == (dated.name, broken.name)
