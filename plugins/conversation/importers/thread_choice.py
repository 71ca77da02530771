"""Which thread an exported post's comments go to: what the map says, else the page of the same slug.

Rule: what the blogger wrote in the map wins over any guess, and a post that matches nothing still gets a thread.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from ..comments.flat_lines import FrontMatterError
from ..comments.front_matter import parse_front_matter
from ..errors import ImportFileError
from ..text import is_thread_name, make_thread_name
from .export import ExportedPost, Note, Reason


@dataclass(frozen=True, slots=True)
class ThreadChoice:
    """A thread, and how it was found."""

    name: str
    map_key: str | None = None
    """Key of the map that chose it."""
    notes: tuple[Note, ...] = ()


def parse_map(text: str, path: str) -> Mapping[str, str]:
    """Read lines `slug, address or number of a post: thread`; raises ImportFileError for the first line that is none."""
    threads: dict[str, str] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            values = parse_front_matter(line)
        except FrontMatterError as error:
            message, remedy = (
                error.message.replace("front matter", "line"),
                error.remedy.replace("name: Ann", "slug: thread"),
            )
            raise ImportFileError(path, number, message, remedy) from error
        for key, value in values.items():
            if not isinstance(value.value, str) or not is_thread_name(
                name := unicodedata.normalize("NFC", value.value)
            ):
                remedy = "use letters, digits, `-`, `_` and inner `.`, 200 bytes at most"
                raise ImportFileError(path, number, f"{value.value!r} cannot name a thread", remedy)
            if _normal_key(key) in threads:
                raise ImportFileError(path, number, f"{key!r} stands twice", "keep one of the two")
            threads[_normal_key(key)] = name
    return threads


def _normal_key(key: str) -> str:
    """Return a slug, number or address so that two spellings of one are equal: decoded, no scheme, no slash at its end."""
    return re.sub(r"^https?://", "", _decode(key)).rstrip("/")


def _decode(text: str) -> str:
    """Decode the percent-encoding that WordPress gives to slugs outside ASCII."""
    return unicodedata.normalize("NFC", unquote(text.strip()))


def choose_thread(post: ExportedPost, threads: Mapping[str, str], known_threads: frozenset[str]) -> ThreadChoice:
    """Return the thread of a post; `threads` is the map, `known_threads` are those of the site's pages."""
    for key in (post.number, post.slug, post.link):
        if key and (name := threads.get(_normal_key(key))) is not None:
            return ThreadChoice(name, _normal_key(key))
    slug = make_thread_name(post.slug)
    made = make_thread_name(post.title.lower())
    for guess in (slug,) if slug else (post.number, made):  # without a slug, pelican-import takes the number
        if guess in known_threads:
            return ThreadChoice(guess)
    name = slug or made or make_thread_name(f"post-{post.number}")
    old_slug = _decode(post.slug)
    return ThreadChoice(
        name, None, () if name == old_slug else (Note(Reason.THREAD_RENAMED, name, detail=old_slug[:80]),)
    )
