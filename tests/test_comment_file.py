"""The comment file: what is read, what is reported with which line, and that nothing is lost on the way back."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.comment_file import format_comment, parse_comment
from pelican.plugins.conversation.errors import InvalidCommentError
from pelican.plugins.conversation.model import Comment, Kind, State

from .samples import comments, make_comment

CASES = Path(__file__).parent / "cases" / "comment_file"


def read_cases() -> list[tuple[str, str, list[str]]]:
    """Return title, input and expected problems of every case: `=== title`, the file, `--> line code severity`."""
    cases = []
    for path in sorted(CASES.glob("*.txt")):
        for block in path.read_text("utf-8").split("=== ")[1:]:
            title, _, rest = block.partition("\n")
            lines = rest.rstrip("\n").split("\n")
            expected = [line.removeprefix("--> ") for line in lines if line.startswith("-->")]
            text = "\n".join(line for line in lines if not line.startswith("-->")) + "\n"
            cases.append((title, text, [line for line in expected if line != "fine"]))
    return cases


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in read_cases()], ids=[case[0] for case in read_cases()]
)
def test_every_case_gives_its_problems_with_their_lines(text: str, expected: list[str]) -> None:
    """A file gives exactly the problems that its case names, and no comment where one of them is an error."""
    parsed = parse_comment(text.encode(), "comments/page/one.md", thread="page", id="one")
    found = [f"{p.line} {p.code} {p.severity.value}" for p in sorted(parsed.problems)]
    assert sorted(expected) == sorted(found)
    assert any(line.endswith(" error") for line in expected) == (parsed.comment is None)
    assert all(p.message and p.remedy and "\n" not in str(p) for p in parsed.problems)


def test_every_key_is_read() -> None:
    """The example of the format, with every key it has, becomes the comment it describes."""
    text = """---
name: A Reader
author: ann
date: 2026-03-14T10:26:53+01:00
in_reply_to: 20260313-201144-k7q2
url: https://example.org/
state: approved
edited: 2026-03-15T00:00:00Z
id: one
thread: page
anchors: [comment-12, c7]
source: https://old.example/#comment-12
kind: pingback
lang: en-GB
---

The queue always
forgets me too.

"""
    expected = Comment(
        thread="page", id="one", name="A Reader", author="ann", date=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
        in_reply_to="20260313-201144-k7q2", url="https://example.org/", edited=datetime(2026, 3, 15, tzinfo=UTC),
        anchors=("comment-12", "c7"), source="https://old.example/#comment-12", kind=Kind.PINGBACK, lang="en-GB",
        body="The queue always\nforgets me too.",
    )  # fmt: skip
    parsed = parse_comment(text.encode(), "x", thread="page", id="one")
    assert (expected, ()) == (parsed.comment, parsed.problems)


@pytest.mark.parametrize("change", [lambda d: d, lambda d: d.replace(b"\n", b"\r\n"), lambda d: b"\xef\xbb\xbf" + d])
def test_line_ends_and_a_byte_order_mark_change_nothing(change) -> None:
    """A file saved on Windows is the same comment."""
    data = b"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n---\nOne\n\nTwo\n"
    parsed = parse_comment(change(data), "x", thread="page", id="one")
    assert parse_comment(data, "x", thread="page", id="one").comment == parsed.comment
    assert parsed.comment.body == "One\n\nTwo"


def test_a_date_without_offset_is_the_sites() -> None:
    """It is read in the site's time zone, and the warning gives the date to write instead."""
    data = b"---\nname: Ann\ndate: 2026-07-01T12:00:00\n---\nHello\n"
    parsed = parse_comment(data, "x", thread="page", id="one", timezone=ZoneInfo("Europe/Berlin"))
    assert datetime(2026, 7, 1, 10, tzinfo=UTC) == parsed.comment.date
    assert "2026-07-01T10:00:00Z" in parsed.problems[0].remedy


def test_undecodable_bytes_are_reported_at_their_line() -> None:
    """The line of the first byte that is not UTF-8 is named."""
    parsed = parse_comment(b"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n---\nOne\nTw\xff\n", "x", thread="p", id="a")
    assert [(6, "undecodable")] == [(p.line, p.code) for p in parsed.problems]


def test_the_body_has_a_limit() -> None:
    """A body one byte over the limit is reported, one at the limit is read."""
    data = b"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n---\n" + b"x" * 100
    assert parse_comment(data, "x", thread="p", id="a", max_body_bytes=100).comment is not None
    parsed = parse_comment(data + b"x", "x", thread="p", id="a", max_body_bytes=100)
    assert [(5, "body-too-long")] == [(p.line, p.code) for p in parsed.problems]


@given(comments)
def test_a_comment_survives_its_file(comment: Comment) -> None:
    """parse(format(c)) == c, without a problem."""
    parsed = parse_comment(format_comment(comment), "x", thread=comment.thread, id=comment.id)
    assert (comment, ()) == (parsed.comment, parsed.problems)


@given(st.binary(max_size=300))
def test_no_bytes_stop_the_reader(data: bytes) -> None:
    """Whatever the bytes, the result is a comment, or an error that says why not."""
    parsed = parse_comment(data, "x", thread="p", id="a")
    assert (parsed.comment is None) == any(p.severity.value == "error" for p in parsed.problems)


def test_a_header_full_of_wrong_keys_is_reported_in_a_few_lines() -> None:
    """100 files of 1,600 wrong keys each made a build take a minute and a half longer, for its log."""
    header = "".join(f"key{number}: x\n" for number in range(1000))
    data = f"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n{header}---\nHello\n".encode()
    problems = parse_comment(data, "x", thread="p", id="a").problems
    assert [(number, "unknown-key") for number in range(4, 10)] == [(p.line, p.code) for p in problems]
    assert "'key0' is no key of a comment" == problems[0].message
    assert "995 more are no keys of a comment" == problems[-1].message


@pytest.mark.parametrize(
    "line",
    ["kind: !%1b%5b31mx%0a%3a%3aerror%3a%3ax like", 'kind: "\\e[31m\\nx"', '"\\e[31m\\nx": like', "? !%1b%5b31m%0ax kind\n: like"],
)  # fmt: skip
def test_a_problem_is_one_line_that_a_terminal_can_show(line: str) -> None:
    """What a stranger writes with YAML's escapes starts no line of a report, and moves no cursor."""
    data = f"---\nname: Ann\ndate: 2026-03-14T09:26:53Z\n{line}\n---\nHello\n".encode()
    problems = parse_comment(data, "x", thread="p", id="a").problems
    assert [True] == [str(problem).isprintable() for problem in problems]


@given(st.text(max_size=200), st.sampled_from(["name", "date", "url", "id", "thread", "source", "lang", "kind", "state", "anchors", "in_reply_to", "author", "edited"]))  # fmt: skip
def test_no_value_stops_the_reader(value: str, key: str) -> None:
    """Whatever stands behind a key, the comment is read or the reason given, and what is kept fits its format."""
    header = {"name": "Ann", "date": "2026-03-14T09:26:53Z", key: value.replace("\n", " ")}
    text = "---\n" + "".join(f"{k}: {v}\n" for k, v in header.items()) + "---\nHello\n"
    comment = parse_comment(text.encode("utf-8", "replace"), "x", thread="p", id="a").comment
    if comment is not None:
        assert comment == parse_comment(format_comment(comment), "x", thread="p", id="a").comment


@pytest.mark.parametrize(
    "change",
    [{"name": None}, {"name": "Ann\x00"}, {"url": "javascript:alert(1)"}, {"state": State.SPAM}, {"anchors": ("main",)}, {"body": " \n x\r"}, {"in_reply_to": "No Id"}],
)  # fmt: skip
def test_a_comment_that_its_file_cannot_carry_is_refused(change: dict[str, object]) -> None:
    """Writing raises where reading would complain: no command can make a file that `check` reports."""
    with pytest.raises(InvalidCommentError):
        format_comment(replace(make_comment(), **change))


def test_the_written_file_is_plain_yaml() -> None:
    """What is written is what a person would write, quoted only where YAML needs it."""
    comment = make_comment(id="b", parent="a", url="https://example.org/", anchors=("comment-12",), body="Hello *you*.")
    expected = b"---\nname: Reader\ndate: 2026-03-14T09:26:53Z\nin_reply_to: a\nurl: https://example.org/\nanchors: [comment-12]\n---\nHello *you*.\n"
    assert expected == format_comment(comment)
