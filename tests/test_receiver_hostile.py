"""Hostile values, in every field, address and header: an answer below 500, a page that is whole, nothing beside its ref."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from .inbox_load import find_faults
from .receiving import JSON, Desk
from .test_hostile_pages import ATTACKS

FORM = {"thread": "talk", "name": "Bo", "body": "Yes."}
FIELDS = ("thread", "in_reply_to", "name", "url", "email", "body", "subject", "token", "forget_email")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def check_structure(text: str) -> None:
    """Fail unless a page of the receiver has its own parts, and nothing that came out of a value."""
    soup = BeautifulSoup(text, "html5lib")
    children = [tag.name for tag in soup.body.find_all(recursive=False)]
    assert children in (["header", "main", "footer"], ["header", "main"])
    assert ["link"] == [tag.name for tag in soup.head.find_all() if tag.name not in ("meta", "title")]
    assert [] == soup.select("script, style, iframe, object, img, base, video, details[open], [style], [autofocus]")
    assert [] == [name for tag in soup.find_all() for name in tag.attrs if name.startswith("on")]
    for tag in soup.select("[href], [action], [formaction]"):
        address = tag.get("href") or tag.get("action") or tag.get("formaction")
        assert re.match(r"https?://|mailto:|/conversation/|#", address), address
    assert soup.select("form") == soup.select("form[action^='/conversation/']")
    assert [] == soup.select(".e-content [class], .e-content [id]")


@pytest.mark.parametrize("field", FIELDS)
def test_hostile_values(tmp_path: Path, field: str) -> None:
    """Every attack in this field, previewed and sent: an answer below 500, a page that is whole, nothing beside its ref."""
    import pyrage

    desk = Desk(tmp_path, CONVERSATION_SEAL_TO=[str(pyrage.x25519.Identity.generate().to_public())])
    before = {path for path in tmp_path.rglob("*") if "inbox.git" not in path.parts}
    sent = 0
    for number, attack in enumerate(ATTACKS):
        hand = {"REMOTE_ADDR": f"198.51.100.{number}"}
        fields = {**FORM, "url": f"https://example.org/{number}", field: attack}
        page = desk.post("preview", fields, environ_overrides=hand)
        assert page.status_code < 500, attack
        check_structure(page.get_data(as_text=True))
        found = desk.post("preview", fields, headers=JSON, environ_overrides=hand)
        token = fields.get("token") or found.json.get("token") or ""
        answer = desk.post("comments", {**fields, "token": token}, environ_overrides=hand)
        assert answer.status_code < 500, attack
        if answer.status_code == 303:
            sent += 1
            check_structure(desk.client.get(answer.headers["Location"]).get_data(as_text=True))
        else:
            check_structure(answer.get_data(as_text=True))
    assert sent == len(desk.refs)
    assert (field in ("name", "body", "subject", "forget_email")) == (sent > len(ATTACKS) // 2)
    assert before == {path for path in tmp_path.rglob("*") if "inbox.git" not in path.parts}
    assert all(re.fullmatch(r"pending/[0-9]{8}-[0-9]{6}-[a-z2-7]{10}", ref) for ref in desk.refs)
    for ref in desk.refs:
        listed = subprocess.run(["git", "-C", desk.settings.inbox, "ls-tree", "--name-only", f"refs/comments/{ref}"], capture_output=True, text=True, check=True)  # fmt: skip
        assert ["comment.md", "private.yml"] == listed.stdout.split()
    assert [] == find_faults(desk.inbox)


def test_hostile_addresses_and_headers(desk: Desk) -> None:
    """Every attack in each part of an address and in each header that is looked at: an answer below 500, a page that is whole."""
    for attack in ATTACKS:
        part = quote(attack, safe="")
        for path in (f"new/{part}", f"reply/{part}/{part}", f"reply/talk/{part}", f"state/{part}", part, f"static/{part}", f"new/talk?x={part}"):  # fmt: skip
            answer = desk.get(path)
            assert answer.status_code < 500, (path, attack)
            check_structure(answer.get_data(as_text=True))
        header = attack.replace("\t", " ").replace("\n", " ").encode().decode("latin-1")
        for name in ("Host", "Origin", "Accept", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Prefix", "Referer", "Accept-Language", "Cookie"):  # fmt: skip
            for answer in (desk.get("new/talk", headers={name: header}), desk.post("preview", FORM, headers={name: header}, environ_overrides={"REMOTE_ADDR": f"198.51.{len(attack)}.{len(name)}"})):  # fmt: skip
                assert answer.status_code < 500, (name, attack)
                assert header not in str(answer.headers)
        answer = desk.client.post("/conversation/preview", data=b"x", content_type=header)
        assert answer.status_code < 500


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"3", b"null", b'{"name": 3}', b'{"name": null}', b'{"name": {"a": "b"}}', b"[" * 100_000,
        b'{"a":' * 20_000, b"\xff\xfe", b'{"name": "\\ud800", "thread": "talk", "body": "\\udfff"}', b"1" * 100_000,
        b'{"token": "\\ud800", "thread": "talk", "name": "Bo", "body": "x"}',
    ],
)  # fmt: skip
def test_hostile_json(desk: Desk, data: bytes) -> None:
    """JSON that is none, or not ours, is refused without trouble."""
    for path in ("preview", "comments"):
        answer = desk.client.post(f"/conversation/{path}", data=data, content_type="application/json", headers=JSON)
        assert 200 <= answer.status_code < 500
        json.loads(answer.data)


def test_halves_of_characters(desk: Desk) -> None:
    """JSON can write them, and nothing can encode them: each is a question mark in what is kept."""
    values = {"thread": "talk", "name": "B\ud800o", "url": "https://a.example/\udfff", "body": "lone \ud800 surrogate"}
    token = desk.client.post("/conversation/preview", json=values, headers=JSON).json["token"]
    assert 201 == desk.client.post("/conversation/comments", json={**values, "token": token}, headers=JSON).status_code
    comment = desk.find_only().submission.comment.decode()
    assert "name: B?o\n" in comment
    assert "url: https://a.example/?\n" in comment
    assert comment.endswith("---\nlone ? surrogate\n")


@pytest.mark.parametrize("data", [b"%", b"thread=%ff%00&body=%ed%a0%80", b"&" * 1000, b"a=b&" * 100, b"thread=talk&body=%E2%80%AE&name=%00"])  # fmt: skip
def test_hostile_forms(desk: Desk, data: bytes) -> None:
    """Broken escapes, broken UTF-8 and thousands of fields are refused without trouble."""
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"):  # fmt: skip
        answer = desk.client.post("/conversation/preview", data=data, content_type=content_type)
        assert 400 <= answer.status_code < 500
        check_structure(answer.get_data(as_text=True))


def test_bytes_in_the_path(desk: Desk) -> None:
    """A path that is not UTF-8, or pretends to be another host, leads nowhere."""
    paths = ("/new/\xff", "/state/\x00", "//evil.example/..", "//evil.example/new/talk/", "/conversation//evil.example/", "/new/talk/")  # fmt: skip
    for path in paths:
        answer = desk.client.open("/", environ_overrides={"PATH_INFO": path})
        assert (404, None) == (answer.status_code, answer.headers.get("Location"))
