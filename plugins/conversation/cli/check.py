"""`pelican-comments check`: report every problem of the comment files.

Rule: standard output holds the report and nothing else, so that another program can read it. What only the clock can tell
is looked at here alone: a build of the same files says the same on any day.
"""

import json
import logging
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from ..building.conversations import count_problems, count_things, read_clock, read_conversations
from ..building.site import read_site
from ..comments.comment_file import format_moment
from ..configuration import Settings
from ..errors import ConversationError
from ..model import Problem, Severity, Thread

AHEAD = timedelta(days=1)
"""No time zone and hardly a clock is further ahead."""


class NoSuchPathError(ConversationError):
    """A path to check that is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no {path} to check; correct the path, which starts at {Path.cwd()}, or leave it out"
        )
        self.path = path


@click.command(name="check", short_help="Report every problem of the comment files.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True,
    help="Lines to read, JSON, or annotations for a GitHub workflow.",
)  # fmt: skip
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.pass_obj
def command(settings_file: str, form: str, paths: tuple[Path, ...]) -> None:
    """Report every problem of the comment files, or of those at PATHS only.

    The exit code is 0 without problems and 1 with.
    """
    _log_to_stderr()
    site = read_site(Path(settings_file))
    asked = _find_paths(paths, site.settings)
    found = read_conversations(site)
    every = sorted({*found.problems, *_find_future(found.threads.values(), max(datetime.now(UTC), read_clock()))})
    problems = [p for p in every if not asked or _is_below(site.settings.root / p.path, asked)]
    click.echo(
        _FORMATS[form](_from_workspace(problems, site.settings.root) if form == "github" else problems), nl=False
    )
    if form == "text":
        comments = count_things(sum(len(thread.comments) for thread in found.threads.values()), "comment")
        threads = count_things(len(found.threads), "thread")
        click.echo(f"{comments} in {threads}: {count_problems(problems)}", err=True)
    sys.exit(1 if problems else 0)


def _find_future(threads: Iterable[Thread], now: datetime) -> Iterator[Problem]:
    """Yield the problem of each date that is still to come."""
    for comment in (place.comment for thread in threads for place in thread.placements):
        for key, moment in (("date", comment.date), ("edited", comment.edited)):
            if moment is not None and moment > now + AHEAD and comment.origin is not None:
                origin, here = comment.origin, format_moment(now.replace(microsecond=0))
                message = f"{format_moment(moment)} lies in the future; here it is {here}"
                remedy = f"correct `{key}:`, or this machine's clock"
                yield Problem(origin.path, origin.line_of(key), f"future-{key}", message, remedy, Severity.WARNING)


def _log_to_stderr() -> None:
    """Send what Pelican has to say about the content to standard error."""
    from pelican.log import init

    init(level=logging.WARNING, handler=logging.StreamHandler(sys.stderr))


def _find_paths(paths: Sequence[Path], settings: Settings) -> set[Path]:
    """Return paths as they were given and as links lead there, absolute; raises NoSuchPathError.

    The folder of comments need not be there: a site has none before its first comment.
    """
    for path in paths:
        if not os.path.lexists(path) and os.path.realpath(path) != os.path.realpath(settings.path):
            raise NoSuchPathError(path)
    return {Path(find(path)) for path in paths for find in (os.path.abspath, os.path.realpath)}


def _is_below(path: Path, asked: Collection[Path]) -> bool:
    """Whether a file lies at or below one of the paths; a link counts where it stands, not where it leads."""
    places = (path, path.parent.resolve() / path.name)
    return any(place.is_relative_to(one) for place in places for one in asked)


def _format_text(problems: Sequence[Problem]) -> str:
    return "".join(f"{p.path}:{p.line}: {p.severity.value}: {p.advice} [{p.code}]\n" for p in problems)


def _format_json(problems: Sequence[Problem]) -> str:
    rows = [
        {"path": p.path, "line": p.line, "severity": p.severity.value, "code": p.code, "message": p.message, "remedy": p.remedy}
        for p in problems
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _from_workspace(problems: Iterable[Problem], root: Path) -> list[Problem]:
    """Return problems with paths as annotations need them: from the top of the checkout, of which a site can be a folder."""
    top = Path(os.environ.get("GITHUB_WORKSPACE") or root).resolve()
    folder = root.resolve()
    start = folder.relative_to(top) if folder.is_relative_to(top) else Path()
    return [replace(problem, path=(start / problem.path).as_posix()) for problem in problems]


def _format_github(problems: Sequence[Problem]) -> str:
    """Write workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    lines = []
    for p in problems:
        level = "error" if p.severity is Severity.ERROR else "warning"
        path, title = _escape_property(p.path), _escape_property(p.code)
        lines.append(f"::{level} file={path},line={p.line},title={title}::{_escape_data(p.advice)}\n")
    return "".join(lines)


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


_FORMATS = {"text": _format_text, "json": _format_json, "github": _format_github}
