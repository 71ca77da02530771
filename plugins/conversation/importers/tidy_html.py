"""Tidying: a comment's HTML, as blogs stored it, becomes well-formed HTML of few elements, and the text a reader saw.

Rule: nothing recurses over the nesting that a stranger chose, and nothing is copied from the source but text and
addresses.
"""

import re
from dataclasses import dataclass
from html import escape, unescape

from .html_tags import Tag, drop_controls, resolve_address, split_html
from .paragraph import Format, Paragraph, read_text, write_runs

MAX_DEPTH = 12
"""Quotes and lists nest this deep; what is deeper is shown at this depth. No reader follows more."""

_SPACES = re.compile(r"[ \t\n\r\f]+")
_AFTER_BREAK = re.compile(r"[ \t]*\n")
_FORMATS = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "cite": "em", "dfn": "em", "var": "em",
    "s": "del", "strike": "del", "del": "del", "code": "code", "kbd": "code", "samp": "code", "tt": "code", "a": "a",
}  # fmt: skip
_BREAKING = frozenset((
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "html", "legend", "main", "menu", "nav", "p", "search",
    "section", "summary",
))  # fmt: skip
"""Blocks that become paragraphs."""
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTS = frozenset(("ol", "ul"))
_CONTAINERS = frozenset(("blockquote", "ol", "table", "ul"))
_CELLS = frozenset(("td", "th"))
_MAX_FORMATS = 64
"""So many may be open at once; far more than anything but an attack."""


@dataclass(frozen=True, slots=True)
class TidyHtml:
    """A comment's body, tidied."""

    html: str
    """Of `p`, `br`, `strong`, `em`, `del`, `code`, `a`, `pre`, `blockquote`, lists, headings, `hr` and tables."""
    paragraphs: tuple[str, ...]
    r"""Its text as a reader saw it, lines parted by `\n`."""
    is_plain: bool
    """Whether it has nothing but paragraphs and line breaks."""
    is_flattened: bool
    """Whether it was nested deeper than `MAX_DEPTH`."""

    @property
    def text(self) -> str:
        """The text with all white space folded."""
        return " ".join(" ".join(self.paragraphs).split())


def tidy_html(html: str, *, base: str = "", breaks: bool = True) -> TidyHtml:
    """Tidy a comment's body; links are resolved against the address `base`.

    With `breaks` a newline ends the line and an empty line the paragraph, as WordPress shows comments.
    """
    tidier = _Tidier(base, breaks=breaks)
    for part in split_html(html.replace("\r\n", "\n").replace("\r", "\n")):
        if isinstance(part, Tag):
            tidier.add_tag(part)
        else:
            tidier.add_text(part)
    return tidier.finish()


@dataclass(slots=True)
class _Block:
    """An open quote, list, item, table, row or cell."""

    name: str
    formats: int
    """How many formats were open before it: those opened in it end with it."""
    number: int = 1
    """Of a list's next item."""
    is_other: bool = False
    """Of a list that follows one of its kind at once: it takes the other marker, or the two would be one."""


class _Tidier:
    """Takes texts and tags in order and writes tidy HTML."""

    def __init__(self, base: str, *, breaks: bool) -> None:
        self.base = base
        self.breaks = breaks
        self.html: list[str] = []
        self.paragraphs: list[str] = []
        self.paragraph = Paragraph()
        self.blocks: list[_Block] = []
        self.formats: list[Format] = []
        self.pre: list[str] | None = None
        self.heading = ""
        self.is_after_break = False
        self.was_other = False
        self.is_plain = True
        self.is_flattened = False

    @property
    def top(self) -> str:
        return self.blocks[-1].name if self.blocks else ""

    def finish(self) -> TidyHtml:
        self._end_pre()
        self._close_to(0)
        return TidyHtml("".join(self.html), tuple(self.paragraphs), self.is_plain, self.is_flattened)

    def add_text(self, raw: str) -> None:
        if self.pre is not None:
            self.pre.append(unescape(raw))
            return
        if self.is_after_break and (newline := _AFTER_BREAK.match(raw)):
            raw = raw[newline.end() :]
        for number, line in enumerate(raw.split("\n") if self.breaks else (raw,)):
            if number:
                self._break_line()
            self._add_run(unescape(line))

    def _add_run(self, text: str, *extra: Format) -> None:
        text = drop_controls(_SPACES.sub(" ", text))
        formats = frozenset((*self.formats, *extra))
        if self.top in _CELLS:  # a code span in a table's cell would need escapes of its own
            formats = frozenset(f for f in formats if f[0] != "code")
        self.paragraph.add_text(text, formats)
        self.is_after_break = self.is_after_break and not text

    def _break_line(self) -> None:
        """End the line; a second time in a row, end the paragraph."""
        if self.heading or self.top in _CELLS:
            self._add_run(" ")
        elif not self.paragraph.break_line(frozenset(self.formats)):
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        runs = self.paragraph.take()
        if not runs:
            return
        self._open_implied()
        self.paragraphs.append(read_text(runs))
        name = self.heading or ("" if self.top in _CELLS else "p")
        inside = write_runs(runs)
        self.html.append(f"<{name}>{inside}</{name}>" if name else inside)
        self.is_plain = self.is_plain and name == "p" and not any(formats for formats, _ in runs)

    def _open_implied(self) -> None:
        """Open the item or cell for content that stands straight inside a list or table."""
        if self.top in _LISTS:
            self._open("li")
        elif self.top in ("table", "tr"):
            if self.top == "table":
                self._open("tr")
            self._open("td")

    def add_tag(self, tag: Tag) -> None:
        if self.pre is not None:
            if tag.name == "br":
                self.pre.append("\n")
            elif tag.name == "pre" and tag.is_end:
                self._end_pre()
        elif tag.name in _FORMATS:
            self._add_format(tag)
        elif tag.name == "q":
            self._add_run("”" if tag.is_end else "“")
        elif tag.name == "br":
            self._break_line()
            self.is_after_break = True
        elif tag.name == "img":
            self._add_image(tag)
        elif self.top in _CELLS and tag.name not in {"table", "tr", *_CELLS}:
            if tag.name in {"hr", "li", "pre", *_BREAKING, *_CONTAINERS, *_HEADINGS}:
                self._add_run(" ")
        else:
            self._add_block_tag(tag)

    def _add_format(self, tag: Tag) -> None:
        name = _FORMATS[tag.name]
        if tag.is_end or name == "a":  # links do not nest
            last = next((i for i in reversed(range(len(self.formats))) if self.formats[i][0] == name), None)
            if last is not None:
                del self.formats[last]
        if tag.is_end or len(self.formats) >= _MAX_FORMATS:
            return
        address = resolve_address(tag.attributes.get("href", ""), self.base) if name == "a" else ""
        if name != "a" or address:
            self.formats.append((name, address))

    def _add_image(self, tag: Tag) -> None:
        """Put a link in the image's place, with the text that stood for it."""
        address = resolve_address(tag.attributes.get("src", ""), self.base)
        words = tag.attributes.get("alt", "").strip() or address.rpartition("/")[2]
        is_linked = any(name == "a" for name, _ in self.formats)
        self._add_run(words, *([("a", address)] if address and not is_linked else []))

    def _add_block_tag(self, tag: Tag) -> None:
        if tag.name in _BREAKING or tag.name in _HEADINGS:
            self._end_paragraph()
            self.heading = tag.name if tag.name in _HEADINGS and not tag.is_end else ""
        elif tag.name in _CONTAINERS:
            self._end_paragraph()
            if tag.is_end:
                self._close_named(tag.name)
            else:
                self._open_container(tag)
        elif tag.name == "li":
            self._add_item(is_end=tag.is_end)
        elif tag.name == "tr" or tag.name in _CELLS:
            self._add_table_part(tag.name, is_end=tag.is_end)
        elif tag.name == "pre" and not tag.is_end:
            self._end_paragraph()
            self.pre = []
        elif tag.name == "hr":
            self._end_paragraph()
            self._open_implied()
            self._write("<hr>")

    def _write(self, html: str) -> None:
        self.html.append(html)
        self.is_plain = False

    def _open_container(self, tag: Tag) -> None:
        if sum(block.name in _CONTAINERS for block in self.blocks) >= MAX_DEPTH:
            self.is_flattened = True
            return
        self._open_implied()
        start = tag.attributes.get("start", "")
        is_other = self.html[-1:] == [f"</{tag.name}>"] and not self.was_other
        self._open(tag.name, int(start) if re.fullmatch("[0-9]{1,6}", start) else 1, is_other=is_other)

    def _open(self, name: str, number: int = 1, *, is_other: bool = False) -> None:
        extra = ' class="other"' if is_other else ""
        if name == "li":
            extra = f' value="{self.blocks[-1].number}"'
            self.blocks[-1].number += 1
        self.heading = ""
        self._write(f"<{name}{extra}>")
        self.blocks.append(_Block(name, len(self.formats), number, is_other))

    def _close_named(self, name: str) -> None:
        """Close the innermost open block of that name with all that is open in it; nothing where none is open."""
        depth = self._find_block({name})
        if depth is not None:
            self._close_to(depth)

    def _find_block(self, names: set[str] | frozenset[str]) -> int | None:
        """Return the depth of the innermost open block with one of the names."""
        return next((d for d in reversed(range(len(self.blocks))) if self.blocks[d].name in names), None)

    def _close_to(self, depth: int) -> None:
        self._end_paragraph()
        self.heading = ""
        while len(self.blocks) > depth:
            block = self.blocks.pop()
            self.was_other = block.is_other
            del self.formats[block.formats :]
            self.html.append(f"</{block.name}>")

    def _add_item(self, *, is_end: bool) -> None:
        """Begin an item of the innermost list; its end is left to the next, for what stands between belongs to it."""
        self._end_paragraph()
        depth = self._find_block(_LISTS)
        if depth is not None:
            self._close_to(depth + (2 if is_end else 1))
            if not is_end:
                self._open("li")

    def _add_table_part(self, name: str, *, is_end: bool) -> None:
        """Begin or end a row or cell of the innermost table."""
        self._end_paragraph()
        depth = self._find_block({"table"})
        if depth is not None:
            self._close_to(depth + (1 if name == "tr" else 2))
            if not is_end:
                if name != "tr" and self.top == "table":
                    self._open("tr")
                self._open(name)

    def _end_pre(self) -> None:
        """Write what stood in `pre`, of which HTML drops one newline at the start."""
        if self.pre is None:
            return
        text, self.pre = drop_controls("".join(self.pre)).removeprefix("\n").rstrip(), None
        if text.strip():
            self._open_implied()
            self.paragraphs.append(text)
            self._write(f"<pre>{escape(text, quote=False)}</pre>")
