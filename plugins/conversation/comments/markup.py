"""Untrusted Markdown to safe HTML, and safe HTML to plain text.

Rule: a body reaches comrak only after `_table_problem`, as comrak fills short rows up without an end, and nh3 only after
`_depth_problem`, as nh3 takes quadratic time over depth. Passes of our own run over comrak's output: it is well-formed,
since no HTML of the commenter's is left in it.
"""

import re
from dataclasses import dataclass
from html import escape, unescape
from itertools import accumulate
from unicodedata import category
from urllib.parse import quote

import comrak
import nh3

from ..text import MAX_URL_CHARACTERS, clean_body, is_visible, is_web_address

MAX_DEPTH = 32
"""Elements inside one another: 15 lists or 31 quotes, more than any mail thread has; nh3 takes 1.5 times as long for
each byte here as at depth 1, 8 times at depth 4096."""
MAX_GROWTH = 10
"""Bytes of HTML for each byte of the body."""
MAX_GROWTH_EXTRA_BYTES = 4096
"""HTML that any body may have besides: a few links or a small table in a body of one line."""
MAX_COLUMNS = 100
"""More than any screen shows; comrak takes quadratic time over the columns of a row."""
MIN_CELL_BYTES = len("<td></td>\n")

_BARE_ELEMENTS = ("blockquote", "br", "code", "del", "em", "hr", "li", "p", "pre", "strong", "ul")
_TABLE_ELEMENTS = ("table", "tbody", "td", "th", "thead", "tr")
ALLOWED_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}} | {tag: set[str]() for tag in _BARE_ELEMENTS + _TABLE_ELEMENTS}
"""Every element that a body may use, with its attributes; `rel` is added to links."""
LINK_REL = "ugc nofollow noopener"

_CLEANER = nh3.Cleaner(
    tags=set(ALLOWED_ATTRIBUTES),
    clean_content_tags=set(),
    attributes=ALLOWED_ATTRIBUTES,
    link_rel=LINK_REL,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)
_EXTENSIONS = comrak.ExtensionOptions()
_EXTENSIONS.strikethrough = True
_EXTENSIONS.table = True  # not autolink: it recurses over e-mail addresses and is quadratic in closing brackets
_PARSING = comrak.ParseOptions()
_RENDERING = comrak.RenderOptions()
_RENDERING.escape = True
_RENDERING.hardbreaks = True

# Unicode's noncharacters never stand in a text, so they can mark places in one on its way through comrak.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]")
_TAG_GUARD = "\ufdd0"
_EMPHASIS_GUARDS = str.maketrans("_*~", "\ufdd1\ufdd2\ufdd3")
_GUARDED = tuple(
    (form, text)
    for guard, text in zip("\ufdd0\ufdd1\ufdd2\ufdd3", ("", *"_*~"), strict=True)
    for form in (guard, quote(guard))
)
"""What each guard looks like in comrak's text and addresses, and what it stands for."""
_EMPHASIS = re.compile(r"[*~]|\b_|_\b")  # inside a word, `_` never is
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])(?![A-Za-z][A-Za-z0-9+.-]{1,31}:)")
_ADDRESS_IN_BODY = re.compile(r"""(?:h|H|w)(?:(?<=[hH])[Tt][Tt][Pp][Ss]?://|(?<=w)ww\.)[^\s<>"`|\\]+""")
_DELIMITER_ROW = " \t>*+.)0123456789:|-"

_STEP = re.compile(r"<(/?)(?!br|hr|img)[a-z]")
_HEADING = re.compile(r"<(/?)h[1-6]>")
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
_ADDRESS = re.compile(
    r"<(?:(a|pre|code)\b.*?</\1>|[^>]*>)"
    r"|(?:h|H|w)(?:(?<=[hH])(?<!\w.)[Tt][Tt][Pp][Ss]?://|(?<=w)(?<![\w./@:-].)ww\.(?=\w))(?:[^\s<&]|&amp;)+",
    re.DOTALL,
)
_AFTER_ADDRESS = "?!.,:;*_~'\"’”»›…。，、"
_BRACKET = re.compile(r"[()\[\]]")
_CLOSED_BY = {"(": ")", "[": "]"}
_NOT_IN_PATH = re.compile(r"[\[\]\\^`{|}]")

_BREAK = re.compile(r"<(?:br|hr|/(?:p|li|blockquote|pre|t[dhr]|table|[ou]l))>")
_DEAD_LINK = re.compile(r'<a rel="[^"]*">(.*?)</a>', re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")
_JOINERS = frozenset("\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A body as HTML."""

    html: str
    """Safe anywhere in a page's flow content; only the elements and attributes of `ALLOWED_ATTRIBUTES`, and `rel`."""
    problem: str | None = None
    """Why the body is shown as plain text, in one line; None for one that is shown as it was meant."""


def render_body(body: str) -> Rendered:
    """Return a comment's body as safe HTML, or as escaped plain text where that would be too deep or too large.

    Takes under 0.5 s and grows at most `MAX_GROWTH` times and `MAX_GROWTH_EXTRA_BYTES` for any body up to 64 KiB.
    """
    if _UNWANTED.search(body):
        body = _UNWANTED.sub("", clean_body(body))
    max_bytes = MAX_GROWTH * len(body.encode()) + MAX_GROWTH_EXTRA_BYTES
    if problem := _table_problem(body, max_cells=max_bytes // MIN_CELL_BYTES):
        return Rendered(_render_plain(body), problem)
    html = _render_markdown(body)
    if problem := _depth_problem(html) or _size_problem(html, max_bytes=max_bytes):
        return Rendered(_render_plain(body), problem)
    html = _CLEANER.clean(_rewrite(html)).rstrip()
    if "<a rel" in html:  # an address that only nh3 knows to lead nowhere, such as http://256.1.1.1
        html = _DEAD_LINK.sub(r"\1", html)
    if "&#" in body and _UNWANTED.search(html):
        html = _UNWANTED.sub("", html)
    if problem := _size_problem(html, max_bytes=max_bytes):
        return Rendered(_render_plain(body), problem)
    return Rendered(html)


def plain_text(html: str) -> str:
    """Return the text of rendered HTML on one line, not escaped."""
    return " ".join(unescape(_ANY_TAG.sub("", _BREAK.sub(" ", html))).split())


def excerpt(text: str, *, characters: int) -> str:
    """Return `text` in at most `characters`, cut after a word and ended by `…` where it is longer."""
    if len(text) <= characters:
        return text
    end = text.rfind(" ", 0, characters)
    if end < characters // 2:  # no space, or one long word
        end = _grapheme_start(text, max(characters - 1, 0))
    return text[:end].rstrip(" ,;:.–—-") + "…"


def _grapheme_start(text: str, index: int) -> int:
    """Return the last place at or before `index` that is not inside a base character's marks and joined pictures."""
    start = index
    while start and (category(text[start])[0] == "M" or text[start] in _JOINERS or text[start - 1] == "\u200d"):
        start -= 1
    return start or index


def _render_plain(body: str) -> str:
    paragraphs = re.split(r"\n\s*\n", escape(body, quote=False).strip())
    return "\n".join(f"<p>{paragraph.replace(chr(10), '<br>' + chr(10))}</p>" for paragraph in paragraphs)


def _render_markdown(body: str) -> str:
    """Return comrak's HTML, with every tag of the commenter's as text."""
    guarded = body
    if "<" in body:
        guarded = _TAG_START.sub(f"<{_TAG_GUARD}", guarded)
    if ("://" in body or "www." in body) and ("_" in body or "*" in body or "~" in body):
        guarded = _ADDRESS_IN_BODY.sub(_guard_address, guarded)
    html = comrak.render_markdown(guarded, _EXTENSIONS, _PARSING, _RENDERING)
    return html if guarded == body else _without_guards(html)


def _guard_address(match: re.Match[str]) -> str:
    if _EMPHASIS.search(match[0]) is None:
        return match[0]
    end = _address_end(match[0])
    return match[0][:end].translate(_EMPHASIS_GUARDS) + match[0][end:]


def _without_guards(html: str) -> str:
    for guard, text in _GUARDED:
        html = html.replace(guard, text)
    return html


def _table_problem(body: str, *, max_cells: int) -> str | None:
    """Say which limit the tables in `body` can pass; they have at most a row a line, as wide as their delimiter row."""
    if "|" not in body or "-" not in body:
        return None
    cells = 0
    for block in body.split("\n\n"):
        lines = block.split("\n")
        columns = max(
            (line.strip(" \t>|").count("|") + 1 for line in lines if "-" in line and not line.strip(_DELIMITER_ROW)),
            default=0,
        )
        if columns > MAX_COLUMNS:
            return f"a table has {columns} columns, over {MAX_COLUMNS}"
        cells += columns * len(lines)
    return f"tables have up to {cells} cells, over {max_cells}" if cells > max_cells else None


def _depth_problem(html: str) -> str | None:
    if html.count("<") <= 2 * MAX_DEPTH:
        return None
    deepest = max(accumulate(-1 if slash else 1 for slash in _STEP.findall(html)), default=0)
    return f"quotes, lists or emphasis nest {deepest} deep, over {MAX_DEPTH}" if deepest > MAX_DEPTH else None


def _size_problem(html: str, *, max_bytes: int) -> str | None:
    size = len(html.encode())
    return f"its HTML has {size} bytes, over {max_bytes}" if size > max_bytes else None


def _rewrite(html: str) -> str:
    """Turn what comrak writes and a comment may not have into what it may: headings, images, links, bare addresses."""
    if "<h" in html:
        html = _HEADING.sub(lambda match: "</strong></p>" if match[1] else "<p><strong>", html)
    if "<a " in html:
        html = _LINK.sub(_rewrite_link, html)
    if "<img " in html:
        html = _IMAGE.sub(_rewrite_image, html)
    if html.count("://") > html.count('<a href="http') or "www." in html:
        html = _ADDRESS.sub(_link_address, html)
    return html


def _rewrite_link(match: re.Match[str]) -> str:
    content = _IMAGE.sub(lambda image: image[2] or image[1], match[2]) if "<img " in match[2] else match[2]
    return _link(match[1], content)


def _rewrite_image(match: re.Match[str]) -> str:
    return _link(match[1], match[2])


def _link(address: str, content: str) -> str:
    """Return a link, or its content and address as text where the address leads nowhere; both are escaped."""
    if address.startswith("www."):
        address = f"http://{address}"
    if not (content[:1].isalnum() and is_visible(content[:1])) and not is_visible(plain_text(content)):
        content = address
    if _is_linkable(unescape(address)):
        return f'<a href="{address}">{content}</a>'
    return content if not address or content == address else f"{content} ({address})"


def _is_linkable(address: str) -> bool:
    if address[:7].lower() == "mailto:":
        return "@" in address and len(address) <= MAX_URL_CHARACTERS
    return is_web_address(address)


def _link_address(match: re.Match[str]) -> str:
    """Return a bare address as a link, without the punctuation of the sentence around it; only `&` is escaped in it."""
    if match[0].startswith("<"):
        return match[0]
    found = match[0].replace("&amp;", "&")
    address = found[: _address_end(found)]
    target = address if "://" in address else f"http://{address}"
    host, slash, path = target[len("https://") :].partition("/")
    path = _NOT_IN_PATH.sub(lambda sign: quote(sign[0]), path)
    target = f"{target[: len('https://')]}{host}{slash}{path}"
    if not is_web_address(target):
        return match[0]
    link = f'<a href="{target}">{address}</a>{found[len(address) :]}'
    return link.replace("&", "&amp;") if "&" in link else link


def _address_end(text: str) -> int:
    """Return where the address at the start of `text` ends: before a bracket it did not open and a sentence's signs."""
    end = len(text)
    opened = {")": 0, "]": 0}
    for place in _BRACKET.finditer(text):
        bracket = place[0]
        if bracket in _CLOSED_BY:
            opened[_CLOSED_BY[bracket]] += 1
        elif opened[bracket]:
            opened[bracket] -= 1
        else:
            end = place.start()
            break
    return len(text[:end].rstrip(_AFTER_ADDRESS))
