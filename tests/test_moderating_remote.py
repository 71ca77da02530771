"""Two machines and one remote between their inboxes: sent to one, decided at the other, seen at the first."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pelican.plugins.conversation.inbox.housekeeping import STAMP
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.remote import Remote
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.moderation.exchange import Exchange
from pelican.plugins.conversation.receiver.context import EXTENSION

from .moderated_site import ModeratedSite, make_submission
from .moderator_desk import PLACE, ModeratorDesk, text_of
from .receiving import JSON, Desk
from .serving import COMMAND
from .test_inbox_remote import refs_of, use_ssh, wait_for

FORM = {"thread": "talk", "name": "Bo", "body": "Yes."}


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A bare repository that nothing of ours has made."""
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "hub.git"], check=True)
    return tmp_path / "hub.git"


@pytest.fixture
def desks() -> Iterator[list[ModeratorDesk | Desk]]:
    """Receivers whose pushing is to be ended."""
    found: list[ModeratorDesk | Desk] = []
    yield found
    for desk in found:
        desk.app.extensions[EXTENSION].pusher.close()


@pytest.fixture
def receiver(tmp_path: Path, hub: Path, desks: list[ModeratorDesk | Desk]) -> Desk:
    """The machine that readers send to."""
    desks.append(Desk(tmp_path / "receiver", CONVERSATION_INBOX_REMOTE=str(hub)))
    return desks[0]


@pytest.fixture
def home(tmp_path: Path, hub: Path) -> ModeratedSite:
    """The moderator's own machine: another inbox, and the site's repository."""
    site = ModeratedSite(tmp_path / "home")
    settings = site.root / "pelicanconf.py"
    settings.write_text(f"{settings.read_text()}CONVERSATION_INBOX_REMOTE = {str(hub)!r}\n")
    site.commit_all("Name the remote")
    return site


def moderate(site: ModeratedSite, *arguments: str) -> tuple[int, str, str]:
    """Run a command of moderation; return its exit code and what it printed."""
    done = site.files.run(*COMMAND, *arguments)
    return done.returncode, done.stdout, done.stderr


def state_of(desk: Desk, address: str) -> str:
    """Return the state of a comment as its writer sees it."""
    return desk.client.get(address, headers=JSON).json["state"]


def test_sent_here_and_decided_there(receiver: Desk, home: ModeratedSite, hub: Path) -> None:
    """On the command line: the queue has what the other machine took, and its writer sees what was decided."""
    address = receiver.send(**FORM).headers["Location"]
    other = receiver.send(**{**FORM, "body": "No."}).headers["Location"]
    wait_for(lambda: len(refs_of(hub)) == 2)
    code, out, err = moderate(home, "queue")
    assert (0, True, "") == (code, "2 in the queue" in out, err)
    taken, declined = (id for _, id in sorted((b"No." in receiver.inbox.read(id).submission.comment, id) for id in receiver.inbox.standings()))  # fmt: skip
    code, _, err = moderate(home, "approve", taken, "--no-build")
    assert (0, "") == (code, err)
    assert (0, "") == moderate(home, "reject", declined, "--no-build")[::2]
    assert {f"refs/comments/approved/{taken}", f"refs/comments/rejected/{declined}"} == set(refs_of(hub))
    assert "Yes." in (home.committed(f"comments/talk/{taken}.md") or "")
    receiver.app.extensions[EXTENSION].pusher.notify()
    wait_for(lambda: (state_of(receiver, address), state_of(receiver, other)) == ("published", "declined"))
    assert 0 == moderate(home, "undo", "--no-build")[0]
    receiver.app.extensions[EXTENSION].pusher.notify()
    wait_for(lambda: state_of(receiver, other) == "awaiting")


def test_taken_back_here_and_erased_there(receiver: Desk, home: ModeratedSite, hub: Path, tmp_path: Path, desks: list[ModeratorDesk | Desk]) -> None:  # fmt: skip
    """Where no receiver runs, a command erases what was withdrawn; a receiver that nobody writes to does so too."""
    desks.append(Desk(tmp_path / "other", CONVERSATION_INBOX_REMOTE=str(hub)))
    address = receiver.send(**FORM).headers["Location"]
    revision = receiver.find_only().standing.revision
    inboxes = [home.root / "var" / "inbox.git", desks[1].settings.inbox]
    wait_for(lambda: len(refs_of(hub)) == 1)
    desks[1].app.extensions[EXTENSION].pusher.notify()
    moderate(home, "queue")
    wait_for(lambda: all(has_object(inbox, revision) for inbox in inboxes))
    for inbox in inboxes:
        os.utime(inbox / STAMP, (0, 0))
    assert 200 == receiver.client.post(f"{address}/withdraw").status_code
    wait_for(lambda: not refs_of(hub))
    assert (0, "Nothing waits.\n", "") == moderate(home, "queue")
    desks[1].app.extensions[EXTENSION].pusher.notify()
    assert not has_object(inboxes[0], revision)
    wait_for(lambda: not has_object(inboxes[1], revision))


def has_object(inbox: Path, revision: str) -> bool:
    """Whether a repository still has a commit, reached by a ref or not."""
    return subprocess.run(["git", "-C", inbox, "cat-file", "-e", revision], check=False, capture_output=True).returncode == 0  # fmt: skip


def test_sent_here_and_decided_in_the_browser_there(
    receiver: Desk, hub: Path, tmp_path: Path, desks: list[ModeratorDesk | Desk]
) -> None:
    """The page of the queue has it as soon as it is opened, and the decision is pushed without anybody's asking."""
    there = ModeratorDesk(tmp_path / "there", CONVERSATION_INBOX_REMOTE=str(hub))
    desks.append(there)
    there.sign_in()
    address = receiver.send(**FORM).headers["Location"]
    wait_for(lambda: len(refs_of(hub)) == 1)
    (id,) = receiver.inbox.standings()
    wait_for(lambda: there.read_queue().select_one(f"#waiting-{id}") is not None)
    assert 200 == there.decide(**{f"action__{id}": "approve"}).status_code
    wait_for(lambda: set(refs_of(hub)) == {f"refs/comments/approved/{id}"})
    receiver.app.extensions[EXTENSION].pusher.notify()
    wait_for(lambda: state_of(receiver, address) == "published")


def test_a_remote_that_is_away(home: ModeratedSite, hub: Path) -> None:
    """One line says so, the session goes on with what is here, and the next command tells the remote."""
    hub.rename(hub.with_name("away"))
    id = "20260314-092000-abcd"
    home.submit(id)
    for arguments in (("queue",), ("approve", id, "--no-build")):
        code, _, err = moderate(home, *arguments)
        assert (0, 1, True) == (code, len(err.splitlines()), "the inbox's remote is left out" in err)
    hub.with_name("away").rename(hub)
    assert {} == refs_of(hub)
    assert (0, "Nothing waits.\n", "") == moderate(home, "queue")
    assert {f"refs/comments/approved/{id}"} == set(refs_of(hub))


def test_a_remote_is_found_from_another_folder(home: ModeratedSite, hub: Path, tmp_path: Path) -> None:
    """Where it is written as a path, it counts from the settings file, wherever the command is run."""
    settings = home.root / "pelicanconf.py"
    settings.write_text(f"{settings.read_text()}CONVERSATION_INBOX_REMOTE = '../{hub.name}'\n")
    home.submit("20260314-092000-abcd")
    away = tmp_path / "some" / "where" / "else"
    away.mkdir(parents=True)
    command = [sys.executable, "-m", *COMMAND, "--settings", settings, "queue"]
    done = subprocess.run(command, cwd=away, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert {"refs/comments/pending/20260314-092000-abcd"} == set(refs_of(hub))


def test_a_remote_that_says_nothing_is_not_waited_for(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some seconds it is left out, with one line; at the end of the session it is not asked again."""
    use_ssh(tmp_path, monkeypatch, f"echo x >>{tmp_path}/asked; exec sleep 600")
    exchange = Exchange(Inbox.open(tmp_path / "inbox.git"), f"ssh://user:secret@host{hub}", answer_seconds=1)
    (said,) = exchange()
    assert (True, False) == ("did not end in time" in said, "secret" in said)
    assert () == exchange()
    assert "x\n" == (tmp_path / "asked").read_text("ascii")


def test_the_queue_in_the_browser_while_the_remote_is_away(tmp_path: Path, desks: list[ModeratorDesk | Desk]) -> None:
    """It says what may be missing, and everything else works."""
    desks.append(desk := ModeratorDesk(tmp_path / "site", CONVERSATION_INBOX_REMOTE=str(tmp_path / "nowhere.git")))
    desk.site.submit("20260314-092000-abcd")
    desk.sign_in()
    wait_for(lambda: desk.app.extensions[EXTENSION].pusher.problem is not None)
    queue = desk.read_queue()
    assert "What other receivers took is missing here" in text_of(queue.select_one(".notice"))
    response = desk.decide(queue, **{"action__20260314-092000-abcd": "approve"})
    assert (200, ["Approve 1 comment"]) == (response.status_code, desk.new_subjects)
    assert 200 == desk.client.get(PLACE).status_code


def test_a_decision_made_upon_an_old_state_gives_way_and_that_is_said(home: ModeratedSite, hub: Path) -> None:
    """Somebody else's decision reached the remote in between: the end of the session says which one stands."""
    id = "20260314-092000-abcd"
    home.submit(id)
    exchange = Exchange(home.inbox, str(hub))
    assert () == exchange()
    elsewhere = Inbox.open(hub.with_name("elsewhere.git"))
    remote = Remote(elsewhere, str(hub))
    remote.sync()
    revision = elsewhere.read(id).standing.revision
    elsewhere.move(id, State.PENDING, State.SPAM, expected_revision=revision)
    remote.sync()
    home.inbox.move(id, State.PENDING, State.REJECTED, expected_revision=revision)
    assert (f"Submission {id} was changed here after it became spam elsewhere, which stands",) == exchange()
    assert State.SPAM is home.state_of(id)


@pytest.mark.parametrize("elsewhere", ["spam", "changed", "withdrawn"])
def test_what_was_published_while_it_was_decided_otherwise_elsewhere(home: ModeratedSite, hub: Path, elsewhere: str) -> None:  # fmt: skip
    """The remote was away: the command that hears of it says that it is public and how to take it off, and so do queue and show."""
    id = "20260314-092000-abcd"
    home.submit(id)
    Exchange(home.inbox, str(hub))()
    inbox = Inbox.open(hub.with_name("elsewhere.git"))
    remote = Remote(inbox, str(hub))
    remote.sync()
    away = hub.rename(hub.with_name("away.git"))
    assert 0 == moderate(home, "approve", id, "--no-build")[0]
    away.rename(hub)
    revision = inbox.read(id).standing.revision
    if elsewhere == "spam":
        inbox.move(id, State.PENDING, State.SPAM, expected_revision=revision)
    elif elsewhere == "changed":
        inbox.replace(make_submission(id, body="Other words."), expected_revision=revision)
    else:
        inbox.withdraw(id, expected_revision=revision)
    remote.sync()
    _, queue, said = moderate(home, "queue")
    remedy = f"with `pelican-comments remove {id}`"
    assert f"it is public from here: take it off the page {remedy}\n" in said
    assert (elsewhere == "changed") == ("it is on the page all the same" in " ".join(queue.split()))
    assert (elsewhere != "withdrawn") == (remedy in moderate(home, "show", id)[1])
    assert 0 == moderate(home, "remove", id, "--no-build")[0]
    assert "public" not in moderate(home, "show", id)[1]


def test_one_token_sent_to_two_receivers_is_one_comment(
    receiver: Desk, hub: Path, tmp_path: Path, desks: list[ModeratorDesk | Desk]
) -> None:
    """Each answers by itself, with the same address; after a round there is one comment everywhere, and it can be decided."""
    other = Desk(tmp_path / "other", CONVERSATION_INBOX_REMOTE=str(hub))
    desks.append(other)
    form = receiver.preview(**FORM)
    first = receiver.post("comments", form).headers["Location"]
    other.clock.move(seconds=9)
    assert first == other.post("comments", form).headers["Location"]
    for desk in (receiver, other):
        Remote(desk.inbox, str(hub)).sync()
    Remote(receiver.inbox, str(hub)).sync()
    assert 1 == len(refs_of(hub))
    assert receiver.find_only() == other.find_only()
    other.decide(State.REJECTED)
    for desk in (other, receiver):
        Remote(desk.inbox, str(hub)).sync()
    assert ["declined"] * 2 == [state_of(desk, first) for desk in (receiver, other)]
