"""HTML to Markdown: a comment's body, as a blog stored it, becomes Markdown that reads the same on our pages.

Rule: no conversion is trusted. It is rendered as a page would, and where that does not give the text a reader saw,
formats are left out, and after them everything but paragraphs and lines.
"""
# ruff: noqa: ARG002 - markdownify calls its converters with more than some need

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from bs4 import Tag
from markdownify import MarkdownConverter

from ..text import clean_body
from .markdown_text import CLOSING, LINK, OPENING, escape_line_starts, escape_text, keep_entities, resolve_marks
from .tidy_html import TidyHtml, tidy_html

_FENCES = re.compile(r"^\s*(`+)", re.MULTILINE)
_BACKTICKS = re.compile("`+")
_FORMAT_TAGS = re.compile("</?(?:strong|em|del)>")


@dataclass(frozen=True, slots=True)
class Markdown:
    """A converted body."""

    text: str
    """Markdown, as a comment's body: clean, no white space around it."""
    loss: str = ""
    """What could not be carried over, in words; empty for nothing."""


def convert_html(html: str, render: Callable[[str], str], *, base: str = "") -> Markdown:
    """Convert a comment's body; `render` turns Markdown into the HTML of a page.

    `base` is the address that relative links start from. A newline breaks the line, as in WordPress.
    """
    tidy = tidy_html(html, base=base)
    if not tidy.is_plain:
        for source, loss in ((tidy.html, ""), (_FORMAT_TAGS.sub("", tidy.html), "emphasis")):
            text = _write_markdown(source)
            if tidy_html(render(text), breaks=False).text == tidy.text:
                lost = " and ".join(filter(None, ("nesting" * tidy.is_flattened, loss)))
                return Markdown(text, lost)
    return Markdown(_write_plain(tidy), "" if tidy.is_plain else "all formatting")


def _write_markdown(html: str) -> str:
    return clean_body(resolve_marks(_CONVERTER.convert(html)))


def _write_plain(tidy: TidyHtml) -> str:
    """Write paragraphs and lines, with nothing else."""
    blocks = []
    for paragraph in tidy.paragraphs:
        lines = [escape_text(line.strip(" \t"), is_line=True) for line in paragraph.split("\n") if line.strip()]
        blocks.append(escape_line_starts("\n".join(lines)))
    return clean_body(resolve_marks("\n\n".join(blocks)))


class _Converter(MarkdownConverter):
    """markdownify, given tidy HTML, with what its own conversion does not carry over.

    Methods have the signature that it calls: element, the Markdown inside it, names of the elements around it.
    """

    class Options(MarkdownConverter.DefaultOptions):  # type: ignore[misc,name-defined] # not in its stubs
        """Its options."""

        heading_style: ClassVar[str] = "atx"

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape a text outside code."""
        escaped = escape_text(text, autolinks="a" not in parent_tags)
        if parent_tags & {"td", "th"}:
            return escaped.replace("|", r"\|")
        return escaped.replace("#", r"\#") if "_inline" in parent_tags else escaped

    def convert_strong(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Mark where a format begins and ends."""
        return _wrap(text, lambda inside: f"{OPENING[el.name]}{inside}{CLOSING[el.name]}")

    convert_em = convert_strong
    convert_del = convert_strong

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a code span, its fence longer than any in the code."""
        fence = "`" * (max((len(run) for run in _BACKTICKS.findall(text)), default=0) + 1)
        pad = " " if "`" in text else ""
        return _wrap(text, lambda inside: f"{fence}{pad}{inside}{pad}{fence}")

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a link; one that shows its own address needs no brackets."""
        address = str(el["href"])
        destination = keep_entities(address)
        if el.get_text().strip() == address:
            return _wrap(text, lambda _: f"<{destination}>")
        if "(" in address or ")" in address:
            destination = f"<{destination}>"
        return _wrap(text, lambda inside: f"{LINK}[{inside}]({destination})")

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Break the line: a newline does, where comments are rendered."""
        return "\n"

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a paragraph, and a list right below it where both are in an item."""
        after = el.find_next_sibling()
        is_close = el.parent is not None and el.parent.name == "li" and after is not None and _may_interrupt(after)
        return f"\n\n{escape_line_starts(text.strip())}" + ("" if is_close else "\n\n")

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a fenced block, its fence longer than any in the code."""
        fence = "`" * max((len(run) + 1 for run in _FENCES.findall(text)), default=3)
        fence = max(fence, "```")
        return f"\n\n{fence}\n{text}\n{fence}\n\n"

    def convert_hr(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a rule that is no underline of a heading."""
        return "\n\n***\n\n"

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write an item; the next of two lists in a row has the other marker."""
        parent: Any = el.parent
        is_other = parent.get("class") == ["other"]
        text = text.strip("\n")
        if not text:
            return "\n"
        marker = f"{el['value']}{')' if is_other else '.'}" if parent.name == "ol" else "+" if is_other else "-"
        indent = " " * (len(marker) + 1)
        lines = [f"{indent}{line}" if line else "" for line in text.split("\n")]
        return f"{marker} {chr(10).join(lines)[len(indent) :]}\n"


def _wrap(text: str, write: Callable[[str], str]) -> str:
    """Write the text with its white space outside, where Markdown wants it; nothing is written around white space alone."""
    inside = text.strip()
    start = text.find(inside)
    return f"{text[:start]}{write(inside)}{text[start + len(inside) :]}" if inside else text


def _may_interrupt(element: Tag) -> bool:
    """Whether it is a list that needs no empty line before it (CommonMark, section 5.3)."""
    first = element.find("li", recursive=False)
    return element.name == "ul" or (element.name == "ol" and isinstance(first, Tag) and first["value"] == "1")


_CONVERTER = _Converter()
