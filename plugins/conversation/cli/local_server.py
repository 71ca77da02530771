"""The server of `pelican-comments serve`: one port for the site and, below a path of its own, the receiver.

Rule: with waitress where the extra `[receiver]` is installed, else with Python's own server; either answers several
connections at once, because browsers open them ahead of need and leave them idle.
"""

import logging
import socket
import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from ..errors import ConversationError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

THREADS = 8
MAX_REQUEST_BYTES = 1024 * 1024
"""The receiver says by itself what is too large; waitress reads a request to its end before it asks."""
END_SECONDS = 5
"""How long a request may take that is under way when the server ends; a session's commit takes a tenth."""


class Mounts:
    """A site, and a receiver below its path where there is one."""

    def __init__(self, site: "WSGIApplication") -> None:
        self.site = site
        self.prefix = ""
        self.receiver: WSGIApplication | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path, receiver = environ.get("PATH_INFO", ""), self.receiver
        if receiver is not None and (path == self.prefix or path.startswith(f"{self.prefix}/")):
            return receiver(environ, start_response)
        return self.site(environ, start_response)


class LocalServer(Protocol):
    """A server that has its port."""

    port: int

    def start(self) -> None:
        """Answer requests, in threads of its own."""

    def stop(self) -> None:
        """End when the requests under way are answered."""


def open_server(app: "WSGIApplication", host: str, port: int) -> LocalServer:
    """Return a server that has its port, 0 for any; raises ConversationError where it cannot have it."""
    try:
        try:
            return _Waitress(app, host, port)
        except ImportError:
            return _Plain(app, host, port)
    except OSError as error:
        raise ConversationError(f"port {port} cannot be had ({error.strerror}); choose another with --port") from error


class _Waitress:
    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        from waitress import create_server

        logging.getLogger("waitress").setLevel(logging.ERROR)  # it warns of every request that waits for another
        found = _bind(host, port)
        self.port: int = found.getsockname()[1]
        self._channels: dict[int, object] = {}
        self._server = create_server(
            app,
            map=self._channels,
            sockets=[found],
            threads=THREADS,
            ident=None,
            max_request_body_size=MAX_REQUEST_BYTES,
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        from waitress.wasyncore import close_all

        self._server.task_dispatcher.shutdown(timeout=END_SECONDS)
        self._server.trigger.pull_trigger(lambda: close_all(self._channels))  # in the thread that waits on them
        self._thread.join(END_SECONDS)


def _bind(host: str, port: int) -> socket.socket:
    """Return a socket that has its port; raises OSError."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise
    return found


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""


class _Plain:
    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        self._server = make_server(host, port, app, server_class=_Server, handler_class=_Handler)
        self.port = self._server.server_port

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
