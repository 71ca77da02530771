"""The plan of an import: what becomes of each comment of a post, decided before anything is written.

Rule: pure functions of the export, the rules and the files that are there. A file that the blogger may have changed is
never planned over.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from ..comments.comment_file import format_comment
from ..errors import InvalidCommentError
from ..model import Comment, Kind
from ..text import is_anchor, is_visible
from .earlier_files import (
    FileHere,
    SiteFiles,
    can_stand_in,
    find_copies,
    find_earlier_thread,
    find_replies_left,
    find_source,
)
from .export import ExportedComment, ExportedPost, Note, Reason
from .html_to_markdown import Markdown
from .thread_choice import ThreadChoice, choose_thread

MAX_HTML_FACTOR = 4
"""A body's HTML may be so much longer than its Markdown may: letters written as entities are."""


class Action(Enum):
    """What becomes of a comment's file."""

    ADD = "add"
    MOVE = "move"
    """The file is there in another thread's folder, by an earlier import, and leaves that."""
    SIGN = "sign"
    """The file is there as an import wrote it, and lacks the author's signature."""
    LEAVE = "leave"
    """The file is there as this import would write it."""
    KEEP = "keep"
    """The file is there and differs, or is in another thread's folder and cannot move."""


WRITING = frozenset((Action.ADD, Action.MOVE, Action.SIGN))
"""What changes the site."""


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What an import needs to know of the site and of the blogger's wishes."""

    convert: Callable[[str, str], Markdown]
    """Makes Markdown of a body's HTML; the second argument is the address that relative links start from."""
    known_threads: frozenset[str] = frozenset()
    """Of the site's pages."""
    threads: Mapping[str, str] = field(default_factory=dict)
    """The map, as `thread_choice.parse_map` reads it."""
    authors: frozenset[str] = frozenset()
    """Keys of the site's authors."""
    signs_own: str | None = None
    """Key of the author who signs the comments of each post's author."""
    signs_accounts: Mapping[str, str] = field(default_factory=dict)
    """Key of the author who signs a user's comments, by login or number."""
    max_body_bytes: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one comment."""

    comment: Comment
    data: bytes
    """Of its file."""
    action: Action
    leaves: tuple[str, ...] = ()
    """Threads from whose folders the comment's file goes."""


@dataclass(frozen=True, slots=True)
class PostPlan:
    """What becomes of a post's comments."""

    thread: str
    post: str
    """Number of the post in the export."""
    is_on_site: bool
    map_key: str | None
    """Key of the map that chose the thread."""
    signed_accounts: frozenset[str]
    """Logins whose comments `signs_own` signs."""
    changes: tuple[Change, ...]
    """In the order of the export."""
    notes: tuple[Note, ...]


def plan_post(post: ExportedPost, rules: ImportRules, files: SiteFiles) -> PostPlan:
    """Plan the import of a post; `files` are those that the site has."""
    choice = choose_thread(post, rules.threads, rules.known_threads)
    if choice.map_key is None and choice.name not in rules.known_threads:
        earlier = find_earlier_thread(post, choice.name, files, pages=rules.known_threads)
        choice = choice if earlier == choice.name else ThreadChoice(earlier)
    planner = _PostPlanner(post, rules, files, thread=choice.name)
    is_on_site = choice.name in rules.known_threads
    drafts = planner.draft_comments(may_show=not post.hidden or is_on_site or choice.map_key is not None)
    comments = planner.place_replies(drafts)
    changes = tuple(change for comment in comments for change in planner.plan_file(comment))
    thread_notes = choice.notes if changes else ()
    if changes and not is_on_site:
        thread_notes += (Note(Reason.NO_PAGE, choice.name),)
    if changes and post.hidden:
        thread_notes += (Note(Reason.POST_WAS_HIDDEN, choice.name, detail=post.hidden),)
    moved = [(thread, change.comment.id) for change in changes for thread in change.leaves]
    thread_notes += tuple(Note(Reason.MOVED, choice.name, detail=thread) for thread in sorted({t for t, _ in moved}))
    return PostPlan(
        choice.name, post.number, is_on_site, choice.map_key, frozenset(planner.signed_accounts), changes,
        (*thread_notes, *planner.notes, *find_replies_left(moved, files, to=choice.name, imported=set(drafts))),
    )  # fmt: skip


class _PostPlanner:
    """Plans the comments of one post."""

    def __init__(self, post: ExportedPost, rules: ImportRules, files: SiteFiles, *, thread: str) -> None:
        self.post = post
        self.rules = rules
        self.files = files
        self.thread = thread
        self.notes: list[Note] = []
        self.signed_accounts: set[str] = set()
        self.exported = {comment.id: comment for comment in reversed(post.comments)}
        """By id; of two the one that is imported, else the first."""

    def _note(self, reason: Reason, comment: ExportedComment | Comment, detail: str = "") -> None:
        self.notes.append(Note(reason, self.thread, comment.id, detail))

    def draft_comments(self, *, may_show: bool) -> dict[str, Comment]:
        """Return the comments to write, by id, as a guest's and with the parents of the export."""
        drafts: dict[str, Comment] = {}
        for exported in self.post.comments:
            if exported.hidden is not None:
                self._note(exported.hidden, exported, exported.detail)
            elif not exported.id:
                self._note(Reason.NO_NUMBER, exported, exported.fragment)
            elif exported.date is None:
                self._note(Reason.NO_DATE, exported)
            elif exported.id in drafts:
                self._note(Reason.TWICE, exported)
            elif not may_show:
                self._note(Reason.POST_HIDDEN, exported, self.post.hidden)
            elif (draft := self._draft(exported)) is not None:
                drafts[exported.id] = draft
                self.exported[exported.id] = exported
        return drafts

    def _draft(self, exported: ExportedComment) -> Comment | None:
        if exported.date is None or len(exported.html.encode()) > MAX_HTML_FACTOR * self.rules.max_body_bytes:
            self._note(Reason.TOO_LONG, exported)
            return None
        body = self.rules.convert(exported.html, self.post.link)
        if len(body.text.encode()) + 1 > self.rules.max_body_bytes:
            self._note(Reason.TOO_LONG, exported)
            return None
        draft = Comment(
            thread=self.thread, id=exported.id, date=exported.date, name=exported.name or "Anonymous", body=body.text,
            in_reply_to=exported.parent, url=exported.url, kind=exported.kind,
            anchors=(exported.fragment,) if is_anchor(exported.fragment) else (),
            source=find_source(self.post, exported),
        )  # fmt: skip
        for reason in exported.changes:
            self._note(reason, exported)
        if body.loss:
            self._note(Reason.SIMPLIFIED, exported, body.loss)
        if draft.kind is Kind.COMMENT and not is_visible(draft.body):
            self._note(Reason.NO_TEXT, exported)
        return draft

    def place_replies(self, drafts: Mapping[str, Comment]) -> Iterator[Comment]:
        """Yield the comments with parents that are among them, and without loops."""
        cut = _find_loops(drafts)
        for comment in drafts.values():
            parent = comment.in_reply_to
            if parent is None:
                yield comment
            elif comment.id in cut:
                self._note(Reason.PARENT_LOOP, comment, parent)
                yield replace(comment, in_reply_to=None)
            elif parent not in drafts:
                self._note(Reason.PARENT_HIDDEN if parent in self.exported else Reason.PARENT_MISSING, comment, parent)
                yield replace(comment, in_reply_to=None)
            else:
                if comment.date < drafts[parent].date:
                    self._note(Reason.REPLY_OLDER, comment, parent)
                yield comment

    def plan_file(self, guest: Comment) -> Iterator[Change]:
        """Yield what becomes of a comment, given as a guest's; nothing where it cannot be written."""
        exported = self.exported[guest.id]
        key = self._find_signer(exported)
        comment = guest if key is None else _as_author(guest, key)
        try:
            data = self._format(comment)
        except InvalidCommentError as error:
            self._note(Reason.UNWRITABLE, guest, str(error))
            return
        here = self.files.read(self.thread, guest.id)
        change = Change(comment, data, Action.ADD if here is None else self._compare(guest, data, here, key))
        if change.action is Action.KEEP:
            self._note(Reason.DIFFERS, guest)
        copies = find_copies(guest.id, self.files, besides=self.thread, source=guest.source, date=guest.date)
        for thread, copy in copies.items():
            is_as_imported = copy.data == data or any(
                copy.data == self._format(replace(one, thread=thread)) for one in (guest, comment)
            )
            change = self._plan_move(guest, change, here, copy, thread=thread, is_as_imported=is_as_imported)
            here = FileHere(change.data, change.comment.author is not None) if change.leaves else here
        if key is None and change.action is Action.ADD and exported.is_by_author:
            self._note(Reason.AUTHOR_UNSIGNED, guest, exported.accounts[0])
        elif key is None and change.action is Action.ADD and exported.is_by_unknown_user:
            self._note(Reason.ACCOUNT_UNSIGNED, guest, exported.accounts[-1])
        yield change

    def _plan_move(
        self,
        guest: Comment,
        change: Change,
        here: FileHere | None,
        copy: FileHere,
        *,
        thread: str,
        is_as_imported: bool,
    ) -> Change:
        """Return what becomes of a comment that has a file in another thread's folder; without that it were `change`."""
        moved = replace(change, action=Action.MOVE, leaves=(*change.leaves, thread))
        if here is not None and (is_as_imported or copy.data == here.data):
            writes = change.action in WRITING
            return moved if writes else replace(moved, comment=guest, data=here.data)
        if here is not None:
            self._note(Reason.STANDS_TWICE, guest, thread)
            return change
        if is_as_imported:
            return moved
        if can_stand_in(self.thread, guest.id, copy):
            self._note(Reason.DIFFERS, guest, thread)
            return replace(moved, comment=guest, data=copy.data)
        self._note(Reason.CANNOT_MOVE, guest, thread)
        return replace(change, action=Action.KEEP)

    def _find_signer(self, exported: ExportedComment) -> str | None:
        """Return the key of the author who signs a comment; None for a guest's."""
        for account in exported.accounts:
            if account in self.rules.signs_accounts:
                return self.rules.signs_accounts[account]
        if self.rules.signs_own is not None and exported.is_by_post_author:
            self.signed_accounts.add(exported.accounts[0])
            return self.rules.signs_own
        return None

    def _compare(self, guest: Comment, data: bytes, here: FileHere, key: str | None) -> Action:
        """Say what becomes of a comment whose file is there."""
        if here.data == data:
            return Action.SIGN if key is not None and not here.has_signature else Action.LEAVE
        if key is not None:
            return Action.SIGN if here.data == self._format(guest) else Action.KEEP
        if here.has_signature and any(
            here.data == self._format(_as_author(guest, author)) for author in self.rules.authors
        ):
            return Action.LEAVE  # signed by an earlier import
        return Action.KEEP

    def _format(self, comment: Comment) -> bytes:
        return format_comment(comment, max_body_bytes=self.rules.max_body_bytes)


def _as_author(guest: Comment, key: str) -> Comment:
    """Return a comment as the author's: name and page are those that the site's settings give."""
    return replace(guest, author=key, name=None, url=None)


def _find_loops(drafts: Mapping[str, Comment]) -> frozenset[str]:
    """Return the oldest comment of each loop of replies."""
    cut: set[str] = set()
    done: set[str] = set()
    for start in drafts:
        path: dict[str, None] = {}
        id: str | None = start
        while id is not None and id in drafts and id not in done and id not in path:
            path[id] = None
            id = drafts[id].in_reply_to
        if id is not None and id in path:
            ids = list(path)
            cut.add(min(ids[ids.index(id) :], key=lambda one: (drafts[one].date, one)))
        done.update(path)
    return frozenset(cut)
