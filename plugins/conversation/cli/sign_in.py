"""`pelican-comments sign-in`: a one-time link to the moderation page of the receiver on this machine.

Rule: a link is a file that the receiver must be able to take away, so it is made by the receiver's own user or not at all.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from ..building.site import load_pelican_settings, site_settings
from ..configuration import Settings
from ..errors import ConversationError, SettingsError


@click.command(name="sign-in", short_help="Print a one-time link to the moderation page.")
@click.pass_obj
def command(settings_file: str) -> None:
    """Print a link that signs you in to the moderation page, once, within ten minutes.

    It is for a receiver that runs on a server, with the same settings: run it there, as the receiver's user. The link
    of `pelican-comments serve` is printed when that starts.
    """
    settings = site_settings(load_pelican_settings(Path(settings_file)))
    host = _find_host(settings)
    _require_secret(settings.secret)
    click.echo(f"{host}{_make_path(settings)}")
    click.echo("It works once, within ten minutes.", err=True)


def _find_host(settings: Settings) -> str:
    """Return scheme and host of the receiver."""
    if settings.receiver is None:
        raise SettingsError("CONVERSATION_RECEIVER", None, "there is no receiver to sign in to; give its address")
    for address in (urlsplit(settings.receiver), urlsplit(settings.site_url)):
        if address.netloc:
            return f"{address.scheme or 'https'}://{address.netloc}"
    raise SettingsError("SITEURL", settings.site_url, "a link needs a host; name the settings of the server with `-s`")


def _require_secret(path: Path) -> None:
    """Raise ConversationError where this user is not the receiver's; made by another one, the secret would stop that."""
    try:
        owner = path.stat().st_uid
    except FileNotFoundError:
        message = f"there is no {path}, which a receiver makes when it starts"
        raise ConversationError(f"{message}; start it, or name its settings with `-s FILE`") from None
    except OSError as error:
        raise ConversationError(f"{path}: {error.strerror}; run this as the receiver's user, with sudo -u") from error
    if owner != os.geteuid():
        message = f"{path} belongs to another user, the receiver's"
        raise ConversationError(f"{message}; run `sudo -u '#{owner}' pelican-comments sign-in` where the site is")


def _make_path(settings: Settings) -> str:
    try:
        from ..receiver.moderator import make_sign_in_path
    except ImportError as error:
        message = f"the receiver needs {error.name}: pip install '.[receiver]' in a checkout of pelican-conversation"
        raise ConversationError(message) from error
    try:
        return make_sign_in_path(settings, datetime.now(UTC))
    except OSError as error:
        raise ConversationError(f"{error.filename}: {error.strerror}; the link is a file there") from error
