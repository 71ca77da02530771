"""The receiver as strangers meet it: sizes, headers, and an inbox that cannot be used."""

import io
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import html5lib
import pytest
import waitress
from bs4 import BeautifulSoup
from pelican.plugins.conversation.receiver.incoming import MAX_REQUEST_BYTES
from waitress.wasyncore import close_all

from .conftest import PATIENCE_SECONDS
from .receiving import JSON, PUBLISHED, Desk

FORM = {"thread": "talk", "name": "Bo", "body": "Yes."}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def port(desk: Desk) -> Iterator[int]:
    """The port of a waitress that serves the receiver as the recipe has it."""
    channels: dict[int, object] = {}
    server = waitress.create_server(
        desk.app, host="127.0.0.1", port=0, map=channels, max_request_body_size=MAX_REQUEST_BYTES + 1
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server.effective_port
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: close_all(channels))  # in the thread that waits on them
    thread.join(timeout=5)


def ask(port: int, head: str, *chunks: bytes) -> bytes:
    """Send a request by hand, as far as the server takes it, and return its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        try:
            for chunk in chunks:
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        found = b""
        try:
            while part := connection.recv(65536):
                found += part
                if b"\r\n\r\n" in found:
                    break
        except ConnectionResetError:
            pass
        return found


POST = (
    "POST /conversation/preview HTTP/1.1\nHost: x\nConnection: close\nContent-Type: application/x-www-form-urlencoded\n"
)


def test_what_is_too_large_by_its_own_word_is_not_read(port: int) -> None:
    """413 comes before the first byte of the body is sent."""
    assert b" 413 " in ask(port, f"{POST}Content-Length: {MAX_REQUEST_BYTES + 1}").partition(b"\r\n")[0]


def test_what_is_too_large_without_saying_so_is_not_read_on(port: int) -> None:
    """A chunked body is cut off where it grows too large."""
    chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
    assert b" 413 " in ask(port, f"{POST}Transfer-Encoding: chunked", *[chunk] * 40).partition(b"\r\n")[0]


def test_a_small_chunked_body_is_read(port: int) -> None:
    """Chunks alone are no reason to refuse."""
    answer = ask(port, f"{POST}Transfer-Encoding: chunked", b"1c\r\nthread=talk&name=Bo&body=Yes\r\n0\r\n\r\n")
    assert b" 200 " in answer.partition(b"\r\n")[0]


class Endless(io.RawIOBase):
    """A body without end, which counts what is read of it."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:
        buffer[:] = b"x" * len(buffer)
        self.given += len(buffer)
        return len(buffer)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"])  # fmt: skip
@pytest.mark.parametrize("path", ["preview", "comments", "state/x/change"])
def test_the_application_stops_reading_by_itself(desk: Desk, path: str, content_type: str) -> None:
    """Behind a server that passes a body on as it comes, 413 comes without reading much beyond the limit."""
    for environ in (
        {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        {"CONTENT_LENGTH": str(MAX_REQUEST_BYTES + 1)},
    ):
        body = Endless()
        answer = desk.client.open(
            f"/conversation/{path}",
            method="POST",
            content_type=content_type,
            environ_overrides={"wsgi.input": body, **environ},
        )
        assert 413 == answer.status_code
        assert "too much at once" in answer.get_data(as_text=True)
        assert body.given <= (2 * MAX_REQUEST_BYTES if "wsgi.input_terminated" in environ else 0)


def test_a_body_without_an_end_is_not_waited_for(desk: Desk) -> None:
    """Where nobody says how long a body is, nothing is read."""
    body = Endless()
    chunked = {"wsgi.input": body, "HTTP_TRANSFER_ENCODING": "chunked"}
    answer = desk.client.post("/conversation/preview", environ_overrides=chunked)
    assert (411, 0) == (answer.status_code, body.given)


def test_the_longest_body_fits(desk: Desk) -> None:
    """64 KiB pass, the end of the last line included, though they are not ASCII; one more is a problem beside the field."""
    body = "ä" * 32767 + "x"
    assert 200 == desk.post("preview", {**FORM, "body": body}).status_code
    answer = desk.post("preview", {**FORM, "body": body + "x"})
    assert (422, True) == (answer.status_code, f"{body}x</textarea>" in answer.get_data(as_text=True))
    sent = desk.send(**{**FORM, "body": body})
    assert 303 == sent.status_code


def every_answer(desk: Desk) -> Iterator[tuple[str, object]]:
    """Yield an answer of each kind."""
    sent = desk.send(**FORM)
    state = sent.headers["Location"]
    yield "send", sent
    yield "preview", desk.post("preview", FORM)
    yield "problem", desk.post("preview", {**FORM, "name": ""})
    yield "json", desk.post("preview", FORM, headers=JSON)
    yield "unknown thread", desk.post("preview", {**FORM, "thread": "x"})
    for path in ("new/talk", f"reply/talk/{PUBLISHED}", "new/x", "health", "nowhere", "static/receiver.css", "static/x", "preview"):  # fmt: skip
        yield path, desk.get(path, buffered=True)
    yield "state", desk.client.get(state)
    yield "withdraw", desk.client.post(f"{state}/withdraw")
    yield "options", desk.client.options("/conversation/preview")


def test_headers_of_every_answer(desk: Desk) -> None:
    """Nothing can be framed, guessed at, indexed or kept by a proxy, no answer sets a cookie or leads to another host."""
    for what, answer in every_answer(desk):
        headers = answer.headers
        policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
        assert {"'none'"} == {policy[name] for name in ("default-src", "frame-ancestors", "base-uri")}, what
        assert "unsafe" not in headers["Content-Security-Policy"]
        referrer = "no-referrer" if what in ("state", "withdraw") else "same-origin"
        assert ("nosniff", "DENY", referrer, "noindex") == tuple(headers[name] for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "X-Robots-Tag")), what  # fmt: skip
        assert ("private, no-cache" if answer.status_code != 200 or "static" not in what else "public, max-age=3600") == headers["Cache-Control"], what  # fmt: skip
        assert "Set-Cookie" not in headers, what
        assert headers.get("Location", "/conversation/").startswith("/conversation/"), what
        assert "Access-Control-Allow-Origin" not in headers, what


@pytest.mark.parametrize("path", ["new//talk?a=b", "state///x", "moderate//evil.example", "new////evil.example/"])
def test_a_slash_too_many_leads_to_no_other_host(desk: Desk, path: str) -> None:
    """Nor from https to http, where a proxy says neither to the receiver."""
    answer = desk.get(path, headers={"Host": "127.0.0.1:8001"})
    assert answer.headers.get("Location", "/conversation/").startswith("/conversation/")
    assert b"127.0.0.1" not in answer.data


def test_pages_need_nothing_that_their_policy_forbids(desk: Desk) -> None:
    """No script, no style of an element's own, nothing from elsewhere; and the HTML is valid."""
    for what, answer in every_answer(desk):
        if answer.mimetype != "text/html" or not answer.data:
            continue
        text = answer.get_data(as_text=True)
        html5lib.HTMLParser(strict=True).parse(text)
        soup = BeautifulSoup(text, "html5lib")
        assert [] == soup.select("script, style, img, iframe, object, [style], [onclick], [onload]"), what
        assert ["/conversation/static/receiver.css"] == [tag["href"] for tag in soup.select("link")], what
        ids = [tag["id"] for tag in soup.select("[id]")]
        assert len(ids) == len(set(ids)), what


def test_only_scripts_of_the_site_may_read(desk: Desk) -> None:
    """Another origin gets no leave, neither for a request nor before one."""
    own, others = "https://blog.example.org", ("https://evil.example", "null", "https://blog.example.org.evil.example", "http://blog.example.org")  # fmt: skip
    asked = desk.client.options("/conversation/preview", headers={"Origin": own, "Access-Control-Request-Method": "POST"})  # fmt: skip
    assert own == asked.headers["Access-Control-Allow-Origin"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in asked.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in asked.headers
    for origin in others:
        for answer in (
            desk.client.options("/conversation/preview", headers={"Origin": origin}),
            desk.post("preview", FORM, headers={"Origin": origin}),
        ):
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "Origin" in answer.headers["Vary"]
    assert own == desk.post("preview", FORM, headers={"Origin": own}).headers["Access-Control-Allow-Origin"]


def test_an_inbox_that_breaks_and_mends(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A broken repository: 503 with the text and the way to send it again; what is broken says the log alone. Then it goes on."""
    form = desk.preview(**FORM)
    state = desk.send(body="Before.").headers["Location"]
    head = desk.settings.inbox / "HEAD"
    kept = head.read_bytes()
    head.unlink()
    answer = desk.post("comments", form)
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert (503, "30") == (answer.status_code, answer.headers["Retry-After"])
    assert "Yes." == soup.select_one("#conversation-body").text.strip()
    assert "/conversation/comments" == soup.select_one("button.form-send")["formaction"]
    assert "git" not in soup.text
    assert str(desk.root) not in soup.text
    assert f"the inbox {desk.settings.inbox} cannot be used: git" in caplog.text
    assert "Yes." not in caplog.text
    assert (503, 503) == (desk.client.get(state).status_code, desk.get("health").status_code)
    assert 200 == desk.post("preview", FORM).status_code
    head.write_bytes(kept)
    desk.clock.move(seconds=5)
    again = {tag["name"]: tag.get("value", tag.text) for tag in soup.select("form [name]")}
    assert 303 == desk.post("comments", again).status_code
    assert (200, 200) == (desk.client.get(state).status_code, desk.get("health").status_code)
    assert 2 == len(desk.refs)


def test_asking_for_health_again_costs_nothing(desk: Desk) -> None:
    """Within five seconds many questions are one look at the inbox, also those that come together; then it looks again."""
    head = desk.settings.inbox / "HEAD"
    kept = head.read_bytes()
    assert 200 == desk.get("health").status_code
    head.unlink()
    desk.clock.move(seconds=4)
    with ThreadPoolExecutor(8) as pool:
        statuses = pool.map(lambda _: desk.app.test_client().get("/conversation/health").status_code, range(32))
    assert {200} == set(statuses)
    desk.clock.move(seconds=1)
    assert 503 == desk.get("health").status_code
    head.write_bytes(kept)
    assert 503 == desk.get("health").status_code
    desk.clock.move(seconds=5)
    assert 200 == desk.get("health").status_code


FULL = """
import resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tests.receiving import Desk
desk = Desk(Path(sys.argv[1]))
form = desk.preview(body="Kept. " * 2000)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
import random
body = "".join(random.choices("abcdefghij klmnop", k=30000))
form = desk.preview(body=body)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
full, health = desk.post("comments", form), desk.get("health")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
desk.clock.move(seconds=5)
assert body[:100] in full.get_data(as_text=True)
print(full.status_code, health.status_code, desk.post("comments", form).status_code, desk.get("health").status_code, len(desk.refs))
"""  # fmt: skip


def test_a_full_disk(tmp_path: Path) -> None:
    """Where no file can grow: 507 with the text, and a health page that says so; with room again it goes on."""
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=False)  # fmt: skip
    assert "507 503 303 200 1" == done.stdout.strip(), done.stderr


def test_a_bug_is_logged_and_not_shown(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Something unforeseen gives a page with the text, no trace of the inside, and a log without the visitor's words."""
    receiver = desk.app.extensions["conversation"]
    receiver.templates.globals["broken"] = None
    desk.app.view_functions["sending.preview"] = lambda: 1 / 0
    answer = desk.post("preview", {**FORM, "body": "My words."})
    text = answer.get_data(as_text=True)
    assert 500 == answer.status_code
    assert "My words.</textarea>" in text
    assert "ZeroDivisionError" not in text
    assert "Traceback" not in text
    assert "ZeroDivisionError" in caplog.text
    assert "My words" not in caplog.text
