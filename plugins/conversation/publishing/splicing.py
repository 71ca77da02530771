"""Splicing: new regions into a page that is already written.

Rule: only text between the markers of a region is replaced, and only where it is exactly what the region was; whatever
a theme or another plugin has made of it otherwise is none of ours to guess.
"""

import re
from collections.abc import Iterator, Mapping

from ..building.calls import digest_region

_START = re.compile(r"<!-- conversation:(\w+) [^>]*? -->")
"""No comment's text can hold a marker: `markup` lets no `<!--` through."""


class SpliceError(ValueError):
    """A page does not hold the regions that it got."""


def splice_regions(page: str, changed: Mapping[bytes, str]) -> str:
    """Return the page with every changed region, `changed` by the digest of the old text.

    Raises SpliceError where a changed region is not in the page as it was.
    """
    pieces: list[str] = []
    end = 0
    found: set[bytes] = set()
    for start, stop in _find_regions(page):
        digest = digest_region(page[start:stop])
        if digest in changed:
            found.add(digest)
            pieces += [page[end:start], changed[digest]]
            end = stop
    if missing := changed.keys() - found:
        raise SpliceError(f"{len(missing)} of its regions is not in it as it was")
    return "".join([*pieces, page[end:]])


def _find_regions(page: str) -> Iterator[tuple[int, int]]:
    """Yield where each region starts and stops, markers included."""
    match = _START.search(page)
    while match:
        marker = f"<!-- /conversation:{match[1]} -->"
        stop = page.find(marker, match.end())
        if stop >= 0:
            yield match.start(), stop + len(marker)
        match = _START.search(page, match.end() if stop < 0 else stop)
