"""The application: the receiver's pages put together, with the headers and the error boundary that all of them share.

Rule: nobody is shown what went wrong inside, and no answer leaves without the headers that keep it from being framed,
cached, guessed at or carried elsewhere.
"""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ..inbox.values import InboxUnavailableError
from ..rendering.templating import OWN_TEMPLATES
from .answers import Refusal, RefusedError, refuse
from .context import EXTENSION, Receiver, current_receiver
from .health import health
from .incoming import MAX_PARTS, MAX_REQUEST_BYTES, check_length, measure_body
from .sending import sending
from .state_pages import state_pages
from .writing import find_kept_text, unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-cache",
}
"""On every answer that does not say otherwise itself. With `no-referrer`, browsers would send forms without an origin;
with `no-store`, going back to a form would find it empty."""
STATIC = OWN_TEMPLATES.parent / "static"
STATIC_SECONDS = 60 * 60
"""How long a browser keeps the stylesheet."""
_REASONS = {400: "bad-request", 404: "no-address", 405: "bad-request", 411: "bad-request", 413: "too-large", 415: "bad-request"}  # fmt: skip


def make_app(receiver: Receiver) -> Flask:
    """Return the WSGI application of a receiver."""
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_REQUEST_BYTES
    app.config["MAX_FORM_PARTS"] = MAX_PARTS
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_SECONDS
    app.extensions[EXTENSION] = receiver
    for blueprint in (sending, state_pages, health):
        app.register_blueprint(blueprint)
    app.before_request(check_length)
    app.after_request(add_headers)
    app.register_error_handler(RefusedError, answer_refused)
    app.register_error_handler(InboxUnavailableError, answer_unavailable)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_bug)
    app.wsgi_app = take_prefix(measure_body(app.wsgi_app), receiver.prefix)  # type: ignore[assignment,method-assign]
    return app


def take_prefix(app: "WSGIApplication", prefix: str) -> "WSGIApplication":
    """Let an app be asked for with its prefix as well: a proxy may leave it in the path or take it off."""

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path[len(prefix) :]
        return app(environ, start_response)

    return answer


def add_headers(response: Response) -> Response:
    """Add what every answer has, and let scripts of the site itself read it."""
    if request.endpoint == "static" and response.status_code < 400:
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
    if response.status_code == 308:  # Flask's, for a slash too many; behind a proxy, its host and scheme may be others
        response.set_data(b"")
        response.location = urlsplit(response.location)._replace(scheme="", netloc="").geturl()
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.vary.update(("Accept", "Origin"))
    site = urlsplit(current_receiver().settings.site_url)
    if request.origin and site.netloc and request.origin == f"{site.scheme}://{site.netloc}":
        response.headers["Access-Control-Allow-Origin"] = request.origin
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
            response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


def answer_refused(error: RefusedError) -> Response:
    """Answer a request that was refused."""
    return refuse(current_receiver(), error.refusal)


def answer_unavailable(error: InboxUnavailableError) -> Response:
    """Answer where the inbox cannot be used now, and whoever asked it had nothing to keep."""
    return answer_refused(unavailable(error))


def answer_http_error(error: HTTPException) -> Response:
    """Answer what Flask and Werkzeug refuse: unknown addresses, wrong methods, requests that are too large."""
    status = error.code or 400
    return refuse(current_receiver(), Refusal(_REASONS.get(status, "bad-request"), status))


def answer_bug(error: Exception) -> Response:
    """Log what went wrong and answer with what was written; the log gets no word of it."""
    logger.exception("%s %s failed", request.method, request.endpoint, exc_info=error)
    kept = find_kept_text() if request.method == "POST" else ""
    return refuse(current_receiver(), Refusal("bug", 500, kept=kept))
