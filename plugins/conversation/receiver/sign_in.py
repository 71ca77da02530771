"""Signing the moderator in and out: by a one-time link, or by the password whose hash is in the settings.

Rule: the cookie is made here and nowhere else: out of scripts' reach, for the moderator's pages only, and never sent along
by another site. A link is looked at by GET and used by POST, since mail programs and browsers open links by themselves.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, g, request
from werkzeug.security import check_password_hash

from ..configuration import Settings
from ..errors import SettingsError
from .desk import Desk, current_desk, current_pass, find_kept_texts, lead_to, show
from .passes import PASS_AGE, PassError
from .sign_in_links import LINK_AGE

COOKIE = "moderator"

signing_in = Blueprint("signing_in", __name__)


def check_password_setting(settings: Settings) -> None:
    """Raise SettingsError for a password hash that no password has."""
    hash = settings.password_hash
    if hash is not None and (hash.count("$") < 2 or not hash.startswith(("scrypt:", "pbkdf2:"))):
        remedy = "make one with `python -c 'from werkzeug.security import *; print(generate_password_hash(input()))'`"
        raise SettingsError("CONVERSATION_PASSWORD_HASH", "(not shown)", remedy)


def read_pass() -> None:
    """Find out who asks; runs before every request to the moderator's pages."""
    desk, text = current_desk(), request.cookies.get(COOKIE, "")
    g.moderator_pass = None
    if text:
        try:
            desk.passes.check(text, desk.receiver.clock())
            g.moderator_pass = text
        except PassError:
            return


def require_pass() -> Response | None:
    """Answer whoever is not signed in, and a form that was not written for who is; runs before all but signing in."""
    pass_ = current_pass()
    if pass_ is None:
        return lead_to("sign-in") if request.method in ("GET", "HEAD") else _refuse_form("signed-out")
    if request.method == "POST" and not current_desk().passes.is_form_token(request.form.get("token", ""), pass_):
        return _refuse_form("foreign-form")
    return None


def _refuse_form(reason: str) -> Response:
    return show("refused", status=403, reason=reason, kept=find_kept_texts())


@signing_in.get("/sign-in")
def ask_password() -> Response:
    """Answer with the form for the password, and with how to get a link."""
    return lead_to() if current_pass() else _show_form()


@signing_in.post("/sign-in")
def take_password() -> Response:
    """Let in whoever knows the password."""
    desk = current_desk()
    hash = desk.receiver.settings.password_hash
    if hash is None:
        return _show_form(status=403)
    if seconds := desk.tries.count(desk.receiver.find_hand().key):
        response = _show_form(status=429, problem="too-often", minutes=-(-seconds // 60))
        response.headers["Retry-After"] = str(seconds)
        return response
    if not check_password_hash(hash, request.form.get("password", "")):
        return _show_form(status=403, problem="wrong-password")
    return _let_in(desk)


@signing_in.get("/sign-in/<token>")
def show_link(token: str) -> Response:
    """Answer with the button that uses a link."""
    desk = current_desk()
    if not desk.links.is_good(token, desk.receiver.clock()):
        return _show_form(status=403, problem="link-gone")
    return show("link", token=token)


@signing_in.post("/sign-in/<token>")
def use_link(token: str) -> Response:
    """Let in whoever has a link that was not used yet."""
    desk = current_desk()
    if not desk.links.redeem(token, desk.receiver.clock()):
        return _show_form(status=403, problem="link-gone")
    return _let_in(desk)


def _show_form(*, status: int = 200, problem: str = "", minutes: int = 0) -> Response:
    has_password = current_desk().receiver.settings.password_hash is not None
    age = int(LINK_AGE.total_seconds() // 60)
    return show("sign_in", status=status, problem=problem, minutes=minutes, has_password=has_password, link_minutes=age)


def _let_in(desk: Desk) -> Response:
    response = lead_to()
    response.set_cookie(
        COOKIE, desk.passes.issue(desk.receiver.clock()), max_age=PASS_AGE, path=desk.address(), httponly=True,
        samesite="Strict", secure=_is_https(desk.receiver.settings),
    )  # fmt: skip
    return response


def _is_https(settings: Settings) -> bool:
    """Whether browsers reach the receiver by https; behind a proxy, the settings know better than the request."""
    scheme = urlsplit(settings.receiver or "").scheme or urlsplit(settings.site_url).scheme
    return request.is_secure or scheme == "https"


def sign_out() -> Response:
    """Let the browser forget its pass."""
    desk = current_desk()
    response = lead_to("sign-in")
    response.delete_cookie(
        COOKIE, path=desk.address(), httponly=True, samesite="Strict", secure=_is_https(desk.receiver.settings)
    )
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
