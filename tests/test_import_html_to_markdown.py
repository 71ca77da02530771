"""Comment bodies of WordPress become Markdown that reads the same."""

import re
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.markup import render_body
from pelican.plugins.conversation.importers.html_to_markdown import Markdown, convert_html
from pelican.plugins.conversation.importers.tidy_html import MAX_DEPTH, tidy_html

BLOCKS = {"p", "br", "li", "ul", "ol", "blockquote", "pre", "hr", "table", "thead", "tbody", "tr", "td", "th", "div"}


def render(body: str) -> str:
    """Render as pages do."""
    return render_body(body).html


def read_page(html: str) -> str:
    """Return the text that a browser shows, white space folded: the HTML standard's parser, not ours."""
    parts: list[str] = []
    walker = html5lib.getTreeWalker("etree")
    for token in walker(html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)):
        if token["type"] in {"Characters", "SpaceCharacters"}:
            parts.append(token["data"])
        elif token.get("name") in BLOCKS:
            parts.append(" ")
    return fold("".join(parts))


def fold(text: str) -> str:
    """Fold white space."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Html:
    """Generated HTML and the text that a browser would show for it."""

    source: str
    shown: str


MARKDOWN_PIECES = [
    *"*_`[]<>&#+-=|~!\\()$^:;\"'.,1 \n", "1. ", "- ", "# ", "> ", "**", "__", "~~", "```", "a", "b", "word", "é", "「", "」", "日本",
    "😀", "&amp;", "&copy;", "[x]: y", "](", "![", "http://example.org/a_b_c", "https://example.org/*x*?a=1&b=2", "www.example.org/_x",
    "reader@example.org", "---", "===", "| a | b |", "|---|---|", "<b>", "\u00a0", "C:\\dir", "  ",
]  # fmt: skip
TEXTS = st.one_of(
    st.lists(st.sampled_from(MARKDOWN_PIECES), min_size=1, max_size=8).map("".join),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=12),
)


def text_node(text: str) -> Html:
    """Text as WordPress stores it: entities, newlines bare."""
    return Html(escape(text, quote=False), text)


def element(name: str, children: list[Html], *, attributes: str = "", around: str = "") -> Html:
    """An element; `around` is what a browser shows on both sides of it."""
    inside = "".join(child.source for child in children)
    return Html(f"<{name}{attributes}>{inside}</{name}>", around + "".join(child.shown for child in children) + around)


def quoted(children: list[Html]) -> Html:
    """Return a short quote, with the marks that browsers put around it."""
    inner = element("q", children)
    return Html(inner.source, f"“{inner.shown}”")


def lists_of(items: list[list[Html]], name: str) -> Html:
    """Return a list."""
    return element(name, [element("li", item, around=" ") for item in items], around=" ")


INLINE_NAMES = ["abbr", "acronym", "b", "cite", "code", "del", "em", "i", "s", "strike", "strong", "span"]
INLINE = st.recursive(
    st.one_of(TEXTS.map(text_node), st.just(Html("<br />", " "))),
    lambda inner: st.one_of(
        st.builds(element, st.sampled_from(INLINE_NAMES), st.lists(inner, max_size=3)),
        st.lists(inner, max_size=3).map(quoted),
    ),
    max_leaves=6,
)
LINK = st.builds(
    element, st.just("a"), st.lists(INLINE, max_size=3), attributes=st.sampled_from([
        ' href="http://example.org/"', ' href="https://example.org/a_(b)?c=1&amp;d=*" title="A &lt;title&gt;"', ' href="mailto:a@example.org"', "",
    ]),
)  # fmt: skip
PREFORMATTED = TEXTS.map(lambda text: element("pre", [text_node("x" + text)], around=" "))
FLOW = st.recursive(
    st.one_of(INLINE, LINK, PREFORMATTED),
    lambda inner: st.one_of(
        st.builds(
            element, st.sampled_from(["p", "blockquote", "div"]), st.lists(inner, max_size=4), around=st.just(" ")
        ),
        st.builds(lists_of, st.lists(st.lists(inner, max_size=3), max_size=3), st.sampled_from(["ul", "ol"])),
    ),
    max_leaves=8,
)
BODIES = st.lists(FLOW, max_size=5).map(
    lambda parts: Html("".join(p.source for p in parts), "".join(p.shown for p in parts))
)


@given(BODIES)
@settings(max_examples=300, deadline=None)
def test_it_reads_the_same(body: Html):
    """The page's text is that of the comment in WordPress, whatever elements it has and whatever Markdown its text holds."""
    assert fold(body.shown) == read_page(render(convert_html(body.source, render).text))


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_plain_text_reads_the_same(text: str):
    """Text without elements reads the same, line for line."""
    lines = [fold(line) for line in text.split("\n") if line.strip()]
    shown = render(convert_html(escape(text, quote=False), render).text)
    assert lines == [line for line in map(read_page, re.split(r"<br>|</p>|<br />", shown)) if line]


CASES = Path(__file__).parent / "cases" / "import" / "wordpress_bodies.txt"
BASE = "https://blog.example.org/2012/a-post/"


def read_cases() -> list[tuple[str, str, str]]:
    """Return title, HTML and Markdown of each case."""
    sections = re.split(r"^=== (.*)\n", CASES.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return [
        (title, *map(str.strip, text.split("\n--->\n")))
        for title, text in zip(sections[::2], sections[1::2], strict=True)
    ]


@pytest.mark.parametrize(("html", "markdown"), [pytest.param(*case[1:], id=case[0]) for case in read_cases()])
def test_cases(html: str, markdown: str) -> None:
    """Bodies become the Markdown of the case file, and nothing of them is lost."""
    assert Markdown(markdown) == convert_html(html, render, base=BASE)


def test_a_newline_breaks_no_line_on_a_page() -> None:
    """What was rendered, to be compared, is read as HTML is."""
    html = "<p>One\ntwo</p>\n<p>Three</p>"
    assert ("One two", "Three") == tidy_html(html, breaks=False).paragraphs
    assert "One\ntwo\n\nThree" == convert_html(html, render).text


HOSTILE = {
    "quotes": "<blockquote>" * 10_000 + "x",
    "quotes, closed": "<blockquote>" * 4_000 + "x" + "</blockquote>" * 4_000 + "y",
    "lists": "<ul><li>" * 8_000 + "x",
    "items": "<ul>" + "<li>x" * 12_000,
    "a list from a power of two": '<ol start="²"><li>x</ol><ol start="99999999999999999999"><li>y',
    "bold": "<b>" * 20_000 + "x",
    "bold and italic": "<b>x</b><i>y</i>" * 4_000,
    "crossed": "<b>x<i>y</b>z</i>" * 3_000,
    "cells": "<table><tr>" + "<td>x" * 12_000,
    "tables": "<table><tr><td>" * 4_000 + "x",
    "preformatted": "<pre>" * 13_000 + "x",
    "backticks": "<pre>" + "`\n``\n" * 10_000,
    "code": "<code>`x</code> " * 4_000,
    "links": '<a href="https://example.org/">x' * 2_000,
    "images": '<img src="https://example.org/x.png" alt="a]b">' * 1_300,
    "beginnings of tags": "<a " * 20_000,
    "attributes without end": '<a href="' * 7_000,
    "one long tag": "<" + "a" * 60_000,
    "attributes": "<a " + "a=" * 30_000 + ">x",
    "remarks": "<!--" * 16_000,
    "declarations": "<!" * 30_000,
    "scripts": "<script>" * 8_000,
    "addresses": "http://" * 9_000,
    "breaks": "x<br>" * 12_000,
    "newlines": "x\n" * 30_000,
    "brackets": "[" * 60_000,
    "stars": "*" * 60_000,
    "ampersands": "&" * 60_000,
    "spaces": " " * 60_000,
    "dashes": "-" * 60_000 + "x",
    "numbers": "1. \n" * 15_000,
    "handlers": '<p onclick="alert(1)">x</p><iframe src="https://example.org/">y</iframe>' * 500,
    "controls": "a\x00b\x08c\ufdd0d\ufdd6[\uffff",
}


@pytest.mark.parametrize("html", [pytest.param(html, id=name) for name, html in HOSTILE.items()])
def test_hostile_bodies(html: str) -> None:
    """No body breaks the conversion or keeps it busy, and none becomes more than text and Markdown."""
    started = time.process_time()
    text = convert_html(html, render).text
    assert 20 > time.process_time() - started  # of CPU: 2.3 s for the slowest, 58 in the standard parser
    shown = render(text)
    assert [] == re.findall(r"<(?:script|iframe|style|img)|\son\w+=", shown)


@given(st.text("<>/&;\"' =-!\nabipulqo", max_size=60))
@settings(max_examples=300, deadline=None)
def test_broken_html_is_text(html: str) -> None:
    """Whatever the HTML, the page shows the text that was found in it."""
    assert tidy_html(html).text == fold(read_page(render(convert_html(html, render).text)))


def test_deep_quotes_are_flattened() -> None:
    """What is nested too deep is shown at the deepest level that is, and said to be."""
    markdown = convert_html("<blockquote>" * 30 + "x", render)
    assert Markdown("> " * MAX_DEPTH + "x", "nesting") == markdown


def test_a_renderer_that_shows_markup_gets_plain_text() -> None:
    """Where the rendered page reads otherwise, only paragraphs and lines are kept, and the loss is said."""
    assert Markdown("a b", "all formatting") == convert_html("<b>a</b> b", lambda body: f"{body}!")


def test_emphasis_alone_is_given_up_first() -> None:
    """Where emphasis alone is in the way, links and lists stay."""

    def show(body: str) -> str:
        return render(body.replace("**", "!!"))

    expected = Markdown("- a [b](https://example.org/)", "emphasis")
    assert expected == convert_html('<ul><li><b>a</b> <a href="https://example.org/">b</a></ul>', show)
