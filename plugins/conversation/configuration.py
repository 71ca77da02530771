"""Configuration: what a site is set to, as every part of the package is given it.

Rule: as in `model`; what the settings mean is found in `settings`, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from .model import Author


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one site."""

    root: Path
    """Folder of the settings file, absolute: comments, keys and paths in problems are relative to it."""
    path: Path
    """Folder of the comments, absolute."""
    allowed_signers: Path
    """Absolute."""
    authors: Mapping[str, Author]
    """By key."""
    signing_key: Path | None
    """SSH key, private or public (an agent then holds the private half), absolute; None: ask git, then look in `~/.ssh`."""
    max_body_bytes: int
    max_indent: int
    """Lists of replies nest this deep on a page."""
    close_after_days: int | None
    page_size: int
    """How many branches a page shows; more stand on further pages."""
    list_size: int
    """How many conversations a page of their list shows."""
    newest_first: bool
    """Whether the newest branch stands first; replies always stand in the order they were written."""
    numbers: bool
    """Whether each comment shows its number."""
    identicon_salt: str | None
    """What commenters' pictures are drawn from beside their names; None: there are none."""
    script: bool
    """Whether pages with a conversation load the script."""
    recent: int
    """How many of the latest comments an unknown theme's index gets; 0: none."""
    auto: bool
    """Whether regions are added to templates that do not call them."""
    content_block: str
    head_block: str
    feed_atom: str | None
    feed_thread_atom: str | None
    """With `{thread}`."""
    feed_author_atom: str | None
    feed_max_items: int
    receiver: str | None
    """Address of the receiver, or a path on the site's own host; no slash at its end. None: there is none, and no form."""
    forge: str | None
    """Address of the forge's page that makes a new comment file, with `{thread}` and `{file}`; None: that door is not there."""
    mail: str | None
    """Address that comments may be mailed to, shown to everybody; None: that door is not there."""
    inbox: Path
    """Folder of the bare repository that keeps submissions, absolute."""
    inbox_remote: str | None
    """git's name or address of the repository that the inbox is pushed to."""
    secret: Path
    """File of the receiver's secret, absolute; made on first use."""
    seal_to: tuple[str, ...]
    """age recipients that readers' e-mail addresses are sealed to; none: addresses are not asked for."""
    blocklist: tuple[str, ...]
    """Words and names that mark a submission for the moderator."""
    rate_limits: tuple[str, ...]
    """In the notation of `limits`: "10 per hour"."""
    rate_store: str
    """`memory://` or `redis://...`."""
    trusted_proxies: tuple[str, ...]
    """Addresses or networks whose forwarded headers are believed."""
    moderator: str | None
    """Whom commits of decisions are by, `Name <address>`; None: as git is configured."""
    password_hash: str | None
    """Of the moderator's password, as werkzeug.security writes it."""
    push: str | None
    """git remote that commits of decisions are pushed to."""
    timezone: ZoneInfo
    site_url: str
    """Absolute address of the site, no slash at its end; empty where the site has none yet."""
    static_folder: str
    """Where the theme's static files are, relative to the site's address."""
    feed_domain: str
    """As `site_url`, for feeds."""
    has_site_feed: bool
    """Whether Pelican writes an Atom feed of the articles."""
    site_name: str
    """Plain text."""
    default_lang: str

    @property
    def private_folder(self) -> Path:
        """Where inbox and secret are, unless the settings name other places, absolute."""
        return self.root / "var"

    @property
    def thread_index(self) -> Path:
        """File that tells the receiver of the pages, absolute; each build writes it."""
        return self.private_folder / "threads.json"
