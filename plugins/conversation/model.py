"""The values that the parts hand to each other: authors, comments, threads, pages, problems.

Rule: nothing here reads, writes or changes after it is made; a text that came from a stranger stays unescaped until a
template or a feed writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum


class Severity(Enum):
    """How bad a problem is: an error means that something is not shown as its file says, a warning that it may not be."""

    ERROR = "error"
    WARNING = "warning"

    @property
    def level(self) -> int:
        """As Python's `logging` numbers it."""
        return 40 if self is Severity.ERROR else 30


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong with a file, and what to do about it."""

    path: str
    """As shown to the blogger: relative to the site's root where it lies below it, with `/`."""
    line: int
    """1-based."""
    code: str
    """Stable name of the kind of problem, such as `unknown-key`."""
    message: str
    """What is wrong, with the value concerned; one line."""
    remedy: str
    """What to do; one line, an imperative."""
    severity: Severity = field(default=Severity.ERROR, compare=False)

    @property
    def advice(self) -> str:
        """What is wrong and what to do, for a place that says of which file."""
        return f"{self.message}; {self.remedy}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.advice}"


class State(Enum):
    """Where a comment stands; only `approved` and `removed` occur in public files."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    REMOVED = "removed"


class Kind(Enum):
    """What a comment is: written here, or sent by another site."""

    COMMENT = "comment"
    MENTION = "mention"
    PINGBACK = "pingback"
    TRACKBACK = "trackback"
    LIKE = "like"
    REPOST = "repost"

    @property
    def is_counted(self) -> bool:
        """Whether it adds to "5 comments": a like or a repost says nothing."""
        return self not in (Kind.LIKE, Kind.REPOST)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a comment was read from, for problems found later."""

    path: str
    """As in `Problem.path`."""
    lines: tuple[tuple[str, int], ...] = ()
    """Front matter keys, and `body`, with their lines, 1-based."""

    def line_of(self, key: str) -> int:
        """Return the line of `key`, or 1 where the file does not have it."""
        return dict(self.lines).get(key, 1)


@dataclass(frozen=True, slots=True)
class Author:
    """One who writes the blog, as `CONVERSATION_AUTHORS` names them."""

    key: str
    """As in a comment's `author` and in `allowed_signers`."""
    name: str
    """As shown."""
    url: str | None = None
    """http or https, or a path on the site."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment file's content; `comment_header` has each field's format."""

    thread: str
    """Folder name."""
    id: str
    """File name without `.md`."""
    date: datetime
    """Aware."""
    name: str | None = None
    """As its writer gave it; None only where `author` is there."""
    author: str | None = None
    """Key of an author. A claim, until its signature is verified; unverified claims never reach a thread."""
    body: str = ""
    r"""Markdown, lines ended by `\n`, no white space around it."""
    in_reply_to: str | None = None
    """Id of the parent, or an absolute URL elsewhere; None opens a branch."""
    url: str | None = None
    """http or https."""
    state: State = State.APPROVED
    edited: datetime | None = None
    """Aware."""
    anchors: tuple[str, ...] = ()
    """Older fragment names, unique."""
    source: str | None = None
    """http or https."""
    kind: Kind = Kind.COMMENT
    lang: str | None = None
    """BCP 47."""
    origin: Origin | None = field(default=None, compare=False, repr=False)
    """Where it was read from; None for one that was made."""

    @property
    def fragment(self) -> str:
        """The fragment of its permalink, without `#`."""
        return f"comment-{self.id}"

    @property
    def parent_id(self) -> str | None:
        """Id of the comment in this thread it answers; None for a root and for an answer to another site."""
        return None if self.in_reply_to is None or "://" in self.in_reply_to else self.in_reply_to

    @property
    def changed(self) -> datetime:
        """When it was last changed: `edited`, or `date`."""
        return self.edited or self.date


@dataclass(frozen=True, slots=True)
class Placement:
    """A comment at its place in the flat view of a thread."""

    comment: Comment
    number: int
    """1-based in order of reading, tombstones too."""
    depth: int
    """Root = 0; unlimited."""
    opens: bool
    """A list of replies opens after this comment."""
    closes: int
    """How many lists of replies close after this comment; none where one opens."""
    parent: Comment | None = None
    """The comment it answers, where that is in the thread (a tombstone too)."""
    is_orphan: bool = False
    """It answers a comment that is not in the thread."""


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """What is known of a thread without its comments; of comments that are counted, see `Kind.is_counted`."""

    count: int
    size: int
    """How many comments and tombstones it shows."""
    roots: int
    """How many of these answer none that is there."""
    updated: datetime | None
    """When the comment changed last was changed; None without comments."""
    replied: datetime | None
    """The same of the author's replies."""
    newest: tuple[datetime, str] | None
    """Date and id of the newest."""


@dataclass(frozen=True, slots=True)
class Thread:
    """All comments of one page, in order of reading."""

    name: str
    placements: tuple[Placement, ...] = ()
    bodies: Mapping[str, str] = field(default_factory=dict)
    """By id: the body as clean HTML; none for a tombstone."""
    guests: frozenset[str] = frozenset()
    """Ids of the comments whose name can be taken for an author's."""

    @property
    def comments(self) -> tuple[Comment, ...]:
        """Every comment that is no tombstone, in order of reading."""
        return tuple(p.comment for p in self.placements if p.comment.state is State.APPROVED)

    @property
    def count(self) -> int:
        """How many comments a reader would count: no tombstones, likes or reposts."""
        return sum(comment.kind.is_counted for comment in self.comments)

    @property
    def facts(self) -> ThreadFacts:
        """What is known of it without its comments."""
        counted = [comment for comment in self.comments if comment.kind.is_counted]
        return ThreadFacts(
            count=len(counted),
            size=len(self.placements),
            roots=sum(placement.depth == 0 for placement in self.placements),
            updated=max((comment.changed for comment in counted), default=None),
            replied=max((comment.changed for comment in counted if comment.author is not None), default=None),
            newest=max(((comment.date, comment.id) for comment in counted), default=None),
        )


class Conversation(Enum):
    """What a page's `Conversation:` metadata says."""

    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Page:
    """The facts of an article or page that its conversation needs, and nothing of Pelican."""

    thread: str
    title: str
    """Plain text, no markup."""
    url: str
    """Relative to the site's address, no leading slash."""
    lang: str
    """BCP 47."""
    thread_lang: str = ""
    """BCP 47: the language of the original page, which comments without `lang` are in."""
    conversation: Conversation = Conversation.OPEN
    is_article: bool = True
    """False for Pelican's pages, which stay silent until somebody has commented on them."""
    is_listed: bool = True
    """False for drafts and hidden pages: they show their thread, and no feed or list does."""
    date: datetime | None = None
    """Aware; None for a page without one."""
    modified: datetime | None = None
    """Aware."""
    authors: tuple[str, ...] = ()
    """Names, as the page gives them."""
    path: str = ""
    """Source file, as in `Problem.path`."""
