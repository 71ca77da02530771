"""Identicons: the same name has the same picture, and nothing else goes into it."""

import re
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.rendering.identicons import COLOURS, draw_identicon, share_identicons

from .building import TestSite


def luminance(colour: str) -> float:
    """Return the relative luminance of `#abc` (WCAG 2.2)."""
    channels = [int(digit * 2, 16) / 255 for digit in colour[1:]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def parse_svg(svg: str) -> Tag:
    return BeautifulSoup(svg, "html5lib").svg


@given(st.text(max_size=50), st.text(max_size=20))
def test_any_name_has_a_small_picture(name: str, salt: str) -> None:
    """Under 200 bytes, hidden from screen readers, made of digits and letters of our own."""
    svg = draw_identicon(name, salt)
    assert len(svg) < 200
    root = parse_svg(svg)
    assert "true" == root["aria-hidden"]
    (path,) = root
    assert {"stroke", "d"} == set(path.attrs)
    assert path["stroke"] in COLOURS
    assert re.fullmatch(r"([Mm]\d [0-4]|[Mm]\d 0|h[1-5])+", path["d"])


def test_pictures_are_mirrored_and_within_their_frame() -> None:
    """Every line runs within five columns, and stands as far from the left as from the right."""
    for number in range(200):
        d = parse_svg(draw_identicon(f"Reader {number}", "salt")).path["d"]
        for row in re.findall(r"M(\d) \d((?:[hm][\d ]+)+)", d):
            at, cells = int(row[0]), set()
            for step, length in re.findall(r"([hm])(\d)", row[1]):
                if step == "h":
                    cells |= set(range(at, at + int(length)))
                at += int(length)
            assert cells == {4 - cell for cell in cells}
            assert cells <= set(range(5))


def test_names_and_sites_differ() -> None:
    """Among a thousand names hardly two share a picture; on another site a name has another."""
    pictures = {draw_identicon(f"Reader {number}", "salt") for number in range(1000)}
    assert len(pictures) > 990
    assert draw_identicon("Bea", "one site") != draw_identicon("Bea", "another")
    assert draw_identicon("Bea", "one site") == draw_identicon("Bea", "one site")


def test_a_page_has_each_drawing_once() -> None:
    """Whoever speaks again is shown by a reference to the first drawing; whoever speaks once, as without the others."""
    ann, bea, nobody = draw_identicon("Ann", "salt"), draw_identicon("Bea", "salt"), draw_identicon("", "salt")[:0]
    shared = [str(picture) for picture in share_identicons([ann, bea, nobody, ann, ann])]
    assert [str(bea), ""] == shared[1:3]
    first, again = parse_svg(shared[0]), parse_svg(shared[3])
    assert parse_svg(ann).path["d"] == first.path["d"]
    assert f"#{first.path['id']}" == again.use["href"]
    assert parse_svg(ann).attrs == first.attrs == again.attrs
    assert shared[3] == shared[4]
    assert len(shared[3]) < len(ann) - 30


def test_colours_are_seen_on_light_and_dark() -> None:
    """Each has the contrast that WCAG 2.2 asks of graphics, on white and on near black."""
    for colour in COLOURS:
        assert contrast(colour, "#fff") >= 3
        assert contrast(colour, "#111") >= 3


def test_the_setting(tmp_path: Path) -> None:
    """Commenters have a picture, the same each time, and tombstones none; a text draws others, False none."""
    site = TestSite(tmp_path)
    site.write_article("talk")
    site.write_comment("talk", "a", name="Bea")
    site.write_comment("talk", "b", name="Carl", in_reply_to="a")
    site.write_comment("talk", "c", name="Bea", in_reply_to="b")
    site.write_comment("talk", "d", state="removed")
    site.write_comment("talk", "e", name="Bea", in_reply_to="d")

    def find_pictures(*options: str) -> list[str]:
        site.build("-t", "simple", *options)
        return re.findall(r"<svg.*?</svg>", site.read("talk.html"))

    bea, carl = draw_identicon("Bea", "A site"), draw_identicon("Carl", "A site")
    assert [*share_identicons([bea, bea, carl, bea])] == find_pictures()
    assert draw_identicon("Carl", "salt") in find_pictures("-e", 'CONVERSATION_IDENTICONS="salt"')
    assert [] == find_pictures("-e", "CONVERSATION_IDENTICONS=false")
