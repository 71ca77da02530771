"""The receiver of `pelican-comments serve`, with its moderation page, made from the site's settings.

Rule: it stands in for the one that the settings name, at the address where the site is served; what is missing for it
is said in a line, and the site is served all the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..building.site import list_theme_folders, load_pelican_settings, site_settings
from ..errors import ConversationError

if TYPE_CHECKING:
    from flask import Flask

PATH = "/conversation"
"""Where the receiver is mounted, unless the settings name another path."""


@dataclass(frozen=True, slots=True)
class LocalReceiver:
    """What of a receiver there is."""

    prefix: str
    app: "Flask | None" = None
    """None: there is none."""
    can_moderate: bool = False
    missing: str = ""
    """What is missing, and what to do."""

    @property
    def overrides(self) -> Mapping[str, object]:
        """Settings of a site that uses it."""
        return {"CONVERSATION_RECEIVER": self.prefix if self.app is not None else None}

    def close(self) -> None:
        """End what it does in the background."""
        if self.app is None:
            return
        from ..receiver.context import EXTENSION

        receiver = self.app.extensions[EXTENSION]
        receiver.housekeeper.close()
        if (pusher := receiver.pusher) is not None:
            pusher.close(patience_seconds=0)

    def make_sign_in_path(self) -> str:
        """Return the path of a new one-time link to the moderation page."""
        from ..receiver.context import EXTENSION
        from ..receiver.moderator import make_sign_in_address

        if self.app is None:
            raise ConversationError(self.missing)
        return make_sign_in_address(self.app.extensions[EXTENSION])


def open_receiver(settings_file: Path, overrides: Mapping[str, object], *, build: Callable[[], str]) -> LocalReceiver:
    """Return the receiver of a site; raises SettingsError where the settings cannot be read."""
    found = load_pelican_settings(settings_file, **overrides)
    configured = found.get("CONVERSATION_RECEIVER") or ""
    prefix = configured.rstrip("/") if isinstance(configured, str) and configured.startswith("/") else PATH
    found["CONVERSATION_RECEIVER"] = prefix
    try:
        app = _make_app(found)
    except ConversationError as error:
        return LocalReceiver(prefix, missing=f"Comments cannot be sent or moderated here: {error}")
    from ..receiver.moderator import add_moderator

    try:
        add_moderator(app, build=build, sets_up_keys=True)
    except ConversationError as error:
        return LocalReceiver(prefix, app, missing=f"Comments cannot be moderated here: {error}")
    return LocalReceiver(prefix, app, can_moderate=True)


def _make_app(found: Mapping[str, Any]) -> "Flask":
    from ..receiver import create_app

    return create_app(site_settings(found), theme_folders=list_theme_folders(found))
