"""`pelican-comments check`: report every problem of the comment files.

Rule: standard output holds the report and nothing else, so that another program can read it.
"""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from ..building.conversations import count_problems, count_things, read_conversations
from ..building.site import read_site
from ..comments.listing import show_path
from ..model import Problem, Severity


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
    found = read_conversations(site)
    asked = [show_path(path.absolute(), site.settings.root) for path in paths]
    problems = [problem for problem in found.problems if not asked or _is_below(problem.path, asked)]
    click.echo(_FORMATS[form](problems), nl=False)
    if form == "text":
        comments = count_things(sum(len(thread.comments) for thread in found.threads.values()), "comment")
        threads = count_things(len(found.threads), "thread")
        click.echo(f"{comments} in {threads}: {count_problems(problems)}", err=True)
    sys.exit(1 if problems else 0)


def _log_to_stderr() -> None:
    """Send what Pelican has to say about the content to standard error."""
    from pelican.log import init

    init(level=logging.WARNING, handler=logging.StreamHandler(sys.stderr))


def _is_below(path: str, asked: Sequence[str]) -> bool:
    return any(one in (".", path) or path.startswith(f"{one}/") for one in asked)


def _format_text(problems: Sequence[Problem]) -> str:
    return "".join(f"{p.path}:{p.line}: {p.severity.value}: {p.message}; {p.remedy} [{p.code}]\n" for p in problems)


def _format_json(problems: Sequence[Problem]) -> str:
    rows = [
        {"path": p.path, "line": p.line, "severity": p.severity.value, "code": p.code, "message": p.message, "remedy": p.remedy}
        for p in problems
    ]  # fmt: skip
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def _format_github(problems: Sequence[Problem]) -> str:
    """Write workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    lines = []
    for p in problems:
        level = "error" if p.severity is Severity.ERROR else "warning"
        path, title = _escape_property(p.path), _escape_property(p.code)
        lines.append(f"::{level} file={path},line={p.line},title={title}::{_escape_data(f'{p.message}; {p.remedy}')}\n")
    return "".join(lines)


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


_FORMATS = {"text": _format_text, "json": _format_json, "github": _format_github}
