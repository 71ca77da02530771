"""What `approve`, `reject` and `spam` share: candidates are picked, decided about alike, and the session is ended.

Rule: the revision that was read here goes with each decision, so a text that changes meanwhile is not decided about.
"""

from pathlib import Path

import click

from ..building.site import load_pelican_settings, site_settings
from ..model import State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Action, Decision
from ..moderation.moderating import Moderation
from .picking import pick_candidates, require_some
from .session_end import end_session, print_failures, print_plan, shorten

EXCERPT = 60
"""Characters of a comment beside what became of it."""


def open_moderation(settings_file: str) -> Moderation:
    """Open the inbox and the repository of the site, with what the inbox's remote has."""
    moderation = Moderation(site_settings(load_pelican_settings(Path(settings_file))))
    print_failures(moderation.exchange())
    return moderation


def excerpt(candidate: Candidate) -> str:
    """Return who wrote a candidate, and how it begins."""
    body = candidate.comment.body if candidate.comment else ""
    return shorten(f"{candidate.name}: {body}", EXCERPT)


def decide_alike(
    settings_file: str, action: Action, ids: tuple[str, ...], *, states: tuple[State, ...], all_: bool,
    from_name: str | None, dry_run: bool, no_build: bool,
) -> None:  # fmt: skip
    """Decide alike about all candidates that are meant."""
    require_some(ids, all=all_, from_name=from_name)
    moderation = open_moderation(settings_file)
    candidates = pick_candidates(moderation, ids, states=states, all=all_, from_name=from_name)
    if not candidates:
        click.echo("No comment in the queue is meant.")
        return
    decisions = [Decision(action, candidate.id, seen=candidate.revision) for candidate in candidates]
    excerpts = {candidate.id: excerpt(candidate) for candidate in candidates}
    if dry_run:
        print_plan(moderation.plan(decisions), excerpts=excerpts, is_dry_run=True)
        return
    outcome = moderation.decide(decisions)
    end_session(moderation, outcome, settings_file=Path(settings_file), builds=not no_build, excerpts=excerpts)
