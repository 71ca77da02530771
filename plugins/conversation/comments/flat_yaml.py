"""Flat YAML: a mapping of scalars and lists of them, read without YAML's guesses and written back, by PyYAML.

Rule: every scalar stays the text it is (`no`, `0123`, `12:30`); aliases, tags and nesting are refused. It is read as YAML's
events, never as a tree, so that no file makes the reader recurse or build more than it holds.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml

from .flat_lines import MAX_BYTES, FrontMatterError, Scalars, Value

try:
    from yaml import CDumper as Dumper
    from yaml import CLoader as Loader
except ImportError:  # PyYAML built without libyaml: slower, the same result
    from yaml import Dumper, Loader  # type: ignore[assignment]

_HALVES = re.compile("[\ud800-\udfff]")
"""Of characters; PyYAML lets escapes of them through where it comes without libyaml."""


def read_yaml(text: str) -> Mapping[str, Value]:
    """Read what stands between the `---` lines; raises FrontMatterError."""
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
            raise _error(event, f"YAML tags ({tag[:80]!r}) are not read here", "put the value in quotes")
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


def format_yaml(values: Mapping[str, Scalars]) -> str:
    """Write the mapping as YAML, one line a key, quoted only where YAML needs it; `read_yaml` reads it back."""
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
