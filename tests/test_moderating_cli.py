"""The commands of moderation: what they print, what they leave behind, and with which exit code."""

import json
import os
import pty
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from pelican.plugins.conversation.cli import COMMANDS
from pelican.plugins.conversation.cli.picking import NoSuchIdError, find_name, pick_candidates
from pelican.plugins.conversation.cli.shown import NOTE
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.values import Submission
from pelican.plugins.conversation.model import State

from .conftest import PATIENCE_SECONDS
from .moderated_site import PUBLIC, ModeratedSite, Run, find_command, git, make_run, make_submission

A, B, C = "20260314-092000-abcd", "20260314-092000-abef", "20260315-101010-qrst"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a home with a key of the author's, and no agent."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("SSH_AUTH_SOCK", "SSH_ASKPASS", "DISPLAY", "VISUAL", "EDITOR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return folder


@pytest.fixture
def site(tmp_path: Path) -> ModeratedSite:
    return ModeratedSite(tmp_path / "site")


@pytest.fixture
def run(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command in the site, without building it; return its exit code and what it printed."""
    return make_run(site, monkeypatch, capfd)


def make_key(home: Path) -> Path:
    """Make the key that is looked for first, and return its path."""
    path = home / ".ssh" / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", path], check=True)
    return path


def list_key(site: ModeratedSite, key: Path, author: str = "ann") -> None:
    """Say in `allowed_signers` whose the key is, and commit that."""
    site.files.write("allowed_signers", f"{author} {key.with_suffix('.pub').read_text()}")
    site.commit_all("A key")


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let an editor be a Python program that changes `text`, the content of the file; return where it notes what it saw."""

    def use(program: str) -> Path:
        seen = tmp_path / "seen"
        script = tmp_path / "editor.py"
        script.write_text(
            "import sys\nfrom pathlib import Path\npath = Path(sys.argv[1])\ntext = path.read_text('utf-8')\n"
            f"Path({str(seen)!r}).write_text(text, 'utf-8')\n{program}\npath.write_text(text, 'utf-8')\n"
        )
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
        return seen

    return use


def path_of(id: str, thread: str = "talk") -> str:
    return f"comments/{thread}/{id}.md"


def test_the_queue_stands_newest_last(site: ModeratedSite, run: Run) -> None:
    """With name, page, time and words; what is marked stands above the rest, with the reasons."""
    site.submit(B, name="Newest", minutes=9)
    site.submit(A, name="Oldest", body="Some *words*\n\nof mine")
    site.submit(C, name="Spammer", minutes=20, marks=["7 links", "has 'casino'"])
    code, out, _ = run("queue")
    assert 0 == code
    assert ["Spammer", "Oldest", "Newest"] == re.findall("Spammer|Oldest|Newest", out)
    for part in (A, "2026-03-14 09:26", "on talk", "Some *words* of mine", "! 7 links", "! has 'casino'"):
        assert part in out
    assert "3 in the queue, 1 of them marked.\n" == out[out.index("3 in") :]


@pytest.mark.parametrize("columns", [20, 50, 80, 200])
def test_the_queue_is_readable_at_any_width(site: ModeratedSite, run: Run, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """No id is cut, and from 80 columns on no line is longer than the terminal is wide."""
    monkeypatch.setenv("COLUMNS", str(columns))
    site.submit(A, "nobody", thread="t" * 60, name="N" * 100, body="word " * 200 + "end", marks=["7 links"])
    out = run("queue")[1]
    assert A in out
    assert "7 links" in out
    assert "nobody, which is nowhere" in " ".join(out.split())
    assert columns < 80 or max(map(len, out.splitlines())) <= columns


def test_an_empty_queue(run: Run) -> None:
    """It says so; as JSON it is an empty list."""
    assert (0, "Nothing waits.\n", "") == run("queue")
    assert "[]\n" == run("queue", "--json")[1]


def test_the_queue_as_json(site: ModeratedSite, run: Run) -> None:
    """Everything a program needs, and nothing private."""
    site.submit(A, B, name="Änn", marks=["7 links"])
    site.inbox.add(Submission(C, b"broken", b"thread: talk\n"))
    out = run("queue", "--json")[1]
    marked, broken = json.loads(out)
    expected = {
        "id": A, "thread": "talk", "marks": ["7 links"], "waits": f"it answers {B}, which is nowhere", "problems": [],
        "date": "2026-03-14T09:26:53Z", "name": "Änn", "url": None, "in_reply_to": B, "body": f"Body of {A}.",
    }  # fmt: skip
    assert expected == marked
    assert (C, None, 1) == (broken["id"], broken["body"], len(broken["problems"]))
    assert "sealed" not in out


def test_what_a_terminal_obeys_is_not_printed(site: ModeratedSite, run: Run) -> None:
    """Neither in the queue nor whole nor in an error."""
    site.inbox.add(Submission(A, "---\nname: \"a\\e[2J\\u202eb\"\ndate: 2026-03-14T09:26:53Z\n---\n\x1b]0;x\x07\u202e\x9b2J\n".encode(), b"thread: talk\nmarks: [\"\\e[31m\"]\n"))  # fmt: skip
    site.inbox.add(Submission(B, b"\x1b[2J", b'thread: "\\e[2J"\n'))
    for arguments in (["queue"], ["show", A], ["show", B], ["approve", A, B]):
        _, out, err = run(*arguments)
        assert not set("\x1b\x07\x9b\u202e") & set(out + err)


def test_a_stranger_with_the_authors_name(site: ModeratedSite, run: Run) -> None:
    """Who decides reads that it is a guest before the comment is approved."""
    site.submit(A, name="Ann Example ✓")
    said = "the name can be taken for Ann Example, so the page says that it is a guest's"
    assert said in " ".join(run("queue")[1].split())
    assert f"guest:     {said}\n" in run("show", A)[1]
    site.submit(B, name="Ben")
    assert "guest" not in run("show", B)[1]


def test_a_thread_without_a_page(site: ModeratedSite, run: Run) -> None:
    """Who decides reads that nothing will show the comment, before and after it is approved; not where no build has told."""
    site.submit(A)
    site.submit(B, thread="gone")
    said = "no page had the thread 'gone' when the site was last built, and without one it is not shown; write `Thread: gone` on the page that it belongs to"
    assert "no page" not in run("queue")[1]
    page = {"title": "Talk", "url": "talk.html", "lang": "en", "conversation": "open", "date": None, "comments": []}
    site.settings().thread_index.write_text(json.dumps({"version": 1, "threads": {"talk": page}}), "utf-8")
    assert 1 == run("queue")[1].count("! no page had the thread 'gone'")
    assert f"page:      {said}\n" in run("show", B)[1]
    assert "no page" not in run("show", A)[1]
    run("approve", A, B)
    assert f"page:      {said}\n" in run("show", B)[1]
    assert "no page" not in run("show", A)[1]


def test_show_a_comment_of_the_queue(site: ModeratedSite, run: Run) -> None:
    """Whole, line by line, with what is to be known about it; nothing private."""
    site.submit(A, B, name="Ann", body="One\n\n    two", marks=["7 links"])
    code, out, _ = run("show", A)
    expected = f"""\
talk/{A}: still in the queue
marked:    7 links
waits:     it answers {B}, which is nowhere
name:      Ann
date:      2026-03-14 09:26
answers:   {B}

One

    two
"""
    assert (0, expected) == (code, out)


def test_show_published_and_declined_comments(site: ModeratedSite, run: Run) -> None:
    """Each says where it stands."""
    site.submit(A)
    site.submit(B)
    run("reject", A)
    run("spam", B)
    out = run("show", PUBLIC, "abcd", "abef")[1]
    assert [f"{PUBLIC}: published", f"{A}: declined", f"{B}: marked as spam"] == re.findall(r"(?m)^talk/(.*)$", out)


def test_approve(site: ModeratedSite, run: Run) -> None:
    """What was done, where it went, and one commit; parents first, whatever the order."""
    site.submit(A, name="Ann", body="Hello there")
    site.submit(B, A, name="Ben")
    code, out, err = run("approve", "abef", "abcd")
    assert (0, "") == (code, err)
    assert re.fullmatch(
        rf"approved  talk/{A}  Ann: Hello there\napproved  talk/{B}  Ben: Body of {B}\.\nCommitted to main as [0-9a-f]{{10}}\.\n",
        out,
    )
    assert (["Approve 2 comments", "Start"], "") == (site.subjects(), site.status())


@pytest.mark.parametrize("look", [("queue",), ("queue", "--json"), ("show", A)], ids=" ".join)
@pytest.mark.parametrize(
    "decide", [("approve", A), ("approve", "--all"), ("approve", "--from", "reader"), ("reply", A, "-m", "Hello", "--yes")], ids=" ".join
)  # fmt: skip
def test_what_has_changed_since_it_was_shown_is_not_approved(
    site: ModeratedSite, run: Run, look: Sequence[str], decide: Sequence[str]
) -> None:
    """Whoever waits until the moderator has looked gets no other text on the page; it can be declined, or looked at again."""
    revision = site.submit(A)
    assert 0 == run(*look)[0]
    site.inbox.replace(make_submission(A, body="Buy now!"), expected_revision=revision)
    code, _, err = run(*decide)
    assert (1, True) == (code, "its writer has changed it since you looked; look at it again" in err)
    assert (State.PENDING, ["Start"]) == (site.state_of(A), site.subjects())
    assert "Buy now!" in run("show", A)[1]
    assert 0 == run(*decide)[0]
    assert State.APPROVED is site.state_of(A)


def test_what_was_shown_and_is_the_same_is_approved(
    site: ModeratedSite, run: Run, editor: Callable[[str], Path]
) -> None:
    """After taking a decision back, after an edit of the moderator's own, and where the note of it is damaged."""
    site.submit(A)
    site.submit(B)
    run("queue")
    assert [0, 0, 0] == [run(*command)[0] for command in (("approve", A), ("undo",), ("approve", A))]
    editor("text = text.replace('Body', 'BODY')")
    assert [0, 0] == [run(command, B)[0] for command in ("edit", "approve")]
    for damage in (b"", b"[]", b'{"x": 1', b"\xff"):
        (site.inbox.path / NOTE).write_bytes(damage)
        assert [0, 0] == [run(*command)[0] for command in (("undo",), ("approve", B))]


def test_what_has_changed_since_it_was_shown_can_be_declined(site: ModeratedSite, run: Run) -> None:
    """Nothing of it becomes public."""
    revision = site.submit(A)
    run("queue")
    site.inbox.replace(make_submission(A, body="Buy now!"), expected_revision=revision)
    assert (0, State.SPAM) == (run("spam", A)[0], site.state_of(A))


def test_a_reply_that_has_to_wait(site: ModeratedSite, run: Run) -> None:
    """It says for what, exits with 1, and the others are approved."""
    site.submit(A)
    site.submit(B, A)
    site.submit(C)
    code, out, err = run("approve", B, C)
    expected = f"talk/{B} is not approved: it waits: it answers {A}, which is still in the queue; approve that first or with it, take `in_reply_to` out with `edit`, or decline this\n"
    assert (1, expected) == (code, err)
    assert f"approved  talk/{C}" in out


def test_approving_twice_is_no_failure(site: ModeratedSite, run: Run) -> None:
    """The second time nothing happens, and that is said."""
    site.submit(A)
    run("approve", A)
    assert (0, "", f"talk/{A}: it is approved already\n") == run("approve", A)
    assert 2 == len(site.subjects())


def test_decided_otherwise(site: ModeratedSite, run: Run) -> None:
    """What is on the page is not declined; what was declined can be approved after all."""
    site.submit(A)
    site.submit(B)
    run("approve", A)
    run("reject", B)
    code, _, err = run("reject", A)
    assert (1, True) == (code, "it is on the page already; take it off with `pelican-comments remove`" in err)
    assert 0 == run("spam", B)[0]
    assert State.SPAM is site.state_of(B)
    assert 0 == run("approve", B)[0]
    assert site.committed(path_of(B)) is not None


@pytest.mark.parametrize(
    ("decide", "state"), [("reject", State.REJECTED), ("spam", State.SPAM), ("approve", State.APPROVED)]
)
def test_an_approval_that_was_taken_back_by_hand(site: ModeratedSite, run: Run, decide: str, state: State) -> None:
    """Its comment is nowhere but in the inbox, which says so, and can be decided about anew."""
    site.submit(A, body="Words.")
    run("approve", A)
    git(site.root, "reset", "--quiet", "--hard", "HEAD~1")
    code, out, _ = run("show", A)
    assert (0, f"talk/{A}: approved, and not in the repository", True) == (code, out.partition(";")[0], "Words." in out)
    code, _, err = run(decide, A)
    assert (0, "", state) == (code, err, site.state_of(A))
    assert (decide == "approve") == (site.committed(path_of(A)) is not None)


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ({A, B, C}, ["--all"]),
        ({A, C}, ["--from", "ann  example"]),
        ({A, B, C}, ["--from", "Ann Example", "abef"]),
        (set(), ["--from", "Nobody"]),
    ],
)
def test_which_comments_are_meant(site: ModeratedSite, run: Run, expected: set[str], arguments: list[str]) -> None:
    """All, those of one name without regard to case, and those named by id."""
    site.submit(A, name="Ann Example")
    site.submit(B, name="Ben")
    site.submit(C, name="ANN Example")
    code, out, _ = run("reject", *arguments)
    said = "No comment in the queue is by 'Nobody'; there are some by ANN Example, Ann Example, Ben.\n"
    assert (not expected) == (said == out)
    assert (0, expected) == (code, {id for id in (A, B, C) if site.state_of(id) is State.REJECTED})


@pytest.mark.parametrize("command", ["approve", "reject", "spam", "remove"])
def test_no_comment_is_meant(run: Run, command: str) -> None:
    """Without ids, --from or --all a command does nothing, and is used wrongly."""
    code, _, err = run(command)
    assert (2, True) == (code, "say which comments" in err)


@pytest.mark.parametrize("command", ["approve", "reject", "spam"])
def test_all_of_one_name(site: ModeratedSite, run: Run, command: str) -> None:
    """Whoever writes `--all --from NAME` means one person's, and nothing of anybody else's is decided."""
    site.submit(A, name="Ben")
    site.submit(B, name="Spammer")
    code, out, err = run(command, "--all", "--from", "Ben")
    assert (2, "", True) == (code, out, "give one of them" in err)
    assert [State.PENDING] * 2 == [site.state_of(A), site.state_of(B)]


def test_an_id_that_fits_several(site: ModeratedSite, run: Run) -> None:
    """They are listed, and nothing happens."""
    site.submit(A)
    site.submit(B)
    code, _, err = run("approve", "20260314-0920")
    assert (1, ["Start"]) == (code, site.subjects())
    assert f"  talk/{A}\n  talk/{B}\n" == err.partition("\n")[2]


NAMES = [("talk", A), ("talk", B), ("other", C), ("talk", "wp-1"), ("talk", "wp-12"), ("x", "same"), ("y", "same")]


@pytest.mark.parametrize(
    ("expected", "text"),
    [(A, A), (A, "abc"), (C, "20260315"), (C, "q"), ("wp-1", "wp-1"), ("wp-12", "wp-12"), (C, "other/2026"), ("same", "x/same")],
)  # fmt: skip
def test_an_id_is_known_by_its_beginning(expected: str, text: str) -> None:
    """Or by the beginning of its last part; a whole id is never ambiguous in its thread."""
    assert expected == find_name(text, NAMES, among="here")[1]


@pytest.mark.parametrize("text", ["", "2026", "wp", "same", "nothing", "talk/20260315", "bcd", "*", "talk/"])
def test_an_id_that_nothing_or_too_much_begins_with(text: str) -> None:
    """It means nothing."""
    with pytest.raises(NoSuchIdError):
        find_name(text, NAMES, among="here")


@pytest.mark.parametrize("states", [[State.PENDING], (State.PENDING,)], ids=["a list", "a tuple"])
def test_a_command_about_the_queue_looks_nowhere_else(site: ModeratedSite, states: Sequence[State]) -> None:
    """It says that the queue is where it looked."""
    with pytest.raises(NoSuchIdError, match=f"^no comment in the queue has an id that begins with {A!r}"):
        pick_candidates(site.moderation(), [A], states=states)


@pytest.mark.parametrize(
    "arguments", [["approve", A], ["reject", "--all"], ["spam", A], ["remove", PUBLIC], ["reply", A, "-m", "Hello"]]
)
def test_a_dry_run_changes_nothing(site: ModeratedSite, run: Run, home: Path, arguments: list[str]) -> None:
    """It says what would be done."""
    list_key(site, make_key(home))
    site.submit(A)
    before = site.subjects()
    code, out, _ = run(*arguments, "--dry-run")
    assert (0, before, "", State.PENDING) == (code, site.subjects(), site.status(), site.state_of(A))
    assert "This would be done: " in out


def test_remove(site: ModeratedSite, run: Run) -> None:
    """A comment with a reply leaves a tombstone, one without goes; `--from` finds all of one name."""
    site.submit(A, PUBLIC, name="Troll")
    site.submit(B, A)
    site.submit(C, name="troll")
    run("approve", "--all")
    assert (0, "No comment in the repository is by 'Trol'.\n", "") == run("remove", "--from", "Trol")
    code, out, _ = run("remove", "--from", "Troll")
    assert 0 == code
    assert f"removed   talk/{A} (its place stays, for its replies)\n" in out
    assert "state: removed" in (site.committed(path_of(A)) or "")
    assert (None, State.REJECTED, "") == (site.committed(path_of(C)), site.state_of(C), site.status())


def test_undo(site: ModeratedSite, run: Run) -> None:
    """The last session, files and states; then the one before; then there is none."""
    site.submit(A)
    run("approve", A)
    code, out, _ = run("undo", "--dry-run")
    assert (0, State.APPROVED) == (code, site.state_of(A))
    code, out, _ = run("undo")
    assert (0, State.PENDING, None) == (code, site.state_of(A), site.committed(path_of(A)))
    assert out.startswith(f"The last session: Approve 1 comment\ntaken back talk/{A}\nCommitted to main")
    assert (1, "", "pelican-comments: there is no session to take back\n") == run("undo")


def test_edit_a_comment_of_the_queue(site: ModeratedSite, run: Run, editor: Callable[[str], Path]) -> None:
    """It is marked as edited and stays in the queue, private part and all; approving publishes the new text."""
    seen = editor("text = text.replace('Body', 'BODY')")
    site.submit(A)
    assert 0 == run("edit", A)[0]
    assert make_submission(A).comment.decode() == seen.read_text()
    stored = site.inbox.read(A)
    assert b"sealed-secret" in stored.submission.private
    assert (State.PENDING, ["Start"]) == (stored.standing.state, site.subjects())
    run("approve", A)
    assert re.search(rf"(?m)^edited: \d{{4}}-.*Z\n---\nBODY of {A}\.$", site.committed(path_of(A)) or "")


def test_edit_a_published_comment(site: ModeratedSite, run: Run, editor: Callable[[str], Path]) -> None:
    """One commit for all that were edited; drafts are gone."""
    editor("text = text.replace('Body', 'BODY')")
    site.submit(A)
    run("approve", A)
    assert 0 == run("edit", A, PUBLIC)[0]
    assert ["Edit 2 comments", "Approve 1 comment", "Start"] == site.subjects()
    assert "edited: " in (site.committed(path_of(PUBLIC)) or "")
    assert ([], "") == (list((site.root / "var").rglob("*draft*.md")), site.status())


def test_an_edited_reply_of_an_author_is_signed_anew(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path]
) -> None:
    """Both files change, and the signature verifies."""
    list_key(site, make_key(home))
    assert 0 == run("reply", PUBLIC, "-m", "Hello")[0]
    id = find_reply(site)
    editor("text = text.replace('Hello', 'Good day')")
    assert 0 == run("edit", id)[0]
    assert "Good day" in (site.committed(path_of(id)) or "")
    assert_is_signed(site, id)


@pytest.mark.parametrize("is_public", [True, False])
def test_an_edit_that_comes_too_late_is_kept(
    site: ModeratedSite, run: Run, editor: Callable[[str], Path], is_public: bool
) -> None:
    """Somebody changed the comment while the editor was open; their text stays, and so does what was typed."""
    revision = site.submit(A)
    if is_public:
        other = f"(Path({str(site.root)!r}) / {path_of(PUBLIC)!r}).write_text('changed')"
    else:
        other = (
            "from pelican.plugins.conversation.inbox.keeping import Inbox; from pelican.plugins.conversation.model import State\n"
            f"Inbox(Path({str(site.inbox.path)!r})).move({A!r}, State.PENDING, State.SPAM, expected_revision={revision!r})"
        )
    editor(f"text = text.replace('Body', 'BODY')\n{other}")
    code, _, err = run("edit", PUBLIC if is_public else A)
    assert (1, True, ["Start"]) == (code, "your text is kept in" in err, site.subjects())
    assert "BODY" in next((site.root / "var").rglob("*.draft.md")).read_text()


@pytest.mark.parametrize(
    ("expected", "program"),
    [
        ("nothing was changed", "pass"),
        ("the comment has no name", "text = text.replace('name: Reader', '')"),
        ("the author cannot be changed", f"text = text.replace('name: Reader', 'author: ann\\nid: {A}\\nthread: talk')"),
        ("the state cannot be changed", "text = text.replace('name:', 'state: removed\\nname:')"),
        ("id is 'x'", "text = text.replace('name:', 'id: x\\nname:')"),
        ("is no key of a comment", "text = text.replace('name:', 'mood: x\\nname:')"),
    ],
)  # fmt: skip
def test_an_edit_that_cannot_be_kept(
    site: ModeratedSite, run: Run, editor: Callable[[str], Path], expected: str, program: str
) -> None:
    """It says why, and what was typed is kept for the next try."""
    revision = site.submit(A)
    editor(program)
    code, _, err = run("edit", A)
    assert (1, True) == (code, expected in err)
    assert revision == site.inbox.read(A).standing.revision
    assert (program != "pass") == (site.root / "var" / "drafts" / "talk" / f"edit-{A}.draft.md").exists()
    editor("text = '---\\nname: Mended\\ndate: 2026-03-14T09:26:53Z\\n---\\nx\\n'")
    assert 0 == run("edit", A)[0]
    assert b"name: Mended" in site.inbox.read(A).submission.comment


def test_of_two_edits_the_one_that_is_refused_is_kept(
    site: ModeratedSite, run: Run, editor: Callable[[str], Path]
) -> None:
    """The other is committed, and its draft goes; named twice, it is edited once."""
    site.files.write_comment("talk", "wp-5")
    site.commit_all("Another")
    editor("text = text.replace('date:', 'in_reply_to: nowhere\\ndate:') if 'wp-5' in sys.argv[1] else text + 'More.'")
    code, out, err = run("edit", PUBLIC, "wp-5", PUBLIC)
    assert (1, "Edit 1 comment") == (code, site.subjects()[0])
    assert (True, True) == (f"edited    talk/{PUBLIC}" in out, "talk/wp-5 is not edited" in err)
    assert 1 == (site.committed(path_of(PUBLIC)) or "").count("More.")
    (draft,) = (site.root / "var").rglob("*.draft.md")
    assert (True, True) == (str(draft) in err, "in_reply_to: nowhere" in draft.read_text())


def find_reply(site: ModeratedSite, author: str = "ann") -> str:
    """Return the id of the one committed comment by an author."""
    files = git(site.root, "grep", "-l", f"^author: {author}$", "HEAD", "--", "comments").split()
    (path,) = files
    return Path(path).stem


def assert_is_signed(site: ModeratedSite, id: str, author: str = "ann") -> None:
    """Check a signature as anybody can, with ssh-keygen."""
    path = site.root / path_of(id)
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-f",
        "allowed_signers",
        "-I",
        author,
        "-n",
        "comment@pelican-conversation",
    ]
    with path.open("rb") as file:
        done = subprocess.run(
            [*command, "-s", f"{path}.sig"], cwd=site.root, stdin=file, capture_output=True, text=True, check=False
        )
    assert 0 == done.returncode, done.stderr


def test_reply(site: ModeratedSite, run: Run, home: Path) -> None:
    """Thread, parent, id, date and author are filled in; file and signature are one commit."""
    list_key(site, make_key(home))
    code, out, err = run("reply", PUBLIC, "-m", "Thank *you*.")
    assert (0, "") == (code, err)
    id = find_reply(site)
    assert out.startswith(f"answered  talk/{id}\nCommitted to main")
    text = site.committed(path_of(id)) or ""
    assert re.fullmatch(
        rf"---\nauthor: ann\ndate: \S+Z\nin_reply_to: {PUBLIC}\nid: {id}\nthread: talk\n---\nThank \*you\*\.\n", text
    )
    assert re.fullmatch(r"\d{8}-\d{6}-[a-z0-9]{4}", id)
    assert (["Answer 1 comment", "A key", "Start"], "") == (site.subjects(), site.status())
    assert_is_signed(site, id)


def test_a_reply_approves_what_it_answers(site: ModeratedSite, run: Run, home: Path) -> None:
    """In the same commit; one undo takes both back."""
    list_key(site, make_key(home))
    site.submit(A)
    assert 0 == run("reply", "abcd", "-m", "Hello")[0]
    assert ("Approve 1 comment, answer 1", State.APPROVED) == (site.subjects()[0], site.state_of(A))
    run("undo")
    assert (State.PENDING, f"{path_of(PUBLIC)}\n") == (site.state_of(A), git(site.root, "ls-files", "comments"))


def test_a_reply_is_written_in_the_editor(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path]
) -> None:
    """What is answered stands below a line, quoted; what stands above becomes the reply, headings too."""
    list_key(site, make_key(home))
    site.submit(A, name="Ann Reader", body="One\n\n# two")
    seen = editor("text = '# A heading\\n\\nand words\\n' + text")
    assert 0 == run("reply", A)[0]
    assert seen.read_text().endswith("\n# Ann Reader, 2026-03-14 09:26, on talk:\n#\n# One\n#\n# # two\n")
    assert (site.committed(path_of(find_reply(site))) or "").endswith("---\n# A heading\n\nand words\n")
    assert [] == list((site.root / "var").rglob("*draft*.md"))


@pytest.mark.parametrize("program", ["pass", "text = '  \\n' + text", "text = ''"])
def test_an_empty_reply_is_none(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path], program: str
) -> None:
    """Nothing is committed or approved, and no draft stays."""
    list_key(site, make_key(home))
    site.submit(A)
    editor(program)
    code, _, err = run("reply", A)
    assert (1, State.PENDING, True) == (code, site.state_of(A), "nothing" in err)
    assert [] == list((site.root / "var").rglob("*draft*.md"))


def test_a_reply_that_could_not_be_committed_is_kept(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path]
) -> None:
    """The next try goes on with it."""
    list_key(site, make_key(home))
    site.submit(A)
    editor("text = 'A long answer.' + text")
    site.files.write(path_of(A), "in the way\n")
    code, _, err = run("reply", A)
    draft = site.root / "var" / "drafts" / "talk" / f"reply-{A}.draft.md"
    assert (1, True, True) == (code, str(draft) in err, draft.read_text().startswith("A long answer."))
    (site.root / path_of(A)).unlink()
    editor("pass")
    assert 0 == run("reply", A)[0]
    assert ("A long answer." in (site.committed(path_of(find_reply(site))) or ""), False) == (True, draft.exists())


def test_a_reply_is_not_gone_on_with_below_another_text(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path]
) -> None:
    """What the draft quotes is what was looked at; where its writer has changed it since, it is not approved with the reply."""
    list_key(site, make_key(home))
    revision = site.submit(A)
    editor("text = 'A long answer.' + text")
    site.files.write(path_of(A), "in the way\n")
    assert 1 == run("reply", A)[0]
    (site.root / path_of(A)).unlink()
    site.inbox.replace(make_submission(A, body="Buy now!"), expected_revision=revision)
    editor("pass")
    code, _, err = run("reply", A)
    assert (1, True, State.PENDING) == (code, "its writer has changed it since you looked" in err, site.state_of(A))
    assert "Buy now!" in run("show", A)[1]
    assert 0 == run("reply", A)[0]
    assert "A long answer." in (site.committed(path_of(find_reply(site))) or "")


def test_a_draft_is_for_nobody_else(site: ModeratedSite, run: Run, editor: Callable[[str], Path]) -> None:
    """What waits and is being edited can be read by the blogger alone, and is not committed, wherever the inbox stands."""
    site.files.write(".gitignore", "")
    settings = site.root / "pelicanconf.py"
    settings.write_text(f"{settings.read_text()}CONVERSATION_INBOX = 'inbox.git'\nCONVERSATION_SECRET = '../secret'\n")
    Inbox.open(site.root / "inbox.git").add(make_submission(A))
    editor("text = 'no comment any more'")
    assert 1 == run("edit", A)[0]
    (draft,) = site.root.rglob("*.draft.md")
    assert 0o700 == draft.parent.parent.stat().st_mode & 0o777
    site.commit_all("Everything")
    assert [] == [path for path in git(site.root, "ls-files").split() if path.startswith(("inbox.git/", "drafts/"))]


def test_a_draft_that_could_not_be_begun(
    site: ModeratedSite, run: Run, editor: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk nothing stays behind that the next try would go on with in place of the comment."""
    site.submit(A, body="Words.\n" * 2000 + "End.")
    editor("text = text.replace('Words.', 'WORDS.')")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        code, _, err = run("edit", A)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (1, True, False) == (code, "File too large" in err, "your text is kept" in err)
    assert 0 == run("edit", A)[0]
    assert b"WORDS." in site.inbox.read(A).submission.comment


@pytest.mark.parametrize("thread", ["tea", "ü" * 100], ids=["a short name", "a long name"])
def test_a_draft_belongs_to_one_comment_of_one_thread(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path], thread: str
) -> None:
    """Where two threads have a comment of the same id, as long as an id can be, neither takes the other's text."""
    list_key(site, make_key(home))
    id = "wp-" + "5" * 61
    for name in ("talk", thread):
        site.files.write_comment(name, id)
    site.commit_all("Two threads")
    editor("text = 'Meant for talk.' + text")
    assert 0 == run("reply", f"talk/{id}", "--dry-run")[0]
    editor("text = 'Meant for the other.' + text")
    assert 0 == run("reply", f"{thread}/{id}")[0]
    assert [f"comments/{thread}"] == [str(Path(path).parent) for path in find_text(site, "Meant for the other.")]
    assert [] == find_text(site, "Meant for talk.")
    editor("text = text.replace('Body', 'BODY')")
    assert 0 == run("edit", f"{thread}/{id}", f"talk/{id}")[0]
    assert 2 == len(find_text(site, "BODY"))
    editor("pass")
    assert 0 == run("reply", f"talk/{id}")[0]
    assert ["comments/talk"] == [str(Path(path).parent) for path in find_text(site, "Meant for talk.")]
    assert [".gitignore"] == [path.name for path in (site.root / "var" / "drafts").iterdir()]


def find_text(site: ModeratedSite, text: str) -> list[str]:
    """Return the paths of committed files with a text."""
    found = git(
        site.root, "-c", "core.quotePath=false", "grep", "-l", "-F", text, "HEAD", "--", "comments", check=False
    )
    return [line.removeprefix("HEAD:") for line in found.splitlines()]


def test_without_a_key_a_reply_makes_one_if_it_may(site: ModeratedSite, run: Run, home: Path) -> None:
    """Unasked it only says so; with --yes the key is made, and listed in the commit of the reply."""
    site.submit(A)
    code, _, err = run("reply", A, "-m", "Hello")
    assert (1, ["Start"], True) == (code, site.subjects(), "no key to sign with" in err)
    code, out, _ = run("reply", A, "-m", "Hello", "--yes")
    key = home / ".ssh" / "id_ed25519"
    assert (0, 0o600) == (code, key.stat().st_mode & 0o777)
    assert 'ann namespaces="comment@pelican-conversation" ssh-ed25519 ' in out
    assert (site.committed("allowed_signers") or "").split()[2:4] == key.with_suffix(".pub").read_text().split()[:2]
    assert ("", ["Approve 1 comment, answer 1", "Start"]) == (site.status(), site.subjects())
    assert_is_signed(site, find_reply(site))


def test_a_key_is_made_where_the_settings_say(site: ModeratedSite, run: Run) -> None:
    """CONVERSATION_SIGNING_KEY names the file, in a folder that need not be there."""
    settings = (site.root / "pelicanconf.py").read_text()
    site.files.write("pelicanconf.py", f"{settings}CONVERSATION_SIGNING_KEY = 'var/keys/blog'\n")
    assert 0 == run("reply", PUBLIC, "-m", "Hello", "--yes")[0]
    assert (site.root / "var" / "keys" / "blog.pub").exists()


def test_a_key_of_another_author_is_not_enough(site: ModeratedSite, run: Run, home: Path) -> None:
    """Listing it for this one has to be agreed to; what stood in the file stays."""
    list_key(site, make_key(home), author="ben")
    before = site.committed("allowed_signers") or ""
    code, _, err = run("reply", PUBLIC, "-m", "Hello")
    assert (1, True) == (code, "does not say that the key" in err)
    assert 0 == run("reply", PUBLIC, "-m", "Hello", "--yes")[0]
    assert (True, 2) == ((site.committed("allowed_signers") or "").startswith(before), len((site.committed("allowed_signers") or "").splitlines()))  # fmt: skip


def test_a_changed_list_of_keys_is_not_committed_along(site: ModeratedSite, run: Run, home: Path) -> None:
    """What the blogger has begun there is theirs to commit."""
    make_key(home)
    site.files.write("allowed_signers", "# begun\n")
    code, out, err = run("reply", PUBLIC, "-m", "Hello", "--yes")
    assert (1, True, "") == (code, "allowed_signers has changes that are not committed" in err, out)
    assert ("# begun\n", ["Start"]) == ((site.root / "allowed_signers").read_text(), site.subjects())


def test_a_list_of_keys_outside_of_the_repository(site: ModeratedSite, run: Run, home: Path) -> None:
    """As where the comments are a repository of their own: no session can commit it, so it says what to add by hand."""
    public = make_key(home).with_suffix(".pub").read_text().split()[1]
    settings = site.root / "pelicanconf.py"
    settings.write_text(f"{settings.read_text()}CONVERSATION_ALLOWED_SIGNERS = '../allowed_signers'\n")
    site.commit_all("Keep the keys elsewhere")
    code, out, err = run("reply", PUBLIC, "-m", "Hello", "--yes")
    assert (1, "") == (code, out)
    (line,) = re.findall(r"add the line `(.*)`$", err.strip())
    assert public in line
    (site.root.parent / "allowed_signers").write_text(f"{line}\n")
    assert 0 == run("reply", PUBLIC, "-m", "Hello", "--yes")[0]


@pytest.mark.parametrize("is_staged", [True, False])
def test_a_list_of_keys_that_was_deleted_is_brought_back_first(
    site: ModeratedSite, run: Run, home: Path, editor: Callable[[str], Path], *, is_staged: bool
) -> None:
    """It is said which file and how, whatever the options, before the editor opens; a text that waits goes on waiting."""
    list_key(site, make_key(home))
    editor("text = 'Typed before.' + text")
    assert 0 == run("reply", PUBLIC, "--dry-run")[0]
    (site.root / "allowed_signers").unlink()
    if is_staged:
        git(site.root, "rm", "--quiet", "allowed_signers")
    seen = editor("pass")
    for options in ([], ["--yes"], ["-m", "Hello", "--yes"]):
        seen.unlink(missing_ok=True)
        code, out, err = run("reply", PUBLIC, *options)
        assert (1, "", False) == (code, out, seen.exists())
        assert "allowed_signers is committed and was deleted here" in err
        assert err.endswith("bring it back with `git checkout HEAD -- allowed_signers`\n")
    git(site.root, "checkout", "--quiet", "HEAD", "--", "allowed_signers")
    assert (0, "") == (run("reply", PUBLIC)[0], site.status())
    assert "Typed before." in (site.committed(f"comments/talk/{find_reply(site)}.md") or "")


def test_a_list_of_keys_that_is_no_more_is_made_anew(site: ModeratedSite, run: Run, home: Path) -> None:
    """Where its deletion is committed, a reply lists the key as on the first day."""
    list_key(site, make_key(home))
    (site.root / "allowed_signers").unlink()
    site.commit_all("No key")
    assert 0 == run("reply", PUBLIC, "-m", "Hello", "--yes")[0]
    assert_is_signed(site, find_reply(site))


def test_who_answers(site: ModeratedSite, run: Run, home: Path) -> None:
    """With several authors it must be said; one that is not there is refused."""
    key = make_key(home)
    authors = {"ann": {"name": "Ann"}, "ben": {"name": "Ben"}}
    site.files.write(
        "pelicanconf.py", f"{(site.root / 'pelicanconf.py').read_text()}CONVERSATION_AUTHORS = {authors!r}\n"
    )
    list_key(site, key, author="ben")
    code, _, err = run("reply", PUBLIC, "-m", "Hello")
    assert (1, True) == (code, "--as" in err)
    code, _, err = run("reply", PUBLIC, "-m", "Hello", "--as", "carl")
    assert (1, True) == (code, "no author 'carl'" in err)
    assert 0 == run("reply", PUBLIC, "-m", "Hello", "--as", "ben")[0]
    assert_is_signed(site, find_reply(site, "ben"), "ben")


def test_an_agent_signs(site: ModeratedSite, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name the public half; the private one is nowhere on the disk."""
    key = make_key(home)
    list_key(site, key)
    settings = (site.root / "pelicanconf.py").read_text()
    site.files.write("pelicanconf.py", f"{settings}CONVERSATION_SIGNING_KEY = {str(key.with_suffix('.pub'))!r}\n")
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    variables = dict(re.findall(r"(SSH_\w+)=([^;]+);", started))
    try:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        subprocess.run(["ssh-add", "-q", str(key)], check=True)
        key.unlink()
        assert 0 == run("reply", PUBLIC, "-m", "Hello")[0]
    finally:
        os.kill(int(variables["SSH_AGENT_PID"]), 15)
    assert_is_signed(site, find_reply(site))


@pytest.mark.parametrize("what", ["waits", "removed", "declined", "nobody"])
def test_what_cannot_be_answered(site: ModeratedSite, run: Run, what: str, editor: Callable[[str], Path], home: Path) -> None:  # fmt: skip
    """It is said before the editor opens."""
    list_key(site, make_key(home))
    seen = editor("text = 'x' + text")
    site.submit(A, B if what == "waits" else None)
    if what == "removed":
        run("approve", A)
        site.files.write_comment("talk", "child", in_reply_to=A)
        site.commit_all("A reply")
        run("remove", A)
    elif what == "declined":
        run("reject", A)
    elif what == "nobody":
        site.files.write(
            "pelicanconf.py", (site.root / "pelicanconf.py").read_text().replace("CONVERSATION_MODERATOR", "#")
        )
    code, _, err = run("reply", A)
    expected = {"waits": "cannot be answered yet: it waits", "removed": "was removed", "declined": "no comment in the repository", "nobody": "does not know whom"}  # fmt: skip
    assert (1, True, False) == (code, expected[what] in err, seen.exists())


def test_asked_at_a_terminal(site: ModeratedSite, home: Path) -> None:
    """Making a key and listing it are questions there, and ssh-keygen asks for the passphrase itself."""
    site.submit(A)
    command = [sys.executable, "-m", "pelican_comments", "reply", A, "-m", "Hello", "--no-build"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(site.root)
        os.execv(sys.executable, command)
    printed = ""
    answers = {"Make one": "\n", "Enter passphrase": "\n", "Enter same passphrase": "\n", "Add it to": "\n"}
    while answers or "Committed" not in printed:
        try:
            printed += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # it has ended
            break
        for question in [q for q in answers if q in printed]:
            os.write(terminal, answers.pop(question).encode())
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), printed
    os.close(terminal)
    assert ({}, "Approve 1 comment, answer 1") == (answers, site.subjects()[0])
    assert (home / ".ssh" / "id_ed25519").exists()


def test_who_waits_for_an_answer(site: ModeratedSite, run: Run, home: Path) -> None:
    """Oldest first; an answer or a note takes a comment off the list, and the note is no part of the repository."""
    list_key(site, make_key(home))
    site.submit(A, name="Ann")
    site.submit(B, name="Ben", minutes=5)
    run("approve", "--all")
    code, out, _ = run("await")
    assert 0 == code
    assert [PUBLIC, A, B] == re.findall(r"(?m)^(\d{8}\S+)", out)
    run("reply", A, "-m", "Hello")
    code, out, _ = run("await", "--no-answer", "aaaa")
    assert (0, "Noted in var/no_answer; take a line out there to have its comment back.\n") == (code, out)
    assert [B] == [row["id"] for row in json.loads(run("await", "--json")[1])]
    assert (f"talk/{PUBLIC}\n", "") == ((site.root / "var" / "no_answer").read_text(), site.status())
    assert 1 == run("await", "--no-answer", A)[0]
    (site.root / "var" / "no_answer").write_text(f"talk/{PUBLIC}", "utf-8")  # as an editor may leave it
    run("await", "--no-answer", B)
    assert "Everybody has an answer.\n" == run("await")[1]


def test_a_failing_push_is_said(site: ModeratedSite, run: Run) -> None:
    """The commit stays, the exit code is 1."""
    site.files.write("pelicanconf.py", f"{(site.root / 'pelicanconf.py').read_text()}CONVERSATION_PUSH = 'nowhere'\n")
    site.submit(A)
    code, _, err = run("approve", A)
    assert (1, State.APPROVED) == (code, site.state_of(A))
    assert err.startswith("pelican-comments: the commit stays here, for it could not be pushed to ")


def test_a_push_that_hangs_ends_with_the_command(site: ModeratedSite) -> None:
    """Git is in a session of its own, where no signal from outside reaches it."""
    settings = (site.root / "pelicanconf.py").read_text()
    site.files.write("pelicanconf.py", f"{settings}CONVERSATION_PUSH = 'ssh://nobody@localhost/blog.git'\n")
    waiting = site.root / "var" / "waiting"
    git(site.root, "config", "core.sshCommand", f"sh -c 'echo $$ > {waiting}; exec sleep 300'")
    site.submit(A)
    command = [sys.executable, "-m", "pelican_comments", "approve", A, "--no-build"]
    process = subprocess.Popen(command, cwd=site.root, stdout=subprocess.DEVNULL)
    wait_for(lambda: waiting.exists() and waiting.read_text().endswith("\n"))
    process.terminate()
    assert 143 == process.wait(PATIENCE_SECONDS)
    wait_for(lambda: not is_running(int(waiting.read_text())))


def is_running(process: int) -> bool:
    """Whether there is such a process that has not ended."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout
    return state.strip()[:1] not in ("", "Z")


def wait_for(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("command", ["approve", "reject", "spam"])
def test_every_commit_is_pushed(site: ModeratedSite, run: Run, tmp_path: Path, command: str) -> None:
    """Those without files too: they tell the other clones what was decided."""
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(site.root), str(remote))
    site.files.write(
        "pelicanconf.py", f"{(site.root / 'pelicanconf.py').read_text()}CONVERSATION_PUSH = {str(remote)!r}\n"
    )
    site.submit(A)
    code, out, _ = run(command, "--all")
    assert (0, True) == (code, out.endswith(f"\nPushing to {remote} ...\n"))
    assert 2 == len(site.subjects())
    assert git(site.root, "rev-parse", "main") == git(remote, "rev-parse", "main")


def test_no_repository(tmp_path: Path, run: Run, site: ModeratedSite) -> None:
    """What to do is said, without a traceback."""
    (site.root / ".git").rename(tmp_path / "gone")
    code, _, err = run("queue")
    assert (1, True, False) == (code, "git init" in err, "Traceback" in err)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, run: Run) -> None:
    """In a line of the list, and at length within 80 columns."""
    code, out, _ = run(name, "--help")
    assert 0 == code
    assert max(map(len, out.splitlines())) <= 80
    assert not find_command(name).get_short_help_str(60).endswith("...")


def complete(site: ModeratedSite, words: str) -> list[str]:
    """Return what a shell offers for the last of `words`."""
    variables = {
        "_PELICAN_COMMENTS_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    program = "import sys; sys.argv[0] = 'pelican-comments'; from pelican_comments import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=site.root, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert "" == done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_ids_are_completed(site: ModeratedSite) -> None:
    """Those that the command is about; nothing, and no noise, where nothing can be read."""
    site.submit(A)
    site.submit(B)
    site.inbox.move(B, State.PENDING, State.SPAM, expected_revision=site.inbox.read(B).standing.revision)
    assert [A] == complete(site, "pelican-comments approve 2026")
    assert [PUBLIC] == complete(site, "pelican-comments remove ")
    assert [PUBLIC, A] == complete(site, "pelican-comments reply ")
    assert ["approve", "await"] == complete(site, "pelican-comments a")
    (site.root / "pelicanconf.py").write_text("(")
    assert [] == complete(site, "pelican-comments approve ")


def test_from_asked_to_answered_to_built(site: ModeratedSite, home: Path) -> None:
    """One command signs, commits and builds: comment and answer are on the page, with the author's badge."""
    list_key(site, make_key(home))
    site.submit(A, name="Ann Reader", body="Is this *on*?")
    done = site.files.run("pelican_comments", "reply", "abcd", "-m", "It **is**.")
    assert (0, "") == (done.returncode, done.stderr)
    page = site.files.read("talk.html")
    assert page.index("Is this <em>on</em>?") < page.index("It <strong>is</strong>.")
    assert f"id=comment-{find_reply(site)}>" in page
    assert ("", "Approve 1 comment, answer 1") == (site.status(), site.subjects()[0])


def test_from_another_folder_the_site_is_built_in_its_own(site: ModeratedSite, tmp_path: Path) -> None:
    """Or a removed comment stayed on its page, as Pelican takes an output folder that is not set from wherever it runs."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    settings = site.root / "pelicanconf.py"
    settings.write_text(settings.read_text().replace("OUTPUT_PATH", "NO_PATH"))
    command = [sys.executable, "-m", "pelican_comments", "-s", settings, "remove", PUBLIC]
    site.files.build()
    assert PUBLIC in site.files.read("talk.html")
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    assert ([], False) == (list(elsewhere.iterdir()), PUBLIC in site.files.read("talk.html"))


def test_a_build_that_fails_leaves_the_commit(site: ModeratedSite) -> None:
    """It says so, and exits with 1."""
    site.submit(A)
    (site.root / "output").write_text("in the way")
    done = site.files.run("pelican_comments", "approve", A)
    assert (1, "Approve 1 comment") == (done.returncode, site.subjects()[0])
    assert "the commit stays, but the build failed" in done.stderr
