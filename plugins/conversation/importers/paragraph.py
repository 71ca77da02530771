"""A paragraph in the making: runs of text with their formats become well-formed inline HTML.

Rule: elements are written from the formats of each run, never copied from the source, so none is empty, doubled,
crossed or split without need.
"""

from collections.abc import Sequence
from html import escape

Format = tuple[str, str]
"""Name of the element, and the address where it is a link."""
Run = tuple[frozenset[Format], str]
r"""Formats and text; a line break is a run of its own, `\n`."""

_ORDER = ("a", "strong", "em", "del", "code")
"""Where two formats reach equally far, the earlier goes outside."""
_BREAK = "\n"


class Paragraph:
    """Takes texts and line breaks in order; white space is folded as browsers fold it."""

    def __init__(self) -> None:
        self._runs: list[Run] = []

    def add_text(self, text: str, formats: frozenset[Format]) -> None:
        """Add text on one line, its spaces folded."""
        if text.startswith(" ") and (not self._runs or self._runs[-1][1][-1] in " \n"):
            text = text[1:]
        if not text:
            return
        if self._runs and self._runs[-1][0] == formats and self._runs[-1][1] != _BREAK:
            text = self._runs.pop()[1] + text
        self._runs.append((formats, text))

    def break_line(self, formats: frozenset[Format]) -> bool:
        """End the line; False where it is empty, which ends the paragraph."""
        self._trim_spaces()
        if self._runs and self._runs[-1][1] == _BREAK:
            return False
        if self._runs:
            self._runs.append((frozenset(f for f in formats if f[0] != "code"), _BREAK))
        return True

    def _trim_spaces(self) -> None:
        while self._runs and self._runs[-1][1].endswith(" "):
            formats, text = self._runs.pop()
            if text := text.rstrip(" "):
                self._runs.append((formats, text))

    def take(self) -> tuple[Run, ...]:
        """Return the runs without white space around them, and begin anew; none where nothing is to be seen."""
        self._trim_spaces()
        while self._runs and self._runs[-1][1] == _BREAK:
            self._runs.pop()
            self._trim_spaces()
        runs, self._runs = tuple(self._runs), []
        return runs if read_text(runs).strip() else ()


def read_text(runs: Sequence[Run]) -> str:
    r"""Return the text of the runs, lines parted by `\n`."""
    return "".join(text for _, text in runs)


def write_runs(runs: Sequence[Run], applied: frozenset[Format] = frozenset()) -> str:
    """Write the runs as nested elements, the one that reaches furthest outside, code innermost.

    Recurses over formats, of which a run has five at most.
    """
    written: list[str] = []
    position = 0
    while position < len(runs):
        formats, text = runs[position]
        if formats == applied:
            written.append("<br>" if text == _BREAK else escape(text, quote=False))
            position += 1
            continue
        ends = {format: _find_end(runs, position, format) for format in formats - applied}
        outer = max(ends, key=lambda format: (format[0] != "code", ends[format], -_ORDER.index(format[0])))
        inside = write_runs(runs[position : ends[outer]], applied | {outer})
        address = f' href="{escape(outer[1])}"' if outer[1] else ""
        written.append(f"<{outer[0]}{address}>{inside}</{outer[0]}>")
        position = ends[outer]
    return "".join(written)


def _find_end(runs: Sequence[Run], start: int, format: Format) -> int:
    """Return the position after the last run from `start` on that has the format, and for code no others than the first."""
    end = start
    while end < len(runs) and format in runs[end][0] and (format[0] != "code" or runs[end][0] == runs[start][0]):
        end += 1
    return end
