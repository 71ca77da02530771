"""The inbox: a private, bare git repository that keeps every submission under a ref of its own.

Rule: a call that returns has its change on disk, exactly once; a call that raises has changed nothing. Calls that come
together share one batch: one pack, one transaction of refs, written by whichever thread comes first.
"""

import errno
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ..configuration import Settings
from ..git.command import Git, GitError, require_version
from ..git.repository import count_packs, drop_unused, ignore_folder, join_packs, list_refs, make_repository
from ..model import State
from ..text import is_id
from .lock import remove_left_behind, writing
from .reading import REFS, find_all_refs, find_refs, find_strays, name_ref, read_submissions, settle_refs
from .values import (
    Add,
    Cause,
    Change,
    ConflictError,
    InboxUnavailableError,
    Move,
    NoSubmissionError,
    Replace,
    Standing,
    StoredSubmission,
    Submission,
    Withdraw,
)
from .writing import finish_moves, write_changes

MAX_BATCH = 64
"""Changes in one transaction: about 0.1 s of work, which is what the last one of them waits."""
MAX_PACKS = 64
"""Each batch makes one. Reading slows by half from here to 300; joining 64 takes 0.1 s."""

READINGS = 3
"""A submission that is moved between two looks is under neither state; thrice in a row it is not there."""

_OF_GIT = {
    "No space left on device": Cause.FULL, "Out of diskspace": Cause.FULL, "Disk quota exceeded": Cause.FULL, "File too large": Cause.FULL,
    "Read-only file system": Cause.READ_ONLY, "Permission denied": Cause.READ_ONLY,
    "Operation not permitted": Cause.READ_ONLY, "insufficient permission": Cause.READ_ONLY,
}  # fmt: skip
"""What git says, in English, with the system's words for the error."""
_OF_SYSTEM = {
    errno.ENOSPC: Cause.FULL, errno.EDQUOT: Cause.FULL, errno.EFBIG: Cause.FULL,
    errno.EROFS: Cause.READ_ONLY, errno.EACCES: Cause.READ_ONLY, errno.EPERM: Cause.READ_ONLY,
}  # fmt: skip

_Result = str | ConflictError | InboxUnavailableError


@dataclass(slots=True, eq=False)
class _Job:
    """A change that waits to be written, and what became of it."""

    change: Change
    result: _Result | None = None
    """None: nobody has come to it yet."""


class Inbox:
    """The submissions of one site. Any number of threads and processes may share one."""

    def __init__(self, path: Path) -> None:
        """Use a repository that `open` has seen to."""
        self.path = path.absolute()
        self.git = Git(self.path)
        self._jobs: deque[_Job] = deque()
        self._turn = threading.Condition()
        self._is_writing = False

    @classmethod
    def open(cls, path: Path) -> "Inbox":
        """Return the inbox at `path`, made on first use, freed of what a killed process left in it.

        Raises InboxUnavailableError where that cannot be done.
        """
        inbox = cls(path)
        with _unavailable(inbox.path):
            require_version(inbox.git)
            make_repository(inbox.path)
            with writing(inbox.path) as held:
                remove_left_behind(inbox.path)
                finish_moves(inbox.git, held=held)
        return inbox

    def add(self, submission: Submission) -> str:
        """Keep a new submission as pending and return its revision; raises ConflictError where its id is taken."""
        return self._do(Add(submission))

    def replace(self, submission: Submission, *, expected_revision: str) -> str:
        """Put another text in place of a pending one and return its revision; raises ConflictError."""
        return self._do(Replace(submission, expected_revision))

    def withdraw(self, id: str, *, expected_revision: str) -> None:
        """Take a pending submission out; raises ConflictError. Its content is gone for good after `tidy`."""
        self._do(Withdraw(id, expected_revision))

    def move(self, id: str, from_state: State, to_state: State, *, expected_revision: str) -> str:
        """Decide, or take a decision back; return the new revision. Raises ConflictError, which says where it is now."""
        return self._do(Move(id, from_state, to_state, expected_revision))

    def apply(self, changes: Sequence[Change]) -> tuple[_Result, ...]:
        """Do many changes quickly, each for itself; return the new revision of each, or why it was not done."""
        jobs = [_Job(change) for change in changes]
        with self._turn:
            self._jobs.extend(jobs)
        while any(job.result is None for job in jobs):
            if self._take_turn():
                try:
                    if any(job.result is None for job in jobs):
                        self._write_batch()
                finally:
                    self._end_turn()
        return tuple(job.result for job in jobs if job.result is not None)

    def _do(self, change: Change) -> str:
        (result,) = self.apply([change])
        if isinstance(result, str):
            return result
        raise result

    def read(self, id: str) -> StoredSubmission:
        """Return a submission, as far as it can be read; raises NoSubmissionError where there is none, or none any more."""
        if not is_id(id):
            raise NoSubmissionError(id)
        with _unavailable(self.path):
            found: tuple[StoredSubmission, ...] = ()
            for _ in range(READINGS):
                found = read_submissions(self.git, settle_refs(self.git, find_all_refs(self.git, [id])))
                if found and not found[0].unreadable:
                    break
        if not found:
            raise NoSubmissionError(id)
        return found[0]

    def submissions(self, state: State) -> tuple[StoredSubmission, ...]:
        """Return the submissions under one state, ordered by id, damaged ones too."""
        standings = {id: standing for id, standing in self.standings().items() if standing.state is state}
        with _unavailable(self.path):
            found = read_submissions(self.git, standings)
        is_any_damaged = any(stored.unreadable for stored in found)
        now = self.standings() if is_any_damaged else {}  # or one was changed, and erased between two looks
        return tuple(s for s in found if not s.unreadable or now.get(s.submission.id) == s.standing)

    def standings(self) -> dict[str, Standing]:
        """Return where every submission stands, ordered by id."""
        with _unavailable(self.path):
            return settle_refs(self.git, list_refs(self.git, REFS))

    def find_standings(self, ids: Iterable[str]) -> dict[str, Standing]:
        """Return where those of some submissions stand that are here, ordered by id; quicker than `standings` where many are."""
        with _unavailable(self.path):
            return settle_refs(self.git, find_refs(self.git, sorted(ids)))

    def find_strays(self) -> tuple[str, ...]:
        """Return what lies among the refs of submissions and is none, in order: damaged refs, and those of other hands."""
        with _unavailable(self.path):
            return find_strays(self.git)

    def tidy(self) -> None:
        """Join what lies about in many files, and erase what was withdrawn or replaced; until it ends, nothing is taken."""
        with _unavailable(self.path), writing(self.path) as held:
            remove_left_behind(self.path)
            try:
                drop_unused(self.git, held=[held])
            except GitError as error:
                raise self._explain_untidy(error) from error

    def _explain_untidy(self, error: GitError) -> GitError:
        """Return the error with the damaged refs, beside which git erases nothing, where it is about them."""
        every = read_submissions(self.git, settle_refs(self.git, list_refs(self.git, REFS)))
        damaged = [name_ref(one.submission.id, one.standing.state) for one in every if one.unreadable]
        if not (found := (*damaged, *find_strays(self.git))):
            return error
        remedy = "decline it, or remove it with `git update-ref --no-deref -d REF` there"
        said = f"{error.said}; what was withdrawn is not erased while git cannot read {', '.join(found)}; {remedy}"
        return GitError(error.command, error.status, said)

    def _take_turn(self) -> bool:
        """Return whether the calling thread is to write; if not, another one has written in the meantime."""
        with self._turn:
            if self._is_writing:
                self._turn.wait()
                return False
            self._is_writing = True
            return True

    def _end_turn(self) -> None:
        with self._turn:
            self._is_writing = False
            self._turn.notify_all()

    def _take_batch(self) -> Sequence[_Job]:
        """Take waiting changes in their order, one for an id; the others stay in front."""
        batch: dict[str, _Job] = {}
        later = []
        with self._turn:
            while self._jobs and len(batch) < MAX_BATCH:
                job = self._jobs.popleft()
                if job.change.id in batch:
                    later.append(job)
                else:
                    batch[job.change.id] = job
            self._jobs.extendleft(reversed(later))
        return tuple(batch.values())

    def _write_batch(self) -> None:
        """Write the changes that wait, or say in each why that cannot be done now."""
        batch: Sequence[_Job] = ()
        try:
            with _unavailable(self.path), writing(self.path) as held:
                batch = self._take_batch()  # now: while another process was writing, more have come
                if count_packs(self.git) > MAX_PACKS:
                    with suppress(GitError):  # full, perhaps, which the changes themselves will tell
                        join_packs(self.git, held=[held])
                self._write(batch, held=held)
        except InboxUnavailableError as error:
            for job in batch or self._take_batch():
                job.result = job.result or InboxUnavailableError(error.cause, str(error))
        finally:
            for job in batch:
                job.result = job.result or InboxUnavailableError(Cause.BUSY, "the writer was interrupted")

    def _write(self, batch: Sequence[_Job], *, held: int) -> None:
        """Write changes together; where that fails through one of them, perhaps, each for itself."""
        try:
            results = write_changes(self.git, [job.change for job in batch], held=held)
        except (GitError, OSError) as error:
            if len(batch) == 1 or _find_cause(error) is not Cause.BROKEN:
                raise
            for job in batch:
                self._write_one(job, held=held)
            return
        for job, result in zip(batch, results, strict=True):
            job.result = result

    def _write_one(self, job: _Job, *, held: int) -> None:
        try:
            with _unavailable(self.path):
                (job.result,) = write_changes(self.git, [job.change], held=held)
        except InboxUnavailableError as error:
            job.result = error


def open_inbox(settings: Settings) -> Inbox:
    """Return the inbox of a site, as `Inbox.open` does; the folder it stands in is kept out of git where that is ours."""
    folder = settings.private_folder
    if folder in (settings.inbox.parent, settings.secret.parent):
        with _unavailable(settings.inbox):
            folder.mkdir(parents=True, exist_ok=True)
            ignore_folder(folder)
    return Inbox.open(settings.inbox)


@contextmanager
def _unavailable(path: Path) -> Iterator[None]:
    """Turn what goes wrong with files and git into InboxUnavailableError."""
    try:
        yield
    except (GitError, OSError) as error:
        raise InboxUnavailableError(_find_cause(error), f"the inbox {path} cannot be used: {error}") from error


def _find_cause(error: GitError | OSError) -> Cause:
    if isinstance(error, OSError):
        return _OF_SYSTEM.get(error.errno or 0, Cause.BROKEN)
    if error.status is None:
        return Cause.BUSY
    if error.status == -signal.SIGXFSZ:
        return Cause.FULL
    return next((cause for part, cause in _OF_GIT.items() if part in error.said), Cause.BROKEN)
