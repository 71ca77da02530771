"""Tags: a comment's HTML is cut into texts and tags, in time that grows with its length alone.

Rule: no pattern here may look twice at the same characters, whatever a stranger wrote (the standard library's parser
takes a minute for 60 kB of `<a `).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import quote, urljoin

from ..text import MAX_URL_CHARACTERS, is_web_address

UNSEEN = frozenset((
    "audio", "canvas", "iframe", "math", "noembed", "noframes", "noscript", "object", "script", "style", "svg", "template",
    "title", "video",
))  # fmt: skip
"""Elements whose content no reader saw as text; it is left out."""

_TAG = re.compile(
    r"""<(/?)([A-Za-z][A-Za-z0-9]*+)((?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+)>"""  # attributes with their quotes closed
    r"|<(/?)([A-Za-z][A-Za-z0-9]*+)([^<>]*+)>"  # or not
)
_ATTRIBUTE = re.compile(r"""(?<![\w-])([A-Za-z]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_NOT_IN_ADDRESS = re.compile(r'[\s"<>\\^`{|}]')
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag."""

    name: str
    """In lower case."""
    attributes: Mapping[str, str]
    """By name in lower case, entities decoded; of two the first, as in browsers."""
    is_end: bool


def split_html(html: str) -> Iterator[str | Tag]:
    """Yield texts, entities still in them, and tags, in order; `<` that begins no tag is text, remarks are left out."""
    html = _drop_remarks(html)
    position = 0
    while match := _TAG.search(html, position):
        yield html[position : match.start()]
        name = (match[2] or match[5]).lower()
        is_end = bool(match[1] or match[4])
        position = match.end()
        if name in UNSEEN and not is_end:
            end = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
            position = end.start() if end else len(html)
        elif name not in UNSEEN:
            yield Tag(name, _read_attributes(match[3] or match[6] or ""), is_end)
    yield html[position:]


def _drop_remarks(html: str) -> str:
    """Remove `<!-- -->`; one that is not closed stays as text."""
    kept = []
    position = 0
    while (start := html.find("<!--", position)) >= 0 and (end := html.find("-->", start + 4)) >= 0:
        kept.append(html[position:start])
        position = end + 3
    return "".join((*kept, html[position:]))


def _read_attributes(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        found.setdefault(match[1].lower(), unescape(match[2] or match[3] or match[4] or ""))
    return found


def drop_controls(text: str) -> str:
    """Remove what no comment's body can hold, and the noncharacters that `html_to_markdown` marks places with."""
    return _NOT_TEXT.sub("", text)


def resolve_address(given: str, base: str) -> str:
    """Return an address as a link in a comment may have it, resolved against `base`; nothing where it is of another kind."""
    given = drop_controls(given).strip()
    if given.lower().startswith("mailto:"):
        address = _NOT_IN_ADDRESS.sub("", given)
        return address if "@" in address and len(address) <= MAX_URL_CHARACTERS else ""
    try:
        address = _NOT_IN_ADDRESS.sub(lambda found: quote(found[0]), urljoin(base, given) if given else "")
    except ValueError:  # brackets in a host that are none
        return ""
    return address if is_web_address(address) else ""
