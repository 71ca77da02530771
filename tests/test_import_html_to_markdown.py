"""Comment bodies of WordPress become Markdown that reads the same."""

import re
from dataclasses import dataclass
from html import escape

import html5lib
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.importers.html_to_markdown import convert_html
from pelican.plugins.conversation.markup import render_body

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
@settings(max_examples=600, deadline=None)
def test_it_reads_the_same(body: Html):
    """The page's text is that of the comment in WordPress, whatever elements it has and whatever Markdown its text holds."""
    assert fold(body.shown) == read_page(render(convert_html(body.source, render).text))


@given(TEXTS)
@settings(max_examples=600, deadline=None)
def test_plain_text_reads_the_same(text: str):
    """Text without elements reads the same, line for line."""
    lines = [fold(line) for line in text.split("\n") if line.strip()]
    shown = render(convert_html(escape(text, quote=False), render).text)
    assert lines == [line for line in map(read_page, re.split(r"<br>|</p>|<br />", shown)) if line]
