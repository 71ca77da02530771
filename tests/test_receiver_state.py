"""The page of a comment's state: what its writer sees, and may still do."""

import base64
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
from bs4 import BeautifulSoup
from pelican.plugins.conversation.inbox.housekeeping import INTERVAL_SECONDS, STAMP
from pelican.plugins.conversation.inbox.submission import parse_private_part
from pelican.plugins.conversation.inbox.values import Submission
from pelican.plugins.conversation.model import State

from .conftest import PATIENCE_SECONDS
from .receiving import JSON, PUBLISHED, Desk, visible_text

FORM = {"name": "Bo", "body": "Yes."}
KEY = pyrage.x25519.Identity.generate()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, CONVERSATION_SEAL_TO=[str(KEY.to_public())])


def read(desk: Desk, address: str) -> str:
    answer = desk.client.get(address)
    assert 200 == answer.status_code
    return visible_text(answer.get_data(as_text=True))


def change(desk: Desk, address: str, **fields: str) -> dict[str, str]:
    """Preview a change and return what the page's form then holds."""
    answer = desk.client.post(f"{address}/preview", data={**FORM, **fields}, headers=JSON)
    assert 200 == answer.status_code, answer.json
    return {**FORM, **fields, "token": answer.json["token"]}


@pytest.mark.parametrize(
    ("state", "words", "code"),
    [
        (State.PENDING, "Awaiting moderation", "awaiting"),
        (State.APPROVED, "Published", "published"),
        (State.REJECTED, "Declined", "declined"),
        (State.SPAM, "Declined", "declined"),
    ],
)
def test_the_state_in_words(desk: Desk, state: State, words: str, code: str) -> None:
    """The page says where the comment stands; once decided, it shows neither the comment nor a form."""
    address = desk.send(**FORM).headers["Location"]
    if state is not State.PENDING:
        desk.decide(state)
    soup = BeautifulSoup(desk.client.get(address).get_data(as_text=True), "html5lib")
    assert words == soup.h1.text
    assert code == desk.client.get(address, headers=JSON).json["state"]
    assert (state is State.PENDING) == bool(soup.select("form")) == bool(soup.select("article.comment"))


def test_published_leads_to_the_comment(desk: Desk) -> None:
    """Once a build has it on the page, there is a link to it; before that the page says that it will be."""
    address = desk.send(**FORM).headers["Location"]
    stored = desk.find_only().submission
    desk.decide(State.APPROVED)
    assert "if it is not on the page yet" in read(desk, address).lower()
    desk.publish_file("talk", stored.id, stored.comment)
    link = f"https://blog.example.org/talk.html#comment-{stored.id}"
    page = BeautifulSoup(desk.client.get(address).get_data(as_text=True), "html5lib")
    assert page.select_one(f"main a[href='{link}']") is not None
    assert {"url": link, "is_on_page": True}.items() <= desk.client.get(address, headers=JSON).json.items()


def test_the_way_back_says_that_it_was_taken(desk: Desk) -> None:
    """Links from the state of a comment to its page have a fragment for the site's script; those of a preview have none."""

    def find_ways_back(html: str) -> set[str]:
        links = BeautifulSoup(html, "html5lib").select("a[href*='/talk.html']")
        return {link["href"].removeprefix("https://blog.example.org/talk.html") for link in links}

    assert {""} == find_ways_back(desk.post("preview", {"thread": "talk", **FORM}).get_data(as_text=True))
    address = desk.send(**FORM).headers["Location"]
    assert {"#conversation-sent"} == find_ways_back(desk.client.get(address).get_data(as_text=True))
    assert {""} == find_ways_back(desk.client.post(f"{address}/preview", data=FORM).get_data(as_text=True))
    desk.decide(State.APPROVED)
    assert {"#conversation-sent"} == find_ways_back(desk.client.get(address).get_data(as_text=True))


def test_a_comment_can_be_changed(desk: Desk) -> None:
    """What waits is replaced by what was previewed; id, date, thread and parent stay, and so does the address."""
    address = desk.send(**FORM, in_reply_to=PUBLISHED, email="bo@example.org").headers["Location"]
    before = desk.find_only().submission
    form = change(desk, address, body="No.", name="Bo Peep", thread="closed", in_reply_to="")
    assert before == desk.find_only().submission
    desk.clock.move(minutes=5)
    assert (303, address) == ((answer := desk.client.post(f"{address}/change", data=form)).status_code, answer.headers["Location"])  # fmt: skip
    after = desk.find_only().submission
    assert before.comment.replace(b"Bo", b"Bo Peep").replace(b"Yes.", b"No.") == after.comment
    assert before.id == after.id
    old, new = parse_private_part(before.private), parse_private_part(after.private)
    assert (old.sealed_email, old.consent, old.thread, old.received) == (new.sealed_email, new.consent, new.thread, new.received)  # fmt: skip
    assert "No." in read(desk, address)


def test_an_address_can_be_replaced_or_forgotten(desk: Desk) -> None:
    """A new one is sealed in place of the old one; ticked to be forgotten, it is gone, through the preview too."""
    address = desk.send(**FORM, email="bo@example.org").headers["Location"]
    assert "bo@example.org" not in desk.client.get(address).get_data(as_text=True)
    desk.client.post(f"{address}/change", data=change(desk, address, email="new@example.org"))
    sealed = parse_private_part(desk.find_only().submission.private).sealed_email
    assert b"new@example.org" == pyrage.decrypt(base64.b64decode(sealed), [KEY])
    ticked = {**FORM, "forget_email": "yes"}
    soup = BeautifulSoup(desk.client.post(f"{address}/preview", data=ticked).get_data(as_text=True), "html5lib")
    assert soup.select_one("[name=forget_email]").has_attr("checked")
    desk.client.post(f"{address}/change", data={**ticked, "token": soup.select_one("[name=token]")["value"]})
    private = parse_private_part(desk.find_only().submission.private)
    assert ("", "") == (private.sealed_email, private.consent)


def test_a_change_has_to_be_seen_first(desk: Desk) -> None:
    """Without the token of a preview of this text for this comment, nothing changes."""
    address = desk.send(**FORM).headers["Location"]
    other = desk.send(**{**FORM, "body": "Another."}).headers["Location"]
    before = desk.inbox.submissions(State.PENDING)
    form = change(desk, address, body="No.")
    new = desk.preview(**{**FORM, "body": "No."})
    for attempt, target in (({**form, "token": ""}, address), ({**form, "body": "Nope."}, address), (form, other), (new, address)):  # fmt: skip
        answer = desk.client.post(f"{target}/change", data=attempt)
        assert 422 == answer.status_code
        assert attempt["body"] in answer.get_data(as_text=True)
    assert 422 == desk.post("comments", {**form, "thread": "talk"}).status_code
    assert before == desk.inbox.submissions(State.PENDING)


def test_a_change_that_comes_too_late(desk: Desk) -> None:
    """Decided meanwhile: the page says so and holds the text. Changed meanwhile: it is shown once more."""
    address = desk.send(**FORM).headers["Location"]
    first, second = change(desk, address, body="First."), change(desk, address, body="Second.")
    assert 303 == desk.client.post(f"{address}/change", data=first).status_code
    answer = desk.client.post(f"{address}/change", data=second)
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert (422, "Second.") == (answer.status_code, soup.select_one("#conversation-body").text.removeprefix("\n"))
    assert "changed elsewhere" in soup.select_one("[role=alert]").text
    again = {**second, "token": soup.select_one("[name=token]")["value"]}
    assert 303 == desk.client.post(f"{address}/change", data=again).status_code
    late = change(desk, address, body="Third.")
    desk.decide(State.APPROVED)
    for path in ("change", "preview"):
        answer = desk.client.post(f"{address}/{path}", data=late)
        assert 409 == answer.status_code
        assert "Third." in answer.get_data(as_text=True)
    assert b"Second." in desk.find_only(State.APPROVED).submission.comment


def test_a_comment_can_be_taken_back(desk: Desk) -> None:
    """It is out of the inbox, its page is gone, and what was said of it is a word."""
    address = desk.send(**FORM).headers["Location"]
    answer = desk.client.post(f"{address}/withdraw")
    assert (200, "Taken back") == (answer.status_code, BeautifulSoup(answer.get_data(as_text=True), "html5lib").h1.text)
    assert [] == desk.refs
    assert 404 == desk.client.get(address).status_code
    assert 404 == desk.client.post(f"{address}/withdraw").status_code


def test_what_is_decided_cannot_be_taken_back(desk: Desk) -> None:
    """The way leads to the page that says what was decided."""
    address = desk.send(**FORM).headers["Location"]
    desk.decide(State.APPROVED)
    answer = desk.client.post(f"{address}/withdraw")
    assert (303, address) == (answer.status_code, answer.headers["Location"])
    desk.find_only(State.APPROVED)


def test_a_limit_of_ones_own(tmp_path: Path) -> None:
    """What is longer than the default limit, and within the site's, is shown, changed and taken back like any other."""
    desk = Desk(tmp_path, CONVERSATION_MAX_BODY_BYTES=100_000)
    words = "word " * 14_000
    address = desk.send(**{**FORM, "body": words}).headers["Location"]
    soup = BeautifulSoup(desk.client.get(address).get_data(as_text=True), "html5lib")
    assert words.split() == soup.select_one("article.comment .e-content").text.split()
    assert words.split() == soup.select_one("#conversation-body").text.split()
    desk.client.post(f"{address}/change", data=change(desk, address, body=f"Other {words}"))
    assert b"Other word" in desk.find_only().submission.comment
    assert 422 == desk.client.post(f"{address}/preview", data={**FORM, "body": "x" * 100_001}).status_code
    assert 200 == desk.client.post(f"{address}/withdraw").status_code


def test_a_limit_that_was_lowered(tmp_path: Path) -> None:
    """What was accepted before is shown; a change has to keep to the limit, also one that was previewed before."""
    desk = Desk(tmp_path)
    words = "word " * 2000
    address = desk.send(**{**FORM, "body": words}).headers["Location"]
    long = change(desk, address, body=f"Other {words}")
    desk.settings = replace(desk.settings, max_body_bytes=1000)
    desk.client = desk.make_app().test_client()
    assert words.strip() in read(desk, address)
    for path in ("preview", "change"):
        answer = desk.client.post(f"{address}/{path}", data=long)
        assert (422, True) == (answer.status_code, "Other word" in answer.get_data(as_text=True))
    assert 303 == desk.client.post(f"{address}/change", data=change(desk, address, body="Shorter.")).status_code
    assert b"Shorter." in desk.find_only().submission.comment


@pytest.mark.parametrize(
    ("comment", "private"),
    [
        (b"---\nname: Bo\n---\nNo date.\n", None),
        (b"\xff", None),
        (b"---\nauthor: ann\ndate: 2026-03-14\nid: a\nthread: talk\n---\nNot signed.\n", None),
        (b"---\nauthor: ann\ndate: 2026-03-14\n---\nNot signed.\n", None),
        (None, b"[\n"),
        (None, b"thread: talk\n"),
        (None, b"\xff"),
    ],
)
def test_what_cannot_be_read(desk: Desk, comment: bytes | None, private: bytes | None) -> None:
    """Where somebody has made something else of what waits, its writer sees that it waits, and can take it back."""
    address = desk.send(**FORM).headers["Location"]
    form = change(desk, address, body="My words.")
    stored = desk.find_only()
    other = Submission(stored.submission.id, comment or stored.submission.comment, private or stored.submission.private)
    desk.inbox.replace(other, expected_revision=stored.standing.revision)
    soup = BeautifulSoup(desk.client.get(address).get_data(as_text=True), "html5lib")
    assert "Awaiting moderation" == soup.h1.text
    assert [f"{address}/withdraw"] == [form["action"] for form in soup.select("form")]
    assert not soup.select("article.comment")
    assert "awaiting" == desk.client.get(address, headers=JSON).json["state"]
    for path in ("preview", "change"):
        answer = desk.client.post(f"{address}/{path}", data=form)
        assert answer.status_code < 500
        assert "My words." in answer.get_data(as_text=True)
    assert other == desk.find_only().submission
    assert 200 == desk.client.post(f"{address}/withdraw").status_code


def test_looking_changes_nothing(desk: Desk) -> None:
    """No GET changes a state, and the addresses that do refuse it."""
    address = desk.send(**FORM).headers["Location"]
    before = desk.inbox.standings()
    for path in ("", "/withdraw", "/change", "/preview"):
        assert (200 if not path else 405) == desk.client.get(f"{address}{path}").status_code
    for path in ("comments", "preview"):
        assert 405 == desk.get(path).status_code
    assert before == desk.inbox.standings()


def test_nobody_else_finds_the_page(desk: Desk) -> None:
    """The key is signed: another id, a changed byte, or the key of another receiver lead nowhere."""
    address = desk.send(**FORM).headers["Location"]
    body, _, signature = address.rpartition("/")[2].partition(".")
    id = desk.find_only().submission.id
    for key in (id, f"{body}.", f"{body[:-2]}.{signature}", f"{body}.{signature[:-2]}", "x", "%00", "."):
        assert 404 == desk.get(f"state/{key}").status_code
    assert 404 == desk.client.get(address.replace("/state/", "/state/x")).status_code
    token = desk.preview(**FORM)["token"]
    assert 404 == desk.get(f"state/{token}").status_code


@pytest.mark.parametrize("parent", ["", PUBLISHED])
def test_a_comment_outlives_its_page(desk: Desk, parent: str) -> None:
    """When a page is renamed or taken off, what waits can be looked at, changed and taken back, as was promised."""
    address = desk.send(**FORM, in_reply_to=parent).headers["Location"]
    desk.pages = [page for page in desk.pages if page.thread != "talk"]
    desk.write_index()
    answer = desk.client.get(address)
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert (200, "Awaiting moderation") == (answer.status_code, soup.h1.text)
    assert "https://blog.example.org/#conversation-sent" == soup.select_one(".site-footer a")["href"]
    form = {**FORM, "body": "Mended."}
    token = desk.client.post(f"{address}/preview", data=form, headers=JSON).json["token"]
    assert 303 == desk.client.post(f"{address}/change", data={**form, "token": token}).status_code
    assert b"Mended." in desk.find_only().submission.comment
    assert "thread: talk\n" in desk.find_only().submission.private.decode()
    assert 200 == desk.client.post(f"{address}/withdraw").status_code
    assert ([], 404) == (desk.refs, desk.client.get(address).status_code)


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED])
def test_what_was_decided_does_not_outlive_its_page(desk: Desk, state: State) -> None:
    """The state page says that the page is not there, and nothing breaks."""
    address = desk.send(**FORM).headers["Location"]
    desk.decide(state)
    desk.pages = [page for page in desk.pages if page.thread != "talk"]
    desk.write_index()
    assert "no-thread" == desk.client.get(address, headers=JSON).json["error"]
    for path in ("preview", "change", "withdraw"):
        assert 404 == desk.client.post(f"{address}/{path}", data=FORM).status_code


@pytest.mark.parametrize("seconds_ago", [INTERVAL_SECONDS + 1, INTERVAL_SECONDS - 4])
def test_what_was_taken_back_is_erased(desk: Desk, seconds_ago: float) -> None:
    """An hour after the inbox was tidied it is again, though nothing more changes; no byte of a withdrawn comment is left."""
    address = desk.send(**{**FORM, "body": "Words that nobody else has written."}).headers["Location"]
    revision = desk.find_only().standing.revision
    stamp = desk.settings.inbox / STAMP
    assert stamp.exists()
    tidied = time.time() - seconds_ago
    os.utime(stamp, (tidied, tidied))
    app = desk.app if seconds_ago > INTERVAL_SECONDS else desk.make_app()  # which would tidy as it starts
    assert 200 == app.test_client().post(f"{address}/withdraw").status_code
    end = time.monotonic() + PATIENCE_SECONDS
    command = ["git", "-C", desk.settings.inbox, "cat-file", "-e", revision]
    while subprocess.run(command, check=False, capture_output=True).returncode == 0 and time.monotonic() < end:
        time.sleep(0.05)
    assert 0 != subprocess.run(command, check=False, capture_output=True).returncode
    assert stamp.stat().st_mtime > tidied
