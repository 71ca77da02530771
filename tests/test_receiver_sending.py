"""Sending a comment: from the form through the preview into the inbox, once."""

import subprocess
import time
from pathlib import Path

import pyrage
import pytest
from bs4 import BeautifulSoup
from pelican.plugins.conversation.comments.comment_file import parse_comment
from pelican.plugins.conversation.inbox.submission import CONSENT, TRAP, parse_private_part
from pelican.plugins.conversation.model import State
from werkzeug.datastructures import Headers

from .conftest import PATIENCE_SECONDS
from .receiving import JSON, PUBLISHED, Desk, visible_text

FORM = {"thread": "talk", "name": "Bo", "body": "Yes, **indeed**."}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_the_whole_way(desk: Desk) -> None:
    """A comment is previewed, sent, and waits in the inbox under an id, a date and a state that are ours."""
    page = BeautifulSoup(desk.get("new/talk").get_data(as_text=True), "html5lib")
    form = page.select_one("form.conversation-form")
    assert ("post", "/conversation/preview", "multipart/form-data") == (form["method"], form["action"], form["enctype"])
    sent = {tag["name"]: tag.get("value", "") for tag in form.select("[name]")} | {
        "name": "Bo",
        "body": "Yes, **indeed**.",
    }
    shown = BeautifulSoup(desk.post("preview", sent).get_data(as_text=True), "html5lib")
    assert "indeed" == shown.select_one(".shown .e-content strong").text
    assert [] == desk.refs
    button = shown.select_one("button.form-send")
    assert "/conversation/comments" == button["formaction"]
    again = {tag["name"]: tag.get("value", tag.text.strip()) for tag in shown.select("form [name]")}
    desk.clock.move(seconds=30)
    answer = desk.post("comments", again)
    assert 303 == answer.status_code
    assert answer.headers["Location"].startswith("/conversation/state/")
    stored = desk.find_only()
    assert stored.submission.id.startswith("20260314-092000-")
    assert b"---\nname: Bo\ndate: 2026-03-14T09:27:23Z\n---\nYes, **indeed**.\n" == stored.submission.comment
    assert b"thread: talk\nreceived: 2026-03-14T09:27:23Z\n" == stored.submission.private


def test_a_reply_stands_below_what_it_answers(desk: Desk) -> None:
    """The form has the comment being answered above it, the preview too, and the file names it."""
    text = desk.get(f"reply/talk/{PUBLISHED}").get_data(as_text=True)
    soup = BeautifulSoup(text, "html5lib")
    assert "that" == soup.select_one(f"#comment-{PUBLISHED} .e-content em").text
    assert PUBLISHED == soup.select_one("form [name=in_reply_to]")["value"]
    fields = {**FORM, "in_reply_to": PUBLISHED}
    soup = BeautifulSoup(desk.post("preview", fields).get_data(as_text=True), "html5lib")
    assert [f"comment-{PUBLISHED}", "comment-your-comment"] == [tag["id"] for tag in soup.select("article.comment")]
    assert "in reply to Reader" in visible_text(str(soup.select_one("#comment-your-comment")))
    desk.send(**fields)
    assert f"\nin_reply_to: {PUBLISHED}\n".encode() in desk.find_only().submission.comment


def test_the_same_as_json(desk: Desk) -> None:
    """Scripts get the facts of each page, and say what they send as a form or as JSON."""
    asked = desk.get(f"reply/talk/{PUBLISHED}", headers=JSON).json
    assert {"id": PUBLISHED, "name": "Reader", "html": "<p>Is <em>that</em> so?</p>"} == asked["in_reply_to"]
    preview = desk.client.post("/conversation/preview", json=FORM, headers=JSON)
    assert (200, "<p>Yes, <strong>indeed</strong>.</p>") == (preview.status_code, preview.json["html"])
    token = preview.json["token"]
    sent = desk.client.post("/conversation/comments", json={**FORM, "token": token}, headers=JSON)
    assert (201, sent.json["state_url"]) == (sent.status_code, sent.headers["Location"])
    state = desk.client.get(sent.json["state_url"], headers=JSON).json
    assert ("awaiting", "https://blog.example.org/talk.html") == (state["state"], state["page"])
    wrong = desk.client.post("/conversation/preview", json={**FORM, "name": ""}, headers=JSON)
    assert (422, None, "name-missing") == (
        wrong.status_code,
        wrong.json["token"],
        wrong.json["problems"]["name"]["code"],
    )
    assert "Please give a name" in wrong.json["problems"]["name"]["text"]
    gone = desk.get("new/nowhere", headers=JSON)
    assert (404, "no-thread") == (gone.status_code, gone.json["error"])


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Please give a name"),
        ("url", "javascript:alert(1)", "This is no web address"),
        ("body", "", "Please write something"),
    ],
)
def test_a_problem_stands_beside_its_field(desk: Desk, field: str, value: str, words: str) -> None:
    """The page says what to mend where it is to be mended, keeps everything typed, and offers no way to send."""
    typed = {**FORM, "url": "https://bo.example/", field: value}
    answer = desk.post("preview", typed)
    assert 422 == answer.status_code
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    (marked,) = soup.select("[aria-invalid=true]")
    assert field == marked["name"]
    (said,) = (soup.find(id=id) for id in marked["aria-describedby"].split() if id.endswith("-problem"))
    assert words in said.text
    assert marked.parent is said.parent
    assert soup.select_one(".problems a[href='#conversation-" + field + "']") is not None
    kept = {"name": soup.select_one("#conversation-name")["value"], "url": soup.select_one("#conversation-url")["value"], "body": soup.select_one("#conversation-body").text.removeprefix("\n")}  # fmt: skip
    assert {name: typed[name] for name in kept} == kept
    assert soup.select_one("button.form-send") is None
    assert (field != "body") == (soup.select_one("#comment-your-comment") is not None)


def test_nothing_else_reaches_the_file(desk: Desk) -> None:
    """Ids, dates, states, authorship and paths that a visitor sends are not looked at."""
    others = {"id": "mine", "date": "1999-01-01", "state": "approved", "author": "ann", "edited": "1999-01-01", "anchors": "a1", "source": "https://example.org/", "kind": "like", "lang": "de", "path": "../x", "email": "bo@example.org", "marks": "", "received": "1999-01-01"}  # fmt: skip
    desk.send(**FORM, **others)
    stored = desk.find_only()
    comment = parse_comment(stored.submission.comment, "x", thread="talk", id=stored.submission.id).comment
    assert ("Bo", "Yes, **indeed**.", None, State.APPROVED, None, 2026) == (comment.name, comment.body, comment.author, comment.state, comment.lang, comment.date.year)  # fmt: skip
    for word in (b"mine", b"1999", b"ann", b"a1", b"example.org", b"like"):
        assert word not in stored.submission.comment + stored.submission.private


def test_an_address_is_sealed(tmp_path: Path) -> None:
    """With a key to seal to the form asks for an address and says what for; what is kept only that key opens."""
    import base64

    key = pyrage.x25519.Identity.generate()
    desk = Desk(tmp_path, CONVERSATION_SEAL_TO=[str(key.to_public())])
    assert "Only the author of this site can read it" in desk.get("new/talk").get_data(as_text=True)
    desk.send(**FORM, email="bo@example.org")
    stored = desk.find_only().submission
    private = parse_private_part(stored.private)
    assert b"bo@example.org" == pyrage.decrypt(base64.b64decode(private.sealed_email), [key])
    assert CONSENT == private.consent
    everything = b"".join(path.read_bytes() for path in desk.root.rglob("*") if path.is_file())
    assert b"bo@example.org" not in everything
    assert b"bo@example.org" not in stored.comment + stored.private


def test_without_a_key_no_address_is_asked_for(desk: Desk) -> None:
    """The field is not there."""
    assert 'name="email"' not in desk.get("new/talk").get_data(as_text=True)


def test_marks_only_sort(tmp_path: Path) -> None:
    """What looks like spam gets the same answer as everything else, and its marks are for the moderator."""
    desk = Desk(tmp_path, CONVERSATION_BLOCKLIST=["casino"])
    form = desk.preview(**FORM, **{TRAP: "Hello"}) | {"body": FORM["body"]}
    answer = desk.post("comments", form | {TRAP: "Hello"})
    assert 303 == answer.status_code
    marks = parse_private_part(desk.find_only().submission.private).marks
    assert ("filled in the hidden field", "sent 0 s after the preview") == marks


def test_the_trap_is_the_hidden_field(desk: Desk) -> None:
    """The form has the field that people do not see, under the name that is looked at."""
    soup = BeautifulSoup(desk.get("new/talk").get_data(as_text=True), "html5lib")
    hidden = soup.select_one("form p[hidden]")
    assert [TRAP] == [tag["name"] for tag in hidden.select("[name]")]


def test_a_comment_has_to_be_seen_before_it_is_sent(desk: Desk) -> None:
    """Without a token, with one of another text, a forged or an old one, the comment is shown once more, and not kept."""
    form = desk.preview(**FORM)
    attempts = [
        {**form, "token": ""},
        {**form, "token": form["token"] + "x"},
        {**form, "body": "Something else."},
        {**form, "name": "Eve"},
    ]
    for attempt in attempts:
        answer = desk.post("comments", attempt)
        soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
        assert 422 == answer.status_code
        assert "Not sent yet" in soup.select_one("[role=alert]").text
        assert attempt["body"] == soup.select_one("#conversation-body").text.removeprefix("\n")
        assert soup.select_one("button.form-send") is not None
    desk.clock.move(minutes=31)
    old = desk.post("comments", form)
    assert 422 == old.status_code
    assert [] == desk.refs
    new = BeautifulSoup(old.get_data(as_text=True), "html5lib").select_one("[name=token]")["value"]
    assert 303 == desk.post("comments", {**form, "token": new}).status_code


def test_a_closed_thread_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """Closed, by its page or by age: 403, and the page holds what was written."""
    desk = Desk(tmp_path, CONVERSATION_CLOSE_AFTER_DAYS=3)
    for path, thread in (("new/closed", "closed"), ("preview", "closed")):
        answer = desk.get(path) if path.startswith("new") else desk.post(path, {**FORM, "thread": thread})
        assert 403 == answer.status_code
        assert "Comments on this page are closed." in answer.get_data(as_text=True)
    assert FORM["body"] in answer.get_data(as_text=True)
    form = desk.preview(**FORM)
    sent = desk.post("comments", form)
    desk.clock.move(days=4)
    assert 403 == desk.post("preview", FORM).status_code
    assert 403 == desk.post("comments", form).status_code
    assert 200 == desk.client.get(sent.headers["Location"]).status_code


@pytest.mark.parametrize("thread", ["nowhere", "hidden", "", "../talk", "talk/..", "TALK"])
def test_an_unknown_thread_takes_nothing_and_loses_nothing(desk: Desk, thread: str) -> None:
    """404, and the page holds what was written."""
    for path in ("preview", "comments"):
        answer = desk.post(path, {**FORM, "thread": thread})
        assert 404 == answer.status_code
        assert FORM["body"] in answer.get_data(as_text=True)
    assert [] == desk.refs


def test_only_what_is_published_can_be_answered(desk: Desk) -> None:
    """No page shows what is not published, and a reply to it comes back as one that stands by itself."""
    desk.send(**FORM)
    pending = desk.find_only().submission.id
    for id in (pending, "nothing", "..", PUBLISHED.upper()):
        assert 404 == desk.get(f"reply/talk/{id}").status_code
        answer = desk.post("preview", {**FORM, "in_reply_to": id})
        assert 422 == answer.status_code
        text = answer.get_data(as_text=True)
        assert "is not on the page any more" in text
        assert 'name="in_reply_to"' not in text
    assert 404 == desk.get(f"reply/größe/{PUBLISHED}").status_code


def test_a_file_that_is_gone_is_not_answered(desk: Desk) -> None:
    """Where the index is older than the files, a comment that was removed meanwhile is not shown."""
    path = desk.settings.path / "talk" / f"{PUBLISHED}.md"
    path.write_text("---\ndate: 2026-03-13T20:11:44Z\nstate: removed\n---\n", "utf-8")
    assert 404 == desk.get(f"reply/talk/{PUBLISHED}").status_code
    path.unlink()
    assert 404 == desk.get(f"reply/talk/{PUBLISHED}").status_code
    path.symlink_to("/etc/passwd")
    assert 404 == desk.get(f"reply/talk/{PUBLISHED}").status_code


def test_a_name_like_the_authors_is_shown_as_a_guests(desk: Desk) -> None:
    """The preview says what the page will say."""
    text = desk.post("preview", {**FORM, "name": "Ann Example"}).get_data(as_text=True)
    assert "guest, not the author" in text
    assert "comment-badge" not in text


def test_an_unsigned_claim_is_not_shown_as_the_authors(desk: Desk) -> None:
    """A published file is judged on the reply page as a build judges it: an author's badge takes a signature."""
    id = "20260313-220000-aaaa"
    desk.publish("talk", id)
    (desk.settings.path / "talk" / f"{id}.md").write_text(f"---\nauthor: ann\nid: {id}\nthread: talk\ndate: 2026-03-13T22:00:00Z\n---\nMe.\n", "utf-8")  # fmt: skip
    assert 404 == desk.get(f"reply/talk/{id}").status_code


def test_plain_text_is_announced(desk: Desk) -> None:
    """Markup that is too much is shown as plain text, and the preview says so."""
    answer = desk.post("preview", {**FORM, "body": "> " * 200 + "x"})
    assert "shown as plain text" in visible_text(answer.get_data(as_text=True))
    assert 200 == answer.status_code


def test_pages_speak_the_language_of_their_page(desk: Desk) -> None:
    """A thread of a German page has a German form, and its title as text."""
    text = desk.get("new/größe").get_data(as_text=True)
    soup = BeautifulSoup(text, "html5lib")
    assert "de" == soup.html["lang"]
    assert "Über <Größe>" in soup.h1.text
    sent = desk.send(**{**FORM, "thread": "größe"})
    assert "thread: größe\n" in desk.find_only().submission.private.decode()
    assert "https://blog.example.org/größe.html" in desk.client.get(sent.headers["Location"]).get_data(as_text=True)


def test_fields_that_come_twice_and_files(desk: Desk) -> None:
    """Of two fields with one name the first counts; a file in place of a text is nothing."""
    headers = Headers({**JSON})
    body = b'--x\r\nContent-Disposition: form-data; name="thread"\r\n\r\ntalk\r\n--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nBo\r\n--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nEve\r\n--x\r\nContent-Disposition: form-data; name="body"; filename="../../x"\r\n\r\nYes\r\n--x--\r\n'  # fmt: skip
    answer = desk.client.post("/conversation/preview", data=body, content_type="multipart/form-data; boundary=x", headers=headers)  # fmt: skip
    assert (422, ["body"]) == (answer.status_code, list(answer.json["problems"]))


def test_what_was_sent_is_pushed(tmp_path: Path) -> None:
    """With a remote, a submission is there soon after its answer, a change and a withdrawal too; the health page knows."""
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    desk = Desk(tmp_path / "site", CONVERSATION_INBOX_REMOTE=str(remote))

    def wait_for(count: int) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := len(list_remote_refs())) != count and time.monotonic() < end:
            time.sleep(0.05)
        assert count == found

    def list_remote_refs() -> list[str]:
        command = ["git", "-C", remote, "for-each-ref", "--format=%(refname)", "refs/comments/pending/"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    address = desk.send(**FORM).headers["Location"]
    wait_for(1)
    assert "ok" == desk.get("health").json["remote"]
    desk.client.post(f"{address}/withdraw")
    wait_for(0)
    desk.app.extensions["conversation"].pusher.close()
