"""Looking at the folders of comments by two processes."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from pelican.plugins.conversation.comments import listing
from pelican.plugins.conversation.comments.listing import Entry
from pelican.plugins.conversation.publishing import folder_stamps
from pelican.plugins.conversation.publishing.folder_stamps import FolderLook

stamp, here = folder_stamps._stamp, os.getpid()


def die_elsewhere(folder: Path, root: Path, entries: Sequence[Entry]) -> dict[str, str]:
    """Stamp here; in another process, die at the third part."""
    if os.getpid() != here and any(entry.name == "post-17" for entry in entries):
        (root / "died").touch()
        os._exit(1)
    return stamp(folder, root, entries)


def tell_who(folder: Path, root: Path, entries: Sequence[Entry]) -> dict[str, str]:
    """Stamp slowly, and leave a file that names the process."""
    time.sleep(0.05)
    (root / "who" / f"{os.getpid()}-{entries[0].name}").touch()
    return stamp(folder, root, entries)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some folders with a comment each and one stray file; enough of them to be shared, and taken as settled at once."""
    monkeypatch.setattr(folder_stamps, "SHARED_FROM", 10)
    monkeypatch.setattr(folder_stamps, "LOOKED_AT_ONCE", 4)
    monkeypatch.setattr(listing, "SETTLED_NS", 0)
    monkeypatch.setattr(folder_stamps, "_can_share", lambda: True)  # on any machine, beside threads of other tests
    for number in range(40):
        path = tmp_path / "comments" / f"post-{number}" / "a.md"
        path.parent.mkdir(parents=True)
        path.write_text("x" * number)
    (tmp_path / "comments" / "stray").write_text("x")
    return tmp_path


def look(site: Path, *, wait: float = 0) -> dict[str, str]:
    """Return the stamps, the look begun some seconds before."""
    with FolderLook(site / "comments", site) as begun:
        time.sleep(wait)
        return begun.finish()


def look_alone(site: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the stamps as one process finds them."""
    with monkeypatch.context() as patch:
        patch.setattr(folder_stamps, "SHARED_FROM", 10**9)
        return look(site)


@pytest.mark.parametrize("wait", [0, 1])
def test_two_processes_find_what_one_finds(site: Path, monkeypatch: pytest.MonkeyPatch, wait: int) -> None:
    """Every folder has its stamp, whoever has looked at it, what is none has not, and no process is left."""
    found = look(site, wait=wait)
    assert look_alone(site, monkeypatch) == found
    assert ["stray"] == [name for name, found_stamp in found.items() if not found_stamp]
    assert {"stray", *(f"post-{number}" for number in range(40))} == found.keys()
    assert [] == multiprocessing.active_children()


def test_the_work_is_shared(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look at some parts, none at one of the other's."""
    (site / "who").mkdir()
    monkeypatch.setattr(folder_stamps, "_stamp", tell_who)
    look(site)
    done = [path.name.split("-", 1) for path in (site / "who").iterdir()]
    assert 11 == len(done) == len({part for _, part in done})
    assert 2 == len({process for process, _ in done})


def test_where_no_process_can_be_had(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is looked at here."""
    expected = look_alone(site, monkeypatch)

    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    assert expected == look(site)


def test_a_look_that_is_not_finished_leaves_nothing(site: Path) -> None:
    """Neither a process nor an error."""
    with FolderLook(site / "comments", site):
        pass
    assert [] == multiprocessing.active_children()


def test_a_changed_file_has_another_stamp(site: Path) -> None:
    """Whoever looks at it."""
    before = look(site)
    touched = ["post-0", "post-20", "post-39"]
    for name in touched:
        (site / "comments" / name / "a.md").write_text("another")
    after = look(site)
    assert touched == sorted(name for name in before if after[name] != before[name])


def test_where_the_other_process_dies(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had to look at is looked at here."""
    expected = look_alone(site, monkeypatch)
    monkeypatch.setattr(folder_stamps, "_stamp", die_elsewhere)
    assert expected == look(site, wait=0.5)
    assert (site / "died").exists()


def test_a_folder_without_comments(site: Path) -> None:
    """It has no stamps, there or not."""
    (site / "empty").mkdir()
    for name in ("empty", "missing"):
        with FolderLook(site / name, site) as begun:
            assert {} == begun.finish()


ORPHANED = """
import sys, time
from pathlib import Path
from pelican.plugins.conversation.publishing import folder_stamps

folder_stamps.SHARED_FROM, folder_stamps._can_share = 10, lambda: True
stamp = folder_stamps._stamp
folder_stamps._stamp = lambda *given: (time.sleep(0.1), stamp(*given))[1]
look = folder_stamps.FolderLook(Path("comments"), Path())
print(look._other.pid, flush=True)
time.sleep(60)
"""


def test_a_killed_publishing_leaves_no_process(site: Path) -> None:
    """The other process ends by itself, though it has more to say than fits into a pipe."""
    for number in range(3000):
        (site / "comments" / f"a-very-long-name-of-a-folder-{number}").mkdir()
    command = [sys.executable, "-c", ORPHANED]
    with subprocess.Popen(command, cwd=site, stdout=subprocess.PIPE, text=True) as process:
        other = int((process.stdout or sys.stdin).readline())
        process.kill()
    for _ in range(300):
        if not Path(f"/proc/{other}").exists():
            return
        time.sleep(0.1)
    os.kill(other, signal.SIGKILL)
    pytest.fail("the process that looks at folders is still there after 30 s")
