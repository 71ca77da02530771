"""The rules for short texts from strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.text import (
    clean_body,
    clean_line,
    is_anchor,
    is_id,
    is_thread_name,
    is_visible,
    is_web_address,
    make_thread_name,
)


@pytest.mark.parametrize(
    ("expected", "slug"),
    [
        ("a-post", "a-post"),
        ("A_post.2", "A_post.2"),
        ("επίπεδο-2", "%ce%b5%cf%80%ce%af%cf%80%ce%b5%ce%b4%ce%bf-2"),
        ("2026-03-a-post", "2026/03/a-post"),
        ("etc-passwd", "../../etc/passwd"),
        ("", "///"),
        ("", ""),
        ("x" * 200, "x" * 300),
    ],
)
def test_every_slug_has_a_thread(expected: str, slug: str) -> None:
    """A slug that can name a folder does; of any other, what can stays."""
    assert expected == make_thread_name(slug)


@given(st.text(max_size=300))
def test_a_made_name_is_a_name_or_empty(slug: str) -> None:
    """Whatever the slug, the name can be a folder's, and making it again changes nothing."""
    name = make_thread_name(slug)
    assert name == "" or (is_thread_name(name) and name == make_thread_name(name))


@pytest.mark.parametrize(
    "address",
    ["https://example.org", "http://example.org:8080/a?b=c#d", "https://[2001:db8::1]/", "https://пример.example/путь", "HTTPS://EXAMPLE.ORG/", "https://example.org/@bo?to=bo@example.net"],
)  # fmt: skip
def test_addresses(address: str) -> None:
    """Http and https with a host."""
    assert is_web_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "example.org", "//example.org", "https://", "ftp://example.org", "javascript:alert(1)", "https://a b", "https://a\nb",
     'https://a"b', "https://a<b", "https://[::1", "https://a:port/", "https://a:99999/", "data:text/html,x", "https://a\\b", "x" * 3000,
     "https://bo@example.org/", "https://bank.example@example.org/", "https://bo:secret@example.org",
     "https://\u202egro.elpmaxe.live/", "https://example.org/\u2066a"],
)  # fmt: skip
def test_what_is_no_address(address: str) -> None:
    """Other schemes, no host, what would break out of HTML or XML, and what is read as something else than where it leads."""
    assert not is_web_address(address)


@pytest.mark.parametrize(("expected", "id"), [(True, "a"), (True, "wp-123"), (True, "0" * 64), (False, "0" * 65), (False, ""), (False, "-a"), (False, "A"), (False, "a.b"), (False, "a\n")])  # fmt: skip
def test_ids(expected: bool, id: str) -> None:
    """A to z, digits, and dashes inside, 64 characters at most."""
    assert expected == is_id(id)


@pytest.mark.parametrize(("expected", "anchor"), [(True, "comment-12"), (True, "c1234567890"), (True, "li-comment-1"), (False, "content"), (False, "1a"), (False, "a 1"), (False, "")])  # fmt: skip
def test_anchors(expected: bool, anchor: str) -> None:
    """A letter first and a digit somewhere."""
    assert expected == is_anchor(anchor)


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """A cleaned text is clean, on one line or on many."""
    assert clean_line(text) == clean_line(clean_line(text))
    assert clean_body(text) == clean_body(clean_body(text))
    assert "\n" not in clean_line(text)


@pytest.mark.parametrize(("expected", "text"), [(True, "a"), (True, "日"), (True, "!"), (False, ""), (False, " \u200b\u2060"), (False, "\u0301"),
                                                (False, "\u3164"), (False, "\u2800 \uffa0\u115f\u1160"), (True, "\u3164a"), (True, "\u1112\u1161")])  # fmt: skip
def test_visible(expected: bool, text: str) -> None:
    """Marks, spaces, fillers and format characters alone show nothing."""
    assert expected == is_visible(text)
