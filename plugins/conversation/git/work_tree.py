"""What is read from a repository with a work tree, the site's own, and written to it: branch, trees, index, commits.

Rule: nothing here touches a file of the work tree, and `move_branch` alone moves a branch, from where the caller saw it.
Paths are relative to the top of the work tree; texts of git's are bytes that need not be UTF-8 (`os.fsdecode`).
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..errors import ConversationError
from .command import Git, GitError
from .repository import format_data, read_objects, read_parents

DURABLE = ("core.fsync=all", "core.fsyncMethod=fsync", "user.useConfigOnly=true", "core.fsmonitor=false")
"""A commit is on disk before the inbox learns of it; a name is the blogger's own, or there is none; and no command starts a
watcher of files, which would stay, and hold the lock of the session that started it."""
SCRATCH = "refs/pelican-comments/scratch"
"""fast-import gives commits to a branch; this one is never written."""
LOCK_PATIENCE_SECONDS = 5.0
"""Another git command holds the index or a branch for milliseconds; one with an editor open, for as long as that."""
PLAIN_FILE = "100644"


class NoRepositoryError(ConversationError):
    """There is no git repository around a folder."""


class BranchMovedError(ConversationError):
    """A commit came to the branch while another one was made."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where the site's repository stands."""

    name: str
    """In full, `refs/heads/...`."""
    revision: str | None
    """Of its last commit; None: it has none yet."""

    @property
    def short_name(self) -> str:
        """As people call it."""
        return self.name.removeprefix("refs/heads/")


@dataclass(frozen=True, slots=True)
class FileDifference:
    """What a commit made of one file; None: there is no such file."""

    before: str | None
    """Object."""
    after: str | None
    """Object."""


def open_work_tree(folder: Path) -> tuple[Git, Path]:
    """Return the repository whose work tree holds `folder`, which need not be there yet, and its private folder."""
    start = next(path for path in (folder, *folder.parents) if path.is_dir())
    git = Git(start, is_bare=False, settings=DURABLE, asks_user_settings=True)
    answer = git.ask("rev-parse", "--show-toplevel", "--absolute-git-dir")
    if "not a git repository" in answer.said or "must be run in a work tree" in answer.said:
        message = f"{start} is in no git repository, and decisions are commits"
        raise NoRepositoryError(f"{message}; run `git init` where pelicanconf.py is, and commit the site")
    if answer.status != 0:
        raise GitError("rev-parse", answer.status, answer.said)
    top, private = os.fsdecode(answer.printed).splitlines()
    return Git(Path(top), is_bare=False, settings=DURABLE, asks_user_settings=True), Path(private)


def read_branch(git: Git) -> Branch:
    """Return the branch that is checked out; raises ConversationError where there is none."""
    answer = git.ask("symbolic-ref", "--quiet", "HEAD")
    name = os.fsdecode(answer.printed).strip()
    if answer.status != 0 or not name.startswith("refs/heads/"):
        message = f"no branch is checked out in {git.repository}, so a commit would soon be lost"
        raise ConversationError(f"{message}; end the rebase or bisect there, or run `git switch BRANCH`")
    found = git.ask("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    return Branch(name, found.printed.decode().strip() or None)


def read_identity(git: Git) -> str:
    """Return `Name <address>` as git is configured; raises ConversationError where it is not."""
    answer = git.ask("var", "GIT_COMMITTER_IDENT")
    name, bracket, _ = answer.printed.decode(errors="replace").rpartition(">")
    if answer.status != 0 or not bracket:
        remedy = "set CONVERSATION_MODERATOR = 'Ann Example <ann@example.org>', or git's user.name and user.email"
        raise ConversationError(f"git does not know whom the commit is by; {remedy}")
    return name + bracket


def list_tree(git: Git, revision: str | None, folder: str) -> dict[str, str]:
    """Return the plain files below a folder (empty: the top) of a commit, with their objects, in git's order."""
    if revision is None:
        return {}
    below = (f"{folder}/",) if folder else ()
    printed = os.fsdecode(git.run("ls-tree", "-r", "-z", "--full-tree", revision, "--", *below))
    found = {}
    for line in filter(None, printed.split("\0")):
        facts, _, path = line.partition("\t")
        mode, _, object = facts.split(" ")
        if mode.startswith("100"):
            found[path] = object
    return found


def is_committed(path: Path) -> bool:
    """Whether the last commit of the repository around a file (absolute) has it; not, too, where there is none around."""
    try:
        git, name = _find_repository(path)
    except NoRepositoryError:
        return False
    return bool(git.ask("ls-tree", "--full-tree", "HEAD", "--", name).printed)


def is_taken_in(path: Path) -> bool:
    """Whether `git add --all` would take in a file (absolute), or has; not, too, where that cannot be told."""
    try:
        git, name = _find_repository(path)
        return git.ask("check-ignore", "--quiet", "--", name).status == 1
    except (NoRepositoryError, GitError):
        return False


def _find_repository(path: Path) -> tuple[Git, str]:
    """Return the repository around a file (absolute), and the file's path there; raises NoRepositoryError."""
    place = path.resolve()
    git, _ = open_work_tree(place.parent)
    return git, place.relative_to(git.repository).as_posix()


def list_index(git: Git, folder: str) -> dict[str, str]:
    """Return the entries of the index below a folder, with their objects; an empty one where a merge left several."""
    below = (f":(top,literal){folder}",) if folder else ()
    printed = os.fsdecode(git.run("ls-files", "--stage", "-z", "--", *below))
    found = {}
    for line in filter(None, printed.split("\0")):
        facts, _, path = line.partition("\t")
        _, object, stage = facts.split(" ")
        found[path] = object if stage == "0" else ""
    return found


def hash_files(git: Git, paths: Sequence[str]) -> dict[str, str]:
    """Return the objects that git would make of files in the work tree, line ends as its settings say."""
    if not paths:
        return {}
    asked = "".join(f"{path}\n" for path in paths)
    printed = git.run("hash-object", "--stdin-paths", input=os.fsencode(asked)).decode()
    return dict(zip(paths, printed.split(), strict=True))


def find_obstacle(git: Git, revision: str | None, paths: Sequence[str]) -> str | None:
    """Return a path that would have to be a folder for `paths` and is something else in that commit."""
    folders = sorted({folder.as_posix() for path in paths for folder in Path(path).parents} - {"."})
    if revision is None or not folders:
        return None
    asked = "".join(f"{revision}:{folder}\n" for folder in folders)
    printed = git.run("cat-file", "--batch-check=%(objecttype)", input=os.fsencode(asked)).decode(errors="replace")
    for folder, answer in zip(folders, printed.splitlines(), strict=True):
        if answer != "tree" and not answer.endswith(" missing"):
            return folder
    return None


def write_commit(
    git: Git, files: Mapping[str, bytes | None], *, message: str, parent: str | None, by: str, held: Sequence[int] = ()
) -> str:
    """Return the revision of a new commit that changes `files` (None deletes one); no branch moves.

    `by` is `Name <address>`.
    """
    now = time.time()
    moment = f"{int(now)} {datetime.fromtimestamp(now).astimezone():%z}"
    parts = [
        f"commit {SCRATCH}\nmark :1\nauthor {by} {moment}\ncommitter {by} {moment}\n".encode(),
        format_data(message.encode()),
        f"from {parent}\n".encode() if parent else b"",
        *(_format_file(path, data) for path, data in files.items()),
        f"\nreset {SCRATCH}\n\nget-mark :1\ndone\n".encode(),
    ]
    return git.run("fast-import", "--quiet", "--done", input=b"".join(parts), held=held).decode().strip()


def _format_file(path: str, data: bytes | None) -> bytes:
    quoted = os.fsencode('"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"')
    if data is None:
        return b"D " + quoted + b"\n"
    return b"M 100644 inline " + quoted + b"\n" + format_data(data)


def list_differences(git: Git, commit: str) -> dict[str, FileDifference]:
    """Return what a commit changed against its only parent; against nothing where it has none."""
    options = ("-r", "-z", "--raw", "--root", "--no-renames", "--no-commit-id")
    printed = os.fsdecode(git.run("diff-tree", *options, commit))
    words = printed.split("\0")
    found = {}
    for facts, path in zip(words[0::2], words[1::2], strict=False):
        before, after = (None if set(object) == {"0"} else object for object in facts.split(" ")[2:4])
        found[path] = FileDifference(before, after)
    return found


def is_cut_off(git: Git, commit: str) -> bool:
    """Whether a shallow clone has left out what a commit was made from, so that it seems to have made everything."""
    has_parents = bool(read_parents(git, [commit])[commit])
    return has_parents and git.ask("rev-parse", "--quiet", "--verify", f"{commit}^").status != 0


def is_ancestor(git: Git, commit: str, revision: str | None) -> bool:
    """Whether `revision` is `commit` or came after it; not, too, where git knows no such commit."""
    return revision is not None and git.ask("merge-base", "--is-ancestor", commit, revision).status == 0


def move_branch(git: Git, branch: Branch, new: str, *, reason: str, held: Sequence[int] = ()) -> None:
    """Move a branch to a new commit; raises BranchMovedError where it is not where it was seen."""
    old = branch.revision or "0" * len(new)
    try:
        _run_patiently(git, "update-ref", "-m", reason, branch.name, new, old, held=held)
    except GitError as error:
        if read_branch(git) != branch:
            raise BranchMovedError(f"{branch.short_name} has moved meanwhile; try again") from error
        raise


def update_index(git: Git, objects: Mapping[str, str | None], *, held: Sequence[int] = ()) -> None:
    """Put files into the index by their objects; None takes one out. Every other entry stays as it is."""
    nothing = "0" * max(len(object or "") for object in (*objects.values(), "0" * 40))
    lines = [f"0 {nothing}\t{p}\0" if o is None else f"{PLAIN_FILE} {o}\t{p}\0" for p, o in objects.items()]
    _run_patiently(git, "update-index", "-z", "--index-info", input=os.fsencode("".join(lines)), held=held)


def _run_patiently(git: Git, *arguments: str, input: bytes = b"", held: Sequence[int] = ()) -> None:
    """Run a command, again while another git command has the lock it needs."""
    end = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        answer = git.ask(*arguments, input=input, held=held)
        if answer.status == 0:
            return
        if ".lock': File exists" not in answer.said or time.monotonic() > end:
            raise GitError(arguments[0], answer.status, answer.said)
        time.sleep(0.05)


def read_messages(git: Git, revision: str | None, *, key: str, limit: int) -> list[tuple[str, str]]:
    """Return the last commits, latest first, with a line `key: ...`, each with its message; merged branches do not count."""
    if revision is None:
        return []
    found = git.run(
        "rev-list", "--first-parent", f"--max-count={limit}", "--basic-regexp", f"--grep=^{key}: ", revision, "--"
    )
    commits = found.decode().split()
    messages = [(data or b"").partition(b"\n\n")[2].decode(errors="replace") for data in read_objects(git, commits)]
    return list(zip(commits, messages, strict=True))
