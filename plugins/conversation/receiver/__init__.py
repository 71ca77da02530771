"""The receiver: a small WSGI application that takes comments from a form and puts them into the inbox.

Rule: it holds no state of its own. What it must know again comes back to it signed, and what it must keep is in the
inbox; so it can be stopped at any moment, and several can stand side by side.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..configuration import Settings
from ..errors import ConversationError, SettingsError
from ..inbox.keeping import Inbox, open_inbox
from .thread_index import ThreadIndex

if TYPE_CHECKING:
    from flask import Flask

SETTINGS_VARIABLE = "CONVERSATION_SETTINGS"
"""Environment variable with the path of the settings file; without it, `pelicanconf.py` in the current folder."""
_EXTRA = ("flask", "itsdangerous", "limits", "pyrage", "werkzeug")


def read_clock() -> datetime:
    """Return the moment."""
    return datetime.now(UTC)


def create_app(
    settings: Settings | None = None, *, index: ThreadIndex | None = None, inbox: Inbox | None = None,
    clock: Callable[[], datetime] = read_clock, theme_folders: Sequence[Path] = (),
) -> "Flask":  # fmt: skip
    """Return the receiver of a site, of that in the current folder where no settings are given.

    It answers below the path of `CONVERSATION_RECEIVER`, whether or not that is still in the path it is asked for, so
    it can be mounted or stand alone. With settings read from a file it has the moderation page. `theme_folders` are those
    of the theme's templates. Where it cannot work it raises ConversationError, which says what to do; called without
    settings, as by a server, SystemExit with that as its only line, since a server would show where it was raised.
    """
    if settings is None:
        try:
            path = Path(os.environ.get(SETTINGS_VARIABLE) or "pelicanconf.py")
            return _create_from_file(path, index=index, inbox=inbox, clock=clock)
        except ConversationError as error:
            raise SystemExit(f"The receiver cannot start: {error}") from error
    with _naming_the_extra():
        from .assembly import assemble
    if settings.receiver is None:
        raise SettingsError("CONVERSATION_RECEIVER", None, "give its address, or a path such as '/conversation'")
    index = index or ThreadIndex(settings.thread_index)
    inbox = inbox or open_inbox(settings)
    return assemble(settings, index, inbox, clock=clock, theme_folders=theme_folders)


def _create_from_file(
    settings_file: Path, *, index: ThreadIndex | None, inbox: Inbox | None, clock: Callable[[], datetime]
) -> "Flask":
    with _naming_the_extra():
        from .assembly import read_settings_file
        from .moderator import add_configured_moderator
    settings, theme_folders = read_settings_file(settings_file)
    app = create_app(settings, index=index, inbox=inbox, clock=clock, theme_folders=theme_folders)
    add_configured_moderator(app, settings_file)
    return app


@contextmanager
def _naming_the_extra() -> Iterator[None]:
    """Turn the lack of a package into ConversationError with what to install."""
    try:
        yield
    except ImportError as error:
        if error.name and error.name.partition(".")[0] in _EXTRA:
            message = (
                f"the receiver needs {error.name}: pip install '.[receiver]' in a checkout of pelican-conversation"
            )
            raise ConversationError(message) from error
        raise
