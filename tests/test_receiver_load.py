"""The receiver as a server runs it, under load and killed: every acknowledged comment is there once, and none else."""

from pathlib import Path

import pytest
from pelican.plugins.conversation.inbox.keeping import Inbox

from .inbox_load import verify
from .receiver_forks import ForkedReceiver
from .receiver_kills import open_writers
from .receiver_load import RunningReceiver, find_faults, kill_at_random, send_at_once
from .test_inbox_crash import strace  # noqa: F401 - a fixture


@pytest.mark.parametrize("pages", [1, 8])
def test_many_clients_at_once(tmp_path: Path, pages: int) -> None:
    """On one page and on many."""
    receiver = RunningReceiver(tmp_path, pages=pages)
    sent, load = send_at_once(receiver, clients=16, each=2, pages=pages)
    assert (32, []) == (len(load.acknowledged), load.refused)
    assert [] == find_faults(receiver.inbox, sent)


def test_the_check_finds_what_is_wrong(tmp_path: Path) -> None:
    """A comment that is lost, one that is there twice, and one that nobody sent."""
    receiver = RunningReceiver(tmp_path)
    sent, _ = send_at_once(receiver, clients=2, each=2)
    sent.acknowledged["w0-0"] = "20260314-092653-nowhere"
    sent.tried.remove("w1-1")
    (twice,) = (s for s in receiver.inbox.submissions(next(iter(receiver.inbox.standings().values())).state) if b"w1-0" in s.submission.comment)  # fmt: skip
    receiver.inbox.add(type(twice.submission)("again", twice.submission.comment, twice.submission.private))
    found = sorted(find_faults(receiver.inbox, sent))
    assert ["w0-0 was acknowledged and is lost", "w1-0 is there 2 times", "w1-0 was acknowledged and is lost", "w1-1 is there and nobody sent it"] == found  # fmt: skip


def test_kills_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    """Four clients send while the receiver is killed, again and again; each start answers by itself."""
    receiver = RunningReceiver(tmp_path)
    done = kill_at_random(receiver, kills=3, clients=4)
    assert (3, True) == (done.count, len(done.sent.acknowledged) >= 3)
    assert [] == find_faults(receiver.inbox, done.sent)


def test_kills_of_receivers_that_start_quickly(tmp_path: Path) -> None:
    """The same with processes that are forked, which bench/receiver.py uses for hundreds."""
    receiver = ForkedReceiver(tmp_path)
    done = kill_at_random(receiver, kills=6, clients=4)
    receiver.close()
    assert (6, True) == (done.count, len(done.sent.acknowledged) >= 6)
    assert [] == find_faults(receiver.inbox, done.sent)


@pytest.mark.usefixtures("strace")
def test_a_kill_at_any_system_call_of_a_submission_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A sample of the receiver's own, and of those of the git commands that write, with and without it."""
    receiver = RunningReceiver(tmp_path / "site")
    writers = open_writers(receiver, tmp_path)
    try:
        for stage in ("writer", "fast-import", "update-ref"):
            calls = writers.find_calls(stage)
            assert len(calls) > 50
            for number in (1, 2, 3):
                writers.kill(stage, calls[len(calls) * number // 4], with_writer=number != 2)
    finally:
        writers.close()
    assert writers.kills.count > 5
    assert [] == verify(Inbox.open(writers.path), writers.kills.journal.allowed, make_expected=None)
