"""Addresses: those of articles and pages, found once.

Rule: for everybody else nothing changes. Pelican makes the address of an article anew each time it is asked for, a dozen
times in a build of which each takes as long as a comment; `override_url` is where its metadata puts one that is known. Not so
the path of its file: with `override_save_as`, Pelican lets an article write over another's file.
"""

from collections.abc import Iterable
from typing import Any


def keep_addresses(contents: Iterable[Any]) -> None:  # Pelican's Content is untyped
    """Let articles and pages keep the address they have now, after the last plugin has had them and before the first is written."""
    for content in contents:
        if not hasattr(content, "override_url"):
            content.override_url = content.url
