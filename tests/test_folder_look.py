"""Looking at the folders of comments, by two processes."""

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
from pelican.plugins.conversation.publishing import folder_look
from pelican.plugins.conversation.publishing.folder_look import FolderLook
from pelican.plugins.conversation.publishing.record import KnownFolders

stamp_again, here = listing.stamp_again, os.getpid()
TOUCHED = ["post-0", "post-20", "post-39"]


def die_elsewhere(entry: str, names: str, within: int | None) -> str:
    """Stamp here; in another process, die at one folder."""
    if os.getpid() != here and entry == "post-17":
        Path("../died").touch()
        os._exit(1)
    return stamp_again(entry, names, within)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some folders with a comment each and one stray file; enough of them to be shared, and taken as settled at once."""
    monkeypatch.setattr(folder_look, "SHARED_FROM", 10)
    monkeypatch.setattr(folder_look, "LOOKED_AT_ONCE", 4)
    monkeypatch.setattr(listing, "SETTLED_NS", 0)
    monkeypatch.setattr(folder_look, "_can_share", lambda: True)  # on any machine, beside threads of other tests
    for number in range(40):
        path = tmp_path / "comments" / f"post-{number}" / "a.md"
        path.parent.mkdir(parents=True)
        path.write_text("x" * number)
    (tmp_path / "comments" / "stray").write_text("x")
    return tmp_path


def list_known(site: Path) -> KnownFolders:
    """Return what a record would say of the folders as they are."""
    comments, seen = site / "comments", time.time_ns()
    found = listing.list_threads(comments, site, listing.list_entries(comments))
    return {one.entry: (listing.stamp_listing(one, seen), one.names) for one in found}


@pytest.fixture
def known(site: Path) -> KnownFolders:
    """What is known of the folders, of which three are then changed and one is removed."""
    known = list_known(site)
    for name in TOUCHED:
        (site / "comments" / name / "a.md").write_text("another")
    shutil.rmtree(site / "comments/post-30")
    return known


def look(site: Path, known: KnownFolders, *, wait: float = 0) -> list[str]:
    """Return the names that are found, the look begun some seconds before."""
    with FolderLook(site / "comments", known) as begun:
        time.sleep(wait)
        return sorted(begun.finish())


EXPECTED = ["post-0", "post-20", "post-30", "post-39", "stray"]


@pytest.mark.parametrize("wait", [0, 1])
def test_two_processes_find_what_one_finds(
    site: Path, known: KnownFolders, monkeypatch: pytest.MonkeyPatch, wait: int
) -> None:
    """What has changed, has gone or is no folder, and no process is left."""
    assert look(site, known, wait=wait) == EXPECTED
    assert multiprocessing.active_children() == []
    monkeypatch.setattr(folder_look, "SHARED_FROM", 10**9)
    assert look(site, known) == EXPECTED


def test_what_is_not_known_is_found(site: Path, known: KnownFolders) -> None:
    """All of it where nothing is, whatever is new, and what the last look could not tell."""
    everything = sorted(path.name for path in (site / "comments").iterdir())
    assert look(site, {}) == everything
    (site / "comments" / "new").mkdir()
    assert look(site, {**known, "post-1": ("", "a.md")}) == sorted([*EXPECTED, "new", "post-1"])


def test_the_work_is_shared(site: Path, known: KnownFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look at some folders, none at one of the other's."""
    who = site / "who"
    who.mkdir()

    def tell_who(entry: str, names: str, within: int | None) -> str:
        time.sleep(0.02)
        (who / f"{os.getpid()}-{entry}").touch()
        return stamp_again(entry, names, within)

    monkeypatch.setattr(folder_look, "stamp_again", tell_who)
    assert look(site, known) == EXPECTED
    done = [path.name.split("-", 1) for path in who.iterdir()]
    assert 39 == len(done) == len({entry for _, entry in done})
    assert len({process for process, _ in done}) == 2


def test_where_no_process_can_be_had(site: Path, known: KnownFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is looked at here."""

    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    assert look(site, known) == EXPECTED


def test_a_look_leaves_nothing(site: Path, known: KnownFolders) -> None:
    """Neither a process nor an open file, finished or not."""
    before = sorted(Path("/proc/self/fd").iterdir())
    with FolderLook(site / "comments", known):
        assert multiprocessing.active_children()
    look(site, known)
    assert multiprocessing.active_children() == []
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_where_the_other_process_dies(site: Path, known: KnownFolders, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had to look at is looked at here."""
    monkeypatch.setattr(folder_look, "stamp_again", die_elsewhere)
    assert look(site, known, wait=0.5) == EXPECTED
    assert (site / "died").exists()


def test_a_folder_without_comments(site: Path) -> None:
    """Nothing is found in it, there or not, but that something has gone."""
    (site / "empty").mkdir()
    for name in ("empty", "missing"):
        with FolderLook(site / name, {"post-0": ("stamp", "a.md")}) as begun:
            assert begun.finish() == {"post-0"}


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


def read_all(site: Path) -> dict[str, list[tuple[str, str]]]:
    """Return what is in each folder that is none behind a link: the names of its files and what they say."""
    folders = [path for path in (site / "comments").iterdir() if path.is_dir() and not path.is_symlink()]
    return {path.name: sorted((file.name, file.read_text()) for file in path.iterdir()) for path in folders}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from(FOLDERS), st.sampled_from(FILES), st.booleans()),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_every_change_is_found(changes: Sequence[tuple[str, str, str, bool]]) -> None:
    """Whatever happens to files and folders, and however old what is known of them; and nothing but changes is."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "SETTLED_NS", PAUSE * 1e9 / 2)
        site = Path(folder)
        for name in FOLDERS:
            (site / "comments" / name).mkdir(parents=True)
            (site / "comments" / name / "a.md").write_text("x")
        time.sleep(PAUSE)
        known, before = list_known(site), read_all(site)
        touched: set[str] = set()
        for change, name, file, is_noted in changes:
            with suppress(FileNotFoundError, NotADirectoryError):
                CHANGES[change](site / "comments" / name / file)
            touched |= {name, *(path.name for path in (site / "comments").glob(f"{name}-*"))}
            time.sleep(PAUSE)
            now = read_all(site)
            changed = {one for one in before.keys() | now.keys() if before.get(one) != now.get(one)}
            found = FolderLook(site / "comments", known).finish()
            links = {path.name for path in (site / "comments").iterdir() if path.is_symlink()}
            assert changed <= found <= touched | links
            if is_noted:
                known, before, touched = list_known(site), now, set()


def test_known_folders_are_not_listed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only their own folder is."""
    known = list_known(site)
    (site / "comments" / "post-7" / "b.md").touch()
    listed: list[str] = []

    def scan(folder: str | Path) -> Iterator[os.DirEntry[str]]:
        listed.append(Path(folder).name)
        return scandir(folder)

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", scan)
    monkeypatch.setattr(folder_look, "SHARED_FROM", 10**9)
    assert look(site, known) == ["post-7", "stray"]
    assert listed == []


ORPHANED = """
import sys, time
from pathlib import Path
from pelican.plugins.conversation.publishing import folder_look

folder_look.SHARED_FROM, folder_look._can_share = 10, lambda: True
stamp_again = folder_look.stamp_again
folder_look.stamp_again = lambda *given: (time.sleep(0.1), stamp_again(*given))[1]
look = folder_look.FolderLook(Path("comments"), {f"post-{number}": ("x", "a.md") for number in range(40)})
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
