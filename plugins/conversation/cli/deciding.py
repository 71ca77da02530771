"""What `approve`, `reject` and `spam` share: candidates are picked, decided about alike, and the session is ended.

Rule: the revision that was read here goes with each decision, so a text that changes meanwhile is not decided about; nor
is one approved that has changed since it was shown.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import click

from ..building.site import load_pelican_settings, site_settings
from ..inbox.housekeeping import Housekeeper
from ..inbox.values import InboxUnavailableError
from ..model import State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Action, Decision
from ..moderation.moderating import Moderation
from .picking import all_option, from_option, ids_argument, pick_candidates, require_some
from .session_end import (
    build_option,
    dry_run_option,
    end_session,
    print_failures,
    print_plan,
    shorten,
)
from .shown import find_seen

EXCERPT = 60
"""Characters of a comment beside what became of it."""


def open_moderation(settings_file: str) -> Moderation:
    """Open the inbox and the repository of the site, with what the inbox's remote has; what was taken back is erased in time."""
    moderation = Moderation(site_settings(load_pelican_settings(Path(settings_file))))
    print_failures(moderation.exchange())
    try:
        Housekeeper(moderation.inbox).tidy_if_due()
    except InboxUnavailableError as error:
        print_failures([f"the inbox was not tidied, and will be later: {error}"])
    return moderation


def excerpt(candidate: Candidate) -> str:
    """Return who wrote a candidate, and how it begins; empty where its file has an error."""
    return shorten(f"{candidate.name}: {candidate.comment.body}", EXCERPT) if candidate.comment else ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was said on the command line about what is decided, and how."""

    ids: tuple[str, ...]
    """As typed."""
    all: bool
    from_name: str | None
    is_dry_run: bool
    builds: bool


def deciding_command(
    name: str, short_help: str, *, completed_from: Collection[State]
) -> Callable[[Callable[[str, Chosen], None]], click.Command]:
    """Make a command of a function: with ids, `--all`, `--from`, `--dry-run` and `--no-build`; its docstring is the help."""

    def make(function: Callable[[str, Chosen], None]) -> click.Command:
        @click.command(name=name, short_help=short_help, help=function.__doc__)
        @ids_argument(completed_from=completed_from)
        @all_option
        @from_option
        @dry_run_option
        @build_option
        @click.pass_obj
        def command(
            settings_file: str,
            ids: tuple[str, ...],
            *,
            all_: bool,
            from_name: str | None,
            dry_run: bool,
            no_build: bool,
        ) -> None:
            function(settings_file, Chosen(ids, all_, from_name, dry_run, not no_build))

        return command

    return make


def decide_alike(settings_file: str, action: Action, chosen: Chosen, *, states: tuple[State, ...]) -> None:
    """Decide alike about all candidates that are meant."""
    require_some(chosen.ids, all=chosen.all, from_name=chosen.from_name)
    moderation = open_moderation(settings_file)
    candidates = pick_candidates(moderation, chosen.ids, states=states, all=chosen.all, from_name=chosen.from_name)
    if not candidates:
        click.echo(_explain_none(moderation, chosen.from_name))
        return
    seen = find_seen(moderation.inbox.path, candidates) if action is Action.APPROVE else {}
    decisions = [Decision(action, c.id, seen=seen.get(c.id, c.revision)) for c in candidates]
    excerpts = {candidate.id: excerpt(candidate) for candidate in candidates}
    if chosen.is_dry_run:
        print_plan(moderation.plan(decisions), excerpts=excerpts, is_dry_run=True)
        return
    outcome = moderation.decide(decisions)
    end_session(moderation, outcome, settings_file=Path(settings_file), builds=chosen.builds, excerpts=excerpts)


def _explain_none(moderation: Moderation, from_name: str | None) -> str:
    """Return why no comment is meant."""
    queue = [candidate.comment for candidate in moderation.read_queue()]
    names = sorted({comment.name for comment in queue if comment is not None and comment.name})
    if from_name is None or not names:
        return "Nothing waits."
    shown = ", ".join(shorten(name, EXCERPT) for name in names[:5])
    more = f" and {len(names) - 5} others" if len(names) > 5 else ""
    return f"No comment in the queue is by {shorten(from_name, EXCERPT)!r}; there are some by {shown}{more}."
