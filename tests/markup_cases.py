"""Reads the case files of `cases/markup`; their README.txt says how they are written."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases" / "markup"
HOSTILE_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Case:
    """A body and what becomes of it."""

    title: str
    body: str
    expected: str
    """The HTML; for a hostile body the largest growth, or the word in the reason."""
    is_plain: bool
    """Whether it is shown as plain text."""
    reason: str = ""
    """Why it is; "" in hostile cases."""


def read_cases() -> list[Case]:
    """Return the written-out cases of every file."""
    cases = []
    for path in sorted(set(FOLDER.glob("*.txt")) - {FOLDER / "README.txt", FOLDER / "hostile.txt"}):
        for title, body, reason, html in _sections(path):
            cases.append(Case(f"{path.stem}: {title}", body, html, bool(reason), reason))
    return cases


def read_hostile_cases(max_bytes: int = HOSTILE_BYTES) -> list[Case]:
    """Return the bodies that hostile.txt describes, or smaller ones of the same shapes."""
    cases = []
    for title, description, verdict, _ in _sections(FOLDER / "hostile.txt"):
        shown, expected = verdict.split()
        cases.append(Case(title, make_body(description, max_bytes), expected, shown == "plain"))
    return cases


def make_body(description: str, max_bytes: int = HOSTILE_BYTES) -> str:
    """Return the body that the lines of a hostile case describe."""
    body = ""
    for line in description.splitlines():
        verb, _, rest = line.partition(" ")
        left = max_bytes - len(body.encode())
        if verb == "repeat":
            number, _, rest = rest.partition(" ")
            body += json.loads(rest) * (int(number) * max_bytes // HOSTILE_BYTES)
        elif verb == "rise":
            first, second = json.loads("[" + rest.replace('" "', '","') + "]")
            body += _rising(first, second, left)
        else:
            text = json.loads(rest)
            body += text * {"once": 1, "fill": left // len(text.encode())}[verb]
    return body


def _rising(first: str, second: str, left: int) -> str:
    parts: list[str] = []
    while (left := left - len((part := first * (len(parts) + 1) + second).encode())) >= 0:
        parts.append(part)
    return "".join(parts)


def _sections(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield the title, the part before the arrow, what stands behind the arrow and the part after it."""
    for section in ("\n" + path.read_text("utf-8")).split("\n=== ")[1:]:
        title, _, rest = section.partition("\n")
        before, _, after = f"\n{rest}".partition("\n--->")
        verdict, _, html = after.partition("\n")
        yield title, before.strip("\n"), verdict.strip(), html.strip("\n")
