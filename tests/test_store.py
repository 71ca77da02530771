"""The store: everything in the folder is read or reported."""

import os
from pathlib import Path

import pytest
from pelican.plugins.conversation.comments.listing import show_path
from pelican.plugins.conversation.comments.store import Store
from pelican.plugins.conversation.model import Severity

COMMENT = b"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n---\nHello\n"


def read(root: Path, max_body_bytes: int = 1000) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
    """Return ids by thread, and path and code of every problem."""
    folders = list(Store(root / "comments", root, max_body_bytes=max_body_bytes).read_threads())
    files = {f.name: [file.id for file in f.files] for f in folders if f.files}
    return files, [(p.path, p.code) for f in folders for p in f.problems]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "comments" / "page").mkdir(parents=True)
    (tmp_path / "comments" / "page" / "one.md").write_bytes(COMMENT)
    return tmp_path


def test_comments_and_signatures_are_read(root: Path) -> None:
    """A comment comes with the signature beside it."""
    (root / "comments/page/two.md").write_bytes(COMMENT)
    (root / "comments/page/two.md.sig").write_bytes(b"signature")
    (root / "comments/README.md").write_text("mine")
    (folder,) = Store(root / "comments", root, max_body_bytes=1000).read_threads()
    assert [("one", None), ("two", b"signature")] == [(f.id, f.signature) for f in folder.files]
    assert ["comments/page/one.md", "comments/page/two.md"] == [f.path for f in folder.files]
    assert () == folder.problems


def test_what_is_no_comment_is_reported(root: Path) -> None:
    """Stray files, bad names, lone signatures, folders in folders and links are each named once."""
    page = root / "comments" / "page"
    (page / "notes.txt").write_text("x")
    (page / "Upper.md").write_bytes(COMMENT)
    (page / "lone.md.sig").write_text("x")
    (page / "deeper").mkdir()
    (page / "link.md").symlink_to("/etc/passwd")
    (root / "comments" / "stray.md").write_bytes(COMMENT)
    (root / "comments" / "a b").mkdir()
    (root / "comments" / "away").symlink_to(page)
    expected = [
        ("comments/a b", "bad-thread"),
        ("comments/away", "symbolic-link"),
        ("comments/page/Upper.md", "bad-id"),
        ("comments/page/deeper", "stray-file"),
        ("comments/page/link.md", "symbolic-link"),
        ("comments/page/lone.md.sig", "stray-file"),
        ("comments/page/notes.txt", "stray-file"),
        ("comments/stray.md", "stray-file"),
    ]
    files, problems = read(root)
    assert {"page": ["one"]} == files
    assert expected == sorted(problems)


def test_what_an_editor_keeps_beside_a_comment(root: Path) -> None:
    """It is named, and is no error: a comment may be open in an editor while the site is built."""
    page = root / "comments" / "page"
    (page / ".#one.md").symlink_to("ann@host.1234")
    for name in (".one.md.swp", "one.md~", "#one.md#"):
        (page / name).write_bytes(COMMENT)
    (folder,) = Store(root / "comments", root, max_body_bytes=1000).read_threads()
    assert {("stray-file", Severity.WARNING)} == {(problem.code, problem.severity) for problem in folder.problems}
    assert (1, 4) == (len(folder.files), len(folder.problems))


def test_a_large_file_is_not_read(root: Path) -> None:
    """A file that no comment can be is reported by its size, and its signature not again."""
    (root / "comments/page/big.md").write_bytes(b"x" * 20_000)
    (root / "comments/page/big.md.sig").write_bytes(b"x")
    assert [("comments/page/big.md", "body-too-long")] == read(root)[1]


def test_a_pipe_does_not_stop_the_build(root: Path) -> None:
    """Opening a named pipe would wait for ever; it is reported instead."""
    os.mkfifo(root / "comments/page/pipe.md")
    assert [("comments/page/pipe.md", "stray-file")] == read(root)[1]


def test_a_name_that_is_not_text(root: Path) -> None:
    """A file name of broken bytes is shown in ASCII, so that the report itself can be printed."""
    (root / "comments" / "page" / os.fsdecode(b"\xff.md")).write_bytes(COMMENT)
    ((path, code),) = read(root)[1]
    assert ("bad-id", "comments/page/\\udcff.md") == (code, path)
    path.encode("utf-8")


def test_order_is_that_of_names(root: Path) -> None:
    """Threads and comments come by name, however the file system lists them."""
    for thread in ("zebra", "apple"):
        folder = root / "comments" / thread
        folder.mkdir()
        for id in ("c", "a", "b"):
            (folder / f"{id}.md").write_bytes(COMMENT)
    files = read(root)[0]
    assert [("apple", ["a", "b", "c"]), ("page", ["one"]), ("zebra", ["a", "b", "c"])] == list(files.items())


def test_paths_are_shown_from_the_root(tmp_path: Path) -> None:
    """What lies outside the site is shown whole."""
    assert ("a/b.md", "/elsewhere/b.md") == (
        show_path(tmp_path / "a" / "b.md", tmp_path),
        show_path("/elsewhere/b.md", tmp_path),
    )
