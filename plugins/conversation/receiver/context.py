"""What every request to the receiver needs, made once at its start.

Rule: nothing here changes while the receiver runs but what the parts see to themselves: the index is read again when it
has changed, the limits count, and the inbox keeps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from gettext import NullTranslations
from typing import cast
from urllib.parse import quote, urlsplit

from flask import current_app, request
from jinja2 import Environment

from ..configuration import Settings
from ..inbox.housekeeping import Housekeeper
from ..inbox.keeping import Inbox
from ..inbox.pusher import Pusher
from ..model import Page
from ..rendering.translations import Wording, choose_wording
from .inbox_probe import InboxProbe
from .published import PublishedComments
from .rate_limits import RateLimits
from .sent import SentComments
from .signing import Signing
from .thread_index import ThreadIndex
from .visitors import Hand, Visitors

EXTENSION = "conversation"
"""Where an app keeps its receiver."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """The parts of one receiver."""

    settings: Settings
    index: ThreadIndex
    inbox: Inbox
    housekeeper: Housekeeper
    clock: Callable[[], datetime]
    """Returns an aware moment."""
    signing: Signing
    sent: SentComments
    probe: InboxProbe
    visitors: Visitors
    limits: RateLimits
    published: PublishedComments
    templates: Environment
    """Of the regions."""
    seal: Callable[[str], str] | None
    """None: addresses are not asked for."""
    catalogues: Mapping[str, NullTranslations] = field(default_factory=dict)
    """By BCP 47 tag in lower case."""
    pusher: Pusher | None = None
    """None: the inbox has no remote."""

    def note_change(self) -> None:
        """Say that the inbox has changed, so that it is pushed and kept tidy; returns at once."""
        if self.pusher is not None:
            self.pusher.notify()
        self.housekeeper.note_change()

    @property
    def prefix(self) -> str:
        """Path that all addresses of the receiver begin with; no slash at its end, empty at the root of a host."""
        return urlsplit(self.settings.receiver or "").path

    def address(self, *parts: str) -> str:
        """Return the path of one of the receiver's own pages."""
        return "/".join((self.prefix, *(quote(part, safe="") for part in parts)))

    def page_address(self, page: Page, fragment: str = "") -> str:
        """Return the address of a page of the site."""
        return f"{self.settings.site_url}/{page.url}{f'#{fragment}' if fragment else ''}"

    def now(self) -> datetime:
        """Return the moment in whole seconds, as comments have it."""
        return self.clock().replace(microsecond=0)

    def find_hand(self) -> Hand:
        """Return whose request this is."""
        return self.visitors.find_hand(request.environ)

    def find_wording(self, page: Page | None) -> Wording:
        """Return the words for the receiver's pages about a page of the site."""
        langs = ([page.lang] if page else []) + [self.settings.default_lang]
        return choose_wording(langs, self.catalogues)


def current_receiver() -> Receiver:
    """Return the receiver of the app that answers this request."""
    return cast("Receiver", current_app.extensions[EXTENSION])
