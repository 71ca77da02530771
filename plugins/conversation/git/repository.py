"""What is read from a bare repository and written to it: objects, refs, the repository itself.

Rule: `write_commits` makes objects and no ref, `update_refs` moves refs and makes no object, and each is on disk when it
returns; so whoever calls one after the other never has a ref on disk whose commit is not.
"""

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from ..errors import ConversationError
from .command import OF_A_SERVICE, Git, GitError

NO_COMMIT = "0" * 40
"""How git writes "this ref does not exist"."""
TIDY_SECONDS = 600.0
"""Joining 30,000 objects takes a second; no visitor waits for it."""
SCRATCH = "refs/scratch"
"""fast-import gives commits to a branch; this one is never written."""
COMMITTER = "inbox <inbox@localhost>"
"""Of the inbox's own commits: whose words a file holds stands in the file."""


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit to write."""

    message: str
    """One line of ours."""
    files: Mapping[str, bytes]
    """By name, without folders; names are ours. Those of the parent that are not here stay."""
    parent: str | None = None
    """Revision; None: a commit without history."""


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """What a ref is to become, if it still is what it was."""

    name: str
    """In full, `refs/...`."""
    old: str | None
    """Revision; None: it does not exist."""
    new: str | None
    """Revision; None: it is to be deleted."""


class LostObjectError(ConversationError):
    """A repository lacks the content of a file, or holds it damaged."""

    def __init__(self, repository: Path, file: str, object: str) -> None:
        remedy = "in a partial clone, run it again when its remote can be reached; else see what `git fsck` says there"
        super().__init__(f"{repository} cannot give {file} as {object}; {remedy}")


def write_commits(git: Git, commits: Sequence[NewCommit], *, held: Sequence[int] = ()) -> list[str]:
    """Return the revisions of new commits, which are on disk then, in one pack; no ref is made for them.

    A pack costs two fsyncs however many commits it holds, loose objects one each. Raises GitError; what it had written
    by then belongs to no ref and goes with the next `git prune`.
    """
    stream = b"".join(_format_commit(number, commit) for number, commit in enumerate(commits, 1))
    printed = git.run("fast-import", "--quiet", "--done", input=stream + b"done\n", held=held)
    sync(git.repository / "objects" / "pack")
    return printed.decode("ascii").split()


def _format_commit(number: int, commit: NewCommit) -> bytes:
    """Write a commit for fast-import; the branch it needs is taken back at once, so that none is written."""
    moment = f"{int(time.time())} +0000"
    parts = [
        f"commit {SCRATCH}\nmark :{number}\ncommitter {COMMITTER} {moment}\n".encode(),
        format_data(commit.message.encode()),
        f"from {commit.parent}\n".encode() if commit.parent else b"",
        *(f"M 100644 inline {name}\n".encode() + format_data(data) for name, data in commit.files.items()),
        f"\nreset {SCRATCH}\n\nget-mark :{number}\n".encode(),
    ]
    return b"".join(parts)


def format_data(data: bytes) -> bytes:
    """Write the content of a file or a message for fast-import."""
    return b"data %d\n%s\n" % (len(data), data)


def update_refs(git: Git, updates: Sequence[RefUpdate], *, held: Sequence[int] = ()) -> None:
    """Do all updates or none, and return when they are on disk; raises GitError where a ref is not what it was.

    A process that dies in the middle can leave some done: new values come first, deletions last.
    """
    lines = [_format_update(update) for update in updates]
    printed = git.run(
        "update-ref", "--stdin", input="".join(["start\n", *lines, "prepare\ncommit\n"]).encode(), held=held
    )
    if not printed.endswith(b"commit: ok\n"):
        raise GitError("update-ref", 0, "did not say that the refs are written")
    sync_refs(git, updates)


def sync_refs(git: Git, updates: Sequence[RefUpdate]) -> None:
    """Write to disk that refs were made or deleted: git does so for what a file holds, not for its name."""
    folders = {(git.repository / update.name).parent for update in updates}
    folders |= {folder.parent for folder in folders}  # where git makes a folder, or removes it with its last ref
    if any(update.new is None for update in updates):
        folders.add(git.repository)  # where packed-refs is
    for folder in sorted(folders, reverse=True):
        with suppress(FileNotFoundError):
            sync(folder)


def _format_update(update: RefUpdate) -> str:
    if update.new is None:
        return f"delete {update.name} {update.old or NO_COMMIT}\n"
    return f"update {update.name} {update.new} {update.old or NO_COMMIT}\n"


def list_refs(git: Git, prefix: str) -> dict[str, str]:
    """Return all refs below a prefix (`refs/...`, up to a slash), in full and in order, with their revisions."""
    printed = git.run("for-each-ref", "--format=%(refname) %(objectname)", "--", prefix).decode("ascii", "replace")
    return dict(line.split(" ") for line in printed.splitlines())


def find_revisions(git: Git, names: Sequence[str]) -> dict[str, str]:
    """Return the revisions of those refs that there are; quicker than a list where refs are many."""
    asked = "".join(f"{name}\n" for name in names).encode()
    printed = git.run("cat-file", "--batch-check=%(objectname)", input=asked).decode("ascii", "replace")
    answers = zip(names, printed.splitlines(), strict=True)
    return {name: answer for name, answer in answers if " " not in answer}


def read_objects(git: Git, names: Sequence[str]) -> list[bytes | None]:
    """Return the content of each object, `REVISION` or `REVISION:FILE`; None for one that is not there, or is damaged."""
    found: list[bytes | None] = []
    while len(found) < len(names):
        asked = "".join(f"{name}\n" for name in names[len(found) :])
        answer = git.ask("cat-file", "--batch", input=asked.encode())
        found += _parse_objects(answer.printed)
        if answer.status != 0:
            git.run("rev-parse", "--is-bare-repository")  # raises where it is not only that one object
            found.append(None)
    return found[: len(names)]


def read_contents(git: Git, objects: Mapping[str, str | None]) -> dict[str, bytes]:
    """Return the contents of objects, by whatever they are called by, none for None; raises LostObjectError."""
    asked = {name: object for name, object in objects.items() if object is not None}
    found = dict(zip(asked, read_objects(git, list(asked.values())), strict=True))
    if lost := [name for name, data in found.items() if data is None]:
        raise LostObjectError(git.repository, lost[0], asked[lost[0]])
    return {name: data for name, data in found.items() if data is not None}


def _parse_objects(printed: bytes) -> list[bytes | None]:
    """Read what `git cat-file --batch` printed, as far as it came."""
    found: list[bytes | None] = []
    position = 0
    while (end := printed.find(b"\n", position)) >= 0:
        header = printed[position:end].split(b" ")
        position = end + 1
        if header[-1] in (b"missing", b"ambiguous"):
            found.append(None)
            continue
        size = int(header[2])
        if position + size >= len(printed):
            break
        found.append(printed[position : position + size])
        position += size + 1
    return found


def read_parents(git: Git, revisions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return each commit's parents; none for a commit that cannot be read."""
    found = {}
    for revision, commit in zip(revisions, read_objects(git, revisions), strict=True):
        header = (commit or b"").partition(b"\n\n")[0].decode(errors="replace")
        found[revision] = tuple(line[7:] for line in header.splitlines() if line.startswith("parent "))
    return found


def count_packs(git: Git) -> int:
    """Return how many packs there are."""
    return sum(1 for _ in (git.repository / "objects" / "pack").glob("*.pack"))


def join_packs(git: Git, *, held: Sequence[int]) -> None:
    """Join small packs, so that their number stays the logarithm of that of the batches; nothing is dropped."""
    git.run("repack", "-q", "-d", "-l", "--geometric=2", held=held, timeout_seconds=TIDY_SECONDS)


def drop_unused(git: Git, *, held: Sequence[int]) -> None:
    """Put all refs into one file and all they reach into one pack; whatever no ref reaches is gone for good."""
    for command in (("pack-refs", "--all"), ("repack", "-q", "-a", "-d", "-l"), ("prune", "--expire=now")):
        git.run(*command, held=held, timeout_seconds=TIDY_SECONDS)


def make_repository(path: Path) -> None:
    """Make a bare repository that only this user can read, if there is none; several may try at once.

    It appears whole, under its name, when all of it is on disk.
    """
    if (path / "HEAD").exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f".{path.name}-", dir=path.parent))  # 0700
    try:
        git = Git(folder)
        git.run("init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main")
        for setting in (*OF_A_SERVICE, "gc.auto=0", "maintenance.auto=false"):  # for what is done here by hand
            git.run("config", *setting.split("=", 1))
        ignore_folder(folder)
        for made in (*folder.rglob("*"), folder):
            sync(made)
        try:
            folder.rename(path)
        except OSError:
            if not (path / "HEAD").exists():  # else another process was quicker
                raise
        sync(path.parent)
    finally:
        rmtree(folder, ignore_errors=True)


def ignore_folder(folder: Path) -> None:
    """Let the repository around a folder, if there is one, ignore all of it: `git add --all` would publish it."""
    ignored = folder / ".gitignore"
    if not ignored.exists() or not ignored.stat().st_size:  # empty: a disk was full
        ignored.write_text("*\n", "ascii")


def read_history(git: Git, revision: str) -> tuple[str, ...]:
    """Return all revisions that one came from; none for a commit that cannot be read."""
    answer = git.ask("rev-list", revision)
    return tuple(answer.printed.decode("ascii").split()[1:]) if answer.status == 0 else ()


def sync(path: Path) -> None:
    """Write a file's content, or a folder's entries, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
