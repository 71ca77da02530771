"""What was measured, as a table, as ratios and as a plot.

Rule: a ratio has both its sides from one run of the benchmark; nothing here is remembered from an earlier one.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import log

from blog import SIZES
from build import PUBLISH, RUNNING, Measured
from contenders import COLD, HUGO, OLDER, PLAIN, PLAIN_CACHED, WARM
from plot import draw_lines
from processes import Cost

Costs = Mapping[tuple[str, str], Cost]
"""By name and size."""


def write_report(found: Sequence[Measured]) -> tuple[str, str]:
    """Return the report in Markdown, and the plot in SVG."""
    costs = {(one.name, one.size): one.cost for one in found}
    lines: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        lines.setdefault(one.name, []).append((SIZES[one.size][1], one.cost.cpu))
    plot = draw_lines("One build, whole process", lines, x_label="comments", y_label="CPU seconds")
    text = "\n".join([*_write_table(found), "", "| to reach | measured |", "|---|---|", *_write_ratios(costs)])
    return text, plot


def _write_table(found: Sequence[Measured]) -> Iterator[str]:
    sizes = list(dict.fromkeys(one.size for one in found))
    yield "CPU seconds / wall seconds / peak memory in MB; in brackets, what was run fewer than three times.\n"
    yield "| | " + " | ".join(f"{size}: {SIZES[size][0]:,} / {SIZES[size][1]:,}" for size in sizes) + " |"
    yield "|---" * (len(sizes) + 1) + "|"
    by_name: dict[str, dict[str, Measured]] = {}
    for one in found:
        by_name.setdefault(one.name, {})[one.size] = one
    for name, row in by_name.items():
        yield f"| {name} | " + " | ".join(_show(row[size]) if size in row else "left out" for size in sizes) + " |"


def _show(one: Measured) -> str:
    text = f"{one.cost.cpu:.2f} / {one.cost.wall:.2f} / {one.cost.memory / 1e6:.0f}"
    return text if one.runs >= 3 else f"({text})"


def _write_ratios(costs: Costs) -> Iterator[str]:
    """Yield a line of the table for each goal that can be judged by what was measured."""
    sizes = [size for size in SIZES if (COLD, size) in costs and (PLAIN, size) in costs]
    for size in sizes:
        ratio = costs[COLD, size].cpu / costs[PLAIN, size].cpu
        yield f"| {size}: cold, against Pelican without comments: at most 1.15 at L | {ratio:.2f} |"
        each = _per_comment(costs, size, COLD, PLAIN)
        yield f"| {size}: a comment, cold | {each:.0f} µs |"
        if (OLDER, size) in costs:
            older = _per_comment(costs, size, OLDER, PLAIN)
            yield f"| {size}: a comment in static-comments: at least 20 times that | {older:.0f} µs, {older / each:.1f} times |"
        if (WARM, size) in costs and (PLAIN_CACHED, size) in costs:
            yield f"| {size}: a comment, warm: at most 15 µs at L | {_per_comment(costs, size, WARM, PLAIN_CACHED):.0f} µs |"
        memory = costs[COLD, size].memory - costs[PLAIN, size].memory
        yield f"| {size}: memory for a comment, cold: at most 1 kB at L | {memory / SIZES[size][1]:.0f} B |"
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        over = [(costs[COLD, size].cpu - costs[PLAIN, size].cpu, SIZES[size][1]) for size in (small, large)]
        if all(cost > 0 for cost, _ in over):
            exponent = log(over[1][0] / over[0][0]) / log(over[1][1] / over[0][1])
            yield f"| growth of what comments cost, {small} to {large}: exponent at most 1.05 | {exponent:.2f} |"
    yield from _write_publish_ratios(costs, sizes)


def _write_publish_ratios(costs: Costs, sizes: Sequence[str]) -> Iterator[str]:
    one = next(iter(PUBLISH))
    for size in sizes:
        if (one, size) not in costs:
            continue
        cost = costs[one, size]
        yield f"| {size}: publish one comment, wall: under 1.5 s at L | {cost.wall:.2f} s |"
        for name in (PLAIN_CACHED, HUGO):
            if (name, size) in costs:
                yield f"| {size}: CPU against {name}: at least 20 times less | {costs[name, size].cpu / cost.cpu:.1f} times |"
        for name in (name for name in RUNNING if (name, size) in costs):
            yield f"| {size}: {name}: under 50 ms at L | {costs[name, size].wall * 1000:.0f} ms |"
    if sizes and all((one, size) in costs for size in (sizes[0], sizes[-1])):
        growth = costs[one, sizes[-1]].wall / costs[one, sizes[0]].wall
        yield f"| publish one comment, {sizes[-1]} against {sizes[0]}: at most 3 times | {growth:.1f} times |"


def _per_comment(costs: Costs, size: str, name: str, base: str) -> float:
    """Return the microseconds of CPU that a comment costs over a build without comments."""
    return (costs[name, size].cpu - costs[base, size].cpu) / SIZES[size][1] * 1e6
