"""Sites with a repository and an inbox, for tests of moderation."""

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from tempfile import mkdtemp

import click
import pytest
from pelican.plugins.conversation.cli import group, main
from pelican.plugins.conversation.comments.comment_file import format_comment
from pelican.plugins.conversation.configuration import Settings
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.submission import PrivatePart, format_private_part
from pelican.plugins.conversation.inbox.values import Submission
from pelican.plugins.conversation.model import Comment, State
from pelican.plugins.conversation.moderation.moderating import Moderation
from pelican.plugins.conversation.settings import read_settings

from .building import TestSite

Run = Callable[..., tuple[int, str, str]]
START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
MODERATOR = "Mo Derator <mo@example.org>"
SETTINGS = f"CONVERSATION_MODERATOR = {MODERATOR!r}\n"
PELICAN_SETTINGS = {
    "SITENAME": "A site",
    "TIMEZONE": "UTC",
    "CONVERSATION_AUTHORS": {"ann": {"name": "Ann Example"}},
    "CONVERSATION_MODERATOR": MODERATOR,
}
PUBLIC = "20260313-100000-aaaa"
"""Id of the comment that every site has on its page `talk`."""


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """Run git as somebody who has the repository in front of them, and return what it prints."""
    by = ("-c", "user.name=Bo Logger", "-c", "user.email=bo@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *by, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout


def make_submission(
    id: str, parent: str | None = None, *, thread: str = "talk", name: str = "Reader", body: str = "",
    minutes: int = 0, marks: Sequence[str] = (),
) -> Submission:  # fmt: skip
    """Return a submission as the receiver makes it, with a sealed address."""
    date = START + timedelta(minutes=minutes)
    comment = Comment(thread=thread, id=id, date=date, name=name, body=body or f"Body of {id}.", in_reply_to=parent)
    private = format_private_part(PrivatePart(thread, date, tuple(marks), sealed_email="sealed-secret"))
    return Submission(id, format_comment(comment), private)


@cache
def _make_template() -> Path:
    """Make the repository that every site begins as; making one takes longer than copying it."""
    root = Path(mkdtemp(prefix="moderated-site-"))
    atexit.register(shutil.rmtree, root)
    files = TestSite(root, SETTINGS)
    files.write_article("talk")
    files.write_comment("talk", PUBLIC, date="2026-03-13T10:00:00Z")
    files.write(".gitignore", "/output/\n/var/\n__pycache__/\n")
    git(root, "init", "--quiet", "--initial-branch=main", "--template=")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "Start")
    return root


class ModeratedSite:
    """A site whose first commit has a page and one comment, and whose inbox is empty."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(_make_template(), root)
        self.root = root
        self.files = TestSite(root, SETTINGS)

    def commit_all(self, message: str) -> None:
        """Commit everything there is, as the blogger."""
        git(self.root, "add", "--all")
        git(self.root, "commit", "--quiet", "--allow-empty", "-m", message)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox.open(self.root / "var" / "inbox.git")

    def settings(self, **more: object) -> Settings:
        """Return what pelicanconf.py says, without Pelican."""
        return read_settings({**PELICAN_SETTINGS, **more}, self.root)

    def moderation(self, **more: object) -> Moderation:
        return Moderation(self.settings(**more))

    def submit(
        self, id: str, parent: str | None = None, *, thread: str = "talk", name: str = "Reader", body: str = "",
        minutes: int = 0, marks: Sequence[str] = (),
    ) -> str:  # fmt: skip
        """Put a submission into the inbox as the receiver does; return its revision."""
        submission = make_submission(id, parent, thread=thread, name=name, body=body, minutes=minutes, marks=marks)
        return self.inbox.add(submission)

    def state_of(self, id: str) -> State | None:
        standing = self.inbox.standings().get(id)
        return standing.state if standing else None

    def committed(self, path: str, revision: str = "HEAD") -> str | None:
        """Return a file as a commit has it; None where it has none."""
        done = subprocess.run(
            ["git", "show", f"{revision}:{path}"], cwd=self.root, capture_output=True, text=True, check=False
        )
        return done.stdout if done.returncode == 0 else None

    def subjects(self) -> list[str]:
        """Return the first lines of all commits, latest first."""
        return git(self.root, "log", "--format=%s").splitlines()

    def status(self) -> str:
        """Return what differs between commit, index and work tree."""
        return git(self.root, "status", "--porcelain", "--untracked-files=all")


DAMAGES = ("no text", "no private part", "a part gone", "a commit gone", "no commit")
"""What can have happened to a submission: by hands that left a file out, on a disk that lost something, by a ref to something else."""


def damage(inbox: Inbox, id: str, how: str, *, state: State = State.PENDING) -> None:
    """Put a damaged submission into an inbox."""
    parts = {"comment.md": make_submission(id).comment.decode(), "private.yml": make_submission(id).private.decode()}
    objects = {name: _put(inbox, text) for name, text in parts.items()}
    listed = {name: f"100644 blob {object}\t{name}\n" for name, object in objects.items()}
    left_out = {"no text": "comment.md", "no private part": "private.yml"}.get(how)
    tree = _put(inbox, "".join(line for name, line in listed.items() if name != left_out), "mktree")
    commit = _put(inbox, f"pending {id}", "commit-tree", tree)
    gone = {"a part gone": objects["comment.md"], "a commit gone": commit}.get(how)
    ref = inbox.path / "refs" / "comments" / state.value / id
    ref.parent.mkdir(parents=True, exist_ok=True)
    ref.write_text(f"{tree if how == 'no commit' else commit}\n", "ascii")
    if gone:
        (inbox.path / "objects" / gone[:2] / gone[2:]).unlink()


def _put(inbox: Inbox, text: str, *command: str) -> str:
    by = ("-c", "user.name=Hand", "-c", "user.email=hand@example.org")
    arguments = ["git", *by, "-C", str(inbox.path), *(command or ("hash-object", "-w", "--stdin"))]
    return subprocess.run(arguments, input=text, capture_output=True, text=True, check=True).stdout.strip()


def wrap_git(folder: Path, script: str) -> str:
    """Return a PATH whose `git` is a shell script that ends with `exec real "$@"`; `script` stands before that."""
    real = next(Path(p, "git") for p in os.environ["PATH"].split(os.pathsep) if Path(p, "git").exists())
    folder.mkdir()
    wrapper = folder / "git"
    wrapper.write_text(f'#!/bin/sh\nreal={real}\n{script}\nexec "$real" "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def make_run(site: ModeratedSite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Return what runs a command in a site, without building it, and returns its exit code and what it printed."""
    monkeypatch.chdir(site.root)

    def run(*arguments: str) -> tuple[int, str, str]:
        capfd.readouterr()
        builds = "--no-build" in {option for one in find_command(arguments[0]).params for option in one.opts}
        monkeypatch.setattr(sys, "argv", ["pelican-comments", *arguments, *(["--no-build"] if builds else [])])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capfd.readouterr()

    return run


def find_command(name: str) -> click.Command:
    """Return a command of `pelican-comments`."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    return command
