"""Death at any moment: what the inbox acknowledged is on disk, once, and the next process finds nothing in its way.

Rule: these are short forms; `python bench/inbox.py` kills three hundred times, and at every system call.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.lock import find_left_behind
from pelican.plugins.conversation.model import State

from .inbox_kills import STAGES, OneByOne, kill_at_random
from .inbox_load import find_differences, make_ids, make_submission, send_at_once, verify

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def strace() -> str:
    """The command; where there is none the test is skipped, unless CONVERSATION_REQUIRE_STRACE is set."""
    path = shutil.which("strace")
    if path is None:
        message = "strace is not installed (Debian: strace)"
        pytest.fail(message) if os.environ.get("CONVERSATION_REQUIRE_STRACE") else pytest.skip(message)
    return path


# The check


def test_the_check_catches_a_naive_writer(tmp_path: Path) -> None:
    """`git add`, `git commit` by clients at once in one work tree: most fail, and some that failed are in it."""
    git = ["git", "-c", "user.name=Naive", "-c", "user.email=naive@example.org", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)

    def write(id: str) -> None:
        (tmp_path / id).write_bytes(make_submission(id).comment)
        for command in (["add", "--", id], ["commit", "--quiet", "-m", f"Add {id}"]):
            subprocess.run([*git, *command], check=True, capture_output=True)

    load = send_at_once(write, make_ids(16, 4))
    listed = subprocess.run([*git, "ls-tree", "--name-only", "HEAD"], capture_output=True, check=True).stdout.decode()
    found = dict.fromkeys(listed.split(), State.PENDING)
    assert len(load.refused) > 16
    assert any("was not acknowledged and is there" in fault for fault in find_differences(found, load.allowed))


def test_the_check_catches_each_fault(tmp_path: Path) -> None:
    """Lost, double, changed, in a wrong state, never sent, a lock left behind: each is told."""
    inbox = Inbox.open(tmp_path / "inbox.git")
    revision = inbox.add(make_submission("a"))
    assert [] == verify(inbox, {"a": [State.PENDING]})
    assert ["a is pending, not approved"] == verify(inbox, {"a": [State.APPROVED]})
    assert ["a is pending, not absent"] == verify(inbox, {"a": [None]})
    assert ["a was not acknowledged and is there"] == verify(inbox, {})
    assert ["b is lost, not pending or spam"] == verify(
        inbox, {"a": [State.PENDING], "b": [State.SPAM, State.PENDING], "c": [None, State.PENDING]}
    )
    assert ["a holds something else"] == verify(
        inbox, {"a": [State.PENDING]}, make_expected=lambda _: make_submission("b")
    )
    inbox.git.run("update-ref", "refs/comments/spam/a", revision)
    assert ["a stands 2 times", "a is spam, not pending"] == verify(inbox, {"a": [State.PENDING]})
    (inbox.path / "packed-refs.lock").touch()
    assert f"left behind: {inbox.path}/packed-refs.lock" in verify(inbox, {"a": [State.SPAM]})


# On disk


@pytest.mark.parametrize("then", [State.PENDING, State.APPROVED])
def test_an_answer_comes_after_everything_is_on_disk(tmp_path: Path, strace: str, then: State) -> None:
    """Content, then its name in its folder, then the ref, then its name: each is written to disk before the next.

    Only then is the submission, or the decision, acknowledged.
    """
    path = tmp_path / "inbox.git"
    Inbox.open(path)
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom tests.test_inbox_crash import *\n"
        "inbox = Inbox.open(Path(sys.argv[1])); then = State(sys.argv[2])\n"
        "revision = inbox.add(make_submission('a')) if then is not State.PENDING else ''\n"
        "os.write(1, b'begin\\n')\n"
        "inbox.move('a', State.PENDING, then, expected_revision=revision) if revision else "
        "inbox.add(make_submission('a'))\n"
        "os.write(1, b'answered\\n')\n"
    )
    calls = "trace=fsync,fdatasync,write,rename,renameat,renameat2,link,linkat,unlink,unlinkat"
    subprocess.run(
        [strace, "-f", "-y", "-o", tmp_path / "trace", "-e", calls, sys.executable, "-c", script, path, then.value],
        check=True, cwd=PROJECT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    trace = (tmp_path / "trace").read_text("utf-8", "replace")
    steps = trace[trace.index('"begin\\n"') : trace.index('"answered\\n"')]
    at = re.escape(str(path))
    expected = [
        rf"fsync\(\d+<{at}/objects/pack/tmp_pack_\w+>\) += 0",
        rf"fsync\(\d+<{at}/objects/pack/tmp_idx_\w+>\) += 0",
        r"(link|rename)\w*\(.*objects/pack/pack-\w+\.pack\"",
        r"(link|rename)\w*\(.*objects/pack/pack-\w+\.idx\"",
        rf"fsync\(\d+<{at}/objects/pack>\) += 0",
        rf"fsync\(\d+<{at}/refs/comments/{then.value}/a\.lock>\) += 0",
        rf"rename\w*\(.*refs/comments/{then.value}/a\.lock\", .*refs/comments/{then.value}/a\"",
        *([r"unlink\w*\(.*refs/comments/pending/a\""] if then is not State.PENDING else []),
        rf"fsync\(\d+<{at}/refs/comments/{then.value}>\) += 0",
        rf"fsync\(\d+<{at}/refs/comments>\) += 0",
    ]
    assert [] == [step for step in expected if not re.search(step, steps)]
    places = [re.search(step, steps).start() for step in expected]
    assert sorted(places) == places


# Kills


def test_kills_at_random_lose_and_double_nothing(tmp_path: Path) -> None:
    """Eight clients add, decide and withdraw while their process is killed, again and again."""
    path = tmp_path / "inbox.git"
    done = kill_at_random(path, kills=4)
    assert 4 == done.count
    assert [] == verify(Inbox.open(path), done.journal.allowed)


@pytest.fixture
def writers(tmp_path: Path, strace: str) -> Iterator[OneByOne]:
    """Writers of one submission each."""
    found = OneByOne(tmp_path / "inbox.git", tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("then", [State.PENDING, State.APPROVED])
def test_a_kill_at_any_system_call_loses_and_doubles_nothing(writers: OneByOne, then: State) -> None:
    """Our process, or the git command it waits for, and with that our process or not: a sample of all calls."""
    for number, stage in enumerate(STAGES):
        calls = writers.find_calls(stage, then=then)
        assert len(calls) > 50
        for with_writer in (True, False):
            call = calls[len(calls) * (2 if with_writer else 3) // 4 + number]
            writers.kill(stage, call, then=then, with_writer=with_writer)
    locked = next(call for call in writers.find_calls("update-ref", then=then) if call[0].startswith("rename"))
    assert writers.kill("update-ref", locked, then=then)
    assert [] != list(find_left_behind(writers.path))
    assert writers.kills.count > 5
    assert [] == verify(Inbox.open(writers.path), writers.kills.journal.allowed)


def test_a_kill_between_two_refs_of_a_move_leaves_one(writers: OneByOne) -> None:
    """The new ref is there and the old one too: the next start finishes the move."""
    calls = writers.find_calls("update-ref", then=State.SPAM)
    renamed = max(place for place, (name, _) in enumerate(calls) if name.startswith("rename"))
    assert writers.kill("update-ref", calls[renamed + 1], then=State.SPAM)
    refs = [path.relative_to(writers.path).as_posix() for path in writers.path.glob("refs/comments/*/k2")]
    assert ["refs/comments/pending/k2", "refs/comments/spam/k2"] == sorted(refs)
    inbox = Inbox.open(writers.path)
    assert State.SPAM is inbox.read("k2").standing.state
    assert [] == verify(inbox, writers.kills.journal.allowed)


def test_a_git_command_that_outlives_its_writer_is_waited_for(tmp_path: Path) -> None:
    """The next process does not take the locks of a command that is only slow."""
    path = tmp_path / "inbox.git"
    Inbox.open(path)
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    git = shutil.which("git")
    shim.write_text(
        f'#!/bin/sh\ncase " $* " in *" update-ref "*) touch {tmp_path}/mark; sleep 1.5; touch {tmp_path}/awake;; esac\nexec {git} "$@"\n',
        "utf-8",
    )
    shim.chmod(0o755)
    script = (
        "import sys\nfrom pathlib import Path\nfrom tests.inbox_load import *\n"
        "Inbox.open(Path(sys.argv[1])).add(make_submission('a'))"
    )
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-c", script, path], env=environment, cwd=PROJECT) as writer:
        while not (tmp_path / "mark").exists():
            time.sleep(0.01)
        writer.kill()
    inbox = Inbox.open(path)
    assert (tmp_path / "awake").exists()
    assert [] == list(find_left_behind(path))
    assert [] == verify(inbox, {"a": [State.PENDING, None]})  # git may end when nobody reads what it prints
