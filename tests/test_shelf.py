"""The shelf: what earlier builds made is used as long as it is right, and nothing that befalls the file harms a build."""

import os
import pickle
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import pytest
from pelican.plugins.conversation.building.shelf import FILE_NAME, KEPT_EDITIONS, Shelf
from pelican.plugins.conversation.building.thread_reader import ThreadReader
from pelican.plugins.conversation.comments.listing import SETTLED_NS
from pelican.plugins.conversation.comments.reading import Rules
from pelican.plugins.conversation.comments.ssh import sign_files
from pelican.plugins.conversation.comments.store import Store
from pelican.plugins.conversation.comments.thread_record import decode_facts, decode_thread, encode_thread
from pelican.plugins.conversation.model import Author, Problem, Thread
from pelican.plugins.conversation.rendering.regions import mark

from .building import TestSite
from .signing_site import add_signing_key
from .test_golden import GOLDEN, read_tree
from .test_golden import build as build_golden

RULES = Rules({"ann": Author("ann", "Ann Example")})
Contents = list[tuple[object, ...]]


def write_thread(root: Path, name: str, number: int) -> None:
    """Write a thread in which every comment answers the one before."""
    folder = root / "comments" / name
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(number):
        parent = f"in_reply_to: c{index - 1}\n" if index else ""
        text = f"---\nname: Reader {index}\ndate: 2026-03-14T09:{index % 60:02}:00Z\n{parent}---\n*{name}* {index}\n"
        (folder / f"c{index}.md").write_text(text, "utf-8")


def make_reader(root: Path, shelf: Shelf | None, rules: Rules = RULES) -> ThreadReader:
    return ThreadReader(Store(root / "comments", root, max_body_bytes=4096), rules, shelf)


def read_all(root: Path, cache: Path | None, rules: Rules = RULES) -> tuple[Contents, list[Problem], list[Problem]]:
    """Read every thread as a build does; return all that is in them, their problems and the shelf's."""
    shelf = Shelf(cache) if cache else None
    reader = make_reader(root, shelf, rules)
    threads: list[Thread] = []
    problems: list[Problem] = []
    for listing in Store(root / "comments", root, max_body_bytes=4096).list_threads():
        thread, found = reader.read(listing)
        problems += found
        if thread is not None:
            threads.append(thread)
    reader.finish()
    contents = [show(thread) for thread in threads]
    if shelf is not None:
        shelf.close()
    return contents, problems, list(shelf.problems) if shelf else []


def show(thread: Thread) -> tuple[object, ...]:
    """Return all that a thread says, origins too, which comparing comments leaves out."""
    origins = [placement.comment.origin for placement in thread.placements]
    return thread.name, thread.placements, dict(thread.bodies), thread.guests, thread.facts, thread.count, origins


def settle(root: Path) -> None:
    """Wait until the files count as settled, so that their stamps alone are believed."""
    newest = max(path.stat().st_ctime_ns for path in (root / "comments").rglob("*"))
    time.sleep(max(0, newest + SETTLED_NS + 100_000_000 - time.time_ns()) / 1e9)


def change_records(cache: Path, text: str) -> None:
    """Change every body on the shelf, to see where a thread comes from."""
    with sqlite3.connect(cache / FILE_NAME) as database:
        for key, data in database.execute("SELECT key, data FROM record").fetchall():
            thread = decode_thread(data)
            changed = replace(thread, bodies=dict.fromkeys(thread.bodies, text))
            database.execute("UPDATE record SET data = ? WHERE key = ?", (encode_thread(changed), key))
    database.close()


def is_from_shelf(contents: Contents, text: str) -> bool:
    return all(set(bodies.values()) == {text} for _, _, bodies, *_ in contents)


def test_a_thread_from_the_shelf_is_the_same(tmp_path: Path) -> None:
    """Threads, facts and problems are the same without a shelf, with an empty one and with a full one."""
    write_thread(tmp_path, "talk", 5)
    site = TestSite(tmp_path)
    site.write_comment("odd", "a", name="Ann Example", date="2026-03-01T10:00:00", in_reply_to="gone", anchors="[c1]")
    site.write_comment("odd", "b", state="removed", in_reply_to="https://example.org/x")
    site.write_comment("odd", "c", in_reply_to="b", kind="like", lang="de", edited="2026-04-01T00:00:00+02:00")
    site.write_comment("odd", "d", author="nobody")
    expected, problems, _ = read_all(tmp_path, None)
    assert len(problems) >= 4
    for _ in range(3):
        assert (expected, problems, []) == read_all(tmp_path, tmp_path / "cache")


@pytest.mark.parametrize("settled", [True, False])
def test_what_has_not_changed_is_not_read_again(tmp_path: Path, settled: bool) -> None:
    """Stamps decide where the files are settled, contents where they are new: either way the shelf's thread is used."""
    write_thread(tmp_path, "talk", 3)
    if settled:
        settle(tmp_path)
    read_all(tmp_path, tmp_path / "cache")
    change_records(tmp_path / "cache", "from the shelf")
    assert is_from_shelf(read_all(tmp_path, tmp_path / "cache")[0], "from the shelf")


def test_the_same_files_elsewhere_are_not_read_again(tmp_path: Path) -> None:
    """A fresh checkout has other stamps and the same contents."""
    write_thread(tmp_path, "talk", 3)
    read_all(tmp_path, tmp_path / "cache")
    change_records(tmp_path / "cache", "from the shelf")
    for path in (tmp_path / "comments/talk").iterdir():
        path.write_bytes(path.read_bytes())
        os.utime(path, (1, 1))
    assert is_from_shelf(read_all(tmp_path, tmp_path / "cache")[0], "from the shelf")


def test_an_edit_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    """A file of the same length and date with another content gives another thread."""
    write_thread(tmp_path, "talk", 3)
    settle(tmp_path)
    before = read_all(tmp_path, tmp_path / "cache")[0]
    path = tmp_path / "comments/talk/c1.md"
    found = path.stat()
    path.write_text(path.read_text("utf-8").replace("*talk* 1", "*talk* X"), "utf-8")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    after = read_all(tmp_path, tmp_path / "cache")[0]
    assert before != after == read_all(tmp_path, None)[0]


def test_an_edit_in_the_same_instant_is_seen(tmp_path: Path) -> None:
    """What is changed right after it was read is read again, however coarse the clock is."""
    for number in range(20):
        write_thread(tmp_path, "talk", 1)
        path = tmp_path / "comments/talk/c0.md"
        path.write_text(f"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n---\n{number:04}\n", "utf-8")
        ((_, _, bodies, *_),) = read_all(tmp_path, tmp_path / "cache")[0]
        assert {"c0": f"<p>{number:04}</p>"} == bodies


@pytest.mark.parametrize(
    "rules",
    [replace(RULES, max_indent=1), replace(RULES, authors={}), replace(RULES, max_body_bytes=3),
     replace(RULES, authors={"ann": Author("ann", "Reader 1")})],
    ids=["indent", "authors", "size", "name"],
)  # fmt: skip
def test_other_rules_are_another_edition(tmp_path: Path, rules: Rules) -> None:
    """After a change of what shapes a thread nothing old is used, and back again neither."""
    write_thread(tmp_path, "talk", 4)
    for each in (RULES, rules, RULES, rules):
        expected = read_all(tmp_path, None, each)
        assert expected == read_all(tmp_path, tmp_path / "cache", each)


def test_a_key_that_is_revoked_counts_at_once(tmp_path: Path) -> None:
    """A signed comment goes from the page when its key leaves allowed_signers, though its file is as it was."""
    (tmp_path / "site").mkdir()
    site = TestSite(tmp_path / "site")
    key = add_signing_key(site)
    site.write_article("talk")
    path = site.write_comment("talk", "a", body="Signed.", name="", author="ann", id="a", thread="talk")
    sign_files([path], key=key)
    for _ in range(2):
        site.build()
        assert ">Signed.</p>" in site.read("talk.html")
    site.write("allowed_signers", "")
    for _ in range(2):
        assert "is not in allowed_signers" in site.build(expect_problems=True)
        assert "Signed." not in site.read("talk.html")


def test_what_is_gone_is_dropped(tmp_path: Path) -> None:
    """Threads, records and regions leave the file with their folders; of editions the latest stay."""
    write_thread(tmp_path, "talk", 2)
    write_thread(tmp_path, "other", 2)
    for indent in range(KEPT_EDITIONS + 2):
        read_all(tmp_path, tmp_path / "cache", replace(RULES, max_indent=indent))
    shelf = Shelf(tmp_path / "cache")
    reader = make_reader(tmp_path, shelf)
    for listing in Store(tmp_path / "comments", tmp_path, max_body_bytes=4096).list_threads():
        thread, _ = reader.read(listing)
        shelf.keep_region(thread.key, "section", b"f", mark("section", "x", "html"))
    reader.finish()
    shelf.close()
    for path in (tmp_path / "comments/other").iterdir():
        path.unlink()
    read_all(tmp_path, tmp_path / "cache")
    database = sqlite3.connect(tmp_path / "cache" / FILE_NAME)
    counts = [
        database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("edition", "thread", "record", "region")
    ]
    database.close()
    assert [KEPT_EDITIONS, 2 * KEPT_EDITIONS - 1, 2 * KEPT_EDITIONS - 1, 1] == counts


def damage_start(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def damage_middle(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for start in range(4096, len(data), 4096):
        data[start : start + 200] = os.urandom(200)
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damage_start, damage_middle, truncate])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage) -> None:
    """A build with a damaged file shows what it should with one warning, and the next one with none."""
    for number in range(30):
        write_thread(tmp_path, f"talk-{number}", 10)
    expected, problems, _ = read_all(tmp_path, None)
    read_all(tmp_path, tmp_path / "cache")
    damage(tmp_path / "cache" / FILE_NAME)
    contents, found, said = read_all(tmp_path, tmp_path / "cache")
    assert (expected, problems, ["cache"]) == (contents, found, [problem.code for problem in said])
    assert (expected, problems, []) == read_all(tmp_path, tmp_path / "cache")


def test_what_is_damaged_during_a_build_is_told_once(tmp_path: Path) -> None:
    """Where the file goes bad after the threads were read, they are read from their files, with one warning."""
    for number in range(30):
        write_thread(tmp_path, f"talk-{number}", 10)
    expected = read_all(tmp_path, None)[0]
    read_all(tmp_path, tmp_path / "cache")
    shelf = Shelf(tmp_path / "cache")
    reader = make_reader(tmp_path, shelf)
    listings = list(Store(tmp_path / "comments", tmp_path, max_body_bytes=4096).list_threads())
    threads = [reader.read(listing)[0] for listing in listings]
    reader.finish()
    truncate(tmp_path / "cache" / FILE_NAME)
    assert expected == [show(thread) for thread in threads if thread]
    shelf.close()
    assert ["cache"] == [problem.code for problem in shelf.take_problems()]
    assert [] == shelf.take_problems()


def test_a_record_whose_bytes_have_changed_is_not_used(tmp_path: Path) -> None:
    """What SQLite takes for whole is held against its checksum: a thread is read again, a region is not there."""
    write_thread(tmp_path, "talk", 3)
    expected = read_all(tmp_path, None)[0]
    read_all(tmp_path, tmp_path / "cache")
    with sqlite3.connect(tmp_path / "cache" / FILE_NAME) as database:
        database.execute("UPDATE record SET data = replace(data, 'talk', 'walk')")
        database.execute("UPDATE thread SET facts = substr(facts, 1, 20)")
    database.close()
    assert (expected, [], []) == read_all(tmp_path, tmp_path / "cache")
    shelf = Shelf(tmp_path / "cache")
    shelf.keep_region(b"key", "place", b"print", "text")
    shelf.write()
    assert shelf.find_region(b"key", "place", b"print") == "text"
    assert shelf.find_region(b"key", "place", b"other") is None
    shelf.close()
    with sqlite3.connect(tmp_path / "cache" / FILE_NAME) as database:
        database.execute("UPDATE region SET data = replace(data, 'text', 'next')")
    database.close()
    assert Shelf(tmp_path / "cache").find_region(b"key", "place", b"print") is None


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    """Where there can be no file, a build does without, with one warning that says what to do."""
    write_thread(tmp_path, "talk", 3)
    (tmp_path / "cache").write_text("a file, where the folder should be")
    contents, _, (problem,) = read_all(tmp_path, tmp_path / "cache")
    assert read_all(tmp_path, None)[0] == contents
    assert problem.remedy == "make CACHE_PATH a folder you can write to"
    assert problem.severity.value == "warning"


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A build that may read the file and not write it uses what is there and shows what is new."""
    write_thread(tmp_path, "talk", 3)
    read_all(tmp_path, tmp_path / "cache")
    path = tmp_path / "cache" / FILE_NAME
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")  # another process writes, and does not end
    write_thread(tmp_path, "new", 3)
    started = time.monotonic()
    assert read_all(tmp_path, None) == read_all(tmp_path, tmp_path / "cache")
    assert 60 > time.monotonic() - started  # it gives up after five
    holder.execute("ROLLBACK")
    holder.close()


CHILD = """
import sys
from pathlib import Path
from tests.test_shelf import read_all
root = Path(sys.argv[1])
print("ready", flush=True)
for _ in range(int(sys.argv[2])):
    contents, problems, said = read_all(root, root / "cache")
    print(len(contents), problems, said, hash(repr(contents)), flush=True)
"""


def start(root: Path, rounds: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, root, str(rounds)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def test_a_kill_at_any_moment_leaves_a_file_that_can_be_used(tmp_path: Path) -> None:
    """After kill -9 in the middle of a build the next one shows what it should and has nothing to report."""
    for number in range(20):
        write_thread(tmp_path, f"talk-{number}", 6)
    expected = read_all(tmp_path, None)[0]
    for place in range(8):
        child = start(tmp_path, 8)
        child.stdout.readline()
        time.sleep(0.03 * place)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert (expected, [], []) == read_all(tmp_path, tmp_path / "cache")
        write_thread(tmp_path, f"talk-{place}", 7 + place)  # something new for the next to write
        expected = read_all(tmp_path, None)[0]


def test_two_builds_at_once_do_not_hurt_each_other(tmp_path: Path) -> None:
    """Four processes over one file all show the same, and none has anything to report."""
    for number in range(20):
        write_thread(tmp_path, f"talk-{number}", 6)
    children = [start(tmp_path, 3) for _ in range(4)]
    said = [child.communicate(timeout=110)[0].splitlines()[1:] for child in children]
    assert {3} == {len(lines) for lines in said}
    assert 1 == len({line for lines in said for line in lines})
    assert (read_all(tmp_path, None)[0], [], []) == read_all(tmp_path, tmp_path / "cache")


def test_cold_warm_and_without_a_file_the_output_is_the_same(tmp_path: Path) -> None:
    """The golden site is written byte for byte the same with no cache, an empty one and a full one; so are its problems."""
    output, said = build_golden(tmp_path)
    expected = read_tree(output)
    assert (tmp_path / "cache" / FILE_NAME).is_file()
    again, said_again = build_golden(tmp_path)
    assert (expected, said) == (read_tree(again), said_again)
    (tmp_path / "cache" / FILE_NAME).unlink()
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("")
    without, said_without = build_golden(tmp_path)
    assert expected == read_tree(without)
    assert said == "".join(line for line in said_without.splitlines(keepends=True) if "cache" not in line)
    assert GOLDEN.is_dir()


def test_a_changed_page_template_or_word_is_seen(tmp_path: Path) -> None:
    """What a region is made of besides comments counts: a title, a setting, a theme's template, a theme's translation."""
    site = TestSite(tmp_path)
    site.write_article("talk")
    site.write_comment("talk", "a", body="Anything.")
    site.build()
    site.build()
    assert "About talk" in site.read("talk.html")
    site.write_article("talk", Title="Another title")
    site.write("templates/conversation/closed.html", "<p>Shut now</p>")
    more = 'THEME_TEMPLATES_OVERRIDES = ["templates"]\nCONVERSATION_CLOSE_AFTER_DAYS = 1\n'
    site.write("pelicanconf.py", (tmp_path / "pelicanconf.py").read_text("utf-8") + more)
    site.build()
    page, feed = site.read("talk.html"), site.read("feeds/comments/talk.atom.xml")
    assert ("<p>Shut now</p>" in page, "Another title" in feed) == (True, True)
    site.write("templates/conversation/closed.html", "<p>Still shut</p>")
    site.build()
    assert "<p>Still shut</p>" in site.read("talk.html")


def test_a_feed_that_was_changed_by_hand_is_written_again(tmp_path: Path) -> None:
    """A feed is left alone only where its file is what was written."""
    site = TestSite(tmp_path)
    site.write_article("talk")
    site.write_comment("talk", "a")
    site.build()
    expected = site.read("feeds/comments/talk.atom.xml")
    site.write("output/feeds/comments/talk.atom.xml", "something else")
    site.build()
    assert expected == site.read("feeds/comments/talk.atom.xml")
    (tmp_path / "output/feeds/comments/talk.atom.xml").unlink()
    site.build()
    assert expected == site.read("feeds/comments/talk.atom.xml")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"name":1}',
        b'{"name":"\xff"}',
        b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        pickle.dumps(1),
        b'{"name":"a","comments":[{"thread":"a","id":"b","date":"2026-01-01T00:00:00Z"}],"places":[[0,false,0,7,false]],'
        b'"bodies":{},"guests":[]}',
    ],
    ids=["nothing", "empty", "another type", "no text", "deep", "pickle", "no such parent"],
)
def test_a_record_of_something_else_is_refused(data: bytes) -> None:
    """Somebody may have given it a checksum that fits; then the thread is read from its files."""
    for decode in (decode_thread, decode_facts):
        with pytest.raises(ValueError, match=r"."):
            decode(blake2b(data, digest_size=8).digest() + data)
