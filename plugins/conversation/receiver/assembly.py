"""Putting a receiver together: from the settings to the application, with every check that can be made beforehand.

Rule: what would make the first comment fail stops the start, with an error that says what to do.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from flask import Flask

from ..building.conversations import read_conversations
from ..building.site import list_theme_folders, load_pelican_settings, read_site, site_settings
from ..configuration import Settings
from ..errors import ConversationError, SettingsError
from ..git.work_tree import is_taken_in
from ..inbox.housekeeping import Housekeeper
from ..inbox.keeping import Inbox
from ..inbox.pusher import Pusher
from ..inbox.remote import Remote
from ..inbox.seal import make_seal
from ..rendering.templating import Catalogues, make_region_environment
from .app import make_app
from .context import Receiver
from .inbox_probe import InboxProbe
from .published import PublishedComments
from .rate_limits import RateLimits
from .secret_file import SETTING, load_secret
from .sent import SentComments
from .signing import Signing
from .thread_index import ThreadIndex, write_index
from .visitors import Visitors


def assemble(
    settings: Settings,
    index: ThreadIndex,
    inbox: Inbox,
    *,
    clock: Callable[[], datetime],
    theme_folders: Sequence[Path],
) -> Flask:
    """Return the application; raises ConversationError."""
    secret = load_secret(settings.secret)
    if is_taken_in(settings.secret):
        remedy = (
            "git would publish it with the site; name it in .gitignore (`git rm --cached` it first, if it is committed)"
        )
        raise SettingsError(SETTING, str(settings.secret), remedy)
    signing = Signing(secret)
    sent = SentComments(inbox, signing)
    housekeeper = Housekeeper(inbox)
    remote = Remote(inbox, settings.inbox_remote) if settings.inbox_remote else None
    receiver = Receiver(
        settings=settings,
        index=index,
        inbox=inbox,
        housekeeper=housekeeper,
        clock=clock,
        signing=signing,
        sent=sent,
        probe=InboxProbe(inbox, sent, clock),
        visitors=Visitors(settings.trusted_proxies, secret),
        limits=RateLimits(settings.rate_limits, settings.rate_store),
        published=PublishedComments(settings),
        templates=make_region_environment(theme_folders),
        catalogues=Catalogues(theme_folders),
        seal=make_seal(settings.seal_to) if settings.seal_to else None,
        pusher=Pusher(remote, note_taken=housekeeper.note_change) if remote else None,
    )
    receiver.note_change()  # what the last one has not pushed
    return make_app(receiver)


def read_settings_file(path: Path) -> tuple[Settings, Sequence[Path]]:
    """Return the settings of a site and the folders of its theme's templates; makes the index where no build has yet."""
    path = path.absolute()
    found = load_pelican_settings(path)
    settings = site_settings(found)
    if not settings.thread_index.exists():
        _make_index(path, settings)
    return settings, list_theme_folders(found)


def _make_index(settings_file: Path, settings: Settings) -> None:
    try:
        write_index(read_conversations(read_site(settings_file)), settings.thread_index)
    except OSError as error:
        message = (
            f"the index {settings.thread_index} cannot be written ({error.strerror}); build the site, which writes it"
        )
        raise ConversationError(message) from error
