"""What every request to the moderation page needs, made once, and how its pages are answered.

Rule: the moderator's pages are in English, as the command line is; what readers wrote stands in them as it will look,
with the words of its own page around it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from flask import Response, current_app, g, request

from ..moderation.moderating import Moderation
from .context import Receiver
from .passes import Passes
from .sign_in_links import SignInLinks
from .tries import Tries

EXTENSION = "conversation-moderator"
"""Where an app keeps the desk of its moderator."""
PATH = "moderate"
"""Of all the moderator's pages, below the receiver's; the cookie goes nowhere else."""
FETCH_SECONDS = 3.0
"""How long the page of the queue waits for what other receivers took; what comes later is there with the next look."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}
"""With `no-store`, going back to the queue would find nothing chosen and no answer; signing out clears what is kept."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The moderator's desk in the browser."""

    receiver: Receiver
    moderation: Moderation
    passes: Passes
    links: SignInLinks
    tries: Tries
    build: Callable[[], str]
    """Builds the site; returns what went wrong, a sentence, empty where nothing did."""
    sets_up_keys: bool = False
    """Whether a key to sign with can be made and listed from here: on the blogger's own machine."""

    def fetch(self) -> str:
        """Let the inbox hear of its remote, where it has one; return why it cannot, empty where it could."""
        pusher = self.receiver.pusher
        if pusher is None:
            return ""
        pusher.await_round(patience_seconds=FETCH_SECONDS)
        return pusher.problem or ""

    def address(self, *parts: str) -> str:
        """Return the path of one of the moderator's pages."""
        return self.receiver.address(PATH, *parts)


def current_desk() -> Desk:
    """Return the desk of the app that answers this request."""
    return cast("Desk", current_app.extensions[EXTENSION])


def current_pass() -> str | None:
    """Return the pass that this request came with; None where its sender is not signed in."""
    return cast("str | None", g.get("moderator_pass"))


def show(template: str, *, status: int = 200, **facts: object) -> Response:
    """Return `moderator/<template>.html`."""
    desk, pass_ = current_desk(), current_pass()
    settings = desk.receiver.settings
    common = {
        "address": desk.address,
        "static": desk.receiver.address("static"),
        "site_name": settings.site_name,
        "site_href": f"{settings.site_url}/",
        "form_token": desk.passes.make_form_token(pass_) if pass_ else None,
    }
    html = desk.receiver.templates.get_template(f"moderator/{template}.html").render(common | facts)
    return Response(html, status, content_type="text/html; charset=utf-8")


def lead_to(*parts: str) -> Response:
    """Return the way to another of the moderator's pages."""
    return Response("", 303, {"Location": current_desk().address(*parts)})


def add_headers(response: Response) -> Response:
    """Add what keeps the moderator's pages from being framed, cached or given scripts by others."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def find_kept_texts() -> list[str]:
    """Return what somebody wrote into the form that was sent, so that an answer without effect does not lose it."""
    return [text for name, text in request.form.items() if name.startswith(("answer-", "body")) and text.strip()]
