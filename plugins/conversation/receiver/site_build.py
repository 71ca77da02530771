"""Building the site from the receiver, after a session in the browser.

Rule: publishing runs in a process of its own, as the blogger runs it, and one build at a time. Sessions that end during a
build share the next one.
"""

import subprocess
import sys
import threading
from pathlib import Path

PATIENCE_SECONDS = 900.0
"""A build that takes this long hangs; ten thousand posts take a tenth of it."""


def publish_command(settings_file: Path) -> list[str]:
    """Return the command that publishes a site after a session, as the blogger does; `settings_file` is absolute.

    It is run in the site's folder, as Pelican takes an OUTPUT_PATH that is not set from wherever it runs.
    """
    return [sys.executable, "-m", "pelican_comments", "--settings", str(settings_file), "publish"]


class SiteBuild:
    """Builds one site."""

    def __init__(self, settings_file: Path) -> None:
        self._settings_file = settings_file.absolute()
        self._building = threading.Lock()
        self._counting = threading.Lock()
        self._asked = 0
        """How many builds were asked for."""
        self._done = 0
        """How many of these the last build is for."""
        self._problem = ""
        """Of the last build."""

    def __call__(self) -> str:
        """Wait for a build that begins after this call; return what went wrong, a sentence, empty where nothing did."""
        with self._counting:
            self._asked += 1
            mine = self._asked
        with self._building:
            if self._done < mine:
                with self._counting:
                    asked = self._asked
                self._problem = self._publish()
                self._done = asked
            return self._problem

    def _publish(self) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - this Python, with the path given
                publish_command(self._settings_file), cwd=self._settings_file.parent, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace", timeout=PATIENCE_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"the decisions are kept, but the build did not end in {PATIENCE_SECONDS:g} s"
        if done.returncode == 0:
            return ""
        last = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        said = f"the decisions are kept, but the build failed; run `pelican-comments -s {self._settings_file.name} publish`"
        return f"{said} (its last words: {last[:300]})" if last else said
