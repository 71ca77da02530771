"""The recipes of docs/recipes: the command they start is run, and answers as the documents promise."""

import http.client
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from pelican.plugins.conversation.receiver.incoming import MAX_REQUEST_BYTES

from .building import TestSite
from .conftest import PATIENCE_SECONDS
from .serving import find_free_port

RECIPES = Path(__file__).parent.parent / "docs" / "recipes"
SETTINGS = """\
CONVERSATION_RECEIVER = "/conversation"
CONVERSATION_TRUSTED_PROXIES = ["127.0.0.1"]
CONVERSATION_RATE_LIMITS = ["1 per hour"]
"""


def read_command() -> list[str]:
    """Return what the systemd service starts."""
    (line,) = re.findall(r"^ExecStart=(.*)$", (RECIPES / "conversation.service").read_text("utf-8"), re.M)
    return shlex.split(line)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of the service's command, run on a small site as the service runs it."""
    site = TestSite(tmp_path, SETTINGS)
    site.write_article("talk")
    port = find_free_port()
    program, *options = read_command()
    command = [str(Path(sys.executable).with_name(Path(program).name)), *(option.replace("127.0.0.1:8001", f"127.0.0.1:{port}") for option in options)]  # fmt: skip
    environment = {**os.environ, "CONVERSATION_SETTINGS": str(tmp_path / "pelicanconf.py")}
    process = subprocess.Popen(command, cwd="/", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            assert 200 == ask(port, "GET", "/conversation/health")[0]
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    yield port
    process.terminate()
    process.wait()


def ask(port: int, method: str, path: str, *, body: str = "", source: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:  # fmt: skip
    """Return status and body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS, source_address=(source, 0))
    try:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers})  # fmt: skip
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def announce(port: int, length: int) -> int:
    """Say that a body of this length will come, and return the status of the answer to that."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.putrequest("POST", "/conversation/preview")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


def send(port: int, words: str, **options: str) -> int:
    """Preview and send a comment; return the status of the second answer."""
    form = {"thread": "talk", "name": "Bo", "body": words}
    token = json.loads(ask(port, "POST", "/conversation/preview", body=urlencode(form), **options)[1])["token"]
    return ask(port, "POST", "/conversation/comments", body=urlencode({**form, "token": token}), **options)[0]


def test_the_service_counts_visitors_behind_its_proxy(port: int) -> None:
    """Each forwarded address is counted by itself, and what is too large is refused."""
    assert [201, 201, 429] == [send(port, f"Words {n}.", X_Forwarded_For=f"198.51.100.{n % 2}") for n in range(3)]
    assert 413 == announce(port, MAX_REQUEST_BYTES + 1)


def test_the_container_starts_the_same() -> None:
    """Its command has the options of the service, but for where it listens."""
    text = (RECIPES / "Containerfile").read_text("utf-8")
    command = json.loads(re.findall(r"^CMD (\[.*\])$", text, re.M)[0])
    assert read_command()[1:] == [option.replace("0.0.0.0:", "127.0.0.1:") for option in command[1:]]


def test_behind_nginx(port: int, tmp_path: Path) -> None:
    """The configuration is one that nginx takes; it hands on who is asking, and refuses what is too large by itself."""
    nginx = shutil.which("nginx")
    if nginx is None:
        message = "nginx is not installed (Debian: nginx-light)"
        pytest.fail(message) if os.environ.get("CONVERSATION_REQUIRE_NGINX") else pytest.skip(message)
    front = find_free_port()
    text = (RECIPES / "nginx.conf").read_text("utf-8").replace("listen 80;", f"listen 127.0.0.1:{front};")
    server = text.replace("127.0.0.1:8001", f"127.0.0.1:{port}").replace("/srv/blog", str(tmp_path))
    folders = "".join(f"{name}_temp_path {tmp_path / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    main = f"daemon off;\npid {tmp_path / 'nginx.pid'};\nerror_log {tmp_path / 'error.log'};\nevents {{}}\nhttp {{\naccess_log {tmp_path / 'access.log'};\n{folders}{server}}}\n"  # fmt: skip
    (tmp_path / "nginx.conf").write_text(main, "utf-8")
    process = subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf", "-p", tmp_path], stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            try:
                assert 200 == ask(front, "GET", "/conversation/health")[0]
                break
            except ConnectionRefusedError:
                time.sleep(0.1)
        forged = {"X_Forwarded_For": "203.0.113.9"}
        assert [201, 201, 429] == [
            send(front, f"Words {n}.", source=f"127.0.0.{2 + n % 2}", **forged) for n in range(3)
        ]
        assert 413 == announce(front, MAX_REQUEST_BYTES + 1)
        logs = [(tmp_path / name).read_text("utf-8") for name in ("access.log", "error.log")]
        assert ["", []] == [logs[0], re.findall(r"client: \S+", logs[1])]
    finally:
        process.terminate()
        process.wait()
