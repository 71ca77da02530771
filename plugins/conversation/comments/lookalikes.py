"""Names that can be taken for an author's: other letters, case, accents and spaces that look or read the same.

Rule: a name is compared as a reader sees it, with the look-alikes of Unicode TS 39. A slip of the pen, a first name alone
or an author's key is another name: whoever is found here is called a guest, which should not happen to every other Ann.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..model import Author

_CLAIMS = """
    admin administrator author blogger editor mod moderator official owner real verified webmaster
    administrador administradora administrateur administratrice amministratore auteur autor autora autore autorin
    autorka autorul autrice beheerder betreiber betreiberin blogueur blogueuse dono dueño éditeur eigenaar författare
    forfatter inhaber inhaberin kirjoittaja moderador modérateur moderatore moderatorin oficial oficjalny officiel
    officiell offiziell propietario propriétaire proprietario redakteur redakteurin redaktion redaktor ufficiale
    verfasser verfasserin verifiziert yazar автор админ администратор владелец модератор редактор διαχειριστής
    συγγραφέας الكاتب المؤلف المدير מחבר מנהל लेखक 作者 公式 博主 官方 本人 楼主 站长 站長 筆者 管理人 管理员 管理員 管理者 著者
    관리자 글쓴이 운영자 작성자 주인장
"""
"""Words by which a name claims to be the author's."""
_FILLERS = (
    "a and blog by blogs d das de del der des di die du e el et i il l la le my of s site the this und von web y your"
)
"""Words that may stand beside such a claim, as in "the author of this blog"; numbers may, too."""

_SPELLINGS = {"æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS"}
"""Letters that are written as two where a keyboard has them not; Unicode does not take them apart."""
_LOOKS = {"м": "m", "ӏ": "l", "ᗩ": "A", "ᑕ": "C", "ᑎ": "N", "ᑫ": "q", "ᔕ": "S", "ᗯ": "W", "ᘔ": "Z"}
"""What nearly every font draws otherwise than TS 39 has it (as ʍ and i), and what it lacks of the Canadian syllables that fancy
names are written with."""
_ASCII_LOOKS = {"I": "l", "1": "l", "|": "l", "0": "O"}
"""What TS 39 has for ASCII letters and digits, but for m and rn; most names need no more of its table, which takes 20 ms to load."""
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""What no reader sees though it is not of category Cf: joiners, fillers, selectors of a variant."""
_LATIN = re.compile(
    r"(?:LATIN (?:SMALL|CAPITAL) LETTER|LATIN LETTER SMALL CAPITAL|REGIONAL INDICATOR SYMBOL LETTER"
    r"|NEGATIVE (?:CIRCLED|SQUARED) LATIN CAPITAL LETTER) ([A-Z])(?: WITH .*)?"
)
"""Unicode's names of what is read as a Latin letter and is missing in TS 39, such as ɴ and 🅰."""
_TWO_STROKES = re.compile("rn|vv", re.IGNORECASE)
_BAR = re.compile("[|ǀ৷∣⎮｜]")
"""What stands between two words as often as for an l within one."""
_MAX_WORDS = 16
"""In a longer name no claim is looked for: every part of it would be compared."""
_DIRECTION_MARK = "\u200e"
"""The table has one on both sides of what is written from the right."""


@dataclass(frozen=True, slots=True)
class _Letter:
    """A character in the three ways in which it can be like another one."""

    case: str
    """Without case: A as a."""
    look: str
    """As TS 39 draws it, with case: I, 1 and Ӏ as l."""
    base: str
    """As it is read, without case: a Greek Α as a, I as i; empty for what is no letter, such as 1."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """A name without accents and what stands between words, rn as m and vv as w."""

    drawn: str
    """As written."""
    read: str
    """With a small i in words of capitals, where nobody takes an I for an l."""


def find_author_alike(name: str, authors: Iterable[Author]) -> Author | None:
    """Return the first author for whom a reader can take this name, as a whole or beside words that claim authorship."""
    return _find_alike(name, tuple(authors))


@lru_cache(maxsize=4096)  # many comment more than once
def _find_alike(name: str, known: tuple[Author, ...]) -> Author | None:
    words = _split_words(name)
    whole = _shape(words)
    for author in known:
        if name == author.name or _is_alike(whole, _shape_of(author.name)):
            return author
    ways = (words, _split_words(_BAR.sub(" ", name))) if _BAR.search(name) else (words,)
    parts = (_shape(part) for way in ways for part in _list_claimed_parts(way))
    return next((author for part in parts for author in known if _is_alike(part, _shape_of(author.name))), None)


def _is_alike(one: _Shape, other: _Shape) -> bool:
    """Whether two names are drawn alike, or read alike letter by letter."""
    is_drawn_alike = len(one.drawn) == len(other.drawn) and all(
        _letter(a).look == _letter(b).look for a, b in zip(one.drawn, other.drawn, strict=True)
    )
    return bool(one.read) and (is_drawn_alike or _is_read_alike(one.read, other.read))


def _is_read_alike(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    pairs = ((_letter(a), _letter(b)) for a, b in zip(one, other, strict=True))
    return all(a.case == b.case or a.look == b.look or a.base == b.base != "" for a, b in pairs)


def _list_claimed_parts(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield what is left of a name without words around it that claim authorship; nothing where none does."""
    claims = [_is_among(word, _read_words(_CLAIMS)) for word in words]
    if not any(claims) or len(words) > _MAX_WORDS:
        return
    spare = [
        claims[n] or word.isdecimal() or _BAR.fullmatch(word) or _is_among(word, _read_words(_FILLERS))
        for n, word in enumerate(words)
    ]
    for start in range(len(words)):
        for end in range(len(words), start, -1):
            if all(spare[end:]) and any(claims[:start] + claims[end:]):
                yield words[start:end]
        if not spare[start]:
            return


@lru_cache(maxsize=2)
def _read_words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _split_words(text))


def _is_among(word: str, words: frozenset[str]) -> bool:
    return word.casefold() in words or (not word.isascii() and "".join(_letter(c).base for c in word) in words)


@lru_cache(maxsize=64)
def _shape_of(author: str) -> _Shape:
    return _shape(_split_words(author))


def _shape(words: Sequence[str]) -> _Shape:
    drawn = "".join(words).replace("rn", "m").replace("vv", "w").replace("VV", "W")
    read = "".join(word.replace("I", "i") if len(word) > 1 and word.isupper() else word for word in words)
    return _Shape(drawn, _TWO_STROKES.sub(lambda found: "w" if found[0][0] in "vV" else "m", read))


def _split_words(name: str) -> list[str]:
    """Split a name into its words: without accents and what nobody sees, cut at all that is neither letter nor digit."""
    # Unicode takes the lunate sigma for a sigma, the eye for a C
    text = name if name.isascii() else unicodedata.normalize("NFKD", name.replace("ϲ", "c").replace("Ϲ", "C"))
    return text.translate(_PLAIN).split()


class _Plain(dict[int, str]):
    """Decomposed characters as words have them, filled as they come; translating by it takes a third of calls that are cached."""

    def __missing__(self, code: int) -> str:
        self[code] = _make_plain(chr(code))
        return self[code]


_PLAIN = _Plain()


def _make_plain(character: str) -> str:
    """Return nothing for what is not seen, and a space for what stands between words."""
    category = unicodedata.category(character)
    if category in ("Cf", "Me") or _UNSEEN.match(character) or (category == "Mn" and _is_accent(character)):
        return ""
    if category[0] in "LNM" or character in _ASCII_LOOKS:
        return _SPELLINGS.get(character, character)
    is_letter = _LATIN.fullmatch(unicodedata.name(character, "")) or (category[0] == "S" and _is_letter_sign(character))
    return character if is_letter else " "


def _is_letter_sign(sign: str) -> bool:
    """Whether a sign is drawn like a Latin letter, as × and ℮ are."""
    return not sign.isascii() and _find_prototype(sign).isalpha()


def _is_accent(mark: str) -> bool:
    """Whether a reader overlooks a mark: accents, strokes and points do, but not the vowels of India or Japan's voicing."""
    place = unicodedata.combining(mark)
    return place == 1 or 10 <= place <= 36 or place >= 200


@lru_cache(maxsize=4096)
def _letter(character: str) -> _Letter:
    if character.isascii():
        look, base = _ASCII_LOOKS.get(character, character), character.lower()
        return _Letter(character.lower(), look, {"0": "o", "1": "", "|": ""}.get(base, base))
    look = _find_prototype(character)
    latin = _LATIN.fullmatch(unicodedata.name(character, "")) or _LATIN.fullmatch(unicodedata.name(look[:1], ""))
    if look == "l":
        base = "i" if character.isupper() else "l" if character.isalpha() else ""
    elif latin and len(look) == 1:
        base = latin[1].lower()
    else:
        base = look.casefold()
    return _Letter(character.casefold(), look, base)


@lru_cache(maxsize=1)
def _read_table() -> Mapping[str, Sequence[Mapping[str, str]]]:
    from confusable_homoglyphs.utils import load  # its `confusables` would load the scripts of all characters too

    return load("confusables.json")  # type: ignore[no-any-return]


def _find_prototype(character: str) -> str:
    """Return TS 39's prototype of a character that is not ASCII, without accents; itself where it is like no other.

    The table lists each pair under both characters, without saying which one is the prototype. As every character has
    one prototype at most, that is the one with several partners, or more than one letter; of just two, either will do.
    """
    if character in _LOOKS:
        return _LOOKS[character]
    table = _read_table()
    partners = table.get(character) or table.get(f"{_DIRECTION_MARK}{character}{_DIRECTION_MARK}") or ()
    if len(partners) != 1:
        return character
    partner = partners[0]["c"]
    prototype = partner.strip(_DIRECTION_MARK)
    if len(prototype) == 1 and len(table[partner]) == 1:
        prototype = min(character, prototype)
    plain = "".join(c for c in unicodedata.normalize("NFKD", prototype) if not _is_accent(c))
    return "m" if plain == "rn" else plain or character  # of an accent alone nothing would be left
