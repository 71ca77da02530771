"""Markup: ordinary Markdown reads as meant, hostile Markdown is safe, small and fast, and nothing of it is lost."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import thread_time
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.markup import (
    ALLOWED_ATTRIBUTES,
    LINK_REL,
    MAX_DEPTH,
    MAX_GROWTH,
    MAX_GROWTH_EXTRA_BYTES,
    excerpt,
    plain_text,
    render_body,
)
from pelican.plugins.conversation.text import clean_body

from .markup_cases import Case, read_cases, read_hostile_cases

PROJECT = Path(__file__).parent.parent
MAX_SECONDS = 0.5
"""Of the processor, not of the clock: rendering never waits, and what else the machine does is no fact about it."""
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ATTRIBUTES = {**ALLOWED_ATTRIBUTES, "a": {"href", "rel"}}
TAG = re.compile(
    rf'<a href="(?:https?://|mailto:)[^"<> ]+" rel="{LINK_REL}">|<ol start="[0-9]+">'
    rf"|<(?:{'|'.join(ALLOWED_ATTRIBUTES.keys() - {'a'})})>|</(?:{'|'.join(ALLOWED_ATTRIBUTES.keys() - {'br', 'hr'})})>",
    re.IGNORECASE,
)
"""Every tag that a body may leave in the HTML, to the letter."""


def max_bytes(body: str) -> int:
    """Return the bytes that the HTML of `body` may have; what no encoding can write does not count."""
    return MAX_GROWTH * len(body.encode(errors="ignore")) + MAX_GROWTH_EXTRA_BYTES


def assert_is_contained(html: str) -> None:
    """Assert that a browser makes of `html` only what is allowed, and of the page around it what it would without it."""
    page = f'<div id="before"></div><section><div>{html}</div></section><div id="after"></div>'
    before, section, after = html5lib.parseFragment(page, treebuilder="etree", namespaceHTMLElements=False)
    assert (["before"], ["after"]) == ([*before.attrib.values()], [*after.attrib.values()])
    assert (0, 0, None, None) == (len(before), len(after), before.text, after.text)
    (inner,) = section
    for element in list(inner.iter())[1:]:
        assert_is_allowed(element)


def assert_is_allowed(element: Element) -> None:
    """Assert that an element and its attributes are on the list, and that a link leads where one may."""
    assert element.tag in ATTRIBUTES
    assert set(element.attrib) <= ATTRIBUTES[element.tag]
    if element.tag == "a":
        assert element.attrib["rel"] == LINK_REL
        assert re.match(r"https?://[^/]|mailto:.*@", element.attrib["href"], re.IGNORECASE)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.title)
def test_case(case: Case) -> None:
    """A body becomes exactly this HTML, and says why where it is shown as plain text."""
    rendered = render_body(case.body)
    assert case.expected == rendered.html
    assert case.reason == (rendered.problem or "")


@pytest.mark.parametrize("case", read_hostile_cases(), ids=lambda case: case.title)
def test_hostile_body(case: Case) -> None:
    """A body that hurts other engines is rendered in time, in bounds and with allowed tags only, or shown whole as text."""
    started = thread_time()
    rendered = render_body(case.body)
    seconds = thread_time() - started
    assert seconds < MAX_SECONDS
    assert len(rendered.html.encode()) <= max_bytes(case.body)
    assert not set("<>") & set(TAG.sub("", rendered.html))
    assert NOT_IN_XML.search(rendered.html) is None
    if case.is_plain:
        assert case.expected in str(rendered.problem)
        assert " ".join(case.body.split()) == plain_text(rendered.html)
    else:
        assert rendered.problem is None
        assert len(rendered.html.encode()) <= max(float(case.expected) * len(case.body.encode()), 64)


@pytest.mark.parametrize("case", read_hostile_cases(4096), ids=lambda case: case.title)
def test_hostile_body_is_contained(case: Case) -> None:
    """A browser makes only allowed elements of a hostile body, and leaves the page around it intact."""
    assert_is_contained(render_body(case.body).html)


def test_small_stack() -> None:
    """No hostile body overflows the stack of a thread, which would end the process: nothing in here recurses."""
    program = """if True:
        import threading
        from pelican.plugins.conversation.comments.markup import render_body
        from tests.markup_cases import read_hostile_cases

        def render():
            print(sum(1 for case in cases if render_body(case.body).html is not None))

        cases = read_hostile_cases()
        threading.stack_size(256 * 1024)
        thread = threading.Thread(target=render)
        thread.start()
        thread.join()
    """
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (0, f"{len(read_hostile_cases())}\n", "") == (done.returncode, done.stdout, done.stderr)


def test_threads() -> None:
    """Many threads may render at once."""
    bodies = [case.body for case in read_cases()] * 5
    with ThreadPoolExecutor(8) as pool:
        assert [render_body(body) for body in bodies] == list(pool.map(render_body, bodies))


def test_depth_of_emphasis_counts() -> None:
    """Everything that nests counts toward the depth, not only quotes and lists."""
    deepest = "**" * (MAX_DEPTH - 1) + "a" + "**" * (MAX_DEPTH - 1)
    assert render_body(deepest).problem is None
    expected = f"quotes, lists or emphasis nest {MAX_DEPTH + 1} deep, over {MAX_DEPTH}"
    assert expected == render_body(f"**{deepest}**").problem


def test_short_rows_are_counted_before_comrak() -> None:
    """A wide table of short rows is refused by its description: comrak would fill its rows up without an end."""
    table = "a|" * 90 + "\n" + "-|" * 90 + "\n" + "a\n" * 30_000
    started = thread_time()
    assert "tables have up to 2700270 cells, over 60771" == render_body(table).problem
    assert thread_time() - started < MAX_SECONDS


@pytest.mark.parametrize("blank", ["\n\n", "\n \n"])
def test_ordinary_tables_pass(blank: str) -> None:
    """Tables and text of ordinary proportions are never refused."""
    table = "| a | b | c | d | e |\n|---|---|---|---|---|\n" + "| 1 | 2 | 3 | 4 | 5 |\n" * 20
    assert render_body(blank.join([table, "Some text.\nAnd more.", table])).problem is None


def test_lone_surrogates() -> None:
    """What no encoding can write is dropped, not an error."""
    assert "<p>ab</p>" == render_body("a\ud800b").html


FRAGMENTS = r"""
* ** *** _ __ ~ ~~ ` `` ``` ~~~ [ ] ( ) ![ ]( [a] [a]: > - + 1. 9) # ## === --- | |- |a| |-| a b . , ; : ! ^ [^1] [^1]: " ' = \ \< \*
http:// https://a.b/ www.a.b http://a.b/_x_* (http://a.b) http://[ http://256.1.1.1 [x](http://a.b) [x](javascript:alert(1))
![x](//a.b) [x](mailto:a@b.c) <http://a.b> <a@b.c> a@b.c
< </ > <b> <a <!-- --> <![CDATA[ ]]> <script> </section> </div> <table> <td> <svg> <math> <textarea> <plaintext> <style> <p <div>
& &amp; &lt; &lt;b&gt; &#60; &#1; &#xFFFE; &#xD800; &#xFDD1; &quot; onclick=x href="x"
"""
SIGNS = "\n \t \r \x00 \x01 \x0b \x0c \x85 \xa0 é \u0301 \u200d \u202e \u2028 👩 \ud800 \ufdd0 \ufdd1 \ufdd2 \uffff"
fragments = st.sampled_from([*FRAGMENTS.split(), *SIGNS, "\n\n", "  \n", "    ", "\r\n"])
bodies = (
    st.lists(fragments, max_size=40).map("".join)
    | st.lists(fragments, max_size=25).map(" ".join)
    | st.lists(fragments | st.text(max_size=5), max_size=20).map("".join)
    | st.builds(
        lambda unit, count: "".join(unit) * count, st.lists(fragments, min_size=1, max_size=4), st.integers(1, 60)
    )
    | st.text(max_size=200)
)


@settings(deadline=None)  # the machine may be busy with something else
@given(bodies)
@example("<a href='http://a.b'><b>[x](http://a.b)</a>")
@example("http://256.1.1.1")
def test_any_body_is_contained(body: str) -> None:
    """Whatever the body, a browser makes only allowed elements of it, and leaves the page around it intact."""
    html = render_body(body).html
    assert_is_contained(html)
    assert not set("<>") & set(TAG.sub("", html))


@settings(deadline=None)  # the machine may be busy with something else
@given(bodies)
def test_any_body_is_bounded(body: str) -> None:
    """Whatever the body, its HTML keeps the bound, holds only what XML allows, and is the same each time."""
    rendered = render_body(body)
    assert len(rendered.html.encode()) <= max_bytes(body)
    assert NOT_IN_XML.search(rendered.html) is None
    assert rendered == render_body(body)


@settings(deadline=None)  # the machine may be busy with something else
@given(bodies)
def test_cleaning_first_changes_nothing(body: str) -> None:
    """A body reads the same from a form and from its file."""
    assert plain_text(render_body(clean_body(body)).html) == plain_text(render_body(body).html)


@settings(deadline=None)  # the machine may be busy with something else
@given(st.lists(st.text("abcäßλж家", min_size=1), min_size=1, max_size=8).map(" ".join))
def test_words_are_kept(text: str) -> None:
    """Text without any markup comes back word for word, with tags typed into it, too."""
    assert text == plain_text(render_body(text).html)
    assert f"{text} <b>{text}</b>" == plain_text(render_body(f"{text} <b>{text}</b>").html)


@pytest.mark.parametrize(
    ("expected", "html"),
    [
        ("", ""),
        ("one two", "<p>one<br>two</p>"),
        ("one two", "<p>one</p><p>two</p>"),
        ("one two three", "<ul><li>one</li><li>two</li></ul><pre><code>three\n</code></pre>"),
        ("a b", "<table><tr><td>a</td><td>b</td></tr></table>"),
        ("under stand", "<p>under<hr>stand</p>"),
        ("understand", "<p>under<em>stand</em></p>"),
        ("a < b & c > d", "<p>a &lt; b &amp;\n  c&nbsp;&gt; d</p>"),
        ("&lt;", "<p>&amp;lt;</p>"),
        ("here", '<p><a href="https://example.org/">here</a></p>'),
    ],
)
def test_plain_text(expected: str, html: str) -> None:
    """Tags go, entities are resolved once, blocks and breaks leave one space."""
    assert expected == plain_text(html)


def test_plain_text_is_linear() -> None:
    """Rendered HTML of the greatest size takes no longer than rendering it."""
    html = render_body("- a\n* &amp;\n" * 6500).html
    started = thread_time()
    assert 13_000 == len(plain_text(html).split())
    assert thread_time() - started < MAX_SECONDS


@pytest.mark.parametrize(
    ("expected", "text", "characters"),
    [
        ("", "", 5),
        ("short", "short", 5),
        ("one two…", "one two three", 10),
        ("one two…", "one two, three", 10),
        ("one two…", "one two three", 8),
        ("Donaudampfsch…", "Donaudampfschifffahrt", 14),
        ("a Donaudampfs…", "a Donaudampfschifffahrt", 14),
        ("漢字漢…", "漢字漢字漢字", 4),
        ("ab…", "abe\u0301cde", 4),
        ("a…", "a👩\u200d👩\u200d👧bc", 4),
        ("a…", "a👍🏽bc", 3),
        ("a…", "a❤\ufe0fbc", 3),
        ("e\u0301\u0301…", "e\u0301\u0301\u0301\u0301", 4),
        ("…", "ab", 1),
    ],
)
def test_excerpt(expected: str, text: str, characters: int) -> None:
    """It ends after a word, or inside one that is long, never inside what a reader sees as one character."""
    assert expected == excerpt(text, characters=characters)


@settings(deadline=None)  # the machine may be busy with something else
@given(st.text("ab \u0301\u200d👩🏽家", max_size=30).map(lambda text: " ".join(text.split())), st.integers(1, 30))
def test_any_excerpt(text: str, characters: int) -> None:
    """It is never longer than asked for, and it is the beginning of the text."""
    short = excerpt(text, characters=characters)
    assert len(short) <= characters
    assert text.startswith(short.removesuffix("…"))
