"""Who gets to the moderation page: one-time links, the password, passes, and forms that others wrote."""

import threading
from pathlib import Path

import pytest
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.receiver import create_app
from pelican.plugins.conversation.receiver.moderator import add_configured_moderator
from pelican.plugins.conversation.receiver.site_build import SiteBuild
from werkzeug.security import generate_password_hash

from .moderator_desk import FORM, PLACE, ModeratorDesk, parse, read_form, text_of
from .serving import COMMAND

ONE = "20260314-100000-one1"
PASSWORD = "correct horse"
HASH = generate_password_hash(PASSWORD, "pbkdf2:sha256:1000")


@pytest.fixture
def desk(tmp_path: Path) -> ModeratorDesk:
    return ModeratorDesk(tmp_path / "site", CONVERSATION_PASSWORD_HASH=HASH)


def find_cookie(response) -> dict[str, str]:
    """Return the one cookie that a response sets: its attributes by name in lower case."""
    (header,) = response.headers.getlist("Set-Cookie")
    parts = [part.strip().partition("=") for part in header.split(";")]
    return {name.lower(): value for name, _, value in parts}


# Links


def test_a_link_works_once(desk: ModeratorDesk) -> None:
    """Looking at a link uses nothing; the button on its page does, once."""
    link = desk.make_link()
    for _ in range(3):
        page = desk.client.get(link)
        assert 200 == page.status_code
        assert "Set-Cookie" not in page.headers
    assert link == parse(page).select_one("main form")["action"]
    response = desk.client.post(link)
    assert (303, PLACE) == (response.status_code, response.headers["Location"])
    assert 200 == desk.client.get(PLACE).status_code
    other = desk.app.test_client()
    assert 403 == other.get(link).status_code
    used = other.post(link)
    assert (403, False) == (used.status_code, "Set-Cookie" in used.headers)
    assert "This link does not work any more" in text_of(parse(used).main)


def test_a_link_lasts_ten_minutes(desk: ModeratorDesk) -> None:
    """After ten minutes it lets nobody in, and its file is gone with the next link."""
    link = desk.make_link()
    desk.clock.move(minutes=9, seconds=59)
    assert 200 == desk.client.get(link).status_code
    desk.clock.move(seconds=2)
    assert 403 == desk.client.get(link).status_code
    assert 403 == desk.client.post(link).status_code
    desk.make_link()
    assert 1 == len(list((desk.settings.secret.parent / "sign-in").iterdir()))


def test_a_link_that_is_used_twice_at_once(desk: ModeratorDesk) -> None:
    """Of many who use one link at the same moment one gets in."""
    link = desk.make_link()
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(desk.app.test_client().post(link).status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [303] + [403] * 7 == sorted(answers)


@pytest.mark.parametrize("tail", ["x", "1773480413-00", "..%2f..%2fsecret", "%00", "a.b", "é", "1" * 5000])
def test_links_that_are_none(desk: ModeratorDesk, tail: str) -> None:
    """What nobody has signed is no link, whatever it looks like."""
    for ask in (desk.client.get, desk.client.post):
        response = ask(f"{PLACE}/sign-in/{tail}")
        assert response.status_code == (404 if "%2f" in tail else 403)
        assert "Set-Cookie" not in response.headers
    assert desk.settings.secret.is_file()


# The password


def test_the_password_lets_in(desk: ModeratorDesk) -> None:
    """The right password makes a pass, a wrong one does not."""
    wrong = desk.client.post(f"{PLACE}/sign-in", data={"password": "horse"})
    assert (403, False) == (wrong.status_code, "Set-Cookie" in wrong.headers)
    assert "This is not the password." == text_of(parse(wrong).select_one(".problems"))
    right = desk.client.post(f"{PLACE}/sign-in", data={"password": PASSWORD})
    assert (303, PLACE) == (right.status_code, right.headers["Location"])
    assert 200 == desk.client.get(PLACE).status_code
    assert 303 == desk.client.get(f"{PLACE}/sign-in").status_code


def test_tries_are_limited(desk: ModeratorDesk) -> None:
    """After five wrong ones the right password does not help for a quarter of an hour; a link does, and others are not hit."""
    for _ in range(5):
        assert 403 == desk.client.post(f"{PLACE}/sign-in", data={"password": "x"}).status_code
    refused = desk.client.post(f"{PLACE}/sign-in", data={"password": PASSWORD})
    assert 429 == refused.status_code
    assert 0 < int(refused.headers["Retry-After"]) <= 900
    assert "tried too often" in text_of(parse(refused).select_one(".problems"))
    forged = {"X-Forwarded-For": "203.0.113.9"}
    assert 429 == desk.client.post(f"{PLACE}/sign-in", data={"password": PASSWORD}, headers=forged).status_code
    other = {"REMOTE_ADDR": "203.0.113.9"}
    assert 303 == desk.client.post(f"{PLACE}/sign-in", data={"password": PASSWORD}, environ_base=other).status_code
    desk.sign_in(desk.app.test_client())


def test_tries_from_everywhere_are_limited(desk: ModeratorDesk) -> None:
    """Many addresses together have no more than sixty tries an hour."""
    codes = [
        desk.client.post(
            f"{PLACE}/sign-in", data={"password": "x"}, environ_base={"REMOTE_ADDR": f"203.0.113.{n}"}
        ).status_code
        for n in range(62)
    ]
    assert [403] * 60 + [429] * 2 == codes


def test_without_a_password(tmp_path: Path) -> None:
    """Where the settings have none, no password lets in, and the page says how to get a link."""
    desk = ModeratorDesk(tmp_path / "site")
    page = parse(desk.client.get(f"{PLACE}/sign-in"))
    assert not page.select("input")
    assert "pelican-comments serve" in text_of(page.main)
    for password in ("", "None"):
        assert 403 == desk.client.post(f"{PLACE}/sign-in", data={"password": password}).status_code


@pytest.mark.parametrize("hash", ["secret", "plain$x$y", "scrypt:32768:8:1"])
def test_a_password_that_is_not_hashed(tmp_path: Path, hash: str) -> None:
    """A setting that is no hash stops the start, without being shown."""
    with pytest.raises(SettingsError, match="CONVERSATION_PASSWORD_HASH") as caught:
        ModeratorDesk(tmp_path / "site", CONVERSATION_PASSWORD_HASH=hash)
    assert hash not in str(caught.value).replace("scrypt:", "")


# Passes


def test_the_cookie(desk: ModeratorDesk) -> None:
    """It is out of scripts' reach, goes to the moderator's pages only, and no other site can make a browser send it."""
    cookie = find_cookie(desk.sign_in())
    assert {"moderator", "expires", "max-age", "httponly", "path", "samesite"} == set(cookie)
    assert (PLACE, "Strict", str(14 * 24 * 3600)) == (cookie["path"], cookie["samesite"], cookie["max-age"])


@pytest.mark.parametrize(
    "settings",
    [{"SITEURL": "https://blog.example.org"}, {"CONVERSATION_RECEIVER": "https://comments.example.org/conversation"}],
)
def test_the_cookie_of_a_site_with_https(tmp_path: Path, settings: dict[str, str]) -> None:
    """Where the settings say https it goes nowhere else, even if a proxy speaks http to the receiver."""
    desk = ModeratorDesk(tmp_path / "site", **settings)
    assert "secure" in find_cookie(desk.sign_in())


def test_visitors_get_no_cookie(desk: ModeratorDesk) -> None:
    """Neither the receiver's pages nor the moderator's give one to whoever is not signed in."""
    paths = (
        "new/talk",
        "health",
        "moderate",
        "moderate/sign-in",
        "moderate/sign-in/x",
        "static/moderation.css",
        "nothing",
    )
    for path in paths:
        with desk.client.get(f"/conversation/{path}") as response:
            assert "Set-Cookie" not in response.headers, path
    for path in ("preview", "comments", "moderate/decide", "moderate/sign-in", "moderate/sign-out"):
        assert "Set-Cookie" not in desk.client.post(f"/conversation/{path}", data={"body": "x"}).headers, path


def test_who_is_not_signed_in_gets_nothing(desk: ModeratorDesk) -> None:
    """Pages lead to signing in; forms do nothing, and what was written comes back."""
    desk.site.submit(ONE, body="A secret.")
    for path in ("", "/decide", f"/edit/{ONE}"):
        response = desk.client.get(f"{PLACE}{path}")
        assert (303, f"{PLACE}/sign-in") == (response.status_code, response.headers["Location"])
        assert b"secret" not in response.data
    fields = {f"action-{ONE}": "approve", f"answer-{ONE}": "My answer."}
    for path in ("/decide", f"/edit/{ONE}", "/sign-out"):
        response = desk.client.post(f"{PLACE}{path}", data=fields)
        assert 403 == response.status_code
        assert "you are not signed in" in text_of(parse(response).main)
        assert "My answer." == text_of(parse(response).textarea)
    assert State.PENDING is desk.site.state_of(ONE)


def test_passes_that_are_none(desk: ModeratorDesk) -> None:
    """A cookie that was changed, is of another secret or of a link lets nobody in."""
    desk.sign_in()
    cookie = desk.client.get_cookie("moderator", path=PLACE)
    assert cookie is not None
    token = desk.make_link().rpartition("/")[2]
    for value in (cookie.value[:-1], f"9{cookie.value}", "x", "", token, f"{cookie.value}.x", "é" * 10):
        client = desk.app.test_client()
        client.set_cookie("moderator", value, path=PLACE)
        assert 303 == client.get(PLACE).status_code, value


def test_a_pass_ends(desk: ModeratorDesk) -> None:
    """After fourteen days, and with another password at once."""
    desk.sign_in()
    cookie = desk.client.get_cookie("moderator", path=PLACE)
    assert cookie is not None
    desk.clock.move(days=13, hours=23)
    assert 200 == desk.client.get(PLACE).status_code
    desk.clock.move(hours=2)
    assert 303 == desk.client.get(PLACE).status_code
    desk.clock.move(days=-14)
    client = desk.make_app(password_hash=generate_password_hash("new", "pbkdf2:sha256:1000")).test_client()
    client.set_cookie("moderator", cookie.value, path=PLACE)
    assert 303 == client.get(PLACE).status_code


def test_a_pass_of_a_clock_that_is_ahead(desk: ModeratorDesk) -> None:
    """Who signs in at one receiver is let in by the other, whose clock is a little behind; by hours it is no pass."""
    desk.sign_in()
    desk.clock.move(seconds=-50)
    assert 200 == desk.client.get(PLACE).status_code
    desk.clock.move(minutes=-50)
    assert 303 == desk.client.get(PLACE).status_code


def test_signing_out(desk: ModeratorDesk) -> None:
    """The browser forgets its pass; only a form of ours makes it."""
    desk.sign_in()
    assert 403 == desk.client.post(f"{PLACE}/sign-out").status_code
    assert 405 == desk.client.get(f"{PLACE}/sign-out").status_code
    form = parse(desk.client.get(PLACE)).select_one("form.sign-out")
    response = desk.client.post(f"{PLACE}/sign-out", data=read_form(form))
    assert '"cache"' == response.headers["Clear-Site-Data"]
    assert (303, f"{PLACE}/sign-in") == (response.status_code, response.headers["Location"])
    assert 303 == desk.client.get(PLACE).status_code


# Forms


def test_forms_of_others(desk: ModeratorDesk) -> None:
    """Without the token of this very pass a form does nothing, says so, and gives back what was written."""
    desk.site.submit(ONE)
    desk.sign_in()
    other = desk.app.test_client()
    desk.sign_in(other)
    values = read_form(desk.read_queue().select_one("form.queue"))
    foreign = read_form(parse(other.get(PLACE)).select_one("form.queue"))["token"]
    assert foreign != values["token"]
    for token in (None, "", foreign, "é", values["token"][:-1]):
        form = {**values, f"action-{ONE}": "approve", f"answer-{ONE}": "My answer.", "token": token}
        fields = {name: value for name, value in form.items() if value is not None}
        response = desk.client.post(f"{PLACE}/decide", data=fields, content_type=FORM)
        assert 403 == response.status_code
        assert "this form was not written for you" in text_of(parse(response).main)
        assert "My answer." == text_of(parse(response).textarea)
    assert [] == desk.new_subjects
    assert 403 == desk.client.post(f"{PLACE}/edit/{ONE}", data={"name": "x", "body": "y"}).status_code


def test_headers(desk: ModeratorDesk) -> None:
    """No page of the moderator can be framed or cached, or run a script that is not ours."""
    desk.site.submit(ONE)
    desk.sign_in()
    link = desk.make_link()
    responses = [
        desk.client.get(PLACE), desk.decide(edit=ONE), desk.app.test_client().get(f"{PLACE}/sign-in"), desk.client.get(link),
        desk.client.post(f"{PLACE}/decide"), desk.app.test_client().get(PLACE),
    ]  # fmt: skip
    for response in responses:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "DENY" == response.headers["X-Frame-Options"]
        assert "private, no-cache" == response.headers["Cache-Control"]
        assert "nosniff" == response.headers["X-Content-Type-Options"]
    for response in responses[:5]:
        page = parse(response)
        assert not page.select("[style], style, script:not([src]), [onclick]")
        assert "en" == page.html["lang"]


# On a server


def test_on_a_server_the_password_lets_in(desk: ModeratorDesk) -> None:
    """The page of a receiver on a server builds the site as the blogger does."""
    app = create_app(desk.settings)
    add_configured_moderator(app, desk.site.root / "pelicanconf.py")
    client = app.test_client()
    client.post(f"{PLACE}/sign-in", data={"password": PASSWORD})
    desk.site.submit(ONE, body="On the page.")
    values = read_form(parse(client.get(PLACE)).select_one("form.queue"))
    page = parse(client.post(f"{PLACE}/decide", data={**values, f"action-{ONE}": "approve"}, content_type=FORM))
    assert not page.select(".problems")
    assert "On the page." in (desk.site.root / "output" / "talk.html").read_text()


@pytest.fixture
def server(desk: ModeratorDesk) -> Path:
    """The settings file of a site on a server, without a password, whose receiver has run."""
    path = desk.site.root / "pelicanconf.py"
    more = 'SITEURL = "https://blog.example.org"\nCONVERSATION_RECEIVER = "/conversation"\n'
    path.write_text(f"{path.read_text()}{more}")
    return path


def test_on_a_server_a_command_prints_a_link(
    desk: ModeratorDesk, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line on standard output, an address of the site; it lets in once, with no password in the settings."""
    done = desk.site.files.run(*COMMAND, "sign-in")
    assert (0, "It works once, within ten minutes.\n") == (done.returncode, done.stderr)
    (link,) = done.stdout.splitlines()
    monkeypatch.setenv("CONVERSATION_SETTINGS", str(server))
    client = create_app().test_client()
    path = link.removeprefix("https://blog.example.org")
    assert f"{PLACE}/sign-in/" in path
    assert [303, 403] == [client.post(path, base_url="https://blog.example.org").status_code for _ in range(2)]
    assert 200 == client.get(PLACE, base_url="https://blog.example.org").status_code


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ("there is no receiver to sign in to", "CONVERSATION_RECEIVER = None"),
        ("a link needs a host", "SITEURL = ''"),
        ("which a receiver makes when it starts", "CONVERSATION_SECRET = 'var/other'"),
        ("belongs to another user", "import os; os.geteuid = lambda: 4711"),
    ],
)
def test_a_link_that_would_let_nobody_in_is_not_made(
    desk: ModeratorDesk, server: Path, expected: str, change: str
) -> None:
    """The error says what to do, and no secret is made that the receiver could not read."""
    server.write_text(f"{server.read_text()}{change}\n")
    done = desk.site.files.run(*COMMAND, "sign-in")
    assert (1, "", True) == (done.returncode, done.stdout, expected in done.stderr)
    assert not (server.parent / "var" / "other").exists()


def test_on_a_server_without_a_repository(
    desk: ModeratorDesk, server: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Comments are taken, and the log says why there is no page; with a password that stops the start."""
    (desk.site.root / ".git").rename(desk.site.root / "away")
    monkeypatch.setenv("CONVERSATION_SETTINGS", str(server))
    assert 404 == create_app().test_client().get(PLACE).status_code
    assert "There is no moderation page" in caplog.text
    server.write_text(f"{server.read_text()}CONVERSATION_PASSWORD_HASH = {HASH!r}\n")
    with pytest.raises(SystemExit, match="git init"):
        create_app()


def test_builds_that_are_asked_for_together(desk: ModeratorDesk) -> None:
    """Whoever asks during a build waits for the next, which does for all; a build that fails says how."""
    log = desk.site.root / "log.txt"
    settings = desk.site.root / "pelicanconf.py"
    settings.write_text(f"{settings.read_text()}open({str(log)!r}, 'a').write('build\\n')\n")
    build = SiteBuild(settings)
    problems: list[str] = []
    threads = [threading.Thread(target=lambda: problems.append(build())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [""] * 5 == problems
    assert log.read_text().count("build") in (1, 2)
    settings.write_text("SITENAME = (")
    assert "the decisions are kept, but the build failed; run `pelican-comments -s pelicanconf.py publish`" in build()
