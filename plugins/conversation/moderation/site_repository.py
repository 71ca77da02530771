"""The site's repository: one commit for a session of decisions, and the same in work tree and index.

Rule: a session has happened when the branch has moved, and not before. What is left to be done then is noted beforehand,
so that the next session finishes what a dead process left. Nothing but the session's own files is touched.
"""

import fcntl
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..comments.comment_file import CommentFile
from ..comments.store import COMMENT_SUFFIX, SIGNATURE_SUFFIX
from ..configuration import Settings
from ..errors import ConversationError
from ..git.command import GitError, hide_password
from ..git.repository import LostObjectError, read_contents, read_objects, sync
from ..git.work_tree import (
    Branch,
    FileDifference,
    find_obstacle,
    hash_files,
    is_ancestor,
    is_cut_off,
    list_differences,
    list_index,
    list_tree,
    move_branch,
    open_work_tree,
    read_branch,
    read_identity,
    read_messages,
    update_index,
    write_commit,
)
from ..text import is_id, is_thread_name
from .session_log import SESSION_KEY, LoggedSession, parse_message
from .undoing import SessionFile

LOCK, UNFINISHED = "pelican-comments.busy", "pelican-comments.unfinished"
"""In git's private folder: a file that is locked by whoever decides, and the commits whose files may not be there yet."""
UNTOLD = "pelican-comments.untold"
"""A folder beside them: an empty file for each session that the inbox may not know of yet, by its key."""
_NOTED = re.compile("^[0-9a-f]{40,64}$", re.MULTILINE)
"""A commit in that file, of which a disk that failed may have made anything."""
PATIENCE_SECONDS = 30.0
"""A session takes a tenth of a second, with hundreds of comments one."""
PUSH_SECONDS = 120.0
"""A remote that is silent for longer is not waited for."""
SESSIONS = 200
"""How many of the last sessions are looked at, for those to finish and the one to undo."""


class UncommittedError(ConversationError):
    """A file that is to be changed has changes of the blogger's own."""


class UnfinishedError(ConversationError):
    """A session is committed, and its files could not be written."""


class SiteRepository:
    """The repository around the folder of comments."""

    def __init__(self, settings: Settings) -> None:
        """Open it; raises NoRepositoryError where there is none."""
        self.git, self.private = open_work_tree(settings.path)
        self.folder = self.find_path(settings.path)
        """Folder of comments, relative to the top; empty where it is the top."""
        self.moderator = settings.moderator
        self._held: Sequence[int] = ()

    def find_path(self, path: Path) -> str:
        """Return a path as the repository has it; raises ConversationError where it lies outside."""
        top = self.git.repository
        if not self.holds(path):
            raise ConversationError(f"{path} leads out of the repository {top}; put the folder itself there")
        found = path.resolve().relative_to(top).as_posix()
        return "" if found == "." else found

    def holds(self, path: Path) -> bool:
        """Whether a path lies in the repository, so that a session can commit it."""
        return path.resolve().is_relative_to(self.git.repository)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only one that decides here, having finished what a dead one left; raises ConversationError."""
        try:
            descriptor = os.open(self.private / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConversationError(f"{self.private}: {error.strerror}; decisions are written there") from error
        try:
            _wait_for_lock(descriptor)
            self._held = (descriptor,)  # git commands hold it too: one that outlives this process is waited for
            try:
                self.finish_files()
                yield
            finally:
                self._held = ()  # threads share this object: one that waited in vain leaves the other's alone
        finally:
            os.close(descriptor)

    def read_branch(self) -> Branch:
        """Return the branch that decisions are committed to."""
        return read_branch(self.git)

    def require_author(self) -> None:
        """Raise ConversationError where a commit would have no branch, or nobody whom it is by."""
        self.read_branch()
        self._read_author()

    def _read_author(self) -> str:
        return self.moderator or read_identity(self.git)

    def list_comments(self, branch: Branch) -> tuple[tuple[str, str], ...]:
        """Return thread and id of every committed comment, in order."""
        files = list_tree(self.git, branch.revision, self.folder)
        return tuple(sorted(name for path in files if (name := self._name_comment(path)) is not None))

    def _name_comment(self, path: str) -> tuple[str, str] | None:
        thread, _, name = path.removeprefix(f"{self.folder}/" if self.folder else "").partition("/")
        id = name.removesuffix(COMMENT_SUFFIX)
        is_one = name.endswith(COMMENT_SUFFIX) and is_thread_name(thread) and is_id(id)
        return (thread, id) if is_one else None

    def read_comments(self, branch: Branch, threads: Collection[str]) -> Mapping[str, tuple[CommentFile, ...]]:
        """Return the committed comment files of some threads, by thread."""
        files = list_tree(self.git, branch.revision, self.folder)
        wanted = {path: name for path in files if (name := self._name_comment(path)) and name[0] in threads}
        signatures = {path: f"{path.removesuffix(COMMENT_SUFFIX)}{SIGNATURE_SUFFIX}" for path in wanted}
        needed = {*wanted, *signatures.values()}
        asked = {path: object for path, object in files.items() if path in needed}  # of which one may be damaged
        contents = dict(zip(asked, (data or b"" for data in read_objects(self.git, list(asked.values()))), strict=True))
        found: dict[str, list[CommentFile]] = {}
        for path, (thread, id) in wanted.items():
            file = CommentFile(id, path, contents[path], contents.get(signatures[path]))
            found.setdefault(thread, []).append(file)
        return {thread: tuple(files) for thread, files in found.items()}

    def read_sessions(self, branch: Branch) -> tuple[LoggedSession, ...]:
        """Return the last sessions of a branch, latest first."""
        messages = read_messages(self.git, branch.revision, key=SESSION_KEY, limit=SESSIONS)
        found = (parse_message(message, commit) for commit, message in messages)
        return tuple(session for session in found if session is not None)

    def read_session_files(self, session: LoggedSession, branch: Branch) -> tuple[SessionFile, ...]:
        """Return the comment files that a session changed, as they were, became and are.

        Raises ConversationError where a shallow or partial clone cannot tell.
        """
        if is_cut_off(self.git, session.commit):
            said = f"{self.git.repository} is a shallow clone, which does not tell what the last session changed"
            raise ConversationError(f"{said}; run `git fetch --unshallow` there")
        prefix = f"{self.folder}/" if self.folder else ""
        changed = {p: d for p, d in list_differences(self.git, session.commit).items() if p.startswith(prefix)}
        now = list_tree(self.git, branch.revision, self.folder)
        before = read_contents(self.git, {path: difference.before for path, difference in changed.items()})
        after = read_contents(self.git, {path: difference.after for path, difference in changed.items()})
        there = read_contents(self.git, {path: now.get(path) for path in changed})
        return tuple(
            SessionFile(path.removeprefix(prefix), before.get(path), after.get(path), there.get(path))
            for path in changed
            if "/" in path.removeprefix(prefix)
        )

    def commit(self, branch: Branch, files: Mapping[str, bytes | None], *, message: str) -> str:
        """Commit files, by path below the top (None deletes one), and return the revision; the work tree follows.

        Raises UncommittedError where one has other changes, and BranchMovedError; nothing has changed then. What fails
        after the commit is raised by `finish_files`, to be called next.
        """
        self._require_folders(branch, files)
        commit = write_commit(
            self.git, files, message=message, parent=branch.revision, by=self._read_author(), held=self._held
        )
        differences = list_differences(self.git, commit)
        for path, standing in self._read_standings(differences).items():
            if not set(standing) <= {differences[path].before, differences[path].after}:
                said = f"{path} has changes that are not committed"
                raise UncommittedError(f"{said}; commit them, or put them away with `git stash -u`")
        with (self.private / UNFINISHED).open("a", encoding="ascii") as note:  # a session that is taken back has two
            note.write(f"{commit}\n")
        for noted in (self.private / UNFINISHED, self.private):
            sync(noted)
        reason = f"pelican-comments: {message.partition(chr(10))[0]}"
        move_branch(self.git, branch, commit, reason=reason, held=self._held)
        return commit

    def finish_files(self) -> None:
        """Bring work tree and index to where the last session's commits have their files, wherever they are as before them.

        Raises UnfinishedError where that fails, and does it with the next call.
        """
        note = self.private / UNFINISHED
        if not note.exists():
            return
        branch = self.read_branch()
        for commit in _NOTED.findall(note.read_text("ascii", "replace")):
            if not is_ancestor(self.git, commit, branch.revision):
                continue  # it died before the branch moved, and nothing happened
            try:
                self._update_work_tree(branch, list_differences(self.git, commit))
            except (OSError, GitError, LostObjectError) as error:
                message = f"the decisions are committed, and the files of the work tree do not follow: {error}"
                raise UnfinishedError(f"{message}; mend that, and the next command brings them") from error
        note.unlink()

    def note_untold(self, key: str) -> None:
        """Note, before a session is committed, that the inbox is to be told of it."""
        (self.private / UNTOLD).mkdir(exist_ok=True)
        (self.private / UNTOLD / key).touch()
        sync(self.private / UNTOLD)

    def forget_untold(self, key: str) -> None:
        """Drop that note: the inbox knows."""
        (self.private / UNTOLD / key).unlink(missing_ok=True)

    def list_untold(self) -> frozenset[str]:
        """Return the keys of the sessions made here that the inbox may not know of."""
        return frozenset(path.name for path in (self.private / UNTOLD).glob("*"))

    def _update_work_tree(self, branch: Branch, differences: Mapping[str, FileDifference]) -> None:
        committed = list_tree(self.git, branch.revision, "")
        standing = {p: d for p, d in differences.items() if committed.get(p) == d.after}  # others came after
        contents = read_contents(self.git, {path: difference.after for path, difference in standing.items()})
        objects: dict[str, str | None] = {}
        for path, (index, work) in self._read_standings(standing).items():
            if work == standing[path].before:
                _write_file(self.git.repository / path, contents.get(path))
            if index == standing[path].before:
                objects[path] = standing[path].after
        if objects:
            update_index(self.git, objects, held=self._held)

    def _read_standings(self, paths: Collection[str]) -> dict[str, tuple[str | None, str | None]]:
        """Return the objects of files in index and work tree; None for one that is not there."""
        if not paths:
            return {}
        index = list_index(self.git, "")
        there = [path for path in paths if os.path.lexists(self.git.repository / path)]
        plain = [path for path in there if not (self.git.repository / path).is_symlink()]
        work: dict[str, str | None] = {**dict.fromkeys(there, ""), **hash_files(self.git, plain)}
        return {path: (index.get(path), work.get(path)) for path in paths}

    def _require_folders(self, branch: Branch, paths: Collection[str]) -> None:
        """Raise ConversationError where a file would be written through a link, or in place of one."""
        obstacle = find_obstacle(self.git, branch.revision, list(paths))
        top = self.git.repository
        for path in paths:
            for folder in Path(path).parents:
                if (top / folder).is_symlink() or ((top / folder).exists() and not (top / folder).is_dir()):
                    obstacle = folder.as_posix()
        if obstacle is not None:
            raise ConversationError(f"{obstacle} is no folder, which comments would go into; put one there")

    def push(self, remote: str, branch: Branch) -> str:
        """Push the branch; return what went wrong, empty where nothing did."""
        git = replace(self.git, settings=(*self.git.settings, "advice.pushUpdateRejected=false"))  # the remedy is ours
        try:
            answer = git.ask("push", "--quiet", "--", remote, branch.name, timeout_seconds=PUSH_SECONDS)
        except GitError as error:
            return hide_password(error.said)
        return "" if answer.status == 0 else hide_password(answer.said)


def _write_file(path: Path, data: bytes | None) -> None:
    """Write a file whole, or delete it and its folder if that is empty then."""
    if data is None:
        path.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(data)
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _wait_for_lock(descriptor: int) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > end:
            raise ConversationError("another session of decisions does not end; end that process, or wait for it")
        time.sleep(0.02)
