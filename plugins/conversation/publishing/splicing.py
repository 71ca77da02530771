"""Splicing: new regions into a page that is already written.

Rule: only text between the markers of a region is replaced, and only where it is exactly what the region was; whatever
a theme or another plugin has made of it otherwise is none of ours to guess.
"""

from collections.abc import Iterable, Iterator, Mapping

from ..building.calls import digest_region


class SpliceError(ValueError):
    """A page does not hold the regions that it got."""


def splice_regions(page: bytes, changed: Mapping[bytes, bytes]) -> bytes:
    """Return the page with every changed region, `changed` by the digest of the old text.

    Raises SpliceError where a changed region is not in the page as it was.
    """
    pieces: list[bytes] = []
    end = 0
    found: set[bytes] = set()
    for start, stop in sorted(_find_regions(page, {html[: html.find(b"-->") + 3] for html in changed.values()})):
        digest = digest_region(page[start:stop])
        if digest in changed:
            found.add(digest)
            pieces += [page[end:start], changed[digest]]
            end = stop
    if missing := changed.keys() - found:
        raise SpliceError(f"{len(missing)} of its regions is not in it as it was")
    return b"".join([*pieces, page[end:]])


def _find_regions(page: bytes, markers: Iterable[bytes]) -> Iterator[tuple[int, int]]:
    """Yield where each region that starts with one of some markers starts and stops, markers included.

    What a region is called does not change with its text. No comment's text can hold a marker: `markup` lets no `<!--` through.
    """
    for marker in markers:
        name = marker.partition(b"conversation:")[2].partition(b" ")[0]
        closing = b"<!-- /conversation:%s -->" % name
        start = page.find(marker)
        while start >= 0:
            stop = page.find(closing, start)
            if stop >= 0:
                yield start, stop + len(closing)
            start = page.find(marker, start + len(marker))
