"""Front matter: the flat YAML between `---` lines, read without YAML's guesses and written back.

Rule: every scalar stays the text it is (`no`, `0123`, `12:30`); aliases, tags and nesting are refused. The file is read
as YAML's events, never as a tree, so that no file makes the reader recurse or build more than it holds. What
`read_flat_lines` reads without YAML, YAML would read the same; anything it is not sure of, it leaves.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import yaml

try:
    from yaml import CDumper as Dumper
    from yaml import CLoader as Loader
except ImportError:  # PyYAML built without libyaml: slower, the same result
    from yaml import Dumper, Loader  # type: ignore[assignment]

MAX_BYTES = 16 * 1024
"""Far above any comment's header; it bounds the time that hostile YAML can take."""

_FLAT_LINES = re.compile(
    r"(?:[a-z_]+:[ ](?:[A-Za-z0-9\u00c0-\u024f\u0370-\u04ff](?:[!-\"$-9;-~\u00c0-\u024f\u0370-\u04ff]|[ ](?! |$)|(?<! )\#|:(?=[!-~]))*)\n)+",
    re.MULTILINE,
)
"""Lines of a key and a plain scalar in Latin, Greek or Cyrillic letters: no indicator before it, no `: ` or ` #` in it."""

_HALVES = re.compile("[\ud800-\udfff]")
"""Of characters; PyYAML lets escapes of them through where it comes without libyaml."""

Scalars = str | tuple[str, ...]


class FrontMatterError(Exception):
    """Front matter that cannot be read."""

    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        """1-based, counted in the text given."""
        self.message = message
        self.remedy = remedy


class Value(NamedTuple):
    """A value of the front matter, and where its key stands."""

    value: Scalars
    line: int
    """1-based, counted in the text given."""


def parse_front_matter(text: str, *, first_line: int = 1) -> Mapping[str, Value]:
    """Read a flat mapping of scalars and lists of scalars, in the order of the file.

    Raises FrontMatterError for anything else: nesting, aliases, tags, two of one key, no mapping, broken YAML. Lines are
    counted from `first_line`.
    """
    if (flat := read_flat_lines(text, first_line=first_line)) is not None:
        return flat
    try:
        values = read_yaml(text)
    except FrontMatterError as error:
        error.line += first_line - 1
        raise
    return {key: Value(value.value, value.line + first_line - 1) for key, value in values.items()}


def read_flat_lines(text: str, *, first_line: int = 1) -> Mapping[str, Value] | None:
    """Read what almost every comment has, lines of `key: text`, without YAML; None for anything else.

    It takes a sixth of the time, and gives what `read_yaml` gives.
    """
    if len(text) > MAX_BYTES // 4 or _FLAT_LINES.fullmatch(text) is None:
        return None
    values: dict[str, Value] = {}
    for number, line in enumerate(text.splitlines(), first_line):
        key, _, value = line.partition(": ")
        values[key] = Value(value, number)
    return values if len(values) == number - first_line + 1 else None  # a key that stands twice


def read_yaml(text: str) -> Mapping[str, Value]:
    """Read as `parse_front_matter` does, with PyYAML alone."""
    if len(text.encode()) > MAX_BYTES:
        raise FrontMatterError(1, f"the front matter is over {MAX_BYTES} bytes", "shorten it")
    try:
        return _read_mapping(_content_events(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        what = error.problem or error.context
        lines = text.splitlines()[line - 1 : line]
        remedy = (
            "put spaces where the tabs are" if any("\t" in one for one in lines) else 'put the value in "double quotes"'
        )
        raise FrontMatterError(line, f"the front matter is not YAML: {what}", remedy) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        what = str(error).splitlines()[0]
        raise FrontMatterError(1, f"the front matter is not YAML: {what}", "remove the character") from error


def _content_events(text: str) -> Iterator[yaml.Event]:
    """Yield the events inside the one document of `text`, refusing what our files never need."""
    documents = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise _error(event, "the front matter holds two YAML documents", "keep one")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _error(
                event, "YAML anchors and aliases (& and *) are not read here", "write the value out, in quotes"
            )
        if tag := getattr(event, "tag", None):
            raise _error(event, f"YAML tags ({tag}) are not read here", "put the value in quotes")
        if isinstance(event, yaml.ScalarEvent) and _HALVES.search(event.value):
            raise _error(event, "the front matter has an escape that is no character", "write the character itself")
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            yield event


def _read_mapping(events: Iterator[yaml.Event]) -> Mapping[str, Value]:
    values: dict[str, Value] = {}
    first = next(events, None)
    if first is None or (isinstance(first, yaml.ScalarEvent) and first.value == ""):
        return values
    if not isinstance(first, yaml.MappingStartEvent):
        raise _error(first, "the front matter holds no keys", "write lines such as `name: Ann`")
    for key in events:
        if isinstance(key, yaml.MappingEndEvent):
            continue
        if not isinstance(key, yaml.ScalarEvent):
            raise _error(key, "a key of the front matter is not plain text", "write lines such as `name: Ann`")
        if key.value in values:
            raise _error(key, f"the key {key.value!r} stands twice", "keep one of the two")
        values[key.value] = Value(_read_value(events), _line(key))
    return values


def _read_value(events: Iterator[yaml.Event]) -> Scalars:
    event = next(events)
    if isinstance(event, yaml.ScalarEvent):
        return str(event.value)
    items: list[str] = []
    if isinstance(event, yaml.SequenceStartEvent):
        for item in events:
            if isinstance(item, yaml.SequenceEndEvent):
                return tuple(items)
            if not isinstance(item, yaml.ScalarEvent):
                break
            items.append(item.value)
    raise _error(event, "nested values are not read here", "put the value in quotes")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _error(event: yaml.Event, message: str, remedy: str) -> FrontMatterError:
    return FrontMatterError(_line(event), message, remedy)


def format_front_matter(values: Mapping[str, Scalars]) -> str:
    """Write the mapping as YAML, one line a key, quoted only where YAML needs it; `parse_front_matter` reads it back."""
    events: list[yaml.Event] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    events.append(yaml.MappingStartEvent(anchor=None, tag=None, implicit=True, flow_style=False))
    for key, value in values.items():
        events.append(_scalar(key))
        events.extend([_scalar(value)] if isinstance(value, str) else _sequence(value))
    events += [yaml.MappingEndEvent(), yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    return str(yaml.emit(events, Dumper=Dumper, allow_unicode=True, width=MAX_BYTES))


def _sequence(items: Sequence[str]) -> list[yaml.Event]:
    start = yaml.SequenceStartEvent(anchor=None, tag=None, implicit=True, flow_style=True)
    return [start, *map(_scalar, items), yaml.SequenceEndEvent()]


def _scalar(text: str) -> yaml.Event:
    return yaml.ScalarEvent(anchor=None, tag=None, implicit=(True, True), value=text)
