"""Looking at the folders of comments by two processes."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.comments import listing
from pelican.plugins.conversation.comments.listing import Entry
from pelican.plugins.conversation.publishing import folder_stamps
from pelican.plugins.conversation.publishing.folder_stamps import FolderLook
from pelican.plugins.conversation.publishing.record import KnownFolders

stamp, here = folder_stamps._stamp, os.getpid()


def die_elsewhere(folder: Path, root: Path, entries: Sequence[Entry], known: KnownFolders) -> dict[str, str]:
    """Stamp here; in another process, die at the third part."""
    if os.getpid() != here and any(entry.name == "post-17" for entry in entries):
        (root / "died").touch()
        os._exit(1)
    return stamp(folder, root, entries, known)


def tell_who(folder: Path, root: Path, entries: Sequence[Entry], known: KnownFolders) -> dict[str, str]:
    """Stamp slowly, and leave a file that names the process."""
    time.sleep(0.05)
    (root / "who" / f"{os.getpid()}-{entries[0].name}").touch()
    return stamp(folder, root, entries, known)


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


FOLDERS, FILES = ("post-0", "post-1", "post-2"), ("a.md", "b.md", "\udcff.md")
PAUSE = 0.03
CHANGES = {
    "write": lambda path: path.parent.mkdir(exist_ok=True) or path.write_text("written"),
    "write in place": lambda path: path.exists() and path.write_text("WRITTEN"),
    "remove": lambda path: path.unlink(missing_ok=True),
    "rename": lambda path: path.exists() and path.rename(path.with_name("c.md")),
    "replace": lambda path: path.exists() and path.with_name("b.md").replace(path),
    "remove the folder": lambda path: remove_folder(path.parent),
    "make the folder a link": lambda path: path.parent.exists() and link_folder(path.parent),
    "restore the folder's time": lambda path: path.parent.exists() and os.utime(path.parent, ns=(1, 1)),
}


def remove_folder(folder: Path) -> None:
    """Remove a folder, or a link to one."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def link_folder(folder: Path) -> None:
    """Put a symbolic link to a folder in its place."""
    folder.rename(folder.parent.parent / f"{folder.name}-{time.time_ns()}")
    folder.symlink_to(max(folder.parent.parent.glob(f"{folder.name}-*")))


def list_known(site: Path) -> KnownFolders:
    """Return what a record would say of the folders as they are."""
    comments, seen = site / "comments", time.time_ns()
    found = listing.list_threads(comments, site, listing.list_entries(comments))
    stamps = {one.entry: (listing.stamp_listing(one, seen), one.names) for one in found}
    return {name: known for name, known in stamps.items() if known[0]}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from(FOLDERS), st.sampled_from(FILES), st.booleans()),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_what_is_known_changes_nothing(changes: Sequence[tuple[str, str, str, bool]]) -> None:
    """Whatever happens to files and folders, and however old what is known of them, a look finds what it would without."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "SETTLED_NS", PAUSE * 1e9 / 2)
        site = Path(folder)
        for name in FOLDERS:
            (site / "comments" / name).mkdir(parents=True)
            (site / "comments" / name / "a.md").write_text("x")
        time.sleep(PAUSE)
        known = list_known(site)
        assert len(FOLDERS) == len(known)
        for change, name, file, is_noted in changes:
            with suppress(FileNotFoundError, NotADirectoryError):
                CHANGES[change](site / "comments" / name / file)
            time.sleep(PAUSE)  # or a slow machine may find it settled only when it looks for the second time
            found = FolderLook(site / "comments", site, known).finish()
            assert FolderLook(site / "comments", site).finish() == found
            known = list_known(site) if is_noted else known


def test_known_folders_are_not_listed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that with a file more is."""
    known, expected = list_known(site), look(site)
    (site / "comments" / "post-7" / "b.md").touch()
    listed: list[str] = []

    def scan(folder: str | Path) -> Iterator[os.DirEntry[str]]:
        listed.append(Path(folder).name)
        return scandir(folder)

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(folder_stamps, "SHARED_FROM", 10**9)
    found = FolderLook(site / "comments", site, known).finish()
    assert ["comments", "post-7"] == listed
    assert ["post-7"] == [name for name in found if found[name] != expected[name]]


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
