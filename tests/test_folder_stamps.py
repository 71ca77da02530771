"""Looking at the folders of comments by two processes."""

import multiprocessing
import os
from pathlib import Path

import pytest
from pelican.plugins.conversation.building import thread_reader
from pelican.plugins.conversation.comments.store import Store
from pelican.plugins.conversation.publishing import folder_stamps
from pelican.plugins.conversation.publishing.folder_stamps import stamp_folders

stamp, here = folder_stamps._stamp, os.getpid()


def die_elsewhere(store: Store, names: list[str]) -> dict[str, str]:
    """Stamp here; in another process, die."""
    if os.getpid() != here:
        (store.root / "died").touch()
        os._exit(1)
    return stamp(store, names)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Some folders with a comment each and one stray file; enough of them to be shared, and taken as settled at once."""
    monkeypatch.setattr(folder_stamps, "SHARED_FROM", 10)
    monkeypatch.setattr(thread_reader, "SETTLED_NS", 0)
    monkeypatch.setattr(folder_stamps, "_can_share", lambda: True)  # on any machine, beside threads of other tests
    folder = tmp_path / "comments"
    for number in range(40):
        path = folder / f"post-{number}" / "a.md"
        path.parent.mkdir(parents=True)
        path.write_text("x" * number)
    (folder / "stray").write_text("x")
    return Store(folder, tmp_path, max_body_bytes=1000)


def stamp_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the stamps as one process finds them."""
    with monkeypatch.context() as patch:
        patch.setattr(folder_stamps, "SHARED_FROM", 10**9)
        return stamp_folders(store)


def test_two_processes_find_what_one_finds(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every folder has its stamp, whoever has looked at it, what is none has not, and no process is left."""
    found = stamp_folders(store)
    assert stamp_alone(store, monkeypatch) == found
    assert ["stray"] == [name for name, found_stamp in found.items() if not found_stamp]
    assert {"stray", *(f"post-{number}" for number in range(40))} == found.keys()
    assert [] == multiprocessing.active_children()


def test_a_changed_file_has_another_stamp(store: Store) -> None:
    """In either half."""
    before = stamp_folders(store)
    touched = ["post-0", "post-20", "post-39"]
    for name in touched:
        (store.folder / name / "a.md").write_text("another")
    after = stamp_folders(store)
    assert touched == sorted(name for name in before if after[name] != before[name])


def test_where_the_other_process_dies(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its half is looked at here."""
    expected = stamp_alone(store, monkeypatch)
    monkeypatch.setattr(folder_stamps, "_stamp", die_elsewhere)
    assert expected == stamp_folders(store)
    assert (store.root / "died").exists()


def test_a_folder_without_comments(store: Store, tmp_path: Path) -> None:
    """It has no stamps."""
    (tmp_path / "empty").mkdir()
    assert {} == stamp_folders(Store(tmp_path / "empty", tmp_path, max_body_bytes=1000))
