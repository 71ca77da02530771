"""What an export holds, whichever program wrote it: posts with their comments, and why a comment is treated as it is.

Rule: addresses and IPs of commenters end in the reader of the export; no value here has a place for one.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ..model import Kind


class Effect(Enum):
    """What becomes of a comment or thread that is listed."""

    LEFT_OUT = "left out"
    KEPT = "kept as it is here"
    CHANGED = "imported with a change"
    LISTED = "imported as it is"
    UNUSED = "not used"


class Reason(Enum):
    """Why a comment or thread is listed; the order is that of the report."""

    PENDING = (Effect.LEFT_OUT, "was not approved")
    SPAM = (Effect.LEFT_OUT, "was marked as spam")
    TRASH = (Effect.LEFT_OUT, "was in the trash")
    OTHER_STATE = (Effect.LEFT_OUT, "has a state that is not known here")
    OTHER_TYPE = (Effect.LEFT_OUT, "is no comment, but a record of another kind")
    POST_HIDDEN = (Effect.LEFT_OUT, "stands on a post that was not public and is not on this site")
    NO_DATE = (Effect.LEFT_OUT, "has no date")
    NO_NUMBER = (Effect.LEFT_OUT, "has no usable number")
    TWICE = (Effect.LEFT_OUT, "has the number of another comment on this post")
    TOO_LONG = (Effect.LEFT_OUT, "is longer than CONVERSATION_MAX_BODY_BYTES, which may be raised")
    UNWRITABLE = (Effect.LEFT_OUT, "cannot be written as a comment file")
    DIFFERS = (Effect.KEPT, "is not what the export gives: edited since, or imported with other options")
    CANNOT_MOVE = (
        Effect.KEPT,
        "stays in another thread's folder, as its file is signed for that thread or names it: --sign-as KEY moves what "
        "an import signed; anything else edit, or sign again, and move by hand",
    )
    STANDS_TWICE = (Effect.KEPT, "stands in another thread's folder too, and the files differ: delete one of them")
    REPLY_LEFT = (
        Effect.KEPT,
        "answers a comment that moves to another thread's folder: move its file there too; "
        "an author's, which is signed for its thread, remove and answer again",
    )
    PARENT_HIDDEN = (Effect.CHANGED, "answers a comment that is left out, so it opens a branch of its own")
    PARENT_MISSING = (
        Effect.CHANGED,
        "answers a comment that the export does not have, so it opens a branch of its own",
    )
    PARENT_LOOP = (Effect.CHANGED, "answers, in the end, itself; the oldest of the loop opens a branch")
    SIMPLIFIED = (Effect.CHANGED, "has formatting that cannot be carried over; its text is")
    NO_NAME = (Effect.CHANGED, "has no name and is shown as Anonymous")
    NAME_WAS_ADDRESS = (Effect.CHANGED, "had an e-mail address or IP in its name, which is taken out")
    NAME_CUT = (Effect.CHANGED, "has a very long name, which is cut")
    NO_URL = (Effect.CHANGED, "had an address of a page that cannot be used")
    AUTHOR_UNSIGNED = (Effect.CHANGED, "is by an author of the blog and shown as a guest's; --sign-as signs it")
    ACCOUNT_UNSIGNED = (
        Effect.CHANGED,
        "is by a registered user, the export does not say who; if it is you: --sign-as NUMBER=KEY",
    )
    REPLY_OLDER = (Effect.LISTED, "is older than the comment it answers, which every build will warn of")
    NO_TEXT = (Effect.LISTED, "has no text, which every build will warn of")
    POST_WAS_HIDDEN = (Effect.LISTED, "has comments that were not public in the old blog")
    THREAD_RENAMED = (Effect.LISTED, "has a slug that cannot name a thread")
    THREAD_SHARED = (Effect.LISTED, "takes the comments of more than one post; --map can part them")
    NO_PAGE = (Effect.LISTED, "is on no page of this site; its comments wait in its folder, or --map moves them")
    MOVED = (Effect.LISTED, "takes comments that an earlier import wrote to another thread's folder")
    MAP_UNUSED = (Effect.UNUSED, "is in the map, and no post with comments has this slug, address or number")

    @property
    def effect(self) -> Effect:
        """What becomes of it."""
        return self.value[0]

    @property
    def words(self) -> str:
        """The reason, as the end of a sentence about the comment or thread."""
        return self.value[1]

    @property
    def code(self) -> str:
        """The reason as one word, for programs."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or thread to list, and why."""

    reason: Reason
    thread: str
    id: str = ""
    """Of the comment; empty where the note is about the thread."""
    detail: str = ""
    """The value concerned; empty for none."""


@dataclass(frozen=True, slots=True)
class ExportedComment:
    """A comment as the export has it, cleaned of what must not become public."""

    id: str
    """As its file will be called, `wp-123`; empty where the export gives no usable number."""
    parent: str | None
    """Id of the comment it answers; it may not be in the export."""
    name: str
    """One line, or empty."""
    url: str | None
    """http or https."""
    date: datetime | None
    """Aware."""
    html: str
    """The body as stored."""
    kind: Kind
    fragment: str
    """Of its old permalink."""
    hidden: Reason | None = None
    """Why it must not become public; None for one that was."""
    detail: str = ""
    """The value that `hidden` is about."""
    accounts: tuple[str, ...] = ()
    """Login and number of the user who wrote it, as far as the export tells; empty for a visitor."""
    is_by_author: bool = False
    """Its writer also wrote a post of this blog."""
    is_by_post_author: bool = False
    """Its writer also wrote the post it stands on."""
    is_by_unknown_user: bool = False
    """Its writer is a registered user, and the export does not tell which of them are authors."""
    changes: tuple[Reason, ...] = ()
    """What was changed in reading it."""


@dataclass(frozen=True, slots=True)
class ExportedPost:
    """A post with its comments, in the order of the export."""

    number: str
    title: str
    """One line."""
    slug: str
    """As the export has it; may be empty or percent-encoded."""
    link: str
    """Its old address; may be empty."""
    comments: tuple[ExportedComment, ...]
    hidden: str = ""
    """Why it was not public, in a word; empty for one that was."""
