"""Submissions: what a form sent becomes a comment file, a private part and marks, and nothing else comes along."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.comment_file import parse_comment
from pelican.plugins.conversation.comments.flat_lines import FrontMatterError
from pelican.plugins.conversation.inbox.submission import (
    CONSENT,
    TRAP,
    FieldProblem,
    Form,
    PrivatePart,
    check_form,
    find_marks,
    format_private_part,
    format_public_part,
    is_same_comment,
    make_private_part,
    parse_private_part,
    read_form,
)

from .test_hostile_pages import ATTACKS

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
GOOD = {"thread": "talk", "name": "Bo", "body": "Yes."}
MAX_BYTES = 64 * 1024


def test_only_known_fields_are_read() -> None:
    """Whatever else a visitor sends is not in the form, and so in no file."""
    others = {"id": "x", "date": "1999-01-01", "state": "approved", "author": "ann", "kind": "like", "anchors": "a1", "source": "https://example.org/", "lang": "de", "edited": "1999-01-01"}  # fmt: skip
    form = read_form({**GOOD, **others}, asks_email=True)
    assert Form(thread="talk", name="Bo", body="Yes.") == form
    assert b"---\nname: Bo\ndate: 2026-03-14T09:26:53Z\n---\nYes.\n" == format_public_part(form, id="a", date=NOW, max_body_bytes=MAX_BYTES)  # fmt: skip


def test_an_address_is_read_only_where_it_was_asked_for() -> None:
    """Without somebody to seal to, an e-mail address does not get into the form at all."""
    values = {**GOOD, "email": "bo@example.org"}
    assert "bo@example.org" == read_form(values, asks_email=True).email
    assert "" == read_form(values, asks_email=False).email


@pytest.mark.parametrize(
    ("field", "sent", "expected"),
    [
        ("name", "  Bo\t\n Peep ", "Bo Peep"),
        ("name", "B\x00o\x1b[31m\u202egnp", "B o [31m gnp"),
        ("name", "A\u030angstro\u0308m", "Ångström"),
        ("body", "one\r\ntwo\rthree\n\n", "one\ntwo\nthree"),
        ("body", "a\x00b\x07c\ttab", "abc\ttab"),
        ("body", "pay \u202egnp.exe\u2066 now\u2069", "pay gnp.exe now"),
        ("body", "A\u030a", "Å"),
        ("url", "example.org/me", "https://example.org/me"),
        ("url", "http://example.org", "http://example.org"),
        ("url", "not an address", "not an address"),
        ("url", "javascript:alert.org", "javascript:alert.org"),
    ],
)
def test_cleaning(field: str, sent: str, expected: str) -> None:
    """Controls and bidirectional overrides go, what can be written in several ways is written in one."""
    assert expected == getattr(read_form({**GOOD, field: sent}, asks_email=True), field)


@pytest.mark.parametrize("marks", ["\u0301\u0323", "\u0f73", "\u0344\u0316"])
def test_no_run_of_marks_makes_cleaning_slow(marks: str) -> None:
    """A letter with 60,000 bytes of accents, which normalising alone takes seconds for, is cleaned at once."""
    text = "a" + marks * (60_000 // len(marks.encode()))
    start = time.perf_counter()
    form = read_form(dict.fromkeys(("thread", "in_reply_to", "name", "url", "email", "body"), text), asks_email=True)  # fmt: skip
    assert time.perf_counter() - start < 0.5
    assert len(form.body) < 100


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", FieldProblem("name-missing")),
        ("name", "\u200b\u3000", FieldProblem("name-missing")),
        ("name", "x" * 121, FieldProblem("name-too-long", 120)),
        ("url", "javascript:alert(1)", FieldProblem("url-invalid")),
        ("url", "https://", FieldProblem("url-invalid")),
        ("url", "https://example.org/" + "x" * 2000, FieldProblem("url-invalid")),
        ("url", "https://bo@example.org/", FieldProblem("url-invalid")),
        ("url", "https://www.example.org:secret@example.net", FieldProblem("url-invalid")),
        ("email", "bo", FieldProblem("email-invalid")),
        ("email", "bo@example.org, eve@example.org", FieldProblem("email-invalid")),
        ("email", "<bo@example.org>", FieldProblem("email-invalid")),
        ("email", "x" * 250 + "@example.org", FieldProblem("email-invalid")),
        ("body", " \n\u200b ", FieldProblem("body-missing")),
        ("body", "ä" * 32768, FieldProblem("body-too-long", MAX_BYTES - 1)),
    ],
)
def test_what_is_to_be_mended(field: str, value: str, problem: FieldProblem) -> None:
    """Each problem stands at its field, and the fields without one are not mentioned."""
    form = read_form({**GOOD, field: value}, asks_email=True)
    assert {field: problem} == check_form(form, max_body_bytes=MAX_BYTES)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "x" * 120), ("url", ""), ("email", "bo+blog@exämple.org"), ("body", "x" + "ä" * 32767), ("body", "👍")],
)
def test_what_can_be_taken(field: str, value: str) -> None:
    """Values up to the limits have no problem."""
    assert {} == check_form(read_form({**GOOD, field: value}, asks_email=True), max_body_bytes=MAX_BYTES)


texts = st.text(max_size=80) | st.sampled_from(ATTACKS) | st.sampled_from(["---", "- a\n- b", "'", "&x", "!!int 3", "null", "~", "{a: b}", "# c", "a: b"])  # fmt: skip


@given(st.fixed_dictionaries(dict.fromkeys(("name", "url", "email", "body", "in_reply_to"), texts)))
def test_any_form_without_problems_makes_a_file_without_problems(values: dict[str, str]) -> None:
    """Whatever was typed, the file that comes of it says the same, and reading it finds nothing wrong."""
    form = read_form({"thread": "talk", **values}, asks_email=True)
    if check_form(form, max_body_bytes=MAX_BYTES):
        return
    form = replace(form, in_reply_to="")  # which only the thread can judge
    data = format_public_part(form, id="a", date=NOW, max_body_bytes=MAX_BYTES)
    parsed = parse_comment(data, "a.md", thread="talk", id="a")
    assert () == parsed.problems
    found = parsed.comment
    assert (form.name, form.url or None, form.body, None, NOW) == (found.name, found.url, found.body, found.author, found.date)  # fmt: skip
    assert form.email == "" or f"email: {form.email}".encode() not in data


@given(st.fixed_dictionaries(dict.fromkeys(("thread", "in_reply_to", "name", "url", "email", "body"), texts)))
def test_cleaning_twice_changes_nothing(values: dict[str, str]) -> None:
    """A form that comes back from its preview is the same form, so its token still fits."""
    form = read_form(values, asks_email=True)
    again = {name: getattr(form, name) for name in values}
    assert form == read_form(again, asks_email=True)


def test_digests_tell_forms_apart() -> None:
    """Each field counts, and where one ends and the next begins; the trap does not."""
    form = read_form({**GOOD, "email": "a@example.org", TRAP: "x"}, asks_email=True)
    others = [replace(form, **{name: "other"}) for name in ("thread", "in_reply_to", "name", "url", "email", "body")]
    others.append(replace(form, name="B", url="o"))
    assert 1 + len(others) == len({one.digest for one in [form, *others]})
    assert form.digest == replace(form, trap="").digest


@pytest.mark.parametrize("words", [140, 14_000])
def test_one_comment_at_two_receivers(words: int) -> None:
    """Of whatever length: the moments may differ, and nothing else."""
    form = Form("talk", name="Bo", body="word " * words + "end")
    parts = [
        format_public_part(found, id="a", date=NOW + timedelta(seconds=second), max_body_bytes=100_000)
        for second, found in enumerate((form, form, replace(form, body=f"{form.body}s")))
    ]
    assert is_same_comment(parts[0], parts[1], id="a")
    assert not is_same_comment(parts[0], parts[2], id="a")


def test_the_private_part_round_trips() -> None:
    """What is kept beside a comment is flat YAML that reads back the same, whatever the marks say."""
    part = PrivatePart("größe", NOW, ("7 links", "has 'a: \"b\"'", "- x"), "c2VhbGVk", CONSENT)
    data = format_private_part(part)
    assert part == parse_private_part(data)
    assert data.startswith("thread: größe\nreceived: 2026-03-14T09:26:53Z\n".encode())
    assert b"marks" not in format_private_part(PrivatePart("talk", NOW))


@pytest.mark.parametrize("data", [b"thread: talk\n", b"received: x\n", b"thread: [a]\nreceived: 2026-03-14T09:26:53Z\n", b"thread: a\nreceived: 2026-03-14T09:26:53Z\nip: 192.0.2.1\n", b"a: {b: c}\n"])  # fmt: skip
def test_a_private_part_of_others_is_refused(data: bytes) -> None:
    """What is not ours is not guessed at."""
    with pytest.raises((ValueError, FrontMatterError)):
        parse_private_part(data)


def test_an_address_is_sealed_before_it_is_kept() -> None:
    """The private part has the sealed address with what was said of its use, and neither without an address."""
    form = read_form({**GOOD, "email": "bo@example.org"}, asks_email=True)
    part = make_private_part(form, received=NOW, marks=(), seal=lambda text: f"sealed {len(text)}")
    assert ("sealed 14", CONSENT) == (part.sealed_email, part.consent)
    assert b"bo@example.org" not in format_private_part(part)
    part = make_private_part(replace(form, email=""), received=NOW, marks=(), seal=lambda text: "sealed")
    assert ("", "") == (part.sealed_email, part.consent)


BLOCKLIST = ("Casino", "cheap pills", "Вулкан", "赌场", "bad.example", " ")


@pytest.mark.parametrize(
    ("values", "seconds", "marks"),
    [
        ({}, 20, ()),
        ({TRAP: "x"}, 20, ("filled in the hidden field",)),
        ({}, 1, ("sent 1 s after the preview",)),
        ({"body": "https://a.example https://b.example"}, 20, ()),
        ({"body": "https://a.example [b](https://b.example) www.c.example"}, 20, ("3 links",)),
        ({"body": "`https://a.example https://b.example https://c.example`"}, 20, ()),
        ({"body": "Best CASINO!"}, 20, ("has 'Casino'",)),
        ({"body": "Best\ncheap\n\npills"}, 20, ("has 'cheap pills'",)),
        ({"name": "вулкан"}, 20, ("has 'Вулкан'",)),
        ({"body": "去赌场吧"}, 20, ("has '赌场'",)),
        ({"url": "https://www.bad.example/x"}, 20, ("has 'bad.example'",)),
        ({"body": "the casinos of occasinon"}, 20, ()),
        ({"body": "ｃａｓｉｎｏ"}, 20, ("has 'Casino'",)),
    ],
)
def test_marks(values: dict[str, str], seconds: float, marks: tuple[str, ...]) -> None:
    """What speaks for spam is said in a few words each; nothing of it is a problem."""
    form = read_form({**GOOD, **values}, asks_email=True)
    assert marks == find_marks(form, seconds_since_preview=seconds, blocklist=BLOCKLIST)
    assert {} == check_form(form, max_body_bytes=MAX_BYTES)


def test_a_long_blocklist_is_quick() -> None:
    """A thousand words are looked for in the longest body in well under half a second."""
    form = Form(name="Bo", body="lorem ipsum " * 5000)
    start = time.perf_counter()
    assert () == find_marks(form, seconds_since_preview=9, blocklist=[f"lorem{n}" for n in range(1000)])
    assert time.perf_counter() - start < 0.5
