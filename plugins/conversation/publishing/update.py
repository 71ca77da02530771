"""The values of an update: threads that have changed, and what is to be written because of them.

Rule: what is here is planned, not done; nothing of it has reached the output or the record yet.
"""

from dataclasses import dataclass, field

from ..building.calls import Call
from ..comments.store import FolderState
from ..errors import ConversationError
from ..model import Page, Problem, Thread
from ..rendering.latest import PageActivity
from .record import ThreadRecord
from .region_tables import ListedPage


class UnfitError(ConversationError):
    """The output can be brought up to date by a full build only; the message says why."""


@dataclass(slots=True)
class Update:
    """What is to be written, and what the record will say then."""

    threads: tuple[str, ...] = ()
    """Names of those that have changed and have a page."""
    files: dict[str, bytes | None] = field(default_factory=dict)
    """What is new by path relative to the output; None: the file goes."""
    problems: tuple[Problem, ...] = ()
    """Of the threads that have changed."""
    calls: dict[str, dict[Call, Call]] = field(default_factory=dict)
    """Of every page in `files`: those that get another text, as they were and as they will be."""
    folders: dict[str, FolderState | None] = field(default_factory=dict)
    """By the entry's name; None: it is gone."""
    records: dict[str, ThreadRecord] = field(default_factory=dict)
    activities: dict[str, PageActivity | None] = field(default_factory=dict)
    """By thread; None: nobody has commented."""
    listed: dict[str, tuple[ListedPage, ...]] = field(default_factory=dict)
    """The same as lists of conversations show them, by the address that their pages call the site by."""
    facts: dict[str, object] = field(default_factory=dict)
    ids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the comments of each changed thread that has a page, by its name."""


@dataclass(frozen=True, slots=True)
class ChangedThread:
    """One thread as it is now, with what the record says of it."""

    thread: Thread
    before: ThreadRecord
    after: ThreadRecord

    @property
    def page(self) -> Page:
        """The original."""
        return self.before.pages[0][1]
