"""Reused Markdown: a post is read as a new instance would read it, whatever was read before."""

import json
from pathlib import Path
from typing import Any

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pelican.plugins.conversation.building.reused_markdown import FORGETFUL, MarkdownMaker, ReusedMarkdown

from .building import TestSite

BLOCKS = (
    "Title: One\nSummary: *Short*[^1]", "Text[^1] of HTML and [one][a] and [[Some Page]].", "[^1]: A note of HTML.",
    "*[HTML]: A language", "[a]: https://example.org/ 'A'", "# Heading", "# Heading", "[TOC]", "wiki_base_url: /w/",
    "<div markdown='1'>\n*in*\n</div>", "<div>open", "</div>", "<!-- open", "```python\nprint(1)\n```", "    :::python\n    1",
    "!!! note\n    a\n\n    b", "Term\n: meant", "a | b\n--|--\n1 | 2", '"so" -- ...', "- a\n    - b\n\n1. c", "&copy; \\* <b>",
    "{: #id .class }", "**not closed", "> quoted\n[^1]", "\x02wzxhzdk:0\x03",
)  # fmt: skip
DOCUMENTS = st.lists(st.sampled_from(BLOCKS), max_size=6).map("\n\n".join)
DEFAULTS = ("codehilite", "extra", "meta")
EXTENSIONS = st.one_of(st.just(DEFAULTS), st.lists(st.sampled_from(sorted(FORGETFUL)), unique=True).map(tuple))


def _options(extensions: tuple[str, ...]) -> dict[str, Any]:
    names = [name if "." in name else f"markdown.extensions.{name}" for name in extensions]
    meta = "markdown.extensions.meta"  # Pelican's reader adds it
    return {"extensions": [*dict.fromkeys([*names, meta])], "output_format": "html5"}


def _read(md: markdown.Markdown, text: str) -> tuple[object, ...]:
    """Read a text as Pelican does: the metadata of the formatted fields by the same instance."""
    html = md.convert(text)
    meta = dict(md.Meta)  # type: ignore[attr-defined]
    md.preprocessors.deregister("meta")
    fields = []
    for name, values in meta.items():
        md.reset()
        fields.append((name, md.convert("\n".join(values))))
    return html, meta, fields, getattr(md, "toc", None)


@given(extensions=EXTENSIONS, texts=st.lists(DOCUMENTS, min_size=2, max_size=4))
@example(extensions=DEFAULTS, texts=["Text[^1]\n\n[^1]: A note.\n\n*[HTML]: A language", "HTML[^1]"])
def test_a_post_does_not_tell(extensions: tuple[str, ...], texts: list[str]) -> None:
    make, options = MarkdownMaker(), _options(extensions)
    first = make(**options)
    for text in texts:
        md = make(**options)
        assert md is first
        assert _read(md, text) == _read(markdown.Markdown(**options), text)


def test_every_extension_that_comes_with_markdown_is_looked_at() -> None:
    """One that is new has to be tried first."""
    folder = Path(markdown.__file__).parent / "extensions"
    assert {f"markdown.extensions.{path.stem}" for path in folder.glob("[a-z]*.py")} == FORGETFUL


class Own(markdown.Extension):
    """Somebody's extension."""


@pytest.mark.parametrize(
    "options",
    [
        {"extensions": ["markdown.extensions.extra", Own()]},
        {"extensions": ["pymdownx.arithmatex"]},
        {"extensions": ["extra"]},
        {"extensions": ["markdown.extensions.toc"], "extension_configs": {"markdown.extensions.toc": {"slugify": str}}},
        {
            "extensions": ["markdown.extensions.extra"],
            "extension_configs": {"markdown.extensions.extra": {"footnotes": {"UNIQUE_IDS": True}}},
        },
    ],
    ids=["instance", "elsewhere", "short name", "function", "unique ids"],
)
def test_what_may_not_forget_is_made_anew(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(markdown, "Markdown", lambda **given: made.append(given))
    make = MarkdownMaker()
    make(**options)
    make(**options)
    assert made == [options, options]


def test_an_instance_left_in_the_midst_of_a_text_is_dropped() -> None:
    make, options = MarkdownMaker(), _options(DEFAULTS)
    md = make(**options)
    with pytest.raises(AttributeError):
        md.convert(None)  # type: ignore[arg-type]
    again = make(**options)
    assert again is not md
    assert make(**options) is again
    assert again.convert("*x*") == "<p><em>x</em></p>"


def test_other_options_get_another_instance() -> None:
    make = MarkdownMaker()
    one, other = make(**_options(("toc",))), make(**_options(("tables",)))
    assert one is not other
    assert isinstance(other, ReusedMarkdown)


SPY = """
import atexit, json
import markdown
made, make = [], markdown.Markdown.__init__
markdown.Markdown.__init__ = lambda self, **options: (made.append(options), make(self, **options))[1]
atexit.register(lambda: open("made", "w").write(json.dumps([len(made), OWN])))
OWN = False
"""
OWN = """
class Own(markdown.Markdown):
    pass
import pelican.readers
pelican.readers.Markdown, OWN = Own, True
"""


@pytest.mark.parametrize("more", ["", OWN], ids=["alone", "changed by somebody"])
def test_posts_share_an_instance(tmp_path: Path, more: str) -> None:
    """A whole build makes one, unless somebody else has changed how Pelican makes them."""
    site = TestSite(tmp_path, SPY + more)
    for number in range(5):
        site.write_article(f"talk-{number}", Summary=f"*Number* {number}")
    site.build()
    number, is_changed = json.loads((tmp_path / "made").read_text())
    assert number == (5 if is_changed else 1)
    assert is_changed == bool(more)
    assert "<em>Number</em> 3" in site.read("index.html")
