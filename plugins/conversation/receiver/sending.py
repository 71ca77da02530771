"""Sending a new comment: the form, the preview, and the one step after which it is in the inbox.

Rule: nothing is kept before the inbox has it on disk, and what is in it is never added again: a token used twice, and
the same text by the same hand, get the answer that the first got.
"""

import json

from flask import Blueprint, Response

from ..inbox.submission import find_marks, format_private_part, format_public_part, make_private_part
from ..inbox.values import ConflictError, Submission
from ..rendering.form_view import view_empty_form
from .answers import Refusal, RefusedError, answer
from .context import Receiver, current_receiver
from .incoming import wants_json
from .previews import show_published
from .signing import Previewed, TokenError
from .writing import (
    Draft,
    Target,
    count,
    find_problems,
    find_thread,
    keeping,
    read_token,
    receive,
    require_open,
    show_preview,
    view_form,
)

sending = Blueprint("sending", __name__)


@sending.get("/new/<thread>")
def write_new(thread: str) -> Response:
    """Answer with an empty form."""
    receiver = current_receiver()
    found = find_thread(receiver, thread)
    require_open(receiver, found)
    data = {"thread": thread, "title": found.page.title, "page": receiver.page_address(found.page)}
    return answer(receiver, "write", data, page=found.page, form=view_empty_form(thread, receiver.settings))


@sending.get("/reply/<thread>/<id>")
def write_reply(thread: str, id: str) -> Response:
    """Answer with an empty form below the comment that it is to answer."""
    receiver = current_receiver()
    found = find_thread(receiver, thread)
    require_open(receiver, found)
    file = receiver.published.read(found, id)
    wording = receiver.find_wording(found.page)
    parent = (
        show_published(file, found, published=receiver.published, settings=receiver.settings, wording=wording)
        if file
        else None
    )
    if parent is None:
        raise RefusedError(Refusal("no-comment", 404, found.page))
    data = {
        "thread": thread,
        "title": found.page.title,
        "page": receiver.page_address(found.page),
        "in_reply_to": {"id": id, "name": parent.name, "html": str(parent.html)},
    }
    form = view_empty_form(thread, receiver.settings, in_reply_to=id)
    return answer(receiver, "write", data, page=found.page, form=form, parent=parent)


@sending.post("/preview")
def preview() -> Response:
    """Answer with the comment as it will look."""
    receiver = current_receiver()
    draft, target = _receive_draft(receiver)
    require_open(receiver, draft.thread, kept=draft.form.body)
    return show_preview(receiver, draft, target)


@sending.post("/comments")
def send() -> Response:
    """Take a comment that was previewed, and lead to the page of its state."""
    receiver = current_receiver()
    draft, target = _receive_draft(receiver)
    page = draft.thread.page
    try:
        previewed = read_token(receiver, draft, target)
    except TokenError:
        require_open(receiver, draft.thread, kept=draft.form.body)
        return show_preview(receiver, draft, target, notice="look-again")
    form = view_form(receiver, draft, target, token=draft.token)
    with keeping(form, page):
        id = receiver.sent.find(previewed, now=receiver.now())
        if id is None:
            require_open(receiver, draft.thread, kept=draft.form.body)
            if find_problems(receiver, draft, target):
                return show_preview(receiver, draft, target, notice="look-again")
            count(receiver.limits.count_sending, receiver, form, page)
            id = _keep(receiver, draft, previewed)
    return lead_to_state(receiver, id, draft.thread.page.thread, status=201)


def _receive_draft(receiver: Receiver) -> tuple[Draft, Target]:
    form, values = receive(receiver)
    thread = find_thread(receiver, form.thread, kept=form.body)
    draft = Draft(thread, form, values.get("token", ""))
    return draft, Target(receiver.address("preview"), receiver.address("comments"))


def _keep(receiver: Receiver, draft: Draft, previewed: Previewed) -> str:
    """Put a comment into the inbox and return its id; raises InboxUnavailableError."""
    now, form = receiver.now(), draft.form
    id = receiver.signing.derive_id(previewed)
    seconds = (now - previewed.moment).total_seconds()
    marks = find_marks(form, seconds_since_preview=seconds, blocklist=receiver.settings.blocklist)
    public = format_public_part(form, id=id, date=now, max_body_bytes=receiver.settings.max_body_bytes)
    private = make_private_part(form, received=now, marks=marks, seal=receiver.seal)
    try:
        receiver.inbox.add(Submission(id, public, format_private_part(private)))
    except ConflictError:  # the same token, at the same moment
        return id
    receiver.note_change()
    return id


def lead_to_state(receiver: Receiver, id: str, thread: str, *, status: int = 200) -> Response:
    """Answer with the way to the page of a comment's state; `status` is for JSON, which needs no way."""
    address = receiver.address("state", receiver.signing.sign_state(id, thread))
    if wants_json():
        return Response(
            json.dumps({"id": id, "state_url": address}), status, {"Location": address}, content_type="application/json"
        )
    return Response("", 303, {"Location": address})
