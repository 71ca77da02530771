"""The site as `pelican-comments serve` serves it: which file an address means, and that none is seen half-written."""

import threading
import time
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import pytest
from pelican.plugins.conversation.cli.local_server import Mounts, open_server
from pelican.plugins.conversation.cli.site_files import SiteFiles, read_whole
from pelican.plugins.conversation.cli.watching import Changes, has_changed_since, read_file_clock
from pelican.plugins.conversation.errors import ConversationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": "start", "talk.html": "talk", "tea/index.html": "tea", "über uns.html": "über", "404.html": "gone",
        "theme/main.css": "css", "feeds/all.atom.xml": "feed", "font.woff2": "font", "plain": "plain",
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "output" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.html").write_text("secret")
    time.sleep(0.3)  # so that no file is new
    return tmp_path / "output"


def ask(app, path: str, method: str = "GET") -> tuple[str, dict[str, str], str]:
    """Return status, headers and text."""
    environ: dict[str, object] = {"PATH_INFO": path.encode().decode("latin-1"), "REQUEST_METHOD": method}
    setup_testing_defaults(environ)
    found: list[object] = []
    body = b"".join(app(environ, lambda status, headers: found.extend((status, dict(headers)))))
    return found[0], found[1], body.decode()


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ("start", "/"), ("start", "/index.html"), ("talk", "/talk.html"), ("talk", "/talk"), ("talk", "/talk/"), ("tea", "/tea/"),
        ("tea", "/tea"), ("tea", "/tea/index.html"), ("über", "/über uns.html"), ("feed", "/feeds/all.atom.xml"), ("plain", "/plain"),
    ],
)  # fmt: skip
def test_which_file_an_address_means(folder: Path, expected: str, path: str) -> None:
    """The file itself, with `.html`, or the index of the folder."""
    status, _, text = ask(SiteFiles(folder), path)
    assert ("200 OK", expected) == (status, text)


@pytest.mark.parametrize("path", ["/nothing", "/theme/", "/../secret.html", "/../secret", "/./../secret", "/tea/../../secret", "/..\\secret", "/x\0", "/" + "x" * 5000])  # fmt: skip
def test_what_is_not_there(folder: Path, path: str) -> None:
    """The site's own page for it, and nothing above the folder; a plain text where the site has none."""
    status, headers, text = ask(SiteFiles(folder), path)
    assert ("404 Not Found", "gone", "text/html; charset=utf-8") == (status, text, headers["Content-Type"])
    (folder / "404.html").unlink()
    status, headers, text = ask(SiteFiles(folder), path)
    assert ("404 Not Found", "not found\n", "text/plain; charset=utf-8") == (status, text, headers["Content-Type"])


@pytest.mark.parametrize(
    ("expected", "path"),
    [
        ("text/css; charset=utf-8", "/theme/main.css"),
        ("font/woff2", "/font.woff2"),
        ("application/octet-stream", "/plain"),
    ],
)
def test_types(folder: Path, expected: str, path: str) -> None:
    """A browser is told what it gets, and to ask again the next time."""
    headers = ask(SiteFiles(folder), path)[1]
    assert (expected, "no-cache") == (headers["Content-Type"], headers["Cache-Control"])


def test_methods(folder: Path) -> None:
    """HEAD has no body; nothing can be written."""
    status, headers, text = ask(SiteFiles(folder), "/talk", "HEAD")
    assert ("200 OK", "4", "") == (status, headers["Content-Length"], text)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert ("405 Method Not Allowed", "GET, HEAD") == (
            ask(SiteFiles(folder), "/talk", method)[0],
            ask(SiteFiles(folder), "/talk", method)[1]["Allow"],
        )


def test_a_page_is_never_seen_half_written(folder: Path) -> None:
    """Read all the time while it is written anew, slowly and in parts: always a whole page."""
    page = folder / "talk.html"
    whole = {letter * 100_000 for letter in "ab"}
    page.write_text("a" * 100_000)
    is_done = threading.Event()
    seen: list[str] = []

    def read() -> None:
        while not is_done.is_set():
            seen.append(ask(SiteFiles(folder), "/talk")[2])

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for letter in "babab":
        with page.open("w") as file:
            for _ in range(4):
                file.write(letter * 25_000)
                file.flush()
                time.sleep(0.02)
        time.sleep(0.4)
    is_done.set()
    for thread in threads:
        thread.join()
    assert {len(text) for text in whole} == {len(text) for text in seen}
    assert whole >= set(seen)


def test_a_file_that_never_rests_is_read_all_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever."""
    monkeypatch.setattr("pelican.plugins.conversation.cli.site_files.PATIENCE_SECONDS", 0.1)
    (folder / "talk.html").write_text("new")
    assert b"new" == read_whole(folder / "talk.html")


def test_mounts(folder: Path) -> None:
    """What begins with the receiver's path is the receiver's, and nothing else."""

    def receiver(environ, start_response):
        start_response("200 OK", [])
        return [b"receiver"]

    mounts = Mounts(SiteFiles(folder))
    assert "gone" == ask(mounts, "/conversation/x")[2]
    mounts.prefix, mounts.receiver = "/conversation", receiver
    assert "receiver" == ask(mounts, "/conversation/x")[2]
    assert "receiver" == ask(mounts, "/conversation")[2]
    assert "gone" == ask(mounts, "/conversations")[2]
    assert "talk" == ask(mounts, "/talk")[2]


def test_a_port_that_is_taken(folder: Path) -> None:
    """The error names the port and what to do."""
    first = open_server(SiteFiles(folder), "127.0.0.1", 0)
    first.start()
    with pytest.raises(ConversationError, match=rf"port {first.port} cannot be had .*--port"):
        open_server(SiteFiles(folder), "127.0.0.1", first.port)
    first.stop()


def test_what_the_last_build_has_seen(tmp_path: Path) -> None:
    """Written, renamed or deleted before it began: seen; afterwards: not, and so is nothing else in a folder that changed."""
    for name in (
        "clock/x",
        "site/old/file",
        "site/old/gone",
        "site/new/renamed",
        "site/new/deleted",
        "site/same/written",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "site/old/gone").unlink()
    time.sleep(0.02)
    began = read_file_clock(tmp_path / "clock")
    time.sleep(0.02)
    (tmp_path / "site/new/renamed").rename(tmp_path / "site/new/name")
    (tmp_path / "site/new/deleted").unlink()
    (tmp_path / "site/same/written").write_text("y")

    def has_changed(name: str) -> bool:
        return has_changed_since(str(tmp_path / "site" / name), began)

    assert not any(map(has_changed, ("old", "old/file", "old/gone", "gone/too", "same")))
    assert all(map(has_changed, ("new", "new/name", "new/renamed", "new/deleted", "same/written")))


def test_who_waits_for_a_build_is_not_left_waiting() -> None:
    """When the server ends, or has ended, whoever waits is told."""
    changes = Changes()
    answers: list[str] = []
    thread = threading.Thread(target=lambda: answers.append(changes.request_build()))
    thread.start()
    _, requests = changes.wait()
    requests[0].end("")
    thread.join()
    changes.close()
    answers.append(changes.request_build())
    assert ["", "the site is not built any more"] == answers
