"""The inbox's remote: pushed after the answer, shared by several, slow, silent, refusing, gone and back."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from pelican.plugins.conversation.git.command import Git, GitError
from pelican.plugins.conversation.git.remote import push_refs
from pelican.plugins.conversation.git.repository import (
    NewCommit,
    RefUpdate,
    list_refs,
    make_repository,
    update_refs,
    write_commits,
)
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.pusher import Pusher
from pelican.plugins.conversation.inbox.reading import name_ref
from pelican.plugins.conversation.inbox.remote import AGREED, Remote, RemoteError
from pelican.plugins.conversation.inbox.sync import SyncPlan, describe_plan
from pelican.plugins.conversation.inbox.values import STATES, Add, Move, NoSubmissionError, Standing, Submission

from .conftest import PATIENCE_SECONDS
from .inbox_load import make_ids, make_submission, send_at_once, verify

PENDING, APPROVED, REJECTED, SPAM = STATES
PROJECT = Path(__file__).parent.parent


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """The repository that inboxes share."""
    make_repository(tmp_path / "hub.git")
    return tmp_path / "hub.git"


def open_inbox(hub: Path, name: str, **more: float) -> tuple[Inbox, Remote]:
    """An inbox beside the hub, and the hub as its remote."""
    inbox = Inbox.open(hub.parent / f"{name}.git")
    return inbox, Remote(inbox, str(hub), **more)


def refs_of(path: Path) -> dict[str, str]:
    return list_refs(Git(path), "refs/comments/")


def put_hook(hub: Path, name: str, script: str) -> None:
    """Let the hub run a program for each push."""
    hook = hub / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    hook.chmod(0o755)
    Git(hub, settings=()).run("config", "core.hooksPath", str(hook.parent))


def wait_for(is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


@pytest.fixture
def pushers() -> Iterator[list[Pusher]]:
    """Pushers to be closed."""
    found: list[Pusher] = []
    yield found
    for pusher in found:
        pusher.close()


# Rounds


def test_a_round_sends_what_is_new_decided_and_withdrawn(hub: Path) -> None:
    """The remote comes to have the same refs, whatever happened between two rounds."""
    inbox, remote = open_inbox(hub, "one")
    first = {id: inbox.add(make_submission(id)) for id in "abcd"}
    assert list("abcd") == [step.id for step in remote.sync().send]
    assert refs_of(inbox.path) == refs_of(hub)
    inbox.move("a", PENDING, APPROVED, expected_revision=first["a"])
    inbox.replace(Submission("b", b"changed", b""), expected_revision=first["b"])
    inbox.withdraw("c", expected_revision=first["c"])
    inbox.add(make_submission("e"))
    assert list("abce") == [step.id for step in remote.sync().send]
    assert refs_of(inbox.path) == refs_of(hub)
    assert ["refs/comments/approved/a", *(f"refs/comments/pending/{id}" for id in "bde")] == list(refs_of(hub))
    assert () == remote.sync().send


def test_what_was_withdrawn_stays_in_the_remote_until_that_is_tidied(hub: Path) -> None:
    """As docs/what-is-stored.md says: no ref leads there any more, and erasing its bytes is the remote's own matter."""
    inbox, remote = open_inbox(hub, "one")
    revision = inbox.add(make_submission("a"))
    remote.sync()
    inbox.withdraw("a", expected_revision=revision)
    remote.sync()
    inbox.tidy()
    left = [subprocess.run(["git", "-C", path, "cat-file", "-e", revision], check=False, capture_output=True).returncode for path in (inbox.path, hub)]  # fmt: skip
    assert left[0] != 0 == left[1]
    assert {} == refs_of(hub)
    Git(hub, settings=()).run("gc", "--quiet", "--prune=now")
    assert (
        0 != subprocess.run(["git", "-C", hub, "cat-file", "-e", revision], check=False, capture_output=True).returncode
    )


def test_two_inboxes_on_one_remote_come_to_have_the_same(hub: Path) -> None:
    """Submissions of two receivers, decided at a third place that had none."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    home, of_home = open_inbox(hub, "home")
    for id in "abc":
        one.add(make_submission(f"one-{id}"))
        two.add(make_submission(f"two-{id}"))
    for remote in (of_one, of_two, of_home):
        remote.sync()
    assert 6 == len(home.submissions(PENDING))
    home.apply([
        Move("one-a", PENDING, APPROVED, home.read("one-a").standing.revision),
        Move("two-a", PENDING, SPAM, home.read("two-a").standing.revision),
    ])  # fmt: skip
    two.withdraw("two-b", expected_revision=two.read("two-b").standing.revision)
    for remote in (of_home, of_two, of_one, of_home):
        remote.sync()
    allowed = {"one-a": [APPROVED], "one-b": [PENDING], "one-c": [PENDING], "two-a": [SPAM], "two-c": [PENDING]}
    for inbox in (one, two, home):
        assert [] == verify(inbox, allowed)
        assert refs_of(hub) == refs_of(inbox.path)


def test_of_two_decisions_the_first_at_the_remote_wins_visibly(hub: Path) -> None:
    """The other place takes it over, and its report names the one that gave way."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    revision = one.add(make_submission("a"))
    of_one.sync()
    of_two.sync()
    rejected = one.move("a", PENDING, REJECTED, expected_revision=revision)
    approved = two.move("a", PENDING, APPROVED, expected_revision=revision)
    assert () == of_one.sync().given_up
    (step,) = of_two.sync().given_up
    assert (Standing(APPROVED, approved), Standing(REJECTED, rejected)) == (step.old, step.new)
    assert [] == verify(one, {"a": [REJECTED]}) + verify(two, {"a": [REJECTED]})


def test_what_was_withdrawn_elsewhere_is_not_sent_again(hub: Path) -> None:
    """Its writer took it back at one receiver: no other brings it back."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    revision = one.add(make_submission("a"))
    of_one.sync()
    of_two.sync()
    two.withdraw("a", expected_revision=revision)
    of_two.sync()
    of_one.sync()
    assert {} == refs_of(hub)
    with pytest.raises(NoSubmissionError):
        one.read("a")


@pytest.mark.parametrize("memory", ["", "{}", "[1]", '{"remote": "other", "standings": {}}', "\x00\xff", None])
def test_what_is_remembered_only_saves_questions(hub: Path, memory: str | None) -> None:
    """Without it, or with that of another remote, a decision still goes where it was not made yet."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    revision = one.add(make_submission("a"))
    of_one.sync()
    of_two.sync()
    two.move("a", PENDING, APPROVED, expected_revision=revision)
    of_two.sync()
    (one.path / AGREED).unlink()
    if memory is not None:
        (one.path / AGREED).write_text(memory, "utf-8")
    one.add(make_submission("b"))
    of_one.sync()
    assert [] == verify(one, {"a": [APPROVED], "b": [PENDING]})
    assert refs_of(hub) == refs_of(one.path)


def test_what_came_by_two_receivers_is_one_comment(hub: Path) -> None:
    """The same words, taken at two moments: the first at the remote stays, and that is told."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    for inbox, second in ((one, "53"), (two, "54")):
        comment = f"---\nname: Bo\ndate: 2026-03-14T09:26:{second}Z\n---\nYes.\n"
        inbox.add(Submission("a", comment.encode(), b"thread: talk\nreceived: 2026-03-14T09:26:53Z\n"))
    two.add(make_submission("b"))
    of_one.sync()
    plan = of_two.sync()
    assert (("a",), (), ()) == (plan.joined, plan.clashes, plan.given_up)
    assert ("Submission a came by two receivers, and is one comment now, with the same text",) == describe_plan(plan)
    assert refs_of(hub) == refs_of(two.path)
    assert one.read("a") == two.read("a")
    assert SyncPlan() == of_two.sync()
    assert [] == verify(two, {"a": [PENDING], "b": [PENDING]}, make_expected=None)


def test_what_came_by_two_receivers_and_was_decided_at_one_stays_decided(hub: Path) -> None:
    """Whichever reached the remote first; of two decisions the first one counts."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    for id in "abc":
        two.move(id, PENDING, REJECTED, expected_revision=two.add(make_submission(id)))
        data = make_submission(id).comment.replace(b":53Z", b":54Z")
        revision = one.add(Submission(id, data, b""))
        if id != "a":
            one.move(id, PENDING, SPAM if id == "b" else REJECTED, expected_revision=revision)
    of_one.sync()
    plan = of_two.sync()
    assert (("a", "b", "c"), ["b"]) == (plan.joined, [step.id for step in plan.given_up])
    of_one.sync()
    for inbox in (one, two):
        assert [] == verify(inbox, {"a": [REJECTED], "b": [SPAM], "c": [REJECTED]}, make_expected=None)
    assert refs_of(hub) == refs_of(one.path) == refs_of(two.path)


@pytest.mark.parametrize("decided", ["", "one"])
def test_another_text_of_the_same_id_gets_an_id_of_its_own(hub: Path, decided: str) -> None:
    """A ref that another one made is never overwritten: the text that gives way waits, marked, and both are everywhere."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    private = b"thread: talk\nreceived: 2026-03-14T09:26:53Z\n"
    first, second = (Submission("a", f"---\nname: Bo\n---\n{text}\n".encode(), private) for text in ("Yes.", "No."))
    revision = one.add(first)
    if decided:
        one.move("a", PENDING, APPROVED, expected_revision=revision)
    of_one.sync()
    two.add(make_submission("b"))
    two.add(second)
    plan = of_two.sync()
    ((old, new),) = plan.set_apart.items()
    assert ("a", "a-", ()) == (old, new[:2], plan.clashes)
    assert new in describe_plan(plan)[0]
    of_one.sync()
    for inbox in (one, two):
        assert (first.comment, second.comment) == (
            inbox.read("a").submission.comment,
            inbox.read(new).submission.comment,
        )
        assert b"another text than a" in inbox.read(new).submission.private
        state = APPROVED if decided else PENDING
        assert [] == verify(inbox, {"a": [state], "b": [PENDING], new: [PENDING]}, make_expected=None)
    assert SyncPlan() == of_two.sync() == of_one.sync()


def test_the_decided_one_of_two_texts_keeps_its_id(hub: Path) -> None:
    """It was decided here, perhaps published, and the other reached the remote first: that one gets another id."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    one.add(Submission("a", b"other", b""))
    of_one.sync()
    two.move("a", PENDING, APPROVED, expected_revision=two.add(make_submission("a")))
    (new,) = of_two.sync().set_apart.values()
    of_one.sync()
    for inbox in (one, two):
        assert b"other" == inbox.read(new).submission.comment
        assert [] == verify(inbox, {"a": [APPROVED], new: [PENDING]}, make_expected=None)


def test_two_texts_of_one_id_that_are_both_decided_are_left_alone(hub: Path) -> None:
    """A ref that another one made is never overwritten: both stay, that is told, and the others are sent."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    one.move("a", PENDING, APPROVED, expected_revision=one.add(make_submission("a")))
    of_one.sync()
    held = refs_of(hub)["refs/comments/approved/a"]
    two.add(make_submission("b"))
    two.move("a", PENDING, REJECTED, expected_revision=two.add(Submission("a", b"other", b"")))
    plan = of_two.sync()
    assert (("a",), True) == (plan.clashes, "neither is pushed" in describe_plan(plan)[0])
    assert {"refs/comments/approved/a": held, "refs/comments/pending/b": two.read("b").standing.revision} == refs_of(
        hub
    )
    assert b"other" == two.read("a").submission.comment


def test_a_move_arrives_whole_or_not_at_all(hub: Path) -> None:
    """The remote refuses to delete: the new ref is not there either, and other submissions are."""
    inbox, remote = open_inbox(hub, "one")
    revision = inbox.add(make_submission("a"))
    remote.sync()
    before = refs_of(hub)
    put_hook(hub, "update", '[ "$3" != 0000000000000000000000000000000000000000 ]')
    inbox.move("a", PENDING, APPROVED, expected_revision=revision)
    added = inbox.add(make_submission("b"))
    with pytest.raises(RemoteError, match=r"refused a: .*hook") as caught:
        remote.sync()
    assert ["a"] == list(caught.value.refused)
    assert {**before, "refs/comments/pending/b": added} == refs_of(hub)
    shutil.rmtree(hub / "hooks")
    remote.sync()
    assert refs_of(inbox.path) == refs_of(hub)


def test_half_a_move_at_the_remote_is_finished(hub: Path) -> None:
    """The remote's machine died between two refs: here only the later one counts, and the other one goes."""
    inbox, remote = open_inbox(hub, "one")
    revision = inbox.add(make_submission("a"))
    remote.sync()
    (moved,) = write_commits(Git(hub), [NewCommit("spam a", {}, revision)])
    update_refs(Git(hub), [RefUpdate(name_ref("a", SPAM), None, moved)])
    remote.sync()
    assert {"refs/comments/spam/a": moved} == refs_of(hub) == refs_of(inbox.path)


def test_a_full_batch_and_more_are_sent(hub: Path) -> None:
    """More than one push takes."""
    inbox, remote = open_inbox(hub, "one")
    inbox.apply([Add(make_submission(f"a{number}")) for number in range(230)])
    remote.sync()
    assert 230 == len(refs_of(hub))
    assert refs_of(inbox.path) == refs_of(hub)


def test_two_processes_of_one_inbox_take_turns(hub: Path) -> None:
    """Rounds at the same time, of one inbox and of another: nothing is refused or lost."""
    one, of_one = open_inbox(hub, "one")
    two, of_two = open_inbox(hub, "two")
    again = Remote(Inbox.open(one.path), str(hub))
    errors: list[Exception] = []

    def run(inbox: Inbox, remote: Remote, name: str) -> None:
        for number in range(4):
            inbox.add(make_submission(f"{name}-{number}"))
            for _ in range(5):
                try:
                    remote.sync()
                    break
                except (GitError, RemoteError) as error:  # another one pushed between the question and the answer
                    last = error
            else:
                errors.append(last)

    workers = [
        threading.Thread(target=run, args=a) for a in [(one, of_one, "x"), (one, again, "y"), (two, of_two, "z")]
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [] == errors
    for remote in (of_one, of_two, of_one):
        remote.sync()
    allowed = {f"{name}-{number}": [PENDING] for name in "xyz" for number in range(4)}
    assert [] == verify(one, allowed) + verify(two, allowed)
    assert refs_of(hub) == refs_of(one.path) == refs_of(two.path)


def test_nothing_that_another_one_pushed_is_overwritten(hub: Path) -> None:
    """Neither made, changed nor deleted, where the remote has moved since it was looked at."""
    inbox, _ = open_inbox(hub, "one")
    revisions = write_commits(inbox.git, [NewCommit(name, {"file": name.encode()}) for name in "abc"])
    name, other = name_ref("a", PENDING), name_ref("b", PENDING)
    push = partial(push_refs, inbox.git, str(hub), timeout_seconds=PATIENCE_SECONDS)
    assert {} == push(updates=[RefUpdate(name, None, revisions[0])])
    for old, new in [(None, revisions[1]), (revisions[1], revisions[2]), (revisions[1], None)]:
        refused = push(updates=[RefUpdate(name, old, new), RefUpdate(other, None, revisions[1])])
        assert {name, other} == set(refused)
    assert {name: revisions[0]} == refs_of(hub)
    assert {} == push(updates=[RefUpdate(name, revisions[0], None), RefUpdate(other, None, revisions[1])])
    assert {other: revisions[1]} == refs_of(hub)


# In the background


def test_what_is_added_is_pushed_by_itself(hub: Path, pushers: list[Pusher]) -> None:
    """Soon after it was answered; and again for the next."""
    inbox, remote = open_inbox(hub, "one")
    pushers.append(Pusher(remote))
    for id in "ab":
        inbox.add(make_submission(id))
        pushers[0].notify()
        wait_for(lambda id=id: f"refs/comments/pending/{id}" in refs_of(hub))
    assert None is pushers[0].problem


def test_decisions_made_elsewhere_become_known(hub: Path, pushers: list[Pusher]) -> None:
    """Without anybody's asking."""
    one, of_one = open_inbox(hub, "one")
    home, of_home = open_inbox(hub, "home")
    one.add(make_submission("a"))
    pushers.append(Pusher(of_one, poll_seconds=0.1))
    pushers[0].notify()
    wait_for(lambda: len(refs_of(hub)) == 1)
    of_home.sync()
    home.move("a", PENDING, APPROVED, expected_revision=home.read("a").standing.revision)
    of_home.sync()
    wait_for(lambda: one.read("a").standing.state is APPROVED)


def test_a_remote_that_is_gone_is_tried_again(hub: Path, pushers: list[Pusher]) -> None:
    """Nothing is lost or double when it is back; meanwhile the pusher says what is wrong."""
    inbox, remote = open_inbox(hub, "one")
    pushers.append(Pusher(remote, first_pause_seconds=0.05))
    hub.rename(hub.with_name("away"))
    load = send_at_once(lambda id: (inbox.add(make_submission(id)), pushers[0].notify()), make_ids(8, 2))
    assert [] == load.refused
    wait_for(lambda: pushers[0].problem is not None)
    assert "hub.git" in (pushers[0].problem or "")
    hub.with_name("away").rename(hub)
    wait_for(lambda: refs_of(hub) == refs_of(inbox.path))
    wait_for(lambda: pushers[0].problem is None)
    assert [] == verify(inbox, load.allowed) + verify(Inbox.open(hub), load.allowed)


def test_a_remote_that_refuses_delays_nobody(hub: Path, pushers: list[Pusher]) -> None:
    """Until it takes them."""
    put_hook(hub, "pre-receive", "echo closed >&2; exit 1")
    inbox, remote = open_inbox(hub, "one")
    pushers.append(Pusher(remote, first_pause_seconds=0.05))
    load = send_at_once(lambda id: (inbox.add(make_submission(id)), pushers[0].notify()), make_ids(8, 2))
    assert [] == load.refused
    wait_for(lambda: "pre-receive hook declined" in (pushers[0].problem or ""))
    assert {} == refs_of(hub)
    shutil.rmtree(hub / "hooks")
    wait_for(lambda: refs_of(hub) == refs_of(inbox.path))
    assert [] == verify(inbox, load.allowed)


def use_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let git reach `ssh://` through a script of ours, which runs the command it is given after its own lines."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f'#!/bin/sh\n{script}\nwhile [ "$1" != "${{1#-}}" ] || [ "$1" = host ]; do shift; done\neval "$1"\n', "utf-8"
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{ssh}")
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")


def test_a_slow_remote_delays_nobody(hub: Path, pushers: list[Pusher], monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers come as quickly as without it, and everything arrives."""
    inbox = Inbox.open(hub.with_name("one.git"))
    may_go = hub.with_name("open")
    use_ssh(hub.parent, monkeypatch, f"while [ ! -e {may_go} ]; do sleep 0.1; done; sleep 0.3")
    pushers.append(Pusher(Remote(inbox, f"ssh://host{hub}"), poll_seconds=0.1))
    pushers[0].notify()
    load = send_at_once(lambda id: (inbox.add(make_submission(id)), pushers[0].notify()), make_ids(4, 4))
    assert [] == load.refused
    assert {} == refs_of(hub)
    may_go.touch()
    wait_for(lambda: refs_of(hub) == refs_of(inbox.path))
    assert [] == verify(inbox, load.allowed)


def test_a_remote_that_hangs_is_given_up_and_tried_again(
    hub: Path, pushers: list[Pusher], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody waits for it; what hung is stopped, with all it had started."""
    inbox = Inbox.open(hub.with_name("one.git"))
    use_ssh(tmp_path, monkeypatch, f"[ -e {tmp_path}/open ] || {{ echo $$ >>{tmp_path}/hanging; exec sleep 600; }}")
    remote = Remote(inbox, f"ssh://host{hub}", timeout_seconds=3)
    pushers.append(Pusher(remote, first_pause_seconds=0.05))
    pushers[0].notify()
    wait_for((tmp_path / "hanging").exists)
    load = send_at_once(lambda id: (inbox.add(make_submission(id)), pushers[0].notify()), make_ids(8, 2))
    assert [] == load.refused
    wait_for(lambda: "did not end in time" in (pushers[0].problem or ""))
    (tmp_path / "open").touch()
    wait_for(lambda: refs_of(hub) == refs_of(inbox.path))
    for process in (tmp_path / "hanging").read_text("utf-8").split():
        wait_for(lambda process=process: not Path("/proc", process).exists())
    assert [] == verify(inbox, load.allowed)


def test_a_process_that_dies_while_pushing_loses_and_doubles_nothing(hub: Path) -> None:
    """Killed at several moments of a round; the next one finishes it."""
    inbox, remote = open_inbox(hub, "one")
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom tests.test_inbox_remote import *\n"
        "remote = Remote(Inbox.open(Path(sys.argv[1])), sys.argv[2])\nos.write(1, b'.')\nremote.sync()\n"
    )
    for number in range(4):
        revision = inbox.add(make_submission(f"a{number}"))
        inbox.move(f"a{number}", PENDING, APPROVED, expected_revision=revision)
        inbox.add(make_submission(f"b{number}"))
        with subprocess.Popen(
            [sys.executable, "-c", script, inbox.path, hub], cwd=PROJECT, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout
            process.stdout.read(1)
            time.sleep(0.02 * number)
            process.kill()
    remote.sync()
    allowed = {f"{letter}{n}": [state] for n in range(4) for letter, state in (("a", APPROVED), ("b", PENDING))}
    assert [] == verify(inbox, allowed) + verify(Inbox.open(hub), allowed)
    assert refs_of(hub) == refs_of(inbox.path)


def test_closing_does_not_wait_for_the_network(hub: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And nothing starts again."""
    inbox = Inbox.open(hub.with_name("one.git"))
    waiting = f"touch {tmp_path}/hanging; while [ ! -e {tmp_path}/open ]; do sleep 0.05; done; exit 1"
    use_ssh(tmp_path, monkeypatch, waiting)
    pusher = Pusher(Remote(inbox, f"ssh://host{hub}"))
    pusher.notify()
    wait_for((tmp_path / "hanging").exists)
    (round_,) = [thread for thread in threading.enumerate() if thread.name == "inbox pusher"]
    pusher.close(patience_seconds=0.1)
    assert round_.is_alive()
    pusher.notify()
    (tmp_path / "hanging").unlink()
    (tmp_path / "open").touch()
    round_.join(PATIENCE_SECONDS)
    assert not round_.is_alive()
    assert [] == [thread for thread in threading.enumerate() if thread.name == "inbox pusher"]
    assert not (tmp_path / "hanging").exists()


def test_a_process_that_ends_leaves_nothing_hanging(hub: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What it had started for the network ends with it."""
    use_ssh(tmp_path, monkeypatch, f"echo $$ >{tmp_path}/new; mv {tmp_path}/new {tmp_path}/hanging; exec sleep 600")
    script = (
        "import sys\nfrom pathlib import Path\nfrom tests.test_inbox_remote import *\n"
        "Pusher(Remote(Inbox.open(Path(sys.argv[1])), sys.argv[2])).notify()\n"
        "wait_for(Path(sys.argv[3]).exists)\n"
    )
    command = [sys.executable, "-c", script, hub.with_name("one.git"), f"ssh://host{hub}", tmp_path / "hanging"]
    subprocess.run(command, cwd=PROJECT, check=True)
    process = Path("/proc", (tmp_path / "hanging").read_text("utf-8").strip())
    wait_for(lambda: not process.exists())
