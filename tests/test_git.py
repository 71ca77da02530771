"""Git: commands in a clean environment, within their time; objects and refs that are on disk; a repository made whole."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.git.command import Git, GitError, make_environment, require_version
from pelican.plugins.conversation.git.repository import (
    NewCommit,
    RefUpdate,
    count_packs,
    drop_unused,
    find_revisions,
    join_packs,
    list_refs,
    make_repository,
    read_objects,
    read_parents,
    update_refs,
    write_commits,
)

from .inbox_load import find_damage


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """An empty bare repository of our making."""
    make_repository(tmp_path / "a.git")
    return Git(tmp_path / "a.git")


def commit(git: Git, text: bytes = b"text\n", parent: str | None = None) -> str:
    (revision,) = write_commits(git, [NewCommit("a message", {"file": text}, parent)])
    return revision


def use_git(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a script of that name before git."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


# Running


def test_a_hook_of_git_does_not_change_the_repository(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What git sets for its hooks, and a user to steer git, is not passed on."""
    revision = commit(git)
    for name, value in [("GIT_DIR", "/nonesuch"), ("GIT_OBJECT_DIRECTORY", "/nonesuch"), ("GIT_NAMESPACE", "other"),
                        ("GIT_INDEX_FILE", "/nonesuch"), ("GIT_TRACE", str(tmp_path / "trace"))]:  # fmt: skip
        monkeypatch.setenv(name, value)
    update_refs(git, [RefUpdate("refs/x/a", None, revision)])
    assert {"refs/x/a": revision} == list_refs(git, "refs/")
    assert not (tmp_path / "trace").exists()


def test_settings_of_the_user_do_not_count(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a configuration that git cannot read stops nothing; for other machines, it counts."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("config", ".gitconfig"):
        (tmp_path / name).write_text("[broken\n", "utf-8")
    assert {} == list_refs(git, "refs/")
    with pytest.raises(GitError, match="bad config"):
        list_refs(Git(git.repository, asks_user_settings=True), "refs/")


def test_of_the_variables_of_git_a_user_keeps_those_that_reach_other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The way to ssh stays, the way to another repository goes; nothing asks at the terminal."""
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -i key")
    monkeypatch.setenv("GIT_DIR", "/nonesuch")
    found = make_environment(asks_user_settings=True)
    assert ("ssh -i key", None, "0", "C") == tuple(
        found.get(name) for name in ("GIT_SSH_COMMAND", "GIT_DIR", "GIT_TERMINAL_PROMPT", "LC_ALL")
    )
    assert "GIT_SSH_COMMAND" not in make_environment(asks_user_settings=False)


def test_programs_of_a_repository_do_not_run(git: Git, tmp_path: Path) -> None:
    """A hook that somebody put into it is left alone."""
    hook = git.repository / "hooks" / "reference-transaction"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n", "utf-8")
    hook.chmod(0o755)
    update_refs(git, [RefUpdate("refs/x/a", None, commit(git))])
    assert not (tmp_path / "ran").exists()


def test_an_error_says_what_git_said(git: Git) -> None:
    """Command, status and git's own words, in English."""
    with pytest.raises(GitError, match=r"git rev-parse ended with 128: fatal: Needed a single revision"):
        git.run("rev-parse", "--verify", "refs/x/nonesuch")


def test_a_command_that_hangs_is_stopped_with_all_it_started(git: Git, tmp_path: Path) -> None:
    """After its time limit neither git nor what git runs is left."""
    mark = tmp_path / "mark"
    hanging = Git(git.repository, settings=(f"alias.hang=!sleep 2 && touch {mark}",))
    with pytest.raises(GitError, match=r"git hang did not end in time: stopped after 0.2 s") as caught:
        hanging.run("hang", timeout_seconds=0.2)
    assert caught.value.status is None
    time.sleep(2.5)
    assert not mark.exists()


def test_nothing_can_ask_at_the_terminal(git: Git) -> None:
    """A command is the first of a session of its own, which has no terminal."""
    asking = Git(git.repository, settings=("alias.session=!ps -o sid= -p $$",))
    assert os.getsid(0) != int(asking.run("session"))


def test_without_git_the_error_says_so(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="install git"):
        git.run("version")


def test_a_git_without_fsync_of_refs_is_refused(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2.36 is the first that can promise what the inbox promises."""
    require_version(git)
    use_git(tmp_path / "old", monkeypatch, "echo git version 2.35.8")
    with pytest.raises(GitError, match=r"2\.35\.8 .*install 2\.36 or later"):
        require_version(git)


# Objects and refs

contents = st.binary(max_size=200) | st.sampled_from([
    b"", b"\n", b"done\n", b"data 3\nabc\nM 100644 inline evil\ndata 1\nx\n", b"\x00\xff\r\n", b"EOT", b"reset refs/x/a\n\n",
])  # fmt: skip


@given(st.lists(contents, min_size=1, max_size=5))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_content_is_kept_byte_for_byte(git: Git, texts: list[bytes]) -> None:
    """Whatever a stranger wrote is content, never a command; and nothing but what was asked for is made."""
    revisions = write_commits(git, [NewCommit("a", {"one": text, "two": text[::-1]}) for text in texts])
    assert texts == read_objects(git, [f"{revision}:one" for revision in revisions])
    assert [text[::-1] for text in texts] == read_objects(git, [f"{revision}:two" for revision in revisions])
    assert b"one\ntwo\n" == git.run("ls-tree", "--name-only", revisions[-1])
    assert {} == list_refs(git, "refs/")


def test_commits_of_one_call_have_no_history_in_common(git: Git) -> None:
    """Each has the parent it was given, or none; the files of the parent stay."""
    first, second = write_commits(git, [NewCommit("a", {"file": b"a"}), NewCommit("b", {"file": b"b"})])
    (third,) = write_commits(git, [NewCommit("c", {"more": b"c"}, first)])
    assert {first: (), second: (), third: (first,)} == read_parents(git, [first, second, third])
    assert [b"a", b"c", None] == read_objects(git, [f"{third}:file", f"{third}:more", f"{second}:more"])


def test_a_parent_that_is_not_there_is_an_error(git: Git) -> None:
    """No commit is made on what cannot be read."""
    with pytest.raises(GitError, match="fast-import"):
        commit(git, parent="1" * 40)


def test_a_ref_is_made_only_once(git: Git) -> None:
    """Making a ref that exists fails and changes nothing."""
    first, second = write_commits(git, [NewCommit("a", {"file": b"a"}), NewCommit("b", {"file": b"b"})])
    update_refs(git, [RefUpdate("refs/x/a", None, first)])
    with pytest.raises(GitError, match="reference already exists"):
        update_refs(git, [RefUpdate("refs/x/a", None, second)])
    assert {"refs/x/a": first} == list_refs(git, "refs/x/")


def test_an_update_upon_another_value_is_refused(git: Git) -> None:
    """What somebody else wrote in between is not lost."""
    first, second, third = write_commits(git, [NewCommit(name, {"file": name.encode()}) for name in "abc"])
    update_refs(git, [RefUpdate("refs/x/a", None, first)])
    update_refs(git, [RefUpdate("refs/x/a", first, second)])
    for new in (third, None):
        with pytest.raises(GitError, match=r"is at .* but expected"):
            update_refs(git, [RefUpdate("refs/x/a", first, new)])
    assert {"refs/x/a": second} == list_refs(git, "refs/x/")


def test_updates_are_done_all_or_none(git: Git) -> None:
    """One that does not fit keeps back the others."""
    revision = commit(git)
    with pytest.raises(GitError):
        update_refs(git, [RefUpdate("refs/x/a", None, revision), RefUpdate("refs/x/b", revision, None)])
    assert {} == list_refs(git, "refs/")


def test_refs_are_found_by_name_and_listed_in_order(git: Git) -> None:
    """In full and by their whole name only; another one of the same ending is not taken."""
    revision = commit(git)
    update_refs(git, [RefUpdate(f"refs/x/{name}", None, revision) for name in ("b", "a", "c")])
    assert ["refs/x/a", "refs/x/b", "refs/x/c"] == list(list_refs(git, "refs/x/"))
    assert {"refs/x/b": revision} == find_revisions(git, ["refs/y/a", "refs/x/b", "refs/x/nonesuch"])
    assert {} == list_refs(git, "refs/y/")


def test_a_damaged_object_hides_no_other(git: Git) -> None:
    """It is none, like one that is missing; and the damage is found."""
    revisions = [commit(git, name * 500) for name in (b"a", b"b", b"c")]
    assert [] == find_damage(git)
    named = git.run("rev-parse", f"{revisions[1]}:file").decode().strip()
    for index in git.repository.glob("objects/pack/*.idx"):
        if named in git.run("show-index", input=index.read_bytes()).decode():
            pack = index.with_suffix(".pack")
            pack.chmod(0o644)
            pack.write_bytes(pack.read_bytes()[:15] + b"\xff" * 6 + pack.read_bytes()[21:])
    names = [f"{revision}:file" for revision in revisions] + ["2" * 40]
    assert [b"a" * 500, None, b"c" * 500, None] == read_objects(git, names)
    assert [] != find_damage(git)


def test_without_a_repository_nothing_is_read(tmp_path: Path) -> None:
    """That all objects are damaged is not a way to say that there is no repository."""
    with pytest.raises(GitError, match="not a git repository"):
        read_objects(Git(tmp_path / "nonesuch"), ["1" * 40])


def test_packs_are_joined_without_a_loss(git: Git) -> None:
    """Objects that no ref reaches yet stay; `drop_unused` lets them go."""
    revisions = [commit(git, str(number).encode()) for number in range(8)]
    update_refs(git, [RefUpdate("refs/x/0", None, revisions[0])])
    names = [f"{revision}:file" for revision in revisions]
    assert 8 == count_packs(git)
    join_packs(git, held=[])
    assert count_packs(git) < 4
    assert [str(number).encode() for number in range(8)] == read_objects(git, names)
    drop_unused(git, held=[])
    assert [b"0", *[None] * 7] == read_objects(git, names)
    assert {"refs/x/0": revisions[0]} == list_refs(git, "refs/")


# Repositories


def test_a_new_repository_is_private(git: Git) -> None:
    """Nobody else can read it, no hook stands in it, and what is done in it by hand is on disk too."""
    assert 0o700 == git.repository.stat().st_mode & 0o777
    assert b"true\n" == git.run("rev-parse", "--is-bare-repository")
    assert not (git.repository / "hooks").exists()
    shown = subprocess.run(["git", "-C", git.repository, "config", "core.fsync"], capture_output=True, check=True)
    assert b"all\n" == shown.stdout


def test_a_repository_is_made_once_by_however_many(tmp_path: Path) -> None:
    """All find the same one, whole; no attempt is left over."""
    path = tmp_path / "deep" / "er" / "a.git"
    makers = [threading.Thread(target=make_repository, args=(path,)) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [path] == list(path.parent.iterdir())
    assert {} == list_refs(Git(path), "refs/")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """No repository is made over other files."""
    (tmp_path / "a.git").mkdir()
    (tmp_path / "a.git" / "letter").write_text("mine", "utf-8")
    with pytest.raises(OSError, match="not empty"):
        make_repository(tmp_path / "a.git")
    assert ["a.git"] == [path.name for path in tmp_path.iterdir()]
