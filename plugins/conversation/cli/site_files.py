"""The written site as a WSGI application, for looking at on this machine.

Rule: a file that changes at this moment is waited for, so nobody sees a page that Pelican has written half of.
"""

import mimetypes
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SETTLED_SECONDS = 0.25
"""A file that has not changed for so long is whole: Pelican writes one in a millisecond, beside busy threads in some ten."""
PATIENCE_SECONDS = 3.0
PAUSE_SECONDS = 0.02
INDEX, MISSING = "index.html", "404.html"
TYPES = {
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
    ".webp": "image/webp",
    ".avif": "image/avif",
}
"""What not every system knows."""
_TEXTS = ("application/xml", "application/javascript", "application/json", "image/svg+xml")


class SiteFiles:
    """Serves a folder: `/talk` and `/talk/` are `talk.html` or `talk/index.html`, whichever there is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            start_response("405 Method Not Allowed", [("Allow", "GET, HEAD"), ("Content-Length", "0")])
            return []
        status, kind, data = self._read(environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace"))
        headers = [("Content-Type", kind), ("Content-Length", str(len(data))), ("Cache-Control", "no-cache")]
        start_response(status, headers)
        return [] if method == "HEAD" else [data]

    def _read(self, path: str) -> tuple[str, str, bytes]:
        """Return status, type and content for a path."""
        for file in self._find(path):
            try:
                return "200 OK", _find_type(file), read_whole(file)
            except OSError:
                continue
        try:
            return "404 Not Found", "text/html; charset=utf-8", read_whole(self.folder / MISSING)
        except OSError:
            return "404 Not Found", "text/plain; charset=utf-8", b"not found\n"

    def _find(self, path: str) -> Iterable[Path]:
        """Return the files that a path can mean; none for one that leads elsewhere."""
        parts = [part for part in path.split("/") if part]
        if any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
            return ()
        place = self.folder.joinpath(*parts)
        asked = () if path.endswith("/") else (place,)
        found = (*asked, *((place.with_name(f"{place.name}.html"),) if parts else ()), place / INDEX)
        return tuple(file for file in found if _is_file(file))


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except OSError:  # its name is too long
        return False


def _find_type(file: Path) -> str:
    kind = TYPES.get(file.suffix.lower()) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") or kind in _TEXTS else kind


def read_whole(file: Path) -> bytes:
    """Return the content of a file that nobody is writing; raises OSError."""
    start = time.monotonic()
    while True:
        now, before = time.time(), file.stat()
        data = file.read_bytes()
        after = file.stat()
        is_same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, len(data))
        waited = time.monotonic() - start
        rested = abs(now - after.st_mtime) if data else waited  # not every file system notes when a file is emptied
        if (is_same and rested > SETTLED_SECONDS) or waited > PATIENCE_SECONDS:
            return data
        time.sleep(PAUSE_SECONDS)
