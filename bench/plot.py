"""The plot of the benchmark, as SVG: what a whole build costs, by the number of comments, both axes logarithmic.

Rule: only what was measured is drawn; a line ends where its program was left out.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 40, 50
COLOURS = ("#777", "#c33", "#999", "#26c", "#a60", "#6a6", "#284", "#94b", "#0aa")
DASHES = ("", "6 3", "2 3")


def draw_lines(title: str, lines: Mapping[str, Sequence[tuple[float, float]]], *, x_label: str, y_label: str) -> str:
    """Return a plot of lines through points, all above zero, as SVG; names stand at the ends of their lines."""
    points = [point for line in lines.values() for point in line]
    x_low, x_high = log10(min(x for x, _ in points)), log10(max(x for x, _ in points))
    y_low, y_high = floor(log10(min(y for _, y in points))), ceil(log10(max(y for _, y in points)))
    x_span = max(x_high - x_low, 0.1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (log10(x) - x_low) / x_span * (WIDTH - LEFT - RIGHT)
        return round(across, 1), round(
            HEIGHT - BOTTOM - (log10(y) - y_low) / (y_high - y_low) * (HEIGHT - TOP - BOTTOM), 1
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#444">',
        f'<title>{escape(title)}</title>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    for power in range(y_low, y_high + 1):
        _, y = place(points[0][0], 10.0**power)
        parts.append(f'<path d="M{LEFT} {y}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>')
    for x_value in sorted({x for x, _ in points}):
        x, y = place(x_value, 10.0**y_low)
        parts.append(f'<path d="M{x} {TOP}V{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{x_value:,.0f}</text>')
    parts.append(
        f'<text x="{(WIDTH - RIGHT + LEFT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_label)}</text>'
    )
    middle = (HEIGHT - BOTTOM + TOP) / 2
    parts.append(f'<text transform="translate(18 {middle}) rotate(-90)" text-anchor="middle">{escape(y_label)}</text>')
    ends = _spread([(name, place(*line[-1])) for name, line in lines.items()])
    for index, (name, line) in enumerate(lines.items()):
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        path = " ".join(f"{x},{y}" for x, y in (place(*point) for point in line))
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in (place(*point) for point in line)]
        x, y = ends[name]
        parts.append(f'<text x="{x + 10}" y="{y + 4}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _spread(ends: Sequence[tuple[str, tuple[float, float]]]) -> Mapping[str, tuple[float, float]]:
    """Move the names of lines that end close together apart."""
    placed: dict[str, tuple[float, float]] = {}
    lowest: dict[float, float] = {}
    for name, (x, y) in sorted(ends, key=lambda end: end[1][1]):
        y = max(y, lowest.get(x, 0.0) + 14)  # noqa: PLW2901 - the end, moved
        lowest[x] = y
        placed[name] = (x, y)
    return placed
