"""What a request brings: its size, its fields as plain texts, and which kind of answer it asks for.

Rule: a request that is too large is refused by what it says of its length, or at the byte where it grows too large, and
never read to its end.
"""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import BadRequest, LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAX_REQUEST_BYTES = 128 * 1024
"""A body of 64 KiB with the other fields; `multipart/form-data`, which our forms use, sends texts as they are."""
MAX_PARTS = 32
"""Of a form; ours has ten."""
_BLOCK_BYTES = 16 * 1024
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_JSON = "application/json"


def measure_body(app: "WSGIApplication") -> "WSGIApplication":
    """Let an app know the length of every body: one that comes without is read until its end, or until it is too large.

    Werkzeug would silently cut it off instead.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            found = bytearray()
            while len(found) <= MAX_REQUEST_BYTES and (part := environ["wsgi.input"].read(_BLOCK_BYTES)):
                found += part
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(found), str(len(found))
        return app(environ, start_response)

    return answer


def check_length() -> None:
    """Refuse a request that is too large, or whose length nobody can tell, before anything of it is read."""
    if request.content_length is not None and request.content_length > MAX_REQUEST_BYTES:
        raise RequestEntityTooLarge
    if request.content_length is None and "HTTP_TRANSFER_ENCODING" in request.environ:
        raise LengthRequired


def read_values() -> Mapping[str, str]:
    """Return the fields of a form or of a JSON object, the first of each name; files are left out."""
    if request.mimetype == _JSON:
        return _read_json(request.get_data(cache=True))
    if request.mimetype not in _FORMS:
        raise UnsupportedMediaType
    return {name: _without_surrogates(request.form[name]) for name in request.form}


def _read_json(data: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadRequest("this is not JSON") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadRequest("send an object whose values are texts")
    return {name: _without_surrogates(value) for name, value in found.items()}


def _without_surrogates(text: str) -> str:
    """JSON can write halves of characters, which nothing can encode."""
    return text.encode("utf-8", "replace").decode()


def wants_json() -> bool:
    """Whether the answer is to be JSON."""
    return request.accept_mimetypes.best_match(("text/html", _JSON)) == _JSON
