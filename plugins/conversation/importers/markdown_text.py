"""Markdown text: words written so that a CommonMark renderer with GitHub's extensions shows them as they are.

Rule: escape what could be markup and leave the rest, for the files are read by people too; what begins a line is the
business of `escape_line_starts`, which sees whole paragraphs.
"""

import re
import unicodedata

OPENING = {"strong": "\ufdd0", "em": "\ufdd1", "del": "\ufdd2"}
CLOSING = {"strong": "\ufdd3", "em": "\ufdd4", "del": "\ufdd5"}
"""Marks for the ends of formats until the whole text is known: noncharacters, which `tidy_html` removes from any text."""

LINK = "\ufdd6"
"""The mark before a link: after an exclamation mark it would be an image."""

_DELIMITERS = dict(zip((*OPENING.values(), *CLOSING.values()), ("**", "*", "~~") * 2, strict=True))
_MARKS = re.compile("[\ufdd0-\ufdd5]+")
_CLOSING_MARKS = frozenset(CLOSING.values())

_ADDRESS = re.compile(r"(?<![\w/.:@-])(?:https?://|www\.)[^\s<>\"'()\[\]`\\|]*[\w/]", re.IGNORECASE)
"""What GitHub's autolinks would take for an address, without the marks that end a sentence."""
_AFTER_ADDRESS = re.compile(r"[.,;:!?)]*+(?:\s|\Z)")
"""Where the address surely ends."""
_SPECIAL = re.compile(
    r"""
    [`\[\]~]                                # code, links, strikethrough
    | \\ (?=[^\w\s]|_|\n|\Z)               # an escape, or a hard break
    | (?<!\s) \* | \* (?=\S) | ^\*\Z        # emphasis; a star between spaces is one
    | (?<![^\W_]) _ | _ (?![^\W_])          # as well, but not inside a word
    | < (?=[A-Za-z/!?]|\Z)                  # elements, which are not read here but shown, and addresses
    | & (?=\#?[A-Za-z0-9]*(?:;|\Z))         # entities, and what may become one with the text that follows
    """,
    re.VERBOSE,
)
_ENTITY_START = re.compile(r"&(?=#?\w+;)")
_LINE_START = re.compile(
    r"""^[ ]*(?:
    (?P<number>[0-9]{1,9}) (?=[.)](?:\s|$))  # items of lists
    | (?=[-+*](?:\s|$) | \#{1,6}(?:\s|$)     # items, headings
       | [-=]+\s*$ | >                       # underlines of headings, quotes
       | [-:|][-:|\ \t]*$ )                   # the line under a table's head
    )""",
    re.VERBOSE | re.MULTILINE,
)


def escape_text(text: str, *, autolinks: bool = True, is_line: bool = False) -> str:
    """Escape a text within a line; `is_line` says that nothing follows on the line.

    Addresses become links that show themselves, or without `autolinks` are kept from becoming links.
    """
    text = f"{text}\n" if is_line else text
    written: list[str] = []
    position = 0
    for match in _ADDRESS.finditer(text):
        written.append(_escape(text[position : match.start()]))
        position = match.end()
        is_clear = position < len(text) and _AFTER_ADDRESS.match(text, position) is not None
        written.append(_link_address(match[0], is_clear=is_clear) if autolinks else _break_address(match[0]))
    written.append(_escape(text[position:]))
    return "".join(written).rstrip("\n")


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _link_address(address: str, *, is_clear: bool) -> str:
    """Write an address so that it becomes a link; it may stand as it is where it holds no markup and its end is clear."""
    if is_clear and _SPECIAL.search(address) is None:
        return address
    if address[:4].lower() == "www.":
        return f"{LINK}[{_break_address(address)}](<http://{keep_entities(address)}>)"
    return f"<{keep_entities(address)}>"


def keep_entities(address: str) -> str:
    """Return an address as it stands where Markdown decodes entities and knows no other escape."""
    return _ENTITY_START.sub("&amp;", address)


def _break_address(address: str) -> str:
    """Write an address so that it stays text."""
    start = 3 if address[:4].lower() == "www." else address.index("://")
    return f"{address[:start]}\\{_escape(address[start:])}"


def escape_line_starts(text: str) -> str:
    """Escape what would make an item, a heading, a quote or a table of a line of a paragraph."""
    return _LINE_START.sub(lambda match: f"{match['number'] or ''}\\", text)


def resolve_marks(text: str) -> str:
    """Turn the marks into delimiters that CommonMark takes as such wherever they stand (its section 6.2).

    Where the characters on both sides would not let it, the outer one, a letter, is written as an entity: that counts
    as punctuation there and reads the same.
    """
    underscores = _find_underscores(text)
    written: list[str] = []
    position = 0
    for match in _MARKS.finditer(text):
        start, end = match.span()
        before, after = text[start - 1 : start] if start else "", text[end : end + 1]
        opens = any(mark not in _CLOSING_MARKS for mark in match[0])
        closes = any(mark in _CLOSING_MARKS for mark in match[0])
        if opens and start > position and _may_be_word(before) and not _is_word(after):
            written += [text[position : start - 1], f"&#{ord(before)};"]
        else:
            written.append(text[position:start])
        written += ["_" if start + i in underscores else _DELIMITERS[mark] for i, mark in enumerate(match[0])]
        position = end
        if closes and _may_be_word(after) and not _is_word(before):
            written.append(f"&#{ord(after)};")
            position = end + 1
    return "".join((*written, text[position:])).replace(f"!{LINK}", r"\!").replace(LINK, "")


def _find_underscores(text: str) -> frozenset[int]:
    """Return the marks of emphasis that stand beside other marks, whose stars would run together, and not inside a word."""
    found: list[int] = []
    start = 0
    for match in re.finditer(f"[{OPENING['em']}{CLOSING['em']}]", text):
        if match[0] == OPENING["em"]:
            start = match.start()
            continue
        around = [text[i : i + 1] for i in (start - 1, start + 1, match.start() - 1, match.end()) if i >= 0]
        outside = (text[start - 1 : start] if start else "", text[match.end() : match.end() + 1])
        is_beside_marks = any(_MARKS.match(character) for character in around)
        if is_beside_marks and not any(
            _may_be_word(character) and not _MARKS.match(character) for character in outside
        ):
            found += [start, match.start()]
    return frozenset(found)


def _is_word(character: str) -> bool:
    """Whether it surely is neither punctuation nor white space, to any version of CommonMark."""
    return character != "" and unicodedata.category(character)[0] in "LNM"


def _may_be_word(character: str) -> bool:
    """Whether it may be neither punctuation, which symbols are in some versions only, nor white space."""
    if character in ("", LINK) or character.isspace() or (character.isascii() and not character.isalnum()):
        return False
    return unicodedata.category(character)[0] in "LNMSC"
