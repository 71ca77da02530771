"""Conversations: every thread of the site, read from its files and paired with its page.

Rule: the order of everything here comes from names and dates, never from the file system.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..comments.allowed_signers import Signer, parse_allowed_signers
from ..comments.listing import FolderListing, show_path
from ..comments.pages import report_unowned
from ..comments.reading import Rules
from ..comments.store import FolderState, Store
from ..configuration import Settings
from ..model import Page, Problem, Severity, Thread
from ..settings import DEFAULTS
from .shelf import Shelf
from .site import Site
from .thread_reader import ThreadReader


@dataclass(frozen=True, slots=True)
class Conversations:
    """All threads of a site."""

    site: Site
    threads: Mapping[str, Thread]
    """By name, those without a page too."""
    problems: tuple[Problem, ...]
    """Of pages, keys and comments; each once, by path and line."""
    folders: Mapping[str, FolderState] = field(default_factory=dict)
    """By the name of the entry in the folder of comments."""

    def thread_of(self, page: Page) -> Thread:
        """Return the thread of a page, an empty one where nobody has commented."""
        return self.threads.get(page.thread) or Thread(page.thread)

    @property
    def pages_by_thread(self) -> Mapping[str, Page]:
        """The original page of every thread that has one, by the thread's name."""
        return {
            page.thread: page for page in self.site.pages.values() if self.site.owners.get(page.thread) == page.path
        }


def read_conversations(site: Site, shelf: Shelf | None = None) -> Conversations:
    """Read, verify and thread every comment file.

    With a shelf, files that are as they were are not read again, and a thread's comments come from there when they are
    asked for; without one, all are held.
    """
    settings = site.settings
    signers, key_problems = read_signers(settings)
    problems = [*site.problems, *key_problems]
    rules = make_rules(settings, signers)
    threads: dict[str, Thread] = {}
    folders: list[tuple[str, str, int]] = []
    states: dict[str, FolderState] = {}
    if settings.path.is_dir():
        store = Store(settings.path, settings.root, max_body_bytes=settings.max_body_bytes)
        reader = ThreadReader(store, rules, shelf)
        for listing in store.list_threads():
            thread, found = reader.read(listing)
            problems.extend(found)
            if thread is not None and listing.name in threads:
                problems.append(_report_twin(listing))
            elif thread is not None:
                threads[listing.name] = thread
                folders.append((listing.name, listing.path, thread.count))
        reader.finish()
        states = reader.states
    elif settings.path != settings.root / str(DEFAULTS["CONVERSATION_PATH"]):
        path = show_path(settings.path, settings.root)
        problems.append(
            Problem(
                path, 1, "no-comments-folder", "CONVERSATION_PATH names no folder", "make it, or correct the setting"
            )
        )
    problems.extend(report_unowned(folders, site.owners))
    return Conversations(site, threads, tuple(sorted(set(problems))), states)


def _report_twin(listing: FolderListing) -> Problem:
    message = (
        f"another folder is {listing.name!r} too, in another spelling of Unicode, and this one's comments are not shown"
    )
    return Problem(listing.path, 1, "twin-folder", message, "move its files into the other one")


def make_rules(settings: Settings, signers: Sequence[Signer]) -> Rules:
    """Return what reading a thread needs to know of the site."""
    return Rules(
        authors=settings.authors, signers=tuple(signers), timezone=settings.timezone,
        max_body_bytes=settings.max_body_bytes, max_indent=settings.max_indent,
    )  # fmt: skip


def read_signers(settings: Settings) -> tuple[tuple[Signer, ...], tuple[Problem, ...]]:
    """Read the keys that authors sign with; without the file there are none, and every claim will be reported."""
    path = show_path(settings.allowed_signers, settings.root)
    try:
        text = settings.allowed_signers.read_text(encoding="utf-8")
    except FileNotFoundError:
        return (), ()
    except (OSError, UnicodeDecodeError) as error:
        return (), (Problem(path, 1, "unreadable", f"it cannot be read: {error}", "make it a UTF-8 file you can read"),)
    return parse_allowed_signers(text, path, timezone=settings.timezone)


def count_problems(problems: Sequence[Problem]) -> str:
    """Return "2 errors, 1 warning"."""
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    parts = [(errors, "error"), (len(problems) - errors, "warning")]
    return ", ".join(count_things(number, noun) for number, noun in parts if number) or "no problems"


def count_things(number: int, noun: str) -> str:
    """Return "1 comment" or "2 comments"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def read_clock() -> datetime:
    """Return the time of the build: now, or `SOURCE_DATE_EPOCH` (reproducible-builds.org) where that is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)
