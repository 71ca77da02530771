"""The form of a comment as its template sees it, under a post and on the receiver's pages.

Rule: what it says depends on the thread, the settings and what was typed, so that a page can be written beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..configuration import Settings
from ..inbox.submission import FieldProblem, Form


@dataclass(frozen=True, slots=True)
class FormView:
    """A form, empty or with what was typed."""

    preview_url: str
    """Where the form goes to."""
    values: Form
    """What the fields hold."""
    asks_email: bool
    problems: Mapping[str, FieldProblem] = field(default_factory=dict)
    """By field."""
    send_url: str = ""
    """Where the comment goes once it was previewed; empty: not yet."""
    token: str = ""
    """Proves the preview."""
    has_sealed_email: bool = False
    """An address was given before, which nobody here can read."""
    forgets_email: bool = False
    """That address is to be forgotten."""


def view_empty_form(thread: str, settings: Settings, *, in_reply_to: str = "") -> FormView | None:
    """Return the form for a new comment; None where the site has no receiver."""
    if settings.receiver is None:
        return None
    return FormView(f"{settings.receiver}/preview", Form(thread, in_reply_to), asks_email=bool(settings.seal_to))
