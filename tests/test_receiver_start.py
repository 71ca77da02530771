"""Starting a receiver: its secret, its index, where it is mounted, and the errors that say what is missing."""

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from pelican.plugins.conversation.cli.local_receiver import open_receiver
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.inbox.values import InboxUnavailableError
from pelican.plugins.conversation.receiver import create_app
from pelican.plugins.conversation.receiver.secret_file import derive_key, load_secret
from pelican.plugins.conversation.receiver.thread_index import parse_index
from pelican.plugins.conversation.settings import read_settings
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from .building import TestSite
from .conftest import PATIENCE_SECONDS
from .moderated_site import ModeratedSite
from .receiver_load import RunningReceiver
from .receiving import JSON, PUBLISHED, SITE, Desk

FORM = {"thread": "talk", "name": "Bo", "body": "Yes."}


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """Made on first use with mode 0600 whatever the umask, and then read; two files hold two secrets."""
    old = os.umask(0)
    try:
        first = load_secret(tmp_path / "var" / "secret")
    finally:
        os.umask(old)
    assert 32 == len(first)
    assert 0o600 == stat.S_IMODE((tmp_path / "var" / "secret").stat().st_mode)
    assert first == load_secret(tmp_path / "var" / "secret") != load_secret(tmp_path / "other")
    assert ["other", "var"] == sorted(path.name for path in tmp_path.iterdir())
    assert ["secret"] == [path.name for path in (tmp_path / "var").iterdir()]


def test_many_that_start_together_agree(tmp_path: Path) -> None:
    """Receivers that make the secret at one moment all have the same one."""
    found: list[bytes] = []
    start = threading.Barrier(12)

    def load() -> None:
        start.wait()
        found.append(load_secret(tmp_path / "secret"))

    threads = [threading.Thread(target=load) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (12, 1) == (len(found), len(set(found)))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_can_read(tmp_path: Path, mode: int) -> None:
    """The start stops, with the command that mends it."""
    path = tmp_path / "secret"
    load_secret(path)
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"CONVERSATION_SECRET.*chmod 600 {path}"):
        load_secret(path)


@pytest.mark.parametrize("content", [b"", b"abc", b"00" * 8, b"x" * 64, b"\xff" * 64])
def test_a_secret_that_is_none(tmp_path: Path, content: bytes) -> None:
    """An empty, short or foreign file is not taken for one, and not repeated."""
    path = tmp_path / "secret"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsError, match="hexadecimal digits"):
        load_secret(path)


def test_a_secret_that_cannot_be_made(tmp_path: Path) -> None:
    """Where its folder is a file, the error says so."""
    (tmp_path / "var").write_text("x")
    with pytest.raises(SettingsError, match="CONVERSATION_SECRET"):
        load_secret(tmp_path / "var" / "secret")


def test_keys_for_two_purposes_differ() -> None:
    """No key is the secret, or another key."""
    secret = b"s" * 32
    assert 3 == len({secret, derive_key(secret, "id"), derive_key(secret, "hand")})


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"CONVERSATION_RECEIVER": None}, "CONVERSATION_RECEIVER"),
        ({"CONVERSATION_SEAL_TO": ["x"]}, "CONVERSATION_SEAL_TO"),
        ({"CONVERSATION_RATE_LIMITS": ["often"]}, "CONVERSATION_RATE_LIMITS"),
        ({"CONVERSATION_RATE_STORE": "x"}, "CONVERSATION_RATE_STORE"),
        ({"CONVERSATION_TRUSTED_PROXIES": ["proxy"]}, "CONVERSATION_TRUSTED_PROXIES"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(tmp_path: Path, settings: dict[str, object], name: str) -> None:
    """The error names the setting."""
    with pytest.raises(SettingsError, match=name):
        create_app(read_settings({**SITE, **settings}, tmp_path))


def test_a_secret_that_git_would_take_in_stops_the_start(tmp_path: Path) -> None:
    """Its own folder is kept out of git; elsewhere in the site, .gitignore has to name it."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    create_app(read_settings(SITE, tmp_path))
    elsewhere = read_settings({**SITE, "CONVERSATION_SECRET": "conf/secret"}, tmp_path)
    with pytest.raises(SettingsError, match=r"CONVERSATION_SECRET.*conf/secret.*\.gitignore"):
        create_app(elsewhere)
    (tmp_path / ".gitignore").write_text("/conf/\n")
    create_app(elsewhere)
    subprocess.run(["git", "add", "--force", "conf/secret"], cwd=tmp_path, check=True)
    with pytest.raises(SettingsError, match="git rm --cached"):
        create_app(elsewhere)


def test_an_inbox_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    """The error names the place."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "inbox.git").write_text("x")
    with pytest.raises(InboxUnavailableError, match=r"inbox\.git"):
        create_app(read_settings(SITE, tmp_path))


def test_without_the_extra_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    """A missing package is named, with the command that installs it."""
    program = "import sys; sys.modules['flask'] = None\nfrom pelican.plugins.conversation.receiver import create_app\ncreate_app()"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    expected = "The receiver cannot start: the receiver needs flask: pip install '.[receiver]' in a checkout of pelican-conversation\n"
    assert (1, expected) == (done.returncode, done.stderr)


def test_from_a_folder_alone(tmp_path: Path) -> None:
    """Without arguments it takes the settings of the current folder, or of CONVERSATION_SETTINGS, and reads the site once."""
    site = TestSite(tmp_path, 'CONVERSATION_RECEIVER = "/conversation"\n')
    site.write_article("talk")
    site.write_comment("talk", PUBLISHED)
    program = f"from pelican.plugins.conversation.receiver import create_app; client = create_app().test_client(); print(client.get('/conversation/reply/talk/{PUBLISHED}').status_code, client.get('/conversation/health').status_code)"  # fmt: skip
    for folder, environment in (
        (tmp_path, {}),
        (Path("/"), {"CONVERSATION_SETTINGS": str(tmp_path / "pelicanconf.py")}),
    ):
        done = subprocess.run([sys.executable, "-c", program], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False)  # fmt: skip
        assert "200 200" == done.stdout.strip(), done.stderr
        assert not (tmp_path / "output").exists()
    assert {PUBLISHED} == parse_index((tmp_path / "var" / "threads.json").read_bytes())["talk"].comments


def test_without_settings_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder without pelicanconf.py the start stops."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"The receiver cannot start: .*no such file"):
        create_app()


def test_a_server_shows_the_error_alone(tmp_path: Path) -> None:
    """As the recipe starts it, what is wrong with a setting is the last line of the log, with no traceback."""
    receiver = RunningReceiver(tmp_path)
    settings = tmp_path / "pelicanconf.py"
    settings.write_text(settings.read_text("utf-8").replace('["127.0.0.1"]', '["nonsense"]'), "utf-8")
    done = receiver.run_to_end()
    assert 1 == done.returncode
    last = done.stderr.splitlines()[-1]
    assert last.startswith("The receiver cannot start: CONVERSATION_TRUSTED_PROXIES = 'nonsense': give addresses")
    assert "Traceback" not in done.stderr


def test_receivers_that_are_replaced_leave_no_thread(tmp_path: Path) -> None:
    """While the blogger works on a theme, `serve` makes one anew with each change."""
    site = ModeratedSite(tmp_path / "site")
    before = set(threading.enumerate())
    for _ in range(3):
        open_receiver(site.root / "pelicanconf.py", {}, build=lambda: "").close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_SECONDS)
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize(
    "receiver", ["/conversation", "https://comments.example.org", "https://comments.example.org/c"]
)
def test_wherever_it_is_mounted(tmp_path: Path, receiver: str) -> None:
    """Mounted below its path, or asked with the path left on or taken off by a proxy: its own addresses are the same."""
    desk = Desk(tmp_path, CONVERSATION_RECEIVER=receiver)
    prefix = {"/conversation": "/conversation", "https://comments.example.org": "", "https://comments.example.org/c": "/c"}[receiver]  # fmt: skip
    mounted = Client(DispatcherMiddleware(lambda *_: [], {prefix: desk.app})) if prefix else desk.client
    for client, path in ((mounted, prefix), (desk.client, prefix), (desk.client, "")):
        answer = client.get(f"{path}/new/talk")
        assert 200 == answer.status_code
        assert f'action="{receiver}/preview"' in answer.get_data(as_text=True)
        assert f'href="{prefix}/static/receiver.css"' in answer.get_data(as_text=True)
        token = client.post(f"{path}/preview", data=FORM, headers=JSON).json["token"]
        sent = client.post(f"{path}/comments", data={**FORM, "token": token})
        assert sent.headers["Location"].startswith(f"{prefix}/state/")
        assert 200 == client.get(f"{path}{sent.headers['Location'].removeprefix(prefix)}").status_code
        assert 200 == client.get(f"{path}/static/receiver.css", buffered=True).status_code


def test_a_new_index_is_seen_at_once(tmp_path: Path) -> None:
    """What a build has published can be answered without starting the receiver again."""
    desk = Desk(tmp_path)
    assert 404 == desk.get("reply/talk/20260313-220000-aaaa").status_code
    desk.publish("talk", "20260313-220000-aaaa")
    assert 200 == desk.get("reply/talk/20260313-220000-aaaa").status_code


def test_a_broken_index_is_not_followed(tmp_path: Path) -> None:
    """The receiver goes on with the last index it could read, and takes the next good one."""
    desk = Desk(tmp_path)
    path = desk.settings.thread_index
    kept = path.read_bytes()
    assert 200 == desk.get("new/talk").status_code
    for broken in (b"", b"[]", b"{}", b'{"version": 2, "threads": {}}', b'{"version": 1, "threads": {"x": {}}}', b"\xff", b"[" * 99999):  # fmt: skip
        path.write_bytes(broken)
        assert 200 == desk.get("new/talk").status_code
    path.unlink()
    assert (200, 200) == (desk.get("new/talk").status_code, desk.get("health").status_code)
    path.write_bytes(kept.replace(b"About talk", b"About it"))
    assert "About it" in desk.get("new/talk").get_data(as_text=True)


def test_without_any_index_the_health_page_says_so(tmp_path: Path) -> None:
    """No thread is known then, and nothing else goes wrong."""
    desk = Desk(tmp_path)
    desk.settings.thread_index.unlink()
    client = desk.make_app().test_client()
    assert 404 == client.get("/conversation/new/talk").status_code
    health = client.get("/conversation/health")
    assert (503, "no index; build the site") == (health.status_code, health.json["threads"])


def test_the_index_is_written_only_where_it_changes(tmp_path: Path) -> None:
    """A build that changes nothing leaves the file alone, and nothing lies beside it."""
    desk = Desk(tmp_path)
    path = desk.settings.thread_index
    before = path.stat()
    time.sleep(0.02)
    desk.write_index()
    assert (before.st_mtime_ns, before.st_ino) == (path.stat().st_mtime_ns, path.stat().st_ino)
    desk.publish("talk", "20260313-220000-aaaa")
    assert before.st_ino != path.stat().st_ino
    assert {"inbox.git", "secret", "threads.json"} == {entry.name for entry in path.parent.iterdir()}


def test_the_index_round_trips(tmp_path: Path) -> None:
    """What it says of each page is what the receiver needs of it."""
    desk = Desk(tmp_path)
    found = desk.index.find("größe")
    assert ("Über <Größe>", "größe.html", "de", desk.clock.moment) == (found.page.title, found.page.url, found.page.lang, found.page.date)  # fmt: skip
    assert (frozenset({PUBLISHED}), None) == (desk.index.find("talk").comments, desk.index.find("nowhere"))
