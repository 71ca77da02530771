"""A comment in a running process, as `pelican-comments serve` brings it out: `python bench/running.py THREAD ...` in a site.

Rule: what came before is published first and not measured, in full where need be; then one new comment after the other is
written, and only its thread is named.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

from pelican.plugins.conversation.building.site import load_pelican_settings
from pelican.plugins.conversation.publishing.publisher import Publisher

COMMENT = "---\nname: A Reader\ndate: 2026-03-14T09:26:{:02}Z\n---\nWhere did we leave off?\n"


def main() -> None:
    """Print the medians of CPU and wall seconds, as JSON on the last line."""
    publisher = Publisher(load_pelican_settings(Path("pelicanconf.py")))
    publisher.publish()
    costs = []
    for number, thread in enumerate(sys.argv[1:]):
        Path(f"comments/{thread}/running{time.time_ns()}.md").write_text(COMMENT.format(number), "utf-8")
        wall, cpu = time.perf_counter(), time.process_time()
        outcome = publisher.publish(entries=frozenset({thread}))
        costs.append((time.process_time() - cpu, time.perf_counter() - wall))
        if outcome.reason or (thread,) != outcome.threads:
            sys.exit(f"{thread} was not brought up to date by its regions: {outcome}")
    cpu, wall = zip(*costs, strict=True)
    print(json.dumps({"cpu": median(cpu), "wall": median(wall)}))


if __name__ == "__main__":
    main()
