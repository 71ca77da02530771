"""The end of every command that decides: what was done and what was not, the push, the build, the exit code.

Rule: what strangers wrote reaches the terminal through `show_text` only, for a terminal obeys some characters.
"""

import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ..git.command import hide_password
from ..moderation.candidates import Candidate
from ..moderation.decisions import DONE, Change, Plan, Refusal
from ..moderation.moderating import Moderation, Outcome
from ..moderation.session_log import describe_changes
from ..receiver.site_build import publish_command

Function = TypeVar("Function", bound=Callable[..., Any])


def show_text(text: str) -> str:
    """Return text with every character that a terminal might obey replaced."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def show_name(about: Candidate | Change | Refusal) -> str:
    """Return thread and id of a comment, its id alone where its thread is not known."""
    return f"{about.thread}/{about.id}" if about.thread else about.id


def shorten(text: str, length: int) -> str:
    """Return text on one line, cut after `length` characters."""
    line = show_text(" ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def dry_run_option(function: Function) -> Function:
    """Add `--dry-run`."""
    return click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")(function)


def build_option(function: Function) -> Function:
    """Add `--no-build`."""
    return click.option("--no-build", is_flag=True, help="Leave it at the commit; do not build the site.")(function)


def print_plan(plan: Plan, *, excerpts: Mapping[str, str] | None = None, is_dry_run: bool = False) -> None:
    """Print a line for each change, and for each refusal one on standard error."""
    for change in plan.changes:
        click.echo(_format_change(change, (excerpts or {}).get(change.id, "")))
    for refusal in plan.refusals:
        click.echo(_format_refusal(refusal), err=True)
    if is_dry_run and plan.changes:
        click.echo(f"This would be done: {describe_changes(plan.changes).lower()}.")


def _format_change(change: Change, excerpt: str) -> str:
    note = f" ({change.note})" if change.note else ""
    return f"{DONE[change.action]:<9} {show_name(change)}{note}{f'  {excerpt}' if excerpt else ''}"


def _format_refusal(refusal: Refusal) -> str:
    name = show_name(refusal)
    remedy = f"; {refusal.remedy}" if refusal.remedy else ""
    if refusal.is_settled:
        return f"{name}: {show_text(refusal.reason)}{remedy}"
    return f"{name} is not {DONE[refusal.action]}: {show_text(refusal.reason)}{show_text(remedy)}"


def end_session(
    moderation: Moderation,
    outcome: Outcome,
    *,
    settings_file: Path,
    builds: bool,
    excerpts: Mapping[str, str] | None = None,
) -> None:
    """Print what was done, push it, build it where files have changed, and exit with 1 where anything could not be done.

    That the inbox's remote does not know yet is no failure: the next command tells it.
    """
    print_plan(outcome.plan, excerpts=excerpts)
    failures = list(outcome.warnings)
    if outcome.commit:
        branch = moderation.repository.read_branch().short_name
        click.echo(f"Committed to {branch} as {outcome.commit[:10]}.")
    print_failures(moderation.exchange())
    if outcome.commit:
        if moderation.settings.push is not None:
            click.echo(f"Pushing to {hide_password(moderation.settings.push)} ...")
        failures += filter(None, [moderation.push()])
    if outcome.has_new_files and builds:
        failures += filter(None, [build_site(settings_file)])
    print_failures(failures)
    if failures or any(not refusal.is_settled for refusal in outcome.plan.refusals):
        sys.exit(1)


def print_failures(failures: Iterable[str]) -> None:
    """Print a line for each on standard error."""
    for failure in failures:
        click.echo(f"pelican-comments: {failure}", err=True)


def build_site(settings_file: Path) -> str:
    """Publish the site as the blogger does in its folder; return what went wrong, empty where nothing did."""
    sys.stdout.flush()
    path = settings_file.absolute()
    done = subprocess.run(publish_command(path), cwd=path.parent, check=False)  # noqa: S603 - this Python, with the path given
    said = f"the commit stays, but the build failed; run `pelican-comments -s {settings_file} publish`"
    return "" if done.returncode == 0 else said
