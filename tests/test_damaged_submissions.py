"""Submissions of the inbox that are damaged: told with place and remedy, got rid of by decisions, and in nobody's way."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pelican.plugins.conversation.git.command import Git
from pelican.plugins.conversation.git.repository import RefUpdate, list_refs, make_repository, read_objects, update_refs
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.remote import Remote
from pelican.plugins.conversation.inbox.sync import describe_plan
from pelican.plugins.conversation.inbox.values import InboxUnavailableError, Submission
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.moderation.decisions import Action, Decision
from pelican.plugins.conversation.moderation.moderating import Moderation

from .inbox_load import find_damage, find_faults
from .moderated_site import DAMAGES, ModeratedSite, Run, damage, make_run, make_submission
from .moderator_desk import ModeratorDesk, text_of
from .receiving import JSON, Desk

A, B = "20260314-092000-abcd", "20260314-092000-efgh"
BAD = "20260314-091000-xxxx"


@pytest.fixture
def site(tmp_path: Path) -> ModeratedSite:
    return ModeratedSite(tmp_path / "site")


@pytest.fixture
def run(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in the site, without building it; return its exit code and what it printed."""
    monkeypatch.setenv("COLUMNS", "120")
    return make_run(site, monkeypatch, capfd)


@pytest.mark.parametrize("how", DAMAGES)
def test_the_queue_tells_of_it_with_place_and_remedy(site: ModeratedSite, run: Run, how: str) -> None:
    """Beside all others: which ref, what is wrong, what to do; as JSON too."""
    site.submit(A)
    damage(site.inbox, BAD, how)
    _, out, _ = run("queue")
    said = " ".join(out.split())
    ref = f"refs/comments/pending/{BAD}"
    for part in (A, BAD, "damaged: there is no", "look with", "declining it keeps what can be read"):
        assert part in said
    assert "2 in the queue, 1 of them damaged." in said
    broken, whole = json.loads(run("queue", "--json")[1])
    assert (BAD, A, []) == (broken["id"], whole["id"], whole["problems"])
    (problem,) = broken["problems"]
    assert f"{ref} in {site.inbox.path} is damaged" in problem
    assert f"git -C {site.inbox.path} show {ref}" in problem
    shown = run("show", BAD)[1]
    assert f"{BAD}: still in the queue\nproblem:   {ref} in {site.inbox.path} is damaged" in shown


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("command", ["reject", "spam"])
def test_it_is_got_rid_of_as_any_other(site: ModeratedSite, run: Run, how: str, command: str) -> None:
    """Approving all says why not this one; declining it leaves an inbox that git finds nothing wrong with."""
    site.submit(A)
    damage(site.inbox, BAD, how)
    code, _, err = run("approve", "--all")
    assert (1, State.APPROVED, State.PENDING) == (code, site.state_of(A), site.state_of(BAD))
    assert f"{BAD} is not approved: its file has a problem: refs/comments/pending/{BAD} in" in err
    site.submit(B)
    code, _, err = run(command, BAD)
    assert (0, "") == (code, err)
    assert (State.REJECTED if command == "reject" else State.SPAM) is site.state_of(BAD)
    assert [B] == [candidate.id for candidate in site.moderation().read_queue()]
    assert [] == find_damage(site.inbox.git)
    site.inbox.tidy()
    assert ["1 in the queue."] == run("queue")[1].splitlines()[-1:]
    site.moderation().undo()
    assert {B, BAD} == {candidate.id for candidate in site.moderation().read_queue()}


def test_what_can_be_read_of_it_is_kept(site: ModeratedSite) -> None:
    """The text of one whose private part is gone can still be taken out by hand."""
    damage(site.inbox, BAD, "no private part")
    site.moderation().decide([Decision(Action.REJECT, BAD)])
    stored = site.inbox.read(BAD)
    assert (make_submission(BAD).comment, ("private.yml",)) == (stored.submission.comment, stored.unreadable)


def test_many_in_one_session_with_others(site: ModeratedSite) -> None:
    """One commit, in which all is done that can be done."""
    for number in range(12):
        damage(site.inbox, f"bad-{number:02}", DAMAGES[number % len(DAMAGES)])
        site.submit(f"good-{number:02}")
    ids = [candidate.id for candidate in site.moderation().read_queue()]
    assert 24 == len(ids)
    outcome = site.moderation().decide([Decision(Action.APPROVE, id) for id in ids])
    assert ([f"good-{n:02}" for n in range(12)], ()) == ([c.id for c in outcome.plan.changes], outcome.warnings)
    assert 12 == len(site.moderation().decide([Decision(Action.SPAM, id) for id in ids if "bad" in id]).plan.changes)
    assert () == site.moderation().read_queue()
    assert [] == find_damage(site.inbox.git)


def test_one_with_a_private_part_that_says_nothing(site: ModeratedSite, run: Run) -> None:
    """It is declined, and that can be taken back."""
    site.inbox.add(Submission(BAD, make_submission(BAD).comment, b"{"))
    assert "cannot name a thread; reject it" in " ".join(run("queue")[1].split())
    assert 0 == run("reject", BAD)[0]
    assert State.REJECTED is site.state_of(BAD)
    assert 0 == run("undo")[0]
    assert State.PENDING is site.state_of(BAD)


STRAYS: dict[str, Callable[[Inbox], None]] = {
    "refs/comments/later/b": lambda inbox: _make_ref(inbox, "refs/comments/later/b"),
    "refs/comments/pending/B": lambda inbox: _make_ref(inbox, "refs/comments/pending/B"),
    "refs/comments/pending/empty": lambda inbox: _write_ref(inbox, "refs/comments/pending/empty", ""),
    "refs/comments/pending/zeros": lambda inbox: _write_ref(inbox, "refs/comments/pending/zeros", "\0" * 41),
    "refs/comments/pending/a..b": lambda inbox: _write_ref(inbox, "refs/comments/pending/a..b", f"{'1' * 40}\n"),
    "refs/comments/pending/leads-nowhere": lambda inbox: _write_ref(inbox, "refs/comments/pending/leads-nowhere", "ref: refs/comments/pending/x\n"),
}  # fmt: skip


def _make_ref(inbox: Inbox, name: str) -> None:
    update_refs(inbox.git, [RefUpdate(name, None, inbox.standings()[A].revision)])


def _write_ref(inbox: Inbox, name: str, content: str) -> None:
    path = inbox.path / name
    path.write_bytes(content.encode())


@pytest.mark.parametrize("name", STRAYS)
def test_what_is_no_submission_is_told_of_too(site: ModeratedSite, run: Run, name: str) -> None:
    """Which ref, and how to look at it and remove it; the queue is as it would be without."""
    site.submit(A)
    assert "" == run("queue")[2]
    STRAYS[name](site.inbox)
    for arguments in (["queue"], ["queue", "--json"]):
        code, out, err = run(*arguments)
        assert (0, 1) == (code, err.count("\n"))
        assert f"{name} in {site.inbox.path} is no submission" in err
        assert "update-ref --no-deref -d" in err
        assert A in out
    assert 0 == run("approve", A)[0]
    site.submit(B)
    done = site.inbox.git.ask("update-ref", "--no-deref", "-d", name)
    if done.status:
        (site.inbox.path / name).unlink()
    assert ("", []) == (run("queue")[2], find_faults(site.inbox))


def test_the_moderators_page_tells_of_it_and_declines_it(tmp_path: Path) -> None:
    """It stands below the others with its place and the remedy, and can be declined, not approved."""
    desk = ModeratorDesk(tmp_path / "site")
    desk.sign_in()
    desk.site.submit(A)
    damage(desk.site.inbox, BAD, "a commit gone")
    _make_ref(desk.site.inbox, "refs/comments/later/b")
    page = desk.read_queue()
    said = text_of(page.select_one("main"))
    for part in (
        "2 comments wait", "1 of them is damaged", f"refs/comments/pending/{BAD} in", "look with",
        "refs/comments/later/b in", "is no submission",
    ):  # fmt: skip
        assert part in said
    assert [A, BAD] == [tag["id"].removeprefix("waiting-") for tag in page.select(".candidate")]
    assert ["", "reject", "spam"] == [tag["value"] for tag in page.select(f"[name=action-{BAD}]")]
    desk.decide(page, **{f"action__{A}": "approve", f"action__{BAD}": "reject"})
    assert (State.APPROVED, State.REJECTED) == (desk.site.state_of(A), desk.site.state_of(BAD))
    assert ["Approve 1 comment, decline 1"] == desk.new_subjects


def test_however_many_there_are_the_page_shows_what_waits(tmp_path: Path) -> None:
    """Unmarked comments come first, so that none is pushed off the page."""
    desk = ModeratorDesk(tmp_path / "site")
    desk.sign_in()
    for number in range(51):
        damage(desk.site.inbox, f"bad-{number}", "no text")
    desk.site.submit(A)
    page = desk.read_queue()
    assert f"waiting-{A}" == page.select_one(".candidate")["id"]
    assert "51 of them are damaged" in text_of(page.select_one("main"))


def test_undoing_a_session_beside_it(site: ModeratedSite) -> None:
    """One that was damaged after it was declined goes back to the queue as what it is now."""
    for id in (A, BAD):
        site.submit(id)
    moderation: Moderation = site.moderation()
    moderation.decide([Decision(Action.REJECT, A), Decision(Action.REJECT, BAD)])
    damage(site.inbox, BAD, "a commit gone", state=State.REJECTED)
    assert 2 == len(moderation.undo()[1].plan.changes)
    assert {A, BAD} == {candidate.id for candidate in moderation.read_queue()}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_round_with_the_remote_sends_all_others(tmp_path: Path, how: str) -> None:
    """However many come first; what git can send all the same it sends, and the rest is told of."""
    make_repository(tmp_path / "hub.git")
    inbox = Inbox.open(tmp_path / "inbox.git")
    remote = Remote(inbox, str(tmp_path / "hub.git"))
    for number in range(4):
        damage(inbox, f"bad-{number}", how)
    for id in ("good-1", "good-2"):
        inbox.add(make_submission(id))
    said = describe_plan(remote.sync())
    is_sent = "gone" not in how
    sent = {name.rpartition("/")[2] for name in list_refs(Git(tmp_path / "hub.git"), "refs/comments/")}
    bad = {f"bad-{number}" for number in range(4)}
    assert {"good-1", "good-2", *(bad if is_sent else ())} == sent
    assert is_sent == (said == ())
    assert is_sent or "Submission bad-0 is damaged here, and not pushed" in said[0]
    for id in bad:
        standing = inbox.read(id).standing
        inbox.move(id, State.PENDING, State.SPAM, expected_revision=standing.revision)
    assert () == describe_plan(remote.sync())
    assert refs_of(inbox) == list_refs(Git(tmp_path / "hub.git"), "refs/comments/")


def refs_of(inbox: Inbox) -> dict[str, str]:
    return list_refs(inbox.git, "refs/comments/")


def test_a_commit_that_is_gone_comes_back_from_the_remote(tmp_path: Path) -> None:
    """Where another inbox has it, a round is all that is needed."""
    make_repository(tmp_path / "hub.git")
    inbox = Inbox.open(tmp_path / "inbox.git")
    damage(inbox, BAD, "whole")
    remote = Remote(inbox, str(tmp_path / "hub.git"))
    remote.sync()
    revision = inbox.read(BAD).standing.revision
    (inbox.path / "objects" / revision[:2] / revision[2:]).unlink()
    assert inbox.read(BAD).unreadable
    assert () == describe_plan(remote.sync())
    assert () == inbox.read(BAD).unreadable


@pytest.mark.parametrize("how", ["a part gone", "a commit gone"])
def test_what_the_remote_cannot_give_keeps_nothing_else_from_coming(tmp_path: Path, how: str) -> None:
    """It is told of, and is no withdrawal of what is here."""
    hub = Inbox.open(tmp_path / "hub.git")
    inbox = Inbox.open(tmp_path / "inbox.git")
    remote = Remote(inbox, str(hub.path))
    inbox.add(make_submission("c"))
    remote.sync()
    for id in "abde":
        hub.add(make_submission(id))
    damage(hub, "c", how)
    damage(hub, BAD, how)
    said = describe_plan(remote.sync())
    assert list("abcde") == list(inbox.standings())
    assert 2 == len(said)
    assert f"The remote's refs/comments/pending/{BAD} cannot be fetched" in said[0]
    assert make_submission("c") == inbox.read("c").submission
    (hub.path / "refs" / "comments" / "pending" / BAD).unlink()
    hub.git.run("update-ref", "refs/comments/pending/c", inbox.read("c").standing.revision)
    assert () == describe_plan(remote.sync())


def test_another_state_of_a_damaged_one_comes_from_the_remote(tmp_path: Path) -> None:
    """What is gone here has no history to compare, and the round goes on."""
    hub = Inbox.open(tmp_path / "hub.git")
    inbox = Inbox.open(tmp_path / "inbox.git")
    remote = Remote(inbox, str(hub.path))
    for id in "ab":
        inbox.add(make_submission(id))
    remote.sync()
    damage(inbox, "a", "a commit gone")
    _write_ref(inbox, "refs/comments/pending/empty", "")
    hub.move("a", State.PENDING, State.APPROVED, expected_revision=hub.read("a").standing.revision)
    hub.add(make_submission("c"))
    remote.sync()
    assert {"a": State.APPROVED, "b": State.PENDING, "c": State.PENDING} == {
        id: standing.state for id, standing in inbox.standings().items()
    }
    assert () == inbox.read("a").unreadable


@pytest.mark.parametrize("how", ["a part gone", "a commit gone"])
def test_tidying_says_what_keeps_it_from_erasing(tmp_path: Path, how: str) -> None:
    """Nothing is erased beside what cannot be read and may come back; declining it is enough."""
    inbox = Inbox.open(tmp_path / "inbox.git")
    inbox.withdraw("a", expected_revision=(revision := inbox.add(make_submission("a"))))
    damage(inbox, BAD, how)
    with pytest.raises(InboxUnavailableError, match=f"not erased while git cannot read refs/comments/pending/{BAD}"):
        inbox.tidy()
    inbox.move(BAD, State.PENDING, State.SPAM, expected_revision=inbox.read(BAD).standing.revision)
    inbox.tidy()
    assert [None] == read_objects(inbox.git, [revision])


@pytest.mark.parametrize(
    "private", [b"[", b"thread: talk\n", b"thread: talk\nreceived: yesterday\n", b"thread: talk\nreceived: 2026-03-14T09:26:53\n", b""]
)  # fmt: skip
def test_the_same_text_is_taken_again_where_the_first_is_damaged(tmp_path: Path, private: bytes) -> None:
    """Nobody can say when that came, so the new one is kept, and its writer told so."""
    desk = Desk(tmp_path)
    desk.send(body="Yes.")
    stored = desk.find_only()
    other = Submission(stored.submission.id, stored.submission.comment, private)
    desk.inbox.replace(other, expected_revision=stored.standing.revision)
    desk.clock.move(minutes=9)
    assert (303, 2) == (desk.send(body="Yes.").status_code, len(desk.refs))


@pytest.mark.parametrize("how", DAMAGES)
def test_its_writer_sees_that_it_waits_and_can_take_it_back(tmp_path: Path, how: str) -> None:
    """Others send beside it as ever."""
    desk = Desk(tmp_path)
    address = desk.send(body="Yes.").headers["Location"]
    damage(desk.inbox, desk.find_only().submission.id, how)
    assert 303 == desk.send(body="No.").status_code
    assert "awaiting" == desk.client.get(address, headers=JSON).json["state"]
    assert 200 == desk.client.post(f"{address}/withdraw").status_code
    assert (1, [], "ok") == (len(desk.refs), find_faults(desk.inbox), desk.get("health").json["inbox"])
