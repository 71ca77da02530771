"""The inbox: one ref a submission, changes that fit or are refused, whoever comes at once, and what it does in need."""

import os
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.git.repository import RefUpdate, count_packs, list_refs, update_refs, write_commits
from pelican.plugins.conversation.inbox.keeping import MAX_PACKS, Inbox
from pelican.plugins.conversation.inbox.lock import SCRAPS, WRITER, find_left_behind, writing
from pelican.plugins.conversation.inbox.reading import name_ref
from pelican.plugins.conversation.inbox.values import (
    STATES,
    Add,
    Cause,
    ConflictError,
    InboxUnavailableError,
    Move,
    NoSubmissionError,
    Replace,
    Standing,
    Submission,
    Withdraw,
    settle,
)
from pelican.plugins.conversation.inbox.writing import _make_commits
from pelican.plugins.conversation.model import State

from .inbox_load import find_faults, make_ids, make_submission, send_at_once, verify

PENDING, APPROVED, REJECTED, SPAM = STATES


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """An empty inbox."""
    return Inbox.open(tmp_path / "inbox.git")


def another(inbox: Inbox) -> Inbox:
    """The same inbox, as another process sees it."""
    return Inbox.open(inbox.path)


# What it keeps


def test_a_submission_is_kept_byte_for_byte(inbox: Inbox) -> None:
    """Both parts, pending, under a ref of its own; and another process reads the same."""
    submission = Submission("a", b"---\nname: \xc3\x84\r\n\x00", b"")
    revision = inbox.add(submission)
    for reader in (inbox, another(inbox)):
        stored = reader.read("a")
        assert (submission, Standing(PENDING, revision)) == (stored.submission, stored.standing)
    assert {"refs/comments/pending/a": revision} == list_refs(inbox.git, "refs/")
    assert b"comment.md\nprivate.yml\n" == inbox.git.run("ls-tree", "--name-only", revision)
    assert [] == verify(inbox, {"a": [PENDING]}, make_expected=None)


def test_submissions_of_a_state_come_in_order_of_their_ids(inbox: Inbox) -> None:
    """Ids begin with the time, so that is the order in which they came."""
    assert () == inbox.submissions(PENDING)
    for id in ("b", "c", "a"):
        inbox.add(make_submission(id))
    inbox.move("b", PENDING, SPAM, expected_revision=inbox.read("b").standing.revision)
    assert ["a", "c"] == [stored.submission.id for stored in inbox.submissions(PENDING)]
    assert ["b"] == [stored.submission.id for stored in inbox.submissions(SPAM)]
    assert {"a": PENDING, "b": SPAM, "c": PENDING} == {id: s.state for id, s in inbox.standings().items()}


@pytest.mark.parametrize("id", ["", "A", "../x", "a/b", "a b", "a\n", "-a", "a" * 65, "HEAD", "a.lock", "@{u}", "ä"])
def test_an_id_is_never_more_than_an_id(inbox: Inbox, id: str) -> None:
    """No submission can be made with it, none is found, and nothing is asked of git."""
    with pytest.raises(ValueError, match="is no id"):
        Submission(id, b"", b"")
    with pytest.raises(ValueError, match="is no id"):
        Move(id, PENDING, APPROVED, "")
    with pytest.raises(ValueError, match="is no id"):
        Withdraw(id, "")
    with pytest.raises(NoSubmissionError):
        inbox.read(id)


@pytest.mark.parametrize("states", [(PENDING, State.REMOVED), (State.REMOVED, PENDING), (SPAM, SPAM)])
def test_a_submission_moves_between_its_states_only(states: tuple[State, State]) -> None:
    """`removed` is a matter of public files, and a move goes somewhere."""
    with pytest.raises(ValueError, match="cannot move"):
        Move("a", *states, "")


# Changes


@pytest.mark.parametrize("state", STATES)
def test_an_id_is_taken_for_good(inbox: Inbox, state: State) -> None:
    """Under whatever state it stands, a second submission of it is refused, which says where it stands."""
    revision = inbox.add(make_submission("a"))
    if state is not PENDING:
        revision = inbox.move("a", PENDING, state, expected_revision=revision)
    with pytest.raises(ConflictError, match=f"cannot add submission a: it is {state.value} now") as caught:
        inbox.add(Submission("a", b"other", b""))
    assert Standing(state, revision) == caught.value.standing
    assert [] == verify(inbox, {"a": [state]})


def test_a_pending_submission_can_be_changed(inbox: Inbox) -> None:
    """The new text stands alone: what its writer took back is nobody's to read."""
    revision = inbox.add(Submission("a", b"old", b"old"))
    changed = inbox.replace(make_submission("a"), expected_revision=revision)
    assert changed != revision
    assert make_submission("a") == inbox.read("a").submission
    assert b"" == inbox.git.run("log", "--format=%P", changed).strip()
    assert [] == verify(inbox, {"a": [PENDING]})


def test_a_decision_keeps_the_text_and_the_way_it_went(inbox: Inbox) -> None:
    """There and back again: the content stays, each step is a commit on the one before."""
    first = inbox.add(make_submission("a"))
    second = inbox.move("a", PENDING, APPROVED, expected_revision=first)
    third = inbox.move("a", APPROVED, PENDING, expected_revision=second)
    assert make_submission("a") == inbox.read("a").submission
    log = inbox.git.run("log", "--format=%H %s", name_ref("a", PENDING)).decode().splitlines()
    assert [f"{third} pending a", f"{second} approved a", f"{first} pending a"] == log
    assert [] == verify(inbox, {"a": [PENDING]})


@pytest.mark.parametrize("decided", [True, False])
def test_what_was_decided_or_changed_is_not_changed_from_an_older_look(inbox: Inbox, decided: bool) -> None:
    """Every change names the revision it was made on; one made on another is refused."""
    old = inbox.add(make_submission("a"))
    if decided:
        now = Standing(APPROVED, inbox.move("a", PENDING, APPROVED, expected_revision=old))
    else:
        now = Standing(PENDING, inbox.replace(Submission("a", b"changed", b""), expected_revision=old))
    late = [Replace(Submission("a", b"x", b""), old), Withdraw("a", old), Move("a", PENDING, SPAM, old)]
    for change in late:
        (result,) = inbox.apply([change])
        assert isinstance(result, ConflictError)
        assert now == result.standing
    assert now == inbox.read("a").standing


def test_what_was_withdrawn_is_gone(inbox: Inbox) -> None:
    """From the refs at once, from the disk after `tidy`; the id may then come again."""
    revision = inbox.add(Submission("a", b"my secret", b"my address"))
    inbox.withdraw("a", expected_revision=revision)
    with pytest.raises(NoSubmissionError, match="there is no submission 'a'"):
        inbox.read("a")
    with pytest.raises(ConflictError, match="there is none, or its writer withdrew it"):
        inbox.move("a", PENDING, APPROVED, expected_revision=revision)
    inbox.tidy()
    with pytest.raises(Exception, match="Not a valid object"):
        inbox.git.run("cat-file", "-p", revision)
    assert [] == verify(inbox, {})


def test_tidying_keeps_everything_else(inbox: Inbox) -> None:
    """Afterwards there is one pack, and every submission can still be read and decided."""
    for number in range(5):
        inbox.add(make_submission(f"a{number}"))
    inbox.tidy()
    assert 1 == count_packs(inbox.git)
    inbox.move("a0", PENDING, SPAM, expected_revision=inbox.read("a0").standing.revision)
    assert [] == verify(inbox, {f"a{number}": [PENDING if number else SPAM] for number in range(5)})


def test_packs_do_not_pile_up(inbox: Inbox) -> None:
    """Each batch makes one; they are joined by themselves."""
    for number in range(MAX_PACKS + 2):
        write_commits(inbox.git, _make_commits(Add(make_submission(f"a{number}"))))
    inbox.add(make_submission("b"))
    assert count_packs(inbox.git) < MAX_PACKS / 2
    assert [] == verify(inbox, {"b": [PENDING]})


def test_many_changes_are_done_each_for_itself(inbox: Inbox) -> None:
    """The one that does not fit is told so, and keeps nobody back; of one id, they come one after the other."""
    a, b = inbox.apply([Add(make_submission("a")), Add(make_submission("b"))])
    assert isinstance(a, str)
    assert isinstance(b, str)
    results = inbox.apply([
        Move("a", PENDING, APPROVED, a), Move("a", PENDING, REJECTED, a), Move("b", PENDING, SPAM, "1" * 40),
        Add(make_submission("c")), Move("b", PENDING, SPAM, b), Add(make_submission("c")),
    ])  # fmt: skip
    assert [str, ConflictError, ConflictError, str, str, ConflictError] == [type(result) for result in results]
    assert [] == verify(inbox, {"a": [APPROVED], "b": [SPAM], "c": [PENDING]})


ids = st.sampled_from("abc")
steps = st.lists(
    st.tuples(st.just("add"), ids, st.none())
    | st.tuples(st.sampled_from(["replace", "withdraw"]), ids, st.booleans())
    | st.tuples(st.sampled_from(STATES), ids, st.sampled_from(STATES)),
    max_size=12,
)


@given(steps)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_sequence_of_changes_ends_where_a_dictionary_would(
    tmp_path_factory: pytest.TempPathFactory, sequence: list[tuple]
) -> None:
    """Two processes in turns; a change succeeds exactly where it fits."""
    first = Inbox.open(tmp_path_factory.mktemp("inbox") / "a.git")
    inboxes, model = [first, another(first)], {}
    for number, (what, id, how) in enumerate(sequence):
        submission = Submission(id, str(number).encode(), b"")
        old_state, old_revision, old_submission = model.get(id, (None, "1" * 40, None))
        revision = "2" * 40 if how is False else old_revision
        if what == "add":
            change, fits, then = Add(submission), id not in model, (PENDING, submission)
        elif what == "replace":
            change, fits, then = Replace(submission, revision), old_state is PENDING and how, (PENDING, submission)
        elif what == "withdraw":
            change, fits, then = Withdraw(id, revision), old_state is PENDING and how, None
        elif what is how:
            continue
        else:
            change, fits, then = Move(id, what, how, revision), old_state is what, (how, old_submission)
        (result,) = inboxes[number % 2].apply([change])
        assert fits == isinstance(result, str)
        if fits and then:
            model[id] = (then[0], result, then[1])
        elif fits:
            del model[id]
    assert {id: Standing(state, revision) for id, (state, revision, _) in model.items()} == first.standings()
    assert {id: submission for id, (_, _, submission) in model.items()} == {
        id: first.read(id).submission for id in model
    }
    assert [] == find_faults(first)


# At once


@pytest.mark.parametrize("inboxes", [1, 4])
def test_every_acknowledged_submission_is_there_once(inbox: Inbox, inboxes: int) -> None:
    """64 clients at once, of one receiver or of several: all are served, and nothing else is there."""
    several = [another(inbox) for _ in range(inboxes)]
    load = send_at_once(lambda id: several[hash(id) % inboxes].add(make_submission(id)), make_ids(64, 3))
    assert [] == load.refused
    assert 192 == len(load.acknowledged)
    assert [] == verify(inbox, load.allowed)


def test_of_submissions_with_one_id_one_is_kept(inbox: Inbox) -> None:
    """Whichever came first; the others are refused."""
    several = [inbox, another(inbox), another(inbox)]
    tried = iter(range(24))
    load = send_at_once(lambda id: several[next(tried) % 3].add(make_submission(id)), [["a"] for _ in range(24)])
    assert (["a"], 23) == (load.acknowledged, len(load.refused))
    assert [] == verify(inbox, load.allowed)


def test_of_decisions_at_once_one_wins_visibly(inbox: Inbox) -> None:
    """Approve, reject and spam, from the browser and the command line: the others hear what was decided."""
    for round_ in range(4):
        id = f"a{round_}"
        revision = inbox.add(make_submission(id))
        deciders = [(inbox, APPROVED), (another(inbox), REJECTED), (inbox, SPAM), (another(inbox), APPROVED)]
        won: list[State] = []
        heard: list[State | None] = []

        def decide(which: Inbox, state: State, id: str = id, revision: str = revision) -> None:
            try:
                which.move(id, PENDING, state, expected_revision=revision)
                won.append(state)  # noqa: B023
            except ConflictError as error:
                heard.append(error.standing.state if error.standing else None)  # noqa: B023

        threads = [threading.Thread(target=decide, args=one) for one in deciders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 == len(won)
        assert won * 3 == heard
        assert [] == verify(inbox, {f"a{number}": STATES for number in range(round_ + 1)})


def test_readers_never_miss_a_submission_that_moves(inbox: Inbox) -> None:
    """However often it is moved meanwhile, it is found under one state."""
    revision = inbox.add(make_submission("a"))
    is_over = threading.Event()
    seen: list[State] = []

    def look() -> None:
        while not is_over.is_set():
            seen.append(another_inbox.read("a").standing.state)
            seen.extend(standing.state for standing in another_inbox.standings().values())
            seen.append(PENDING if "a" in another_inbox.standings() else State.REMOVED)

    another_inbox = another(inbox)
    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(8):
        revision = inbox.move("a", PENDING, APPROVED, expected_revision=revision)
        revision = inbox.move("a", APPROVED, PENDING, expected_revision=revision)
    is_over.set()
    reader.join()
    assert {PENDING, APPROVED} >= set(seen)
    assert seen


# After a death


def test_the_lock_files_of_a_dead_process_are_removed(inbox: Inbox) -> None:
    """Of one ref and of all, and what git would trip over; everything is as before then, by itself."""
    revision = inbox.add(make_submission("a"))
    left = [f"{name_ref('a', PENDING)}.lock", f"{name_ref('b', PENDING)}.lock", "packed-refs.lock", "packed-refs.new"]
    for name in left:
        (inbox.path / name).touch()
    keep = next(inbox.path.glob("objects/pack/*.pack")).with_suffix(".keep")
    keep.write_bytes(b"fast-import")
    inbox.move("a", PENDING, APPROVED, expected_revision=revision)
    another(inbox).add(make_submission("b"))
    inbox.tidy()
    assert [] == [name for name in left if (inbox.path / name).exists()] + list(find_left_behind(inbox.path))
    assert [] == verify(inbox, {"a": [APPROVED], "b": [PENDING]})


def test_a_lock_file_of_a_living_command_is_waited_for(inbox: Inbox) -> None:
    """Somebody runs git by hand: what it holds for a moment is not taken from it."""
    lock = inbox.path / f"{name_ref('a', PENDING)}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("by hand", "utf-8")
    removed: list[bool] = []

    def let_go() -> None:
        time.sleep(0.4)
        removed.append(lock.exists())
        lock.unlink()

    other = threading.Thread(target=let_go)
    other.start()
    inbox.add(make_submission("a"))
    other.join()
    assert [True] == removed
    assert [] == verify(inbox, {"a": [PENDING]})


@pytest.mark.parametrize("failures", [1, 2])
def test_a_transaction_that_fails_when_it_is_done_is_finished_or_taken_back(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    """Git was killed before it could say that all is well: what raises is not there, what returns is."""
    (tmp_path / "bin").mkdir()
    git = shutil.which("git")
    (tmp_path / "bin" / "git").write_text(
        "#!/bin/sh\n"
        'case " $* " in *" update-ref "*)\n'
        f'  if mkdir {tmp_path}/first 2>/dev/null; then {git} "$@" >{tmp_path}/said; exit 137; fi\n'
        f"  if [ {failures} = 2 ] && mkdir {tmp_path}/second 2>/dev/null; then exit 137; fi\n"
        "esac\n"
        f'exec {git} "$@"\n', "utf-8",
    )  # fmt: skip
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert (None if failures == 1 else Cause.BROKEN) is try_to_add(inbox, "a")
    assert "commit: ok" in (tmp_path / "said").read_text("utf-8")
    assert [] == verify(inbox, {"a": [PENDING]} if failures == 1 else {})


@pytest.mark.parametrize("back", [False, True])
def test_a_move_that_a_kill_cut_in_half_is_finished(inbox: Inbox, back: bool) -> None:
    """Both refs are there: the one that came from the other counts, at once and after the next start."""
    revision = inbox.add(make_submission("a"))
    old, new = PENDING, APPROVED
    if back:
        revision = inbox.move("a", PENDING, APPROVED, expected_revision=revision)
        old, new = new, old
    (moved,) = write_commits(inbox.git, _make_commits(Move("a", old, new, revision)))
    update_refs(inbox.git, [RefUpdate(name_ref("a", new), None, moved)])
    assert Standing(new, moved) == inbox.read("a").standing == inbox.standings()["a"]
    assert ["a stands 2 times"] == find_faults(inbox)
    if back:
        inbox.withdraw("a", expected_revision=moved)
        assert [] == verify(inbox, {})
    else:
        another(inbox)
        assert [] == verify(inbox, {"a": [new]})


def test_of_refs_that_nobody_moved_the_least_public_counts() -> None:
    """Where hands made both, what one of them declined is not shown."""
    standings = [Standing(PENDING, "1"), Standing(APPROVED, "2"), Standing(REJECTED, "3")]
    assert Standing(REJECTED, "3") == settle(standings, {})
    assert Standing(PENDING, "1") == settle(standings[:2], {"1": ("2",), "2": ("0",)})


def test_refs_of_other_hands_are_reported_and_left(inbox: Inbox) -> None:
    """They are no submissions."""
    revision = inbox.add(make_submission("a"))
    update_refs(inbox.git, [RefUpdate("refs/comments/later/b", None, revision)])
    update_refs(inbox.git, [RefUpdate("refs/comments/pending/B", None, revision)])
    assert ["a"] == list(inbox.standings())
    assert {
        "refs/comments/later/b is no ref of the inbox", "refs/comments/pending/B is no ref of the inbox",
    } == set(find_faults(inbox))  # fmt: skip


# In need


def try_to_add(inbox: Inbox, id: str) -> Cause | None:
    """Return why the inbox cannot take a submission now."""
    try:
        inbox.add(make_submission(id))
    except InboxUnavailableError as error:
        return error.cause
    return None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB of its own, which takes root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(path: Path) -> int:
    """Write a file until the disk is full and return its size."""
    with path.open("ab", buffering=0) as file:
        try:
            while file.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            pass
        return file.tell()


def test_a_full_disk_is_said_to_be_full(small_disk: Path) -> None:
    """Wherever the space ends, what was acknowledged is there and nothing else; with room again, all goes on by itself."""
    inbox = Inbox.open(small_disk / "inbox.git")
    inbox.add(make_submission("a"))
    filler = small_disk / "filler"
    size = fill(filler)
    load = send_at_once(lambda id: inbox.add(make_submission(id)), make_ids(8, 1))
    assert [] == load.acknowledged
    assert [] == [path for pattern in SCRAPS for path in inbox.path.glob(pattern)]
    assert make_submission("a") == Inbox.open(inbox.path).read("a").submission
    causes = {}
    for pages in range(0, 16):
        os.truncate(filler, size - pages * 4096)
        causes[f"p{pages}"] = try_to_add(inbox, f"p{pages}")
        size = fill(filler)
    assert {Cause.FULL, None} == set(causes.values())
    filler.unlink()
    assert None is try_to_add(inbox, "b")
    allowed = {id: [PENDING] for id in ("a", "b", *(id for id, cause in causes.items() if cause is None))}
    assert [] == verify(inbox, allowed)


def test_a_limit_on_files_counts_as_full(inbox: Inbox) -> None:
    """A quota, or `ulimit -f`: git is killed by the system, the next submission that fits is kept."""
    script = (
        "import resource, sys\nfrom pathlib import Path\nfrom tests.test_inbox import *\n"
        "inbox = Inbox.open(Path(sys.argv[1]))\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "for limit in (100, hard):\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))\n"
        "    print(try_to_add(inbox, 'a'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, inbox.path], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    assert "Cause.FULL\nNone\n" == done.stdout
    assert resource.RLIM_INFINITY == resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    assert [] == verify(inbox, {"a": [PENDING]})


def test_a_read_only_disk_is_said_to_be_one(small_disk: Path) -> None:
    """Reading goes on; writing does as soon as it can."""
    inbox = Inbox.open(small_disk / "inbox.git")
    inbox.add(make_submission("a"))
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert Cause.READ_ONLY is try_to_add(inbox, "b")
    assert make_submission("a") == inbox.read("a").submission
    with pytest.raises(InboxUnavailableError, match=r"inbox\.git"):
        Inbox.open(small_disk / "inbox.git")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    assert None is try_to_add(inbox, "b")
    assert [] == verify(inbox, {"a": [PENDING], "b": [PENDING]})


def test_a_folder_that_may_not_be_written_is_read_only(inbox: Inbox) -> None:
    """Permissions of another user's."""
    folders = [inbox.path / "objects" / "pack", inbox.path / "refs"]
    for folder in folders:
        folder.chmod(0o500)
    if os.access(folders[0], os.W_OK):
        pytest.skip("this user, root perhaps, may write everywhere")
    assert Cause.READ_ONLY is try_to_add(inbox, "a")
    for folder in folders:
        folder.chmod(0o700)
    assert None is try_to_add(inbox, "a")


@pytest.mark.parametrize("part", ["HEAD", "refs", "objects", ""])
def test_a_broken_repository_is_said_to_be_broken(inbox: Inbox, tmp_path: Path, part: str) -> None:
    """And used again as soon as it is whole."""
    inbox.add(make_submission("a"))
    (inbox.path / part).rename(tmp_path / "away")
    assert Cause.BROKEN is try_to_add(inbox, "b")
    with pytest.raises(InboxUnavailableError) as caught:
        inbox.read("a")
    assert Cause.BROKEN is caught.value.cause
    (tmp_path / "away").rename(inbox.path / part)
    assert None is try_to_add(inbox, "b")
    assert [] == verify(inbox, {"a": [PENDING], "b": [PENDING]})


def test_a_turn_that_does_not_come_is_not_waited_for_without_end(inbox: Inbox) -> None:
    """Somebody's process stands still with the lock: others say that it is busy, and go on when it is gone."""
    with writing(inbox.path):
        for _ in range(2):
            with pytest.raises(InboxUnavailableError, match="another process") as caught, \
                    writing(inbox.path, patience_seconds=0.1):  # fmt: skip
                pytest.fail("two have the turn")
            assert Cause.BUSY is caught.value.cause
    assert None is try_to_add(inbox, "a")
    assert b"" == (inbox.path / WRITER).read_bytes()


def test_damage_to_one_submission_stops_no_other(inbox: Inbox) -> None:
    """It is in the list with what can be read of it, and a decision about it leaves it whole for git."""
    for id in "abc":
        inbox.add(make_submission(id))
    (broken,) = write_commits(inbox.git, [type(_make_commits(Add(make_submission("d")))[0])("x", {"other": b""})])
    update_refs(inbox.git, [RefUpdate(name_ref("d", PENDING), None, broken)])
    unreadable = {stored.submission.id: stored.unreadable for stored in inbox.submissions(PENDING)}
    assert {"a": (), "b": (), "c": (), "d": ("comment.md", "private.yml")} == unreadable
    assert ["d is not whole"] == find_faults(inbox)
    assert (Submission("d", b"", b""), broken) == (inbox.read("d").submission, inbox.read("d").standing.revision)
    assert None is try_to_add(inbox, "e")
