"""A moderation page for tests: a real repository, inbox, key and receiver, a clock that stands, and who sits before it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from pelican.plugins.conversation.building.conversations import Conversations
from pelican.plugins.conversation.building.site import Site
from pelican.plugins.conversation.inbox.submission import PrivatePart, format_private_part
from pelican.plugins.conversation.inbox.values import Submission
from pelican.plugins.conversation.model import Page
from pelican.plugins.conversation.receiver import create_app
from pelican.plugins.conversation.receiver.context import EXTENSION
from pelican.plugins.conversation.receiver.moderator import add_moderator, make_sign_in_address
from pelican.plugins.conversation.receiver.thread_index import write_index
from pelican.plugins.conversation.settings import read_settings
from werkzeug.test import TestResponse

from .moderated_site import PELICAN_SETTINGS, START, ModeratedSite
from .receiving import Clock
from .signing_site import add_signing_key

SETTINGS = {
    **PELICAN_SETTINGS,
    "SITEURL": "http://localhost",
    "DEFAULT_LANG": "en",
    "CONVERSATION_RECEIVER": "/conversation",
    "CONVERSATION_RATE_LIMITS": ["1000 per day"],
}
PLACE = "/conversation/moderate"
FORM = "multipart/form-data"


class ModeratorDesk:
    """A site with its moderation page."""

    def __init__(self, root: Path, *, passphrase: str = "", key: Path | None = None, **settings: object) -> None:
        """Make a site whose author can sign, with a new key or, not listed yet, with `key`."""
        self.site = ModeratedSite(root)
        key = key or add_signing_key(self.site.files, passphrase=passphrase)
        self.site.commit_all("Let Ann sign")
        self.clock = Clock()
        self.builds: list[str] = []
        """What each build answered."""
        self.build_problem = ""
        self.settings = read_settings({**SETTINGS, "CONVERSATION_SIGNING_KEY": str(key), **settings}, root)
        pages = {name: Page(name, f"About {name}", f"{name}.html", "en", path=name) for name in ("talk", "tea")}
        site = Site(self.settings, pages, {name: name for name in pages}, ())
        write_index(Conversations(site, {}, ()), self.settings.thread_index)
        self.app = self.make_app()
        self.client = self.app.test_client()
        self.subjects_before = self.site.subjects()

    def make_app(self, *, sets_up_keys: bool = False, **settings: object) -> Flask:
        """Return one more receiver of this site, with a moderation page."""
        app = create_app(replace(self.settings, **settings), clock=self.clock)
        add_moderator(app, build=self._build, sets_up_keys=sets_up_keys)
        return app

    def _build(self) -> str:
        self.builds.append(self.build_problem)
        return self.build_problem

    def make_link(self) -> str:
        """Return the path of a new one-time link."""
        return make_sign_in_address(self.app.extensions[EXTENSION])

    def sign_in(self, client: FlaskClient | None = None) -> TestResponse:
        """Sign in with a new link."""
        response = (client or self.client).post(self.make_link())
        assert 303 == response.status_code
        return response

    def submit_raw(self, id: str, data: bytes) -> None:
        """Put a file into the inbox that no receiver would make."""
        self.site.inbox.add(Submission(id, data, format_private_part(PrivatePart("talk", START))))

    def read_queue(self) -> BeautifulSoup:
        """Return the page of the queue."""
        response = self.client.get(PLACE)
        assert 200 == response.status_code
        return parse(response)

    def decide(self, queue: BeautifulSoup | None = None, **fields: str) -> TestResponse:
        """Send the form of the queue with these fields in it; `action__ID` stands for `action-ID`, and so on."""
        values = read_form((queue or self.read_queue()).select_one("form.queue"))
        values |= {name.replace("__", "-"): value for name, value in fields.items()}
        return self.client.post(f"{PLACE}/decide", data=values, content_type=FORM)

    @property
    def new_subjects(self) -> list[str]:
        """First lines of the commits since the desk was made, latest first."""
        subjects = self.site.subjects()
        return subjects[: len(subjects) - len(self.subjects_before)]


def parse(response: TestResponse) -> BeautifulSoup:
    """Return a page."""
    return BeautifulSoup(response.get_data(as_text=True), "html5lib")


def read_form(form: Tag) -> dict[str, str | Sequence[str]]:
    """Return the fields of a form as a browser sends them when none is touched."""
    values: dict[str, str | Sequence[str]] = {"marked": [tag["value"] for tag in form.select("input[name=marked]")]}
    for tag in form.select("input[type=hidden]:not([name=marked]), input[type=radio][checked], input:not([type])"):
        values[tag["name"]] = tag["value"]
    for tag in form.select("textarea[name]"):
        values[tag["name"]] = tag.get_text().removeprefix("\n")
    return values


def text_of(tag: Tag | None) -> str:
    """Return the words of a part of a page, on one line."""
    assert tag is not None
    return " ".join(tag.get_text(" ").split())
