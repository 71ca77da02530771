"""JSON-LD: a page and its comments as schema.org's `BlogPosting` with nested `Comment`s.

Rule: the text goes into a `<script>`, so no `<`, `>` or `&` may be in it; nesting stops at a fixed depth, because
strangers choose how deep a thread goes and JSON parsers recurse.
"""

import json
from collections.abc import Mapping
from typing import Any

from .comment_file import format_moment
from .markup import plain_text
from .model import Page, Placement, Settings, State, Thread
from .views import GUEST_MARK, show_name, show_url

MAX_DEPTH = 8
"""Deeper replies stand beside their ancestors at this depth, with `parentItem` naming what they answer."""

_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def render_structured_data(page: Page, thread: Thread, settings: Settings, *, page_url: str) -> str:
    """Return the JSON of a page, fit for a `<script type="application/ld+json">`; `page_url` is absolute if the site has an address."""
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
    comments = _nest_comments(thread, settings, page_url)
    if comments:
        posting["comment"] = comments
    return json.dumps(posting, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _nest_comments(thread: Thread, settings: Settings, page_url: str) -> list[Any]:
    """Return the counted roots with their replies nested in them; replies to a tombstone or a like take its place."""
    roots: list[Any] = []
    ancestors: list[tuple[int, list[Any]]] = []  # of the comment at hand: depth, and the list its replies go to
    for place in thread.placements:
        while ancestors and ancestors[-1][0] >= place.depth:
            ancestors.pop()
        if place.comment.state is State.REMOVED or not place.comment.kind.is_counted:
            continue
        siblings = ancestors[-1][1] if ancestors else roots
        comment = _describe_comment(place, thread, settings, page_url)
        siblings.append(comment)
        if len(ancestors) < MAX_DEPTH:
            comment["comment"] = []
            ancestors.append((place.depth, comment["comment"]))
    _drop_empty(roots)
    return roots


def _describe_comment(place: Placement, thread: Thread, settings: Settings, page_url: str) -> dict[str, Any]:
    comment = place.comment
    url = show_url(comment, settings, settings.site_url)
    person: Mapping[str, str] = {
        "@type": "Person",
        "name": f"{show_name(comment, settings)}{GUEST_MARK if comment.id in thread.guests else ''}",
        **({"url": url} if url else {}),
    }
    found: dict[str, Any] = {
        "@type": "Comment",
        "@id": f"{page_url}#{comment.fragment}",
        "dateCreated": format_moment(comment.date),
        **({"dateModified": format_moment(comment.edited)} if comment.edited else {}),
        "author": person,
        "text": plain_text(thread.bodies.get(comment.id, "")),
    }
    if place.parent is not None and place.depth > MAX_DEPTH:
        found["parentItem"] = {"@type": "Comment", "@id": f"{page_url}#{place.parent.fragment}"}
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
