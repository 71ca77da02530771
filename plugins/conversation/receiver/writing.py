"""Writing a comment, as far as new ones and changed ones go the same way: what was sent becomes a form, and is shown.

Rule: whatever goes wrong, the answer holds what was written, so that nobody has to write it again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask import Response
from werkzeug.exceptions import HTTPException

from ..comments.comment_file import CommentFile
from ..comments.pages import is_open
from ..inbox.submission import FieldProblem, Form, check_form, format_public_part, read_form
from ..inbox.values import Cause, InboxUnavailableError
from ..model import Conversation, Page
from ..rendering.form_view import FormView
from .answers import Refusal, RefusedError, answer, describe_problems
from .context import Receiver
from .incoming import read_values
from .previews import ShownComment, show_comment
from .signing import Previewed, TokenError
from .thread_index import IndexedThread

logger = logging.getLogger(__name__)

PREVIEW_ID = "your-comment"
"""Of a comment that has none yet; an id of ours begins with a date."""
UNKNOWN_NAME = "…"
"""In a preview, where the name is to be mended."""
RETRY_SECONDS = 30
"""When to try again what the inbox could not do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a form goes."""

    preview_url: str
    send_url: str
    subject: str = ""
    """See `signing.Previewed`."""
    has_sealed_email: bool = False
    answers_published: bool = True
    """Whether the comment it answers has to be on the page."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form with the thread it is for, and what was sent beside its fields."""

    thread: IndexedThread
    form: Form
    token: str = ""
    forgets_email: bool = False


def receive(receiver: Receiver) -> tuple[Form, Mapping[str, str]]:
    """Return the form of a request and everything else that was sent."""
    values = read_values()
    return read_form(values, asks_email=receiver.seal is not None), values


def find_thread(receiver: Receiver, name: str, *, kept: str = "") -> IndexedThread:
    """Return a thread that is shown; raises RefusedError."""
    thread = receiver.index.find(name)
    if thread is None or thread.page.conversation is Conversation.HIDDEN:
        raise RefusedError(Refusal("no-thread", 404, kept=kept))
    return thread


def require_open(receiver: Receiver, thread: IndexedThread, *, kept: str = "") -> None:
    """Raise RefusedError where a thread takes no comments any more."""
    days = receiver.settings.close_after_days
    if not is_open(thread.page, close_after_days=days, now=receiver.clock()):
        raise RefusedError(Refusal("closed", 403, thread.page, kept=kept))


def find_problems(receiver: Receiver, draft: Draft, target: Target) -> Mapping[str, FieldProblem]:
    """Return what is to be mended in a form, by field."""
    problems = dict(check_form(draft.form, max_body_bytes=receiver.settings.max_body_bytes))
    parent = draft.form.in_reply_to
    if parent and target.answers_published and parent not in draft.thread.comments:
        problems["in_reply_to"] = FieldProblem("parent-gone")
    return problems


def show_preview(receiver: Receiver, draft: Draft, target: Target, *, notice: str = "") -> Response:
    """Return the page that shows a form as a comment, with what is to be mended, or else with the way to send it.

    `notice` says why a comment is shown once more that was to be sent; then, too, nothing is kept yet, and it counts as
    a preview: rendering is what costs.
    """
    count(receiver.limits.count_preview, receiver, view_form(receiver, draft, target), draft.thread.page)
    problems = find_problems(receiver, draft, target)
    if "in_reply_to" in problems:
        draft = replace(draft, form=replace(draft.form, in_reply_to=""))
    page = draft.thread.page
    token = "" if problems else _sign(receiver, draft.form, target)
    shown = None if "body" in problems else _show(receiver, draft, problems)
    data = {
        "problems": describe_problems(receiver, problems, page),
        "notice": notice or None,
        "html": str(shown.comment.html) if shown else None,
        "is_plain": shown.is_plain if shown else None,
        "token": token or None,
    }
    return answer(
        receiver, "preview", data, status=422 if problems or notice else 200, page=page, notice=notice, preview=shown,
        form=view_form(receiver, draft, target, problems=problems, token=token),
    )  # fmt: skip


def _sign(receiver: Receiver, form: Form, target: Target) -> str:
    hand = receiver.find_hand()
    return receiver.signing.sign_preview(Previewed(form.digest, hand.group, receiver.now(), target.subject))


def _show(receiver: Receiver, draft: Draft, problems: Mapping[str, FieldProblem]) -> ShownComment | None:
    """Return the comment as it will look; what is to be mended is left out of it."""
    form = draft.form
    if "name" in problems:
        form = replace(form, name=UNKNOWN_NAME)
    if "url" in problems:
        form = replace(form, url="")
    settings = receiver.settings
    data = format_public_part(form, id=PREVIEW_ID, date=receiver.now(), max_body_bytes=settings.max_body_bytes)
    return show_comment(
        CommentFile(PREVIEW_ID, PREVIEW_ID, data), draft.thread,
        parent=receiver.published.read(draft.thread, form.in_reply_to), published=receiver.published,
        settings=settings, wording=receiver.find_wording(draft.thread.page),
    )  # fmt: skip


def view_form(
    receiver: Receiver, draft: Draft, target: Target, *,
    problems: Mapping[str, FieldProblem] | None = None, token: str = "",
) -> FormView:  # fmt: skip
    """Return a form with what was typed; a token makes it one that can be sent."""
    return FormView(
        target.preview_url, draft.form, asks_email=receiver.seal is not None, problems=problems or {},
        send_url=target.send_url if token else "", token=token, has_sealed_email=target.has_sealed_email,
        forgets_email=draft.forgets_email,
    )  # fmt: skip


def read_token(receiver: Receiver, draft: Draft, target: Target) -> Previewed:
    """Return what the token of a form proves; raises TokenError where that is not this form."""
    preview = receiver.signing.read_preview(draft.token, now=receiver.now())
    if preview.digest != draft.form.digest or preview.subject.partition(" ")[0] != target.subject.partition(" ")[0]:
        raise TokenError("the form was changed after its preview")
    return preview


def count(limit: Callable[[str], int], receiver: Receiver, form: FormView, page: Page) -> None:
    """Count what a hand does; raises RefusedError, with the form to try again, where it is too much."""
    if seconds := limit(receiver.find_hand().key):
        raise RefusedError(Refusal("too-often", 429, page, form, retry_after=seconds))


@contextmanager
def keeping(form: FormView, page: Page) -> Iterator[None]:
    """Turn an inbox that cannot be used into a refusal that holds the form, to send it again."""
    try:
        yield
    except InboxUnavailableError as error:
        raise unavailable(error, page, form) from error


def unavailable(error: InboxUnavailableError, page: Page | None = None, form: FormView | None = None) -> RefusedError:
    """Return the refusal for an inbox that cannot be used now, and log why: its page does not say."""
    logger.warning("Somebody was asked to try again later, and nothing was kept: %s", " ".join(str(error).split()))
    status = 507 if error.cause is Cause.FULL else 503
    return RefusedError(Refusal("unavailable", status, page, form, retry_after=RETRY_SECONDS))


def find_kept_text() -> str:
    """Return the words of a request that fails for another reason; empty where they cannot be read."""
    try:
        return read_form(read_values(), asks_email=False).body
    except HTTPException:
        return ""
