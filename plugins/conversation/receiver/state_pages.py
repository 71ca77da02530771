"""The page of a comment's state, which only its writer knows: waiting, published or declined.

Rule: whoever has the address is the writer, so it is in no link that leads elsewhere, no page that is gone to from here
is told it, and no proxy may keep it. What was decided cannot be changed here; whether it was, the inbox says at the moment of the change.
"""

from dataclasses import dataclass, replace

from flask import Blueprint, Response

from ..comments.comment_file import CommentFile, parse_comment
from ..comments.flat_lines import FrontMatterError
from ..inbox.submission import (
    Form,
    PrivatePart,
    find_marks,
    format_private_part,
    format_public_part,
    make_private_part,
    parse_private_part,
)
from ..inbox.values import (
    ConflictError,
    InboxUnavailableError,
    NoSubmissionError,
    Standing,
    StoredSubmission,
    Submission,
)
from ..model import Comment, Page, State
from .answers import Refusal, RefusedError, answer
from .context import Receiver, current_receiver
from .previews import ShownComment, show_comment
from .sending import lead_to_state
from .signing import TokenError
from .thread_index import IndexedThread
from .writing import (
    Draft,
    Target,
    count,
    find_problems,
    keeping,
    read_token,
    receive,
    show_preview,
    unavailable,
    view_form,
)

state_pages = Blueprint("state", __name__, url_prefix="/state/<key>")

WORDS = {
    State.PENDING: "awaiting",
    State.APPROVED: "published",
    State.REJECTED: "declined",
    State.SPAM: "declined",
    State.REMOVED: "declined",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was sent, as long as it waits."""

    comment: Comment
    private: PrivatePart


@dataclass(frozen=True, slots=True)
class Sent:
    """A comment that was sent, as its writer sees it."""

    key: str
    id: str
    thread: IndexedThread
    stored: StoredSubmission
    is_on_page: bool

    @property
    def is_waiting(self) -> bool:
        """Whether it is not decided yet."""
        return self.stored.standing.state is State.PENDING

    def read_waiting(self) -> Waiting | None:
        """Return what waits, however long it is, for it was accepted; None where it is decided or cannot be read."""
        if not self.is_waiting:
            return None
        submission, thread = self.stored.submission, self.thread.page.thread
        comment = parse_comment(submission.comment, self.id, thread=thread, id=self.id, max_body_bytes=None).comment
        try:
            return Waiting(comment, parse_private_part(submission.private)) if comment else None
        except (FrontMatterError, ValueError):
            return None


@state_pages.after_request
def hide_address(response: Response) -> Response:
    """Let no page, not even one of the site, learn from which of these its reader came: logs and counters keep that.

    It takes the origin from the forms here as well, which is asked of none: who has the address is the writer.
    """
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@state_pages.get("")
def show_state(key: str) -> Response:
    """Answer with the state of a comment, and with the comment as long as it waits and can be shown."""
    receiver = current_receiver()
    sent = _find(receiver, key)
    page = sent.thread.page
    state = WORDS[sent.stored.standing.state]
    link = receiver.page_address(page, f"comment-{sent.id}")
    data: dict[str, object] = {"state": state, "title": page.title, "page": receiver.page_address(page)}
    if state == "published":
        data |= {"url": link, "is_on_page": sent.is_on_page}
    shown = form = None
    waiting = sent.read_waiting()
    if waiting and (shown := _show(receiver, sent, waiting.comment)):
        data["html"] = str(shown.comment.html)
        form = view_form(receiver, Draft(sent.thread, _fill(waiting.comment)), _target(receiver, sent, waiting))
    return answer(
        receiver, "state", data, page=page, state=state, link=link, is_on_page=sent.is_on_page,
        preview=shown, form=form, withdraw_url=receiver.address("state", key, "withdraw"),
    )  # fmt: skip


@state_pages.post("/preview")
def preview_change(key: str) -> Response:
    """Answer with the changed comment as it will look."""
    receiver = current_receiver()
    _, _, draft, target = _receive_change(receiver, key)
    return show_preview(receiver, draft, target)


@state_pages.post("/change")
def change(key: str) -> Response:
    """Put a changed comment that was previewed in place of the one that waits."""
    receiver = current_receiver()
    sent, waiting, draft, target = _receive_change(receiver, key)
    try:
        previewed = read_token(receiver, draft, target)
    except TokenError:
        return show_preview(receiver, draft, target, notice="look-again")
    if find_problems(receiver, draft, target):  # the settings are others than when it was previewed
        return show_preview(receiver, draft, target, notice="look-again")
    form = view_form(receiver, draft, target, token=draft.token)
    count(receiver.limits.count_sending, receiver, form, sent.thread.page)
    seconds = (receiver.now() - previewed.moment).total_seconds()
    submission = _make_change(receiver, sent.id, waiting, draft, seconds_since_preview=seconds)
    try:
        with keeping(form, sent.thread.page):
            receiver.inbox.replace(submission, expected_revision=previewed.subject.partition(" ")[2])
    except ConflictError:
        return _meet_conflict(receiver, key, draft)
    receiver.note_change()
    return lead_to_state(receiver, sent.id, sent.thread.page.thread)


@state_pages.post("/withdraw")
def withdraw(key: str) -> Response:
    """Take a comment back that waits; its text is erased."""
    receiver = current_receiver()
    sent = _find(receiver, key)
    try:
        receiver.inbox.withdraw(sent.id, expected_revision=sent.stored.standing.revision)
    except ConflictError:
        return lead_to_state(receiver, sent.id, sent.thread.page.thread)  # which says what it is now
    receiver.note_change()
    data = {"state": "withdrawn", "page": receiver.page_address(sent.thread.page)}
    return answer(receiver, "state", data, page=sent.thread.page, state="withdrawn")


def _find(receiver: Receiver, key: str, *, kept: str = "") -> Sent:
    """Return the comment whose writer has this key; raises RefusedError."""
    try:
        id, thread_name = receiver.signing.read_state(key)
    except TokenError as error:
        raise RefusedError(Refusal("no-state", 404, kept=kept)) from error
    thread = receiver.index.find(thread_name)
    page = thread.page if thread else None
    try:
        stored = receiver.inbox.read(id)
    except NoSubmissionError as error:
        if thread is None or id not in thread.comments:
            raise RefusedError(Refusal("no-state", 404, page, kept=kept)) from error
        stored = StoredSubmission(Submission(id, b"", b""), Standing(State.APPROVED, ""))  # on the page, so it was
    except InboxUnavailableError as error:
        raise unavailable(error, page) from error
    if thread is None:  # its page was renamed or taken off, and what waits can be taken back all the same
        if stored.standing.state is not State.PENDING:
            raise RefusedError(Refusal("no-thread", 404, kept=kept))
        thread = _stand_in(receiver, thread_name)
    return Sent(key, id, thread, stored, id in thread.comments)


def _stand_in(receiver: Receiver, name: str) -> IndexedThread:
    """Return a thread that no page has, with the site's first page for its own."""
    settings = receiver.settings
    lang = settings.default_lang
    return IndexedThread(Page(name, settings.site_name, "", lang, thread_lang=lang))


def _fill(comment: Comment) -> Form:
    return Form(comment.thread, comment.in_reply_to or "", comment.name or "", comment.url or "", body=comment.body)


def _show(receiver: Receiver, sent: Sent, comment: Comment) -> ShownComment | None:
    return show_comment(
        CommentFile(sent.id, sent.id, sent.stored.submission.comment), sent.thread,
        parent=receiver.published.read(sent.thread, comment.in_reply_to or ""), published=receiver.published,
        settings=receiver.settings, wording=receiver.find_wording(sent.thread.page),
    )  # fmt: skip


def _target(receiver: Receiver, sent: Sent, waiting: Waiting) -> Target:
    return Target(
        receiver.address("state", sent.key, "preview"), receiver.address("state", sent.key, "change"),
        subject=f"{sent.id} {sent.stored.standing.revision}", has_sealed_email=bool(waiting.private.sealed_email),
        answers_published=False,
    )  # fmt: skip


def _receive_change(receiver: Receiver, key: str) -> tuple[Sent, Waiting, Draft, Target]:
    """Return a changed form for a comment that waits; thread and parent stay what they were."""
    form, values = receive(receiver)
    sent = _find(receiver, key, kept=form.body)
    waiting = _require_waiting(sent, kept=form.body)
    comment = waiting.comment
    form = replace(form, thread=comment.thread, in_reply_to=comment.in_reply_to or "")
    draft = Draft(sent.thread, form, values.get("token", ""), forgets_email=bool(values.get("forget_email")))
    return sent, waiting, draft, _target(receiver, sent, waiting)


def _require_waiting(sent: Sent, *, kept: str) -> Waiting:
    """Return what waits; raises RefusedError, with what was written, where it cannot be changed."""
    waiting = sent.read_waiting()
    if waiting is None:
        raise RefusedError(Refusal("unreadable" if sent.is_waiting else "decided", 409, sent.thread.page, kept=kept))
    return waiting


def _make_change(
    receiver: Receiver, id: str, waiting: Waiting, draft: Draft, *, seconds_since_preview: float
) -> Submission:
    """Return the submission as changed: same id and date, an address kept unless it is replaced or to be forgotten."""
    form, old = draft.form, waiting.private
    marks = find_marks(form, seconds_since_preview=seconds_since_preview, blocklist=receiver.settings.blocklist)
    private = make_private_part(form, received=old.received, marks=marks, seal=receiver.seal)
    if not private.sealed_email and not draft.forgets_email:
        private = replace(private, sealed_email=old.sealed_email, consent=old.consent)
    limit = receiver.settings.max_body_bytes
    public = format_public_part(form, id=id, date=waiting.comment.date, max_body_bytes=limit)
    return Submission(id, public, format_private_part(private))


def _meet_conflict(receiver: Receiver, key: str, draft: Draft) -> Response:
    """Show a change that came too late once more, or say that it was decided meanwhile."""
    sent = _find(receiver, key, kept=draft.form.body)
    waiting = _require_waiting(sent, kept=draft.form.body)
    return show_preview(receiver, draft, _target(receiver, sent, waiting), notice="changed-meanwhile")
