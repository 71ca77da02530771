"""The site's repository: sessions become commits, whatever else lies there, comes in between or dies in the middle."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pelican.plugins.conversation.errors import ConversationError
from pelican.plugins.conversation.git.command import GitError
from pelican.plugins.conversation.git.work_tree import BranchMovedError, NoRepositoryError, read_branch
from pelican.plugins.conversation.inbox.values import Add, InboxUnavailableError
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.moderation.decisions import Action, Decision, make_id
from pelican.plugins.conversation.moderation.moderating import Moderation, Outcome
from pelican.plugins.conversation.moderation.site_repository import UNFINISHED, SiteRepository, UncommittedError
from pelican.plugins.conversation.receiver.secret_file import load_secret
from pelican.plugins.conversation.settings import read_settings

from .moderated_site import MODERATOR, PELICAN_SETTINGS, PUBLIC, ModeratedSite, git, make_submission, wrap_git

A, B = "20260314-092000-abcd", "20260314-092000-efgh"


@pytest.fixture(autouse=True)
def own_git_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test git settings of its own, empty ones."""
    path = tmp_path / "gitconfig"
    path.write_text("[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return path


@pytest.fixture
def site(tmp_path: Path) -> ModeratedSite:
    return ModeratedSite(tmp_path / "site")


def approve(moderation: Moderation, *ids: str) -> Outcome:
    return moderation.decide([Decision(Action.APPROVE, id) for id in ids])


def path_of(id: str, thread: str = "talk") -> str:
    return f"comments/{thread}/{id}.md"


def test_a_session_is_one_commit(site: ModeratedSite) -> None:
    """By the moderator, with the log as its message; work tree and index follow, and the inbox knows."""
    site.submit(A)
    site.submit(B)
    outcome = site.moderation().decide([Decision(Action.APPROVE, A), Decision(Action.SPAM, B)])
    assert ["Approve 1 comment, mark 1 as spam", "Start"] == site.subjects()
    assert f"{MODERATOR}|{MODERATOR}\n" == git(site.root, "log", "-1", "--format=%an <%ae>|%cn <%ce>")
    assert make_submission(A).comment.decode() == site.committed(path_of(A)) == (site.root / path_of(A)).read_text()
    assert ("", State.APPROVED, State.SPAM) == (site.status(), site.state_of(A), site.state_of(B))
    assert git(site.root, "rev-parse", "HEAD").strip() == outcome.commit
    assert "" == git(site.root, "fsck", "--strict", "--no-dangling")


def test_nothing_of_the_private_part_or_of_the_declined_reaches_the_repository(site: ModeratedSite) -> None:
    """No object of it has a byte of either."""
    site.submit(A)
    site.submit(B, body="nobody shall read this", name="Somebody Declined")
    site.moderation().decide([Decision(Action.APPROVE, A), Decision(Action.REJECT, B)])
    objects = git(site.root, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    everything = "".join(git(site.root, "cat-file", "-p", name) for name in objects)
    assert "Body of" in everything
    assert not [word for word in ("sealed", "nobody shall", "Somebody Declined") if word in everything]


def test_the_inbox_is_kept_out_of_the_repository(site: ModeratedSite) -> None:
    """By git itself, whether or not the blogger's own `.gitignore` names its folder."""
    site.files.write(".gitignore", "/output/\n")
    site.moderation()
    site.commit_all("Everything")
    assert "" == git(site.root, "ls-files", "var")


def test_a_full_disk_does_not_let_the_secret_into_the_repository(site: ModeratedSite) -> None:
    """What keeps git away from its folder is written again where there was no room for it."""
    site.files.write(".gitignore", "/output/\n")
    try_to_open = """
import resource, sys
from pelican.plugins.conversation.inbox.keeping import open_inbox
from pelican.plugins.conversation.settings import read_settings
from pathlib import Path
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
open_inbox(read_settings({"TIMEZONE": "UTC"}, Path.cwd()))
"""
    done = subprocess.run([sys.executable, "-c", try_to_open], cwd=site.root, capture_output=True, check=False)
    assert (1, True) == (done.returncode, (site.root / "var").is_dir())
    load_secret(site.settings().secret)
    site.moderation()
    site.commit_all("Everything")
    assert "" == git(site.root, "ls-files", "var")


def test_a_session_of_refusals_alone_is_a_commit_too(site: ModeratedSite) -> None:
    """It says who decided what and when, and changes no file."""
    site.submit(A)
    outcome = site.moderation().decide([Decision(Action.REJECT, A)])
    assert ("Decline 1 comment", False) == (site.subjects()[0], outcome.has_new_files)
    assert "" == git(site.root, "diff", "--stat", "HEAD~1", "HEAD")


def test_nothing_to_decide_is_no_commit(site: ModeratedSite) -> None:
    """A refusal alone leaves the history as it is."""
    assert "" == approve(site.moderation(), A).commit
    assert ["Start"] == site.subjects()


def test_other_changes_stay_untouched(site: ModeratedSite) -> None:
    """Staged, half staged, deleted, new and ignored: the commit has none of them, and git sees them as before."""
    site.files.write("content/talk.md", "staged\n")
    git(site.root, "add", "content/talk.md")
    site.files.write("content/talk.md", "and changed again\n")
    site.files.write("content/new.md", "new\n")
    site.files.write("comments/talk/20260314-000000-mine.md", "half written\n")
    site.files.write("staged.txt", "staged\n")
    git(site.root, "add", "staged.txt")
    git(site.root, "rm", "--quiet", "pelicanconf.py")
    before, staged = site.status(), git(site.root, "diff", "--cached")
    site.submit(A)
    approve(site.moderation(), A)
    assert (before, staged) == (site.status(), git(site.root, "diff", "--cached"))
    assert [path_of(A)] == git(site.root, "diff", "--name-only", "HEAD~1", "HEAD").split()


@pytest.mark.parametrize("change", ["edit", "stage", "delete", "unmerged"])
def test_a_file_with_changes_of_ones_own_is_not_overwritten(site: ModeratedSite, change: str) -> None:
    """The session does not happen, and says which file."""
    path = path_of(PUBLIC)
    site.files.write_comment("talk", "reply", in_reply_to=PUBLIC)
    site.commit_all("A reply")
    if change == "delete":
        (site.root / path).unlink()
    elif change == "unmerged":
        blob = git(site.root, "rev-parse", f"HEAD:{path}").strip()
        lines = f"0 {'0' * 40}\t{path}\n" + "".join(f"100644 {blob} {stage}\t{path}\n" for stage in (1, 2, 3))
        subprocess.run(["git", "update-index", "--index-info"], cwd=site.root, input=lines, text=True, check=True)
    else:
        site.files.write(path, "mine\n")
        git(site.root, *(["add", path] if change == "stage" else ["status"]))
    before = site.status()
    with pytest.raises(UncommittedError, match=path):
        site.moderation().decide([Decision(Action.REMOVE, PUBLIC, "talk")])
    assert (before, ["A reply", "Start"]) == (site.status(), site.subjects())


def test_a_file_of_ones_own_in_the_way_is_not_overwritten(site: ModeratedSite) -> None:
    """A new file of the same name and other words stops the session; the same words do not."""
    site.submit(A)
    site.files.write(path_of(A), "mine\n")
    with pytest.raises(UncommittedError, match=A):
        approve(site.moderation(), A)
    assert State.PENDING is site.state_of(A)
    site.files.write(path_of(A), make_submission(A).comment)
    approve(site.moderation(), A)
    assert ("", State.APPROVED) == (site.status(), site.state_of(A))


def test_a_removed_file_takes_its_empty_folder_along(site: ModeratedSite) -> None:
    """As git does; and the commit deletes it."""
    site.moderation().decide([Decision(Action.REMOVE, PUBLIC, "talk")])
    assert (None, False, "") == (
        site.committed(path_of(PUBLIC)),
        (site.root / "comments" / "talk").exists(),
        site.status(),
    )


def test_a_link_in_the_way_is_not_followed(site: ModeratedSite, tmp_path: Path) -> None:
    """Neither in the work tree nor in the commit."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (site.root / "comments" / "other").symlink_to(outside)
    site.submit(A, thread="other")
    with pytest.raises(ConversationError, match="comments/other is no folder"):
        approve(site.moderation(), A)
    site.commit_all("A link")
    (site.root / "comments" / "other").unlink()
    with pytest.raises(ConversationError, match="comments/other is no folder"):
        approve(site.moderation(), A)
    assert ([], State.PENDING) == (list(outside.iterdir()), site.state_of(A))


@pytest.mark.parametrize("thread", ["ünï-中文", "a.b_c-d", "-r", "t" * 200])
def test_any_thread_can_be_written(site: ModeratedSite, thread: str) -> None:
    """No name is taken for an option, a pattern or a quoted path."""
    site.submit(A, thread=thread)
    site.submit(B, A, thread=thread)
    approve(site.moderation(), A)
    approve(site.moderation(), B)
    moderation = site.moderation()
    assert {(thread, A), (thread, B), ("talk", PUBLIC)} == set(moderation.list_public())
    assert (2, "") == (len(moderation.read_public([thread])[thread].comments), site.status())


def test_line_ends_stay_as_they_were_signed(site: ModeratedSite, own_git_settings: Path) -> None:
    """Where git changes line ends, a session neither stumbles over that nor does it itself."""
    own_git_settings.write_text("[core]\n\tautocrlf = true\n")
    (site.root / path_of(PUBLIC)).unlink()
    git(site.root, "checkout", "--", path_of(PUBLIC))
    assert b"\r\n" in (site.root / path_of(PUBLIC)).read_bytes()
    site.submit(A)
    site.moderation().decide([Decision(Action.REMOVE, PUBLIC, "talk"), Decision(Action.APPROVE, A)])
    assert (make_submission(A).comment, "") == ((site.root / path_of(A)).read_bytes(), site.status())


def test_a_site_below_the_top_of_its_repository(tmp_path: Path) -> None:
    """Paths are those of the repository, whatever characters the folders above have."""
    root = tmp_path / "everything"
    site = ModeratedSite(root / 'my "blog" ä')
    (site.root / ".git").rename(root / ".git")
    site.commit_all("Moved")
    site.submit(A)
    approve(site.moderation(), A)
    assert make_submission(A).comment.decode() == git(root, "show", f'HEAD:my "blog" ä/{path_of(A)}')
    assert "" == site.status()


def test_a_linked_work_tree(site: ModeratedSite, tmp_path: Path) -> None:
    """Its branch gets the commit, and the main one stays where it is."""
    git(site.root, "worktree", "add", "--quiet", "-b", "drafts", str(tmp_path / "linked"))
    site.submit(A)
    settings = {**PELICAN_SETTINGS, "CONVERSATION_INBOX": str(site.root / "var" / "inbox.git")}
    approve(Moderation(read_settings(settings, tmp_path / "linked")), A)
    assert ("", True) == (
        git(tmp_path / "linked", "status", "--porcelain"),
        (tmp_path / "linked" / path_of(A)).exists(),
    )
    assert (["Start"], "Approve 1 comment\n") == (site.subjects(), git(site.root, "log", "-1", "--format=%s", "drafts"))


def test_comments_in_a_repository_of_their_own(site: ModeratedSite) -> None:
    """The repository around the folder of comments counts, which may be that folder."""
    folder = site.root / "talks"
    folder.mkdir()
    git(folder, "init", "--quiet")
    site.submit(A)
    approve(site.moderation(CONVERSATION_PATH="talks"), A)
    assert (f"talk/{A}.md\n", ["Start"]) == (git(folder, "ls-files"), site.subjects())


def test_a_branch_without_a_commit(tmp_path: Path) -> None:
    """The session is its first, and can be taken back."""
    site = ModeratedSite(tmp_path / "site")
    git(site.root, "checkout", "--quiet", "--orphan", "fresh")
    git(site.root, "rm", "-r", "--quiet", "--cached", ".")
    site.submit(A)
    approve(site.moderation(), A)
    assert (["Approve 1 comment"], f"{path_of(A)}\n") == (site.subjects(), git(site.root, "ls-files"))
    site.moderation().undo()
    assert (State.PENDING, False) == (site.state_of(A), (site.root / path_of(A)).exists())


def test_no_branch(site: ModeratedSite) -> None:
    """With a detached HEAD the commit would soon be lost, so there is none."""
    git(site.root, "checkout", "--quiet", "--detach")
    site.submit(A)
    with pytest.raises(ConversationError, match=r"no branch is checked out.*git switch"):
        approve(site.moderation(), A)
    assert (["Start"], State.PENDING) == (site.subjects(), site.state_of(A))


def test_no_repository(tmp_path: Path) -> None:
    """What to do is said."""
    (tmp_path / "comments").mkdir()
    with pytest.raises(NoRepositoryError, match="git init"):
        SiteRepository(read_settings(PELICAN_SETTINGS, tmp_path))


def test_comments_outside_of_the_repository(site: ModeratedSite, tmp_path: Path) -> None:
    """A folder that is a link to somewhere else is refused."""
    (tmp_path / "elsewhere").mkdir()
    (site.root / "talks").symlink_to(tmp_path / "elsewhere")
    git(tmp_path / "elsewhere", "init", "--quiet")
    repository = SiteRepository(site.settings(CONVERSATION_PATH="talks"))
    assert (tmp_path / "elsewhere", "") == (repository.git.repository, repository.folder)
    with pytest.raises(ConversationError, match="leads out of the repository"):
        repository.find_path(site.root / "allowed_signers")


def test_whom_a_commit_is_by(site: ModeratedSite, own_git_settings: Path) -> None:
    """CONVERSATION_MODERATOR, else git's user; a machine's guess is nobody's name."""
    site.submit(A)
    with pytest.raises(ConversationError, match="CONVERSATION_MODERATOR"):
        approve(site.moderation(CONVERSATION_MODERATOR=None), A)
    own_git_settings.write_text("[user]\n\tname = Ümit Example\n\temail = umit@example.org\n")
    approve(site.moderation(CONVERSATION_MODERATOR=None), A)
    assert "Ümit Example <umit@example.org>\n" == git(site.root, "log", "-1", "--format=%an <%ae>")


def test_variables_of_git_lead_nowhere_else(
    site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a hook or an alias git names a repository, which is not meant here."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    site.submit(A)
    assert approve(site.moderation(), A).commit
    assert not (tmp_path / "index").exists()


def test_a_commit_that_comes_in_between(site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays, and the session comes after it, with its own files only."""
    script = f"""\
case "$*" in *update-ref*pelican-comments:*) [ -e {tmp_path}/once ] || {{
  touch {tmp_path}/once; echo between > {site.root}/between
  (cd {site.root} && "$real" add between && "$real" -c user.name=B -c user.email=b@example.org commit -qm Between)
}} ;; esac"""
    site.submit(A)
    moderation = site.moderation()
    monkeypatch.setenv("PATH", wrap_git(tmp_path / "bin", script))
    approve(moderation, A)
    assert (["Approve 1 comment", "Between", "Start"], "") == (site.subjects(), site.status())
    assert ("between\n", State.APPROVED) == (site.committed("between"), site.state_of(A))


def test_a_branch_that_never_rests(site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries the session gives up, and nothing has happened."""
    script = f"""\
case "$*" in *update-ref*pelican-comments:*)
  (cd {site.root} && "$real" -c user.name=B -c user.email=b@example.org commit --allow-empty -qm Between)
;; esac"""
    site.submit(A)
    moderation = site.moderation()
    monkeypatch.setattr("pelican.plugins.conversation.moderation.moderating.ATTEMPTS", 3)
    monkeypatch.setenv("PATH", wrap_git(tmp_path / "bin", script))
    with pytest.raises(ConversationError, match="moves all the time"):
        approve(moderation, A)
    assert (None, "", State.PENDING) == (site.committed(path_of(A)), site.status(), site.state_of(A))


def test_a_branch_that_is_not_where_it_was_seen(site: ModeratedSite) -> None:
    """The commit is refused, not the other one lost."""
    repository = site.moderation().repository
    with repository.held():
        branch = repository.read_branch()
        site.commit_all("Between")
        with pytest.raises(BranchMovedError):
            repository.commit(branch, {"comments/talk/a.md": b"a"}, message="x")
    assert ["Between", "Start"] == site.subjects()


def test_an_index_that_is_locked_for_long(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session is committed and says what is missing; the next command brings it."""
    monkeypatch.setattr("pelican.plugins.conversation.git.work_tree.LOCK_PATIENCE_SECONDS", 0.1)
    site.submit(A)
    lock = site.root / ".git" / "index.lock"
    lock.touch()
    outcome = approve(site.moderation(), A)
    assert (1, State.APPROVED) == (len(outcome.warnings), site.state_of(A))
    assert "index.lock" in outcome.warnings[0]
    lock.unlink()
    assert () == site.moderation().read_queue()
    assert "" == site.status()


def test_a_branch_that_is_locked_for_long(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session does not happen."""
    monkeypatch.setattr("pelican.plugins.conversation.git.work_tree.LOCK_PATIENCE_SECONDS", 0.1)
    site.submit(A)
    (site.root / ".git" / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(GitError, match=r"main\.lock"):
        approve(site.moderation(), A)
    assert ("", State.PENDING) == (site.status(), site.state_of(A))


def test_two_sessions_at_once_wait_for_each_other(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for ever."""
    monkeypatch.setattr("pelican.plugins.conversation.moderation.site_repository.PATIENCE_SECONDS", 0.1)
    with site.moderation().repository.held(), pytest.raises(ConversationError, match="another session"):
        site.moderation().read_queue()
    assert () == site.moderation().read_queue()


def test_who_waits_in_vain_leaves_the_lock_to_whom_it_is(
    site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two threads with one desk; the git commands of the one that decides go on holding its lock."""
    monkeypatch.setattr("pelican.plugins.conversation.moderation.site_repository.PATIENCE_SECONDS", 0.1)
    moderation = site.moderation()
    repository = moderation.repository
    seen = tmp_path / "seen"
    script = f'case "$*" in *fast-import*) ls -l /proc/self/fd | grep -c pelican-comments.busy > {seen} ;; esac'
    monkeypatch.setenv("PATH", wrap_git(tmp_path / "bin", script))
    refused = []

    def wait() -> None:
        with pytest.raises(ConversationError, match="another session") as caught:
            moderation.read_queue()
        refused.append(caught.value)

    with repository.held():
        run_together(wait)
        repository.commit(repository.read_branch(), {"comments/talk/a.md": b"a"}, message="x")
    assert (1, "1\n") == (len(refused), seen.read_text())
    assert () == moderation.read_queue()


def test_a_watcher_of_files_holds_no_session(site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """With `core.fsmonitor`, git starts a program that stays, and has every file open that the git command had."""
    monkeypatch.setattr("pelican.plugins.conversation.moderation.site_repository.PATIENCE_SECONDS", 0.5)
    watcher = tmp_path / "watcher"
    watcher.write_text("#!/bin/sh\nsleep 5 > /dev/null 2>&1 &\nprintf 'now\\0/\\0'\n")
    watcher.chmod(0o755)
    git(site.root, "config", "core.fsmonitor", str(watcher))
    git(site.root, "update-index", "--fsmonitor")
    for id in (A, B):
        site.submit(id)
        assert approve(site.moderation(), id).commit
    assert "" == site.status()


@pytest.mark.parametrize("is_shared", [True, False], ids=["one repository", "two clones"])
def test_of_approve_and_reject_at_the_same_time_one_wins(site: ModeratedSite, tmp_path: Path, is_shared: bool) -> None:
    """The other is told; page and inbox agree, three times."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(site.root), str(clone))
    inbox = {"CONVERSATION_INBOX": str(site.root / "var" / "inbox.git")}
    other = site.settings() if is_shared else read_settings({**PELICAN_SETTINGS, **inbox}, clone)
    for id in (A, B, "20260314-092000-ijkl"):
        revision = site.submit(id)
        desks = {Action.APPROVE: site.moderation(), Action.REJECT: Moderation(other)}
        outcomes: dict[Action, Outcome] = {}

        def decide(action: Action, id: str = id, seen: str = revision, desks: Mapping[Action, Moderation] = desks, outcomes: dict[Action, Outcome] = outcomes) -> None:  # fmt: skip
            outcomes[action] = desks[action].decide([Decision(action, id, seen=seen)])

        run_together(lambda: decide(Action.APPROVE), lambda: decide(Action.REJECT))
        (winner,) = [action for action, outcome in outcomes.items() if outcome.plan.changes]
        loser = outcomes[Action.APPROVE if winner is Action.REJECT else Action.REJECT]
        assert [(id, "somebody")] == [(r.id, r.reason.partition(" ")[0]) for r in loser.plan.refusals]
        assert (State.APPROVED if winner is Action.APPROVE else State.REJECTED) is site.state_of(id)
        assert (winner is Action.APPROVE) == (site.committed(path_of(id)) is not None)
        assert "" == site.status()


def run_together(*functions: Callable[[], None]) -> None:
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


CHANGE_OF_MIND = """\
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from pelican.plugins.conversation.inbox.keeping import Inbox
from tests.moderated_site import make_submission
inbox = Inbox.open(Path({inbox!r}))
revision = inbox.standings()[{id!r}].revision
{change}
"""


def change_after_commit(site: ModeratedSite, change: str) -> None:
    """Have the writer of A change the inbox as soon as the next session is committed."""
    facts = {"id": A, "inbox": str(site.root / "var" / "inbox.git"), "tests": str(Path(__file__).parent.parent)}
    script = site.root / "var" / "change.py"
    script.write_text(CHANGE_OF_MIND.format(change=change.format(**facts), **facts))
    hook = site.root / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    once = site.root / "var" / "once"
    hook.write_text(
        f'#!/bin/sh\n[ "$1" = committed ] || exit 0\ngrep -q refs/heads/main || exit 0\n'
        f"[ -e {once} ] && exit 0\ntouch {once}\nunset GIT_DIR GIT_INDEX_FILE\nexec {sys.executable} {script}\n"
    )
    hook.chmod(0o755)


CHANGES_OF_MIND = {
    "its writer changed it in this very moment": "inbox.replace(make_submission({id!r}, body='second thoughts'), expected_revision=revision)",
    "its writer withdrew it in this very moment": "inbox.withdraw({id!r}, expected_revision=revision)",
}  # fmt: skip


@pytest.mark.parametrize(("expected", "change"), CHANGES_OF_MIND.items())
def test_who_changes_their_mind_in_that_very_moment_is_not_published(
    site: ModeratedSite, expected: str, change: str
) -> None:
    """Between commit and inbox: what was committed is taken back with the reply to it, the rest of the session stays."""
    site.submit(A)
    site.submit(B)
    site.submit("20260314-093000-ijkl", A)
    change_after_commit(site, change)
    outcome = approve(site.moderation(), A, B, "20260314-093000-ijkl")
    assert {A: expected, "20260314-093000-ijkl": "it answers a comment that was taken back"} == {
        refusal.id: refusal.reason for refusal in outcome.plan.refusals
    }
    assert (None, None) == (site.committed(path_of(A)), site.committed(path_of("20260314-093000-ijkl")))
    assert site.committed(path_of(B)) is not None
    assert ("", State.PENDING) == (site.status(), site.state_of("20260314-093000-ijkl"))
    assert ["Take 2 comments back", "Approve 3 comments", "Start"] == site.subjects()
    site.moderation().undo()
    assert (None, State.PENDING) == (site.committed(path_of(B)), site.state_of(B))
    assert (None, "") == (site.committed(path_of(A)), site.status())


def test_who_withdraws_is_not_published_while_the_inbox_fails_for_another(site: ModeratedSite) -> None:
    """What was withdrawn is taken back; what the inbox could not be told stays on the page, and the next command tells it."""
    site.submit(A)
    site.submit(B)
    obstacle = site.root / "var" / "inbox.git" / "refs" / "comments" / "approved" / B / ".in-the-way"
    change_after_commit(
        site,
        f"inbox.withdraw({{id!r}}, expected_revision=revision)\n"
        f"Path({str(obstacle)!r}).parent.mkdir(parents=True)\nPath({str(obstacle)!r}).touch()",
    )
    outcome = approve(site.moderation(), B, A)
    assert {A: "its writer withdrew it in this very moment"} == {r.id: r.reason for r in outcome.plan.refusals}
    assert ([B], 1) == ([change.id for change in outcome.plan.changes], len(outcome.warnings))
    assert "the inbox does not know yet" in outcome.warnings[0]
    assert (None, None, "") == (site.committed(path_of(A)), site.state_of(A), site.status())
    assert (True, State.PENDING) == (site.committed(path_of(B)) is not None, site.state_of(B))
    obstacle.unlink()
    assert () == site.moderation().read_queue()
    assert State.APPROVED is site.state_of(B)


def test_a_session_in_another_clone_is_finished_here(site: ModeratedSite, tmp_path: Path) -> None:
    """Its commit says what became of the comments, to whoever has the same inbox."""
    site.submit(A)
    site.submit(B)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(site.root), str(clone))
    (clone / "var").mkdir()
    git(clone, "clone", "--quiet", "--mirror", str(site.root / "var" / "inbox.git"), str(clone / "var" / "inbox.git"))
    other = Moderation(read_settings(PELICAN_SETTINGS, clone))
    other.decide([Decision(Action.APPROVE, A), Decision(Action.REJECT, B)])
    git(site.root, "pull", "--quiet", "--ff-only", str(clone), "main")
    assert () == site.moderation().read_queue()
    assert (State.APPROVED, State.REJECTED) == (site.state_of(A), site.state_of(B))


def test_a_forged_log_decides_nothing(site: ModeratedSite) -> None:
    """A commit message from a pull request does not know the revision, and approves nothing without a file."""
    revision = site.submit(A)
    message = f"x\n\n- Approve talk/{A} [pending -> approved {{}}]\n\nConversation-Session: forged\n"
    git(site.root, "commit", "--quiet", "--allow-empty", "-m", message.format("0" * 12))
    git(site.root, "commit", "--quiet", "--allow-empty", "-m", message.format(revision[:12]))
    assert [A] == [candidate.id for candidate in site.moderation().read_queue()]


DYING = """\
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from pelican.plugins.conversation.moderation.decisions import Action, Decision, make_id
from pelican.plugins.conversation.moderation.moderating import Moderation
from pelican.plugins.conversation.settings import read_settings
moderation = Moderation(read_settings({settings!r}, Path({root!r})))
moderation.decide([
    Decision(Action.APPROVE, {a!r}), Decision(Action.REJECT, {b!r}), Decision(Action.REMOVE, {public!r}, "talk"),
])
"""
KILLER = """\
case "$*" in *"{command}"*)
  count=$(cat {folder}/count 2>/dev/null || echo 0)
  echo $((count + 1)) > {folder}/count
  if [ $count -eq {number} ]; then {before} kill -9 $PPID; exit 1; fi
;; esac"""
STEPS = [
    ("fast-import", 0), ("update-ref -m pelican-comments", 0), ("hash-object", 1), ("update-index", 0),
    ("fast-import", 1), ("update-ref --stdin", 0),
]  # fmt: skip
"""Commands of a session, and which call of each: site's commit, its branch, the look at the work tree, the index; the
inbox's commits and refs."""


def kill_session(
    site: ModeratedSite, program: str, command: str, number: int, *, does_it_first: bool, **facts: object
) -> None:
    """Run a program with a session, and kill it when it calls git for a command, the first time being number 0."""
    folder = site.root.parent
    before = '"$real" "$@" <&0;' if does_it_first else ""
    script = KILLER.format(command=command, folder=folder, number=number, before=before)
    done = subprocess.run(
        [sys.executable, "-c", program.format(settings=PELICAN_SETTINGS, root=str(site.root), tests="", **facts)],
        check=False, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PATH": wrap_git(folder / "kill", script)},
    )  # fmt: skip
    assert -9 == done.returncode, done.stderr


@pytest.mark.parametrize("does_it_first", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("command", "number"), STEPS)
def test_a_session_that_is_killed_is_whole_or_was_not(
    tmp_path: Path, command: str, number: int, does_it_first: bool
) -> None:
    """Killed at any step: nothing is lost, nothing doubled, and the next command finishes what was begun."""
    site = ModeratedSite(tmp_path / "site")
    site.submit(A)
    site.submit(B)
    kill_session(site, DYING, command, number, does_it_first=does_it_first, a=A, b=B, public=PUBLIC)
    queue = {candidate.id for candidate in site.moderation().read_queue()}
    is_done = len(site.subjects()) == 2
    assert (set() if is_done else {A, B}) == queue
    assert (is_done, not is_done) == (
        site.committed(path_of(A)) is not None,
        site.committed(path_of(PUBLIC)) is not None,
    )
    assert "" == site.status()
    decisions = [Decision(Action.APPROVE, A), Decision(Action.REJECT, B)]
    site.moderation().decide([*decisions, *([] if is_done else [Decision(Action.REMOVE, PUBLIC, "talk")])])
    assert ["Approve 1 comment, remove 1, decline 1", "Start"] == site.subjects()
    assert (State.APPROVED, State.REJECTED, "") == (site.state_of(A), site.state_of(B), site.status())
    assert not (site.root / ".git" / UNFINISHED).exists()


@pytest.mark.parametrize(
    "damage", [b"\0" * 41, b"\xff\xfe\n", b"--all\n", b""], ids=["zeros", "bytes", "words", "nothing"]
)
def test_a_note_that_a_disk_has_damaged(site: ModeratedSite, damage: bytes) -> None:
    """What of it can be read is finished, and no later command stumbles over the rest."""
    site.submit(A)
    commit = approve(site.moderation(), A).commit
    git(site.root, "rm", "--quiet", path_of(A))
    note = site.root / ".git" / UNFINISHED
    note.write_bytes(damage + b"\n" + commit.encode() + b"\n" + damage)
    assert () == site.moderation().read_queue()
    assert ("", True, False) == (site.status(), (site.root / path_of(A)).exists(), note.exists())


LATE_STEPS = [
    ("update-ref -m pelican-comments", 0), ("hash-object", 1), ("update-index", 0), ("fast-import", 1), ("update-ref --stdin", 0),
    ("fast-import", 2), ("update-ref -m pelican-comments", 1), ("update-index", 1), ("fast-import", 3), ("update-ref --stdin", 1),
]  # fmt: skip
"""Of a session whose writer changes their mind when it is committed; the second line is the commit that takes it back."""
DYING_APPROVAL = (
    DYING.partition("moderation.decide")[0] + "moderation.decide([Decision(Action.APPROVE, id) for id in {ids!r}])\n"
)


@pytest.mark.parametrize("change", CHANGES_OF_MIND.values(), ids=["changed", "withdrawn"])
@pytest.mark.parametrize(("command", "number"), LATE_STEPS)
def test_who_changes_their_mind_while_the_session_dies_is_not_published(
    tmp_path: Path, command: str, number: int, change: str
) -> None:
    """Killed anywhere after the commit: the next command takes the comment back with the reply to it, the rest stays."""
    site = ModeratedSite(tmp_path / "site")
    site.submit(A)
    site.submit(B)
    site.submit("20260314-093000-ijkl", A)
    change_after_commit(site, change)
    kill_session(site, DYING_APPROVAL, command, number, does_it_first=True, ids=[A, B, "20260314-093000-ijkl"])
    queue = {candidate.id for candidate in site.moderation().read_queue()}
    assert {"20260314-093000-ijkl", *([A] if "replace" in change else [])} == queue
    assert (None, None) == (site.committed(path_of(A)), site.committed(path_of("20260314-093000-ijkl")))
    assert (True, State.APPROVED, "") == (site.committed(path_of(B)) is not None, site.state_of(B), site.status())
    assert ["Take 2 comments back", "Approve 3 comments", "Start"] == site.subjects()
    assert frozenset() == site.moderation().repository.list_untold()
    site.moderation().read_queue()
    site.moderation().undo()
    assert (None, State.PENDING, "") == (site.committed(path_of(B)), site.state_of(B), site.status())


def test_what_another_clone_published_is_not_taken_back_here(site: ModeratedSite, tmp_path: Path) -> None:
    """An inbox that never had the comment, or heard nothing of it yet, says nothing about its writer."""
    site.submit(A)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(site.root), str(clone))
    approve(site.moderation(), A)
    git(clone, "pull", "--quiet", "--ff-only", str(site.root), "main")
    other = Moderation(read_settings(PELICAN_SETTINGS, clone))
    assert () == other.read_queue()
    assert (clone / path_of(A)).exists()


def test_what_was_edited_by_hand_since_is_not_taken_back(site: ModeratedSite) -> None:
    """Whoever changed a file after a session that died has decided about it."""
    revision = site.submit(A)
    moderation = site.moderation()
    obstacle = site.root / "var" / "inbox.git" / "refs" / "comments" / "approved" / A / ".in-the-way"
    obstacle.parent.mkdir(parents=True)
    obstacle.touch()
    assert 1 == len(approve(moderation, A).warnings)
    obstacle.unlink()
    site.files.write(path_of(A), "---\nname: A\ndate: 2026-03-14T09:26:53Z\n---\nchanged\n")
    site.commit_all("By hand")
    site.inbox.withdraw(A, expected_revision=revision)
    assert () == site.moderation().read_queue()
    assert ["By hand", "Approve 1 comment", "Start"] == site.subjects()


def test_who_withdraws_after_a_session_that_the_inbox_was_not_told_of(
    site: ModeratedSite, caplog: pytest.LogCaptureFixture
) -> None:
    """It could not be written then; what its writer did since stands, and what is still to be told waits."""
    revisions = {id: site.submit(id) for id in (A, B)}
    obstacles = [site.root / "var" / "inbox.git" / "refs" / "comments" / "approved" / id / "x" for id in (A, B)]
    for obstacle in obstacles:
        obstacle.parent.mkdir(parents=True)
        obstacle.touch()
    assert 1 <= len(approve(site.moderation(), A, B).warnings)
    site.inbox.withdraw(A, expected_revision=revisions[A])
    assert [B] == [candidate.id for candidate in site.moderation().read_queue()]
    assert (None, True) == (site.committed(path_of(A)), site.committed(path_of(B)) is not None)
    assert f"talk/{A}: taken back" in caplog.text
    site.inbox.withdraw(B, expected_revision=revisions[B])
    site.moderation().read_queue()
    assert (None, frozenset()) == (site.committed(path_of(B)), site.moderation().repository.list_untold())


def test_a_session_whose_files_were_half_written(site: ModeratedSite) -> None:
    """Those that are there stay, the others follow, and what the blogger changed since is left alone."""
    site.files.write_comment("talk", "mine")
    site.commit_all("Mine")
    repository = site.moderation().repository
    names = ["a", "b", "mine"]
    with repository.held():
        branch = repository.read_branch()
        repository.commit(branch, {f"comments/talk/{name}.md": name.encode() for name in names}, message="x")
        site.files.write("comments/talk/a.md", "a")
        site.files.write("comments/talk/mine.md", "changed since\n")
    assert () == site.moderation().read_queue()
    assert ["a", "b", "changed since\n"] == [(site.root / f"comments/talk/{n}.md").read_text() for n in names]
    assert " M comments/talk/mine.md\n" == site.status()


def test_a_session_that_died_and_was_left_behind(site: ModeratedSite) -> None:
    """On another branch, or after a reset, there is nothing to finish."""
    repository = site.moderation().repository
    with repository.held():
        repository.commit(repository.read_branch(), {"comments/talk/a.md": b"a"}, message="x")
    git(site.root, "reset", "--quiet", "--hard", "HEAD~1")
    assert () == site.moderation().read_queue()
    assert ("", False) == (site.status(), (site.root / "comments/talk/a.md").exists())


def test_files_that_cannot_be_written(site: ModeratedSite) -> None:
    """The commit stays, the inbox knows, and the next command brings the files when it can."""
    site.submit(A, thread="new")
    (site.root / "comments" / "new").mkdir()
    (site.root / "comments" / "new" / f".{A}.md.new").mkdir()
    outcome = approve(site.moderation(), A)
    assert (True, 1, State.APPROVED) == (bool(outcome.commit), len(outcome.warnings), site.state_of(A))
    assert "the files of the work tree do not follow" in outcome.warnings[0]
    (site.root / "comments" / "new" / f".{A}.md.new").rmdir()
    site.moderation().read_queue()
    assert "" == site.status()


def test_an_inbox_that_cannot_be_written_after_the_commit(site: ModeratedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """The comment is on the page once, and the inbox is told by the next command."""
    site.submit(A)
    moderation = site.moderation()
    script = 'case "$*" in *inbox.git*fast-import*) echo "No space left on device" >&2; exit 128 ;; esac'
    with monkeypatch.context() as patch:
        patch.setenv("PATH", wrap_git(tmp_path / "bin", script))
        outcome = approve(moderation, A)
    assert ["the inbox does not know yet"] == [warning.partition(":")[0] for warning in outcome.warnings]
    assert State.PENDING is site.state_of(A)
    assert () == site.moderation().read_queue()
    assert (State.APPROVED, ["Approve 1 comment", "Start"]) == (site.state_of(A), site.subjects())


def test_undo_takes_the_last_session_back(site: ModeratedSite) -> None:
    """File, signature and state; again, and it takes the one before."""
    site.submit(A)
    site.submit(B)
    approve(site.moderation(), A)
    site.moderation().decide([Decision(Action.SPAM, B), Decision(Action.REMOVE, PUBLIC, "talk")])
    session, outcome = site.moderation().undo()
    assert ("Remove 1 comment, mark 1 as spam", True) == (session.subject, bool(outcome.commit))
    assert (True, State.PENDING, State.APPROVED) == (
        (site.root / path_of(PUBLIC)).exists(),
        site.state_of(B),
        site.state_of(A),
    )
    site.moderation().undo()
    assert (False, State.PENDING, "") == ((site.root / path_of(A)).exists(), site.state_of(A), site.status())
    with pytest.raises(ConversationError, match="no session to take back"):
        site.moderation().undo()
    approve(site.moderation(), A, B)
    site.moderation().undo()
    assert {A, B} == {candidate.id for candidate in site.moderation().read_queue()}


def test_undo_in_a_shallow_clone(site: ModeratedSite) -> None:
    """Its oldest commit seems to have made every file; undoing that would delete them all."""
    site.submit(A)
    site.submit(B)
    approve(site.moderation(), A)
    (site.root / ".git" / "shallow").write_text(git(site.root, "rev-parse", "HEAD"))
    with pytest.raises(ConversationError, match="run `git fetch --unshallow` there"):
        site.moderation().undo()
    approve(site.moderation(), B)
    assert "Approve 1 comment" == site.moderation().undo()[0].subject
    assert (True, False, "") == (
        (site.root / path_of(PUBLIC)).exists(),
        (site.root / path_of(B)).exists(),
        site.status(),
    )


def test_undo_in_a_partial_clone(site: ModeratedSite, tmp_path: Path) -> None:
    """What it has not fetched comes when it is needed; where its remote is away, no empty file takes the place of a text."""
    site.submit(A)
    approve(site.moderation(), A)
    text = site.committed(path_of(A))
    site.moderation().decide([Decision(Action.REMOVE, A, "talk")])
    git(site.root, "config", "uploadpack.allowFilter", "true")
    laptop = tmp_path / "laptop"
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", site.root.as_uri(), str(laptop))
    away = site.root.rename(tmp_path / "away")
    moderation = Moderation(read_settings(PELICAN_SETTINGS, laptop))
    with pytest.raises(ConversationError, match=f"cannot give {path_of(A)} as .* when its remote can be reached"):
        moderation.undo()
    away.rename(site.root)
    moderation.undo()
    assert text == (laptop / path_of(A)).read_text("utf-8")


def test_undo_after_a_rebase(site: ModeratedSite) -> None:
    """A session is known by its key, not by its commit."""
    site.submit(A)
    site.submit(B)
    approve(site.moderation(), A)
    approve(site.moderation(), B)
    site.moderation().undo()
    git(site.root, "commit", "--quiet", "--amend", "--allow-empty", "-m", git(site.root, "log", "-1", "--format=%B"))
    git(site.root, "rebase", "--quiet", "--force-rebase", "--root")
    assert "Approve 1 comment" == site.moderation().undo()[0].subject
    assert {A, B} == {candidate.id for candidate in site.moderation().read_queue()}


def test_undo_after_the_blogger_did_it_by_hand(site: ModeratedSite) -> None:
    """The comment goes back to the queue, and undo goes on to the session before."""
    site.submit(A)
    approve(site.moderation(), A)
    git(site.root, "revert", "--no-edit", "HEAD")
    site.moderation().undo()
    assert State.PENDING is site.state_of(A)
    with pytest.raises(ConversationError, match="no session"):
        site.moderation().undo()


def test_undo_stops_where_the_file_has_changed(site: ModeratedSite) -> None:
    """Nothing is taken back then."""
    site.submit(A)
    approve(site.moderation(), A)
    site.files.write(path_of(A), "---\nname: A\ndate: 2026-03-14T09:26:53Z\n---\nchanged\n")
    site.commit_all("By hand")
    outcome = site.moderation().undo()[1]
    assert ("", [A]) == (outcome.commit, [refusal.id for refusal in outcome.plan.refusals])
    assert State.APPROVED is site.state_of(A)


def test_push(site: ModeratedSite, tmp_path: Path) -> None:
    """The branch goes to the remote; what fails is said, without a password, and the commit stays."""
    bare = tmp_path / "remote.git"
    git(tmp_path, "init", "--quiet", "--bare", str(bare))
    git(site.root, "remote", "add", "origin", str(bare))
    site.submit(A)
    moderation = site.moderation(CONVERSATION_PUSH="origin")
    approve(moderation, A)
    assert "" == moderation.push()
    assert git(site.root, "rev-parse", "HEAD") == git(bare, "rev-parse", "main")
    git(bare, "config", "receive.denyNonFastForwards", "true")
    git(site.root, "commit", "--quiet", "--amend", "--allow-empty", "-m", "Other")
    said = moderation.push()
    assert said.startswith("the commit stays here, for it could not be pushed to ")
    assert ("run `git pull`" in said, "hint:" in said) == (True, False)
    said = site.moderation(CONVERSATION_PUSH="https://user:secret@localhost:1/x.git").push()
    assert "could not be pushed" in said
    assert "secret" not in said


def test_push_as_an_option(site: ModeratedSite, tmp_path: Path) -> None:
    """The name of a remote is no option of git's."""
    said = site.moderation(CONVERSATION_PUSH=f"--receive-pack=touch {tmp_path}/pwned").push()
    assert ("could not be pushed" in said, False) == (True, (tmp_path / "pwned").exists())


def test_many_comments_at_once(site: ModeratedSite) -> None:
    """Hundreds are still one commit, in a few seconds."""
    ids = [f"20260314-092000-{number:04}" for number in range(300)]
    site.inbox.apply([Add(make_submission(id)) for id in ids])
    outcome = approve(site.moderation(), *ids)
    assert (300, ["Approve 300 comments", "Start"], "") == (len(outcome.plan.changes), site.subjects(), site.status())
    assert () == site.moderation().read_queue()


def test_new_ids() -> None:
    """The time in UTC and four characters that differ."""
    moment = datetime(2026, 3, 14, 10, 26, 53, tzinfo=timezone(timedelta(hours=1)))
    ids = {make_id(moment) for _ in range(50)}
    assert {"20260314-092653"} == {id[:15] for id in ids}
    assert (20, len(ids) > 40) == (len(next(iter(ids))), True)


def test_an_unborn_branch_is_told_from_a_broken_one(site: ModeratedSite) -> None:
    """None is a branch without a commit; the other has a name and a revision."""
    branch = read_branch(site.moderation().repository.git)
    assert ("main", 40) == (branch.short_name, len(branch.revision or ""))
    with pytest.raises(InboxUnavailableError):
        site.moderation(CONVERSATION_INBOX="pelicanconf.py/inbox.git")
