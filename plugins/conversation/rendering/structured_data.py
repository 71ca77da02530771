"""JSON-LD: a page and its comments as schema.org's `BlogPosting` with nested `Comment`s.

Rule: the text goes into a `<script>`, so no `<`, `>` or `&` may be in it; nesting stops at a fixed depth, because
strangers choose how deep a thread goes and JSON parsers recurse. The page itself carries every comment, marked up with
microformats; here stand their number and as many as show a search engine what kind of page it is, each with what
schema.org's consumers ask of a comment: who, when, and the beginning of the text.
"""

import json
from collections.abc import Iterable
from gettext import NullTranslations
from typing import Any

from ..comments.comment_file import format_moment
from ..comments.markup import excerpt, plain_text
from ..configuration import Settings
from ..model import Page, Placement, State, Thread
from .translations import mark_guest
from .views import show_name

MAX_COMMENTS = 3
"""Saying every word of a conversation twice would be a third of a page's weight."""
TEXT_CHARACTERS = 80
MAX_DEPTH = 8
"""Deeper replies stand beside their ancestors at this depth, with `parentItem` naming what they answer."""

_ESCAPES = [(c, f"\\u{ord(c):04x}") for c in "<>&\u2028\u2029"]


def render_structured_data(
    page: Page, thread: Thread, settings: Settings, placements: Iterable[Placement], *,
    page_url: str, catalogue: NullTranslations,
) -> str:  # fmt: skip
    """Return the JSON of a page that shows some placements of its thread, fit for a `<script type="application/ld+json">`.

    `page_url` is absolute if the site has an address.
    """
    posting: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "BlogPosting" if page.is_article else "WebPage",
        "@id": page_url,
        "url": page_url,
        "headline": page.title,
        "inLanguage": page.lang,
        **({"datePublished": format_moment(page.date)} if page.date else {}),
        **({"dateModified": format_moment(page.modified)} if page.modified else {}),
        **({"author": [{"@type": "Person", "name": name} for name in page.authors]} if page.authors else {}),
        "commentCount": thread.count,
    }
    comments = _nest_comments(placements, thread, settings, catalogue=catalogue)
    if comments:
        posting["comment"] = comments
    text = json.dumps(posting, ensure_ascii=False, separators=(",", ":"))
    for character, escape in _ESCAPES:
        text = text.replace(character, escape)
    return text


def _nest_comments(
    placements: Iterable[Placement], thread: Thread, settings: Settings, *, catalogue: NullTranslations
) -> list[Any]:
    """Return the first counted comments, replies nested; replies to a tombstone or a like take its place."""
    roots: list[Any] = []
    ancestors: list[tuple[int, list[Any]]] = []  # of the comment at hand: depth, and the list its replies go to
    left = MAX_COMMENTS
    for place in placements:
        while ancestors and ancestors[-1][0] >= place.depth:
            ancestors.pop()
        if place.comment.state is State.REMOVED or not place.comment.kind.is_counted:
            continue
        siblings = ancestors[-1][1] if ancestors else roots
        comment = _describe_comment(place, thread, settings, catalogue=catalogue)
        siblings.append(comment)
        if len(ancestors) < MAX_DEPTH:
            comment["comment"] = []
            ancestors.append((place.depth, comment["comment"]))
        left -= 1
        if not left:
            break
    _drop_empty(roots)
    return roots


def _describe_comment(
    place: Placement, thread: Thread, settings: Settings, *, catalogue: NullTranslations
) -> dict[str, Any]:
    """Return a comment. Its `@id` is relative to the page; no address of its writer's, as nothing could say `nofollow`."""
    comment = place.comment
    name = show_name(comment, settings)
    found: dict[str, Any] = {
        "@type": "Comment",
        "@id": f"#{comment.fragment}",
        "datePublished": format_moment(comment.date),
        "author": {
            "@type": "Person",
            "name": mark_guest(name, catalogue) if comment.id in thread.guests else name,
        },
        "text": excerpt(plain_text(thread.bodies.get(comment.id, "")), characters=TEXT_CHARACTERS),
    }
    if place.parent is not None and place.depth > MAX_DEPTH:
        found["parentItem"] = {"@id": f"#{place.parent.fragment}"}
    return found


def _drop_empty(comments: list[Any]) -> None:
    """Remove the empty lists of replies; nothing nests deeper than MAX_DEPTH, and a stack is enough."""
    stack = list(comments)
    while stack:
        comment = stack.pop()
        replies = comment.get("comment")
        if replies:
            stack.extend(replies)
        else:
            comment.pop("comment", None)
