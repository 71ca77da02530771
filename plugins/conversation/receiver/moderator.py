"""The moderation page: the receiver's part for whoever decides about comments.

Rule: nothing here answers whoever is not signed in, but for the pages that sign in; and no GET changes anything.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Blueprint, Flask, Response, request
from flask.blueprints import BlueprintSetupState

from ..configuration import Settings
from ..errors import ConversationError
from ..moderation.moderating import Moderation
from .context import EXTENSION as RECEIVER
from .context import Receiver
from .desk import EXTENSION, PATH, Desk, add_headers, find_kept_texts, show
from .passes import Passes
from .queue_pages import queue_pages
from .secret_file import load_secret
from .sign_in import check_password_setting, read_pass, require_pass, sign_out, signing_in
from .sign_in_links import SignInLinks
from .site_build import SiteBuild
from .tries import Tries

logger = logging.getLogger(__name__)

MAX_PARTS = 1000
"""Of a form: three for each comment of the queue, and some."""


def create_moderator(receiver: Receiver, *, build: Callable[[], str], sets_up_keys: bool = False) -> Blueprint:
    """Return the moderation page of a receiver, to be registered with its app before the first request.

    `build` builds the site after a session that changed it, and returns what went wrong, a sentence, empty where nothing
    did; `sets_up_keys` lets the moderator make a key to sign with. Raises ConversationError, which says what to do, where comments cannot be decided about here.
    """
    settings = receiver.settings
    check_password_setting(settings)
    secret = load_secret(settings.secret)
    desk = Desk(
        receiver, Moderation(settings), Passes(secret, settings.password_hash), SignInLinks(settings.secret, secret),
        Tries(), build, sets_up_keys,
    )  # fmt: skip
    moderator = Blueprint("moderator", __name__, url_prefix=f"/{PATH}")

    def set_desk(state: BlueprintSetupState) -> None:
        state.app.extensions[EXTENSION] = desk

    moderator.record_once(set_desk)
    moderator.before_request(_prepare)
    moderator.after_request(add_headers)
    moderator.register_error_handler(ConversationError, _answer_error)
    moderator.register_blueprint(signing_in)
    moderator.register_blueprint(_guard())
    return moderator


def _guard() -> Blueprint:
    """Return all pages for which one has to be signed in."""
    guarded = Blueprint("guarded", __name__)
    guarded.before_request(require_pass)
    guarded.register_blueprint(queue_pages)
    guarded.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    return guarded


def _prepare() -> None:
    request.max_form_parts = MAX_PARTS
    read_pass()


def _answer_error(error: ConversationError) -> Response:
    """Answer where inbox or repository cannot be used, with the error's own words, which are for the blogger."""
    return show("refused", status=503, reason="error", message=str(error), kept=find_kept_texts())


def add_moderator(app: Flask, *, build: Callable[[], str], sets_up_keys: bool = False) -> None:
    """Give the receiver's app its moderation page; arguments and errors are those of `create_moderator`."""
    app.register_blueprint(create_moderator(app.extensions[RECEIVER], build=build, sets_up_keys=sets_up_keys))


def add_configured_moderator(app: Flask, settings_file: Path) -> None:
    """Give a receiver on a server its moderation page, for a password or for the links of `pelican-comments sign-in`.

    Where comments cannot be decided about here, that is logged, and raises ConversationError if the settings have a
    password, for then somebody expects the page.
    """
    try:
        add_moderator(app, build=SiteBuild(settings_file))
    except ConversationError as error:
        if app.extensions[RECEIVER].settings.password_hash is not None:
            raise
        logger.warning("There is no moderation page, for comments cannot be decided about here: %s", error)


def make_sign_in_address(receiver: Receiver) -> str:
    """Return the path of a new one-time link."""
    return make_sign_in_path(receiver.settings, receiver.clock())


def make_sign_in_path(settings: Settings, now: datetime) -> str:
    """Return the path of a new one-time link to the receiver that these settings are of; raises OSError."""
    token = SignInLinks(settings.secret, load_secret(settings.secret)).issue(now)
    return "/".join((urlsplit(settings.receiver or "").path, PATH, "sign-in", quote(token, safe="")))
