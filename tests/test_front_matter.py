"""Front matter: what is read without YAML is what YAML reads."""

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments import flat_yaml
from pelican.plugins.conversation.comments.comment_header import KEYS
from pelican.plugins.conversation.comments.flat_lines import FrontMatterError, read_flat_lines
from pelican.plugins.conversation.comments.flat_yaml import Loader, read_yaml
from pelican.plugins.conversation.comments.front_matter import parse_front_matter

WORDS = st.sampled_from(
    ["Ann", "2026-03-14T09:26:53Z", "https://example.org/?a=1#b", "c1", ":", "#", " #", ": ", "-", "- ", "?", "!", "&a", "*a", "|",
     ">", "%", "@", "`", "'", '"', "[", "]", "{", "}", ",", "~", "null", "no", "0123", "12:30", " ", "  ", "\t", "é", "Ж", "ß", "ς",
     "\u0085", "\u00a0", "\u2028", "\ufeff", "\u200f", "---", "...", "<<", "=", "\\", "\x07", "\U0001f600", "a:", ":b", "#c"]
)  # fmt: skip
LINES = st.builds(
    "{}{}{}".format,
    st.sampled_from([*KEYS, "Name", "x y", "", "a-b", "null", "'name'", "- a", "?"]),
    st.sampled_from([": ", ":", ":  ", " : ", ":\t"]),
    st.lists(WORDS | st.text(max_size=6), max_size=5).map("".join),
)
HEADERS = st.builds(
    lambda lines, end: "\n".join(lines) + end, st.lists(LINES, max_size=5), st.sampled_from(["\n", "", "\n\n"])
)


@given(HEADERS)
@example("name: Ann\nname: Ann\n")
@example("name: a: b\n")
@example("name: a #b\n")
@example("name: a:\n")
@example("name: A\n  b\n")
def test_what_is_read_without_yaml_is_what_yaml_reads(text: str) -> None:
    """Whatever the fast way takes, PyYAML reads the same values with the same lines; it never takes what YAML refuses."""
    flat = read_flat_lines(text)
    if flat is not None:
        assert dict(read_yaml(text)) == dict(flat)
        assert list(read_yaml(text)) == list(flat)


@given(
    st.dictionaries(
        st.sampled_from(KEYS), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9:/.-]{0,20}[A-Za-z0-9]", fullmatch=True), min_size=1
    )
)
def test_what_nearly_every_comment_has_is_read_without_yaml(values: dict[str, str]) -> None:
    """Names, dates, ids and addresses need no YAML."""
    flat = read_flat_lines("".join(f"{key}: {value}\n" for key, value in values.items()))
    assert values == {key: value.value for key, value in (flat or {}).items()}


@pytest.mark.parametrize("text", ["name: a: b\n", "name: &a b\n", "name: [a\n", "name: !!int 3\n", "a: b: c\n"])
def test_what_yaml_refuses_is_left_to_it(text: str) -> None:
    """The fast way has no opinion on what is wrong."""
    assert read_flat_lines(text) is None
    with pytest.raises(FrontMatterError):
        read_yaml(text)


@pytest.mark.parametrize("loader", [yaml.Loader, Loader])
@pytest.mark.parametrize("text", ['name: "a\\ud800"\n', 'name: "\\ud83d\\ude00"\n', 'anchors: ["\\udfff"]\n'])
def test_half_a_character_is_refused(text: str, loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    """No page can be written that has one, whether libyaml is there or not."""
    monkeypatch.setattr(flat_yaml, "Loader", loader)
    with pytest.raises(FrontMatterError) as raised:
        parse_front_matter(f"date: 2026-03-14\n{text}")
    assert raised.value.line == 2


def test_a_tab_has_its_own_remedy() -> None:
    """YAML refuses it before a value, and quotes would not help."""
    with pytest.raises(FrontMatterError) as raised:
        parse_front_matter("date: 2026-03-14\nname:\t@Ann\n\turl: x\n")
    assert "put spaces where the tabs are" == raised.value.remedy
