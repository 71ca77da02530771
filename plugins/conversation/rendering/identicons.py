"""Identicons: a small picture for a commenter, drawn from the name, so that a reader sees who speaks again.

Rule: nothing but the name and the site's salt goes into one; it proves nothing, as anybody may type a name.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from markupsafe import Markup

COLOURS = ("#a52", "#862", "#573", "#287", "#37a", "#75c", "#a4a", "#b36")
"""Each has a contrast of at least 3:1 with white and with near black, so one picture does for light and dark."""
ROWS = 5
_RUNS = (
    "",
    "M2 {y}h1",
    "M1 {y}h1m1 0h1",
    "M1 {y}h3",
    "M0 {y}h1m3 0h1",
    "M0 {y}h1m1 0h1m1 0h1",
    "M0 {y}h2m1 0h2",
    "M0 {y}h5",
)
"""A row by the three bits of its left half; the right half mirrors it, as eyes find a face in what is symmetrical."""


@lru_cache(maxsize=4096)
def draw_identicon(name: str, salt: str) -> Markup:
    """Return the picture of a name as SVG of about 130 bytes, hidden from screen readers, as the name stands beside it."""
    digest = blake2b(f"{salt}\0{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    bits = int.from_bytes(digest[:4])
    rows = [(bits >> 3 * row) & 7 for row in range(ROWS)]
    lines = "".join(_RUNS[bits_of_row].format(y=row) for row, bits_of_row in enumerate(rows)) or "M2 2h1"
    colour = COLOURS[digest[4] % len(COLOURS)]
    return Markup(  # noqa: S704 - digits and letters of our own
        f'<svg viewBox=0,-.5,5,5 width=20 aria-hidden=true><path stroke={colour} d="{lines}"/></svg>'
    )


def share_identicons(pictures: Sequence[Markup]) -> Iterator[Markup]:
    """Yield the pictures of one page, in order, each drawn once and referred to from then on; an empty one stays empty."""
    times = Counter(pictures)
    ids: dict[Markup, str] = {}
    for picture in pictures:
        if not picture or times[picture] == 1:
            yield picture
        elif picture in ids:
            before, _, drawing = picture.partition("<path")
            yield Markup(f"{before}<use href=#{ids[picture]} />{drawing.partition('/>')[2]}")  # noqa: S704 - as above
        else:
            place = len(ids)  # as _a, _b … _a1: an XML name, and none that Markdown gives a heading, as it does _1
            ids[picture] = f"_{chr(ord('a') + place % 26)}{place // 26 or ''}"
            yield Markup(str(picture).replace("<path", f"<path id={ids[picture]}"))  # noqa: S704 - as above
