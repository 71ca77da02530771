"""A receiver for tests: real files, a real inbox, and a clock that stands until it is moved."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient
from pelican.plugins.conversation.building.conversations import Conversations
from pelican.plugins.conversation.building.site import Site
from pelican.plugins.conversation.comments.comment_file import CommentFile
from pelican.plugins.conversation.comments.reading import Rules, read_thread
from pelican.plugins.conversation.configuration import Settings
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.values import StoredSubmission
from pelican.plugins.conversation.model import Conversation, Page, State
from pelican.plugins.conversation.receiver import create_app
from pelican.plugins.conversation.receiver.thread_index import ThreadIndex, write_index
from pelican.plugins.conversation.settings import read_settings
from werkzeug.test import TestResponse

SITE = {
    "SITENAME": "A site",
    "SITEURL": "https://blog.example.org",
    "TIMEZONE": "UTC",
    "DEFAULT_LANG": "en",
    "CONVERSATION_RECEIVER": "/conversation",
    "CONVERSATION_RATE_LIMITS": ["1000 per day"],
    "CONVERSATION_AUTHORS": {"ann": {"name": "Ann Example"}},
}
PUBLISHED = "20260313-201144-k7q2"
JSON = {"Accept": "application/json"}


class Clock:
    """Stands where it is put; each call returns the same moment."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **time: float) -> None:
        """Put the clock forward."""
        self.moment += timedelta(**time)


class Desk:
    """A site with its receiver, and a visitor in front of it."""

    def __init__(self, root: Path, **settings: object) -> None:
        self.root = root
        self.clock = Clock()
        root.mkdir(exist_ok=True)
        self.settings: Settings = read_settings({**SITE, **settings}, root)
        self.pages = [
            Page("talk", "About talk", "talk.html", "en", date=self.clock.moment),
            Page("closed", "About closed", "closed.html", "en", conversation=Conversation.CLOSED),
            Page("hidden", "About hidden", "hidden.html", "en", conversation=Conversation.HIDDEN),
            Page("größe", "Über <Größe>", "größe.html", "de", date=self.clock.moment),
        ]
        self.comments: dict[tuple[str, str], bytes] = {}
        self.settings.secret.parent.mkdir(parents=True, exist_ok=True)
        self.settings.secret.touch(mode=0o600)
        self.settings.secret.write_text("5e" * 32, "ascii")  # so that two addresses never share a group by chance
        self.publish("talk", PUBLISHED, name="Reader", body="Is *that* so?")
        self.inbox = Inbox.open(self.settings.inbox)
        self.app = self.make_app()
        self.client: FlaskClient = self.app.test_client()

    def make_app(self, **more: object):
        """Return one more receiver of this site."""
        return create_app(self.settings, inbox=Inbox.open(self.settings.inbox), clock=self.clock, **more)

    def publish(self, thread: str, id: str, **facts: str) -> None:
        """Write a comment file, and the index as a build would."""
        body = facts.pop("body", "Text.")
        header = {"name": "Reader", "date": "2026-03-13T20:11:44Z", **facts}
        lines = "".join(f"{key}: {value}\n" for key, value in header.items())
        data = f"---\n{lines}---\n{body}\n".encode()
        self.publish_file(thread, id, data)

    def publish_file(self, thread: str, id: str, data: bytes) -> None:
        """Put bytes where an approved comment goes, and write the index as a build would."""
        path = self.settings.path / thread / f"{id}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        self.comments[thread, id] = data
        self.write_index()

    def write_index(self) -> None:
        """Write the index as a build would."""
        names = {page.thread for page in self.pages}
        threads = {
            name: read_thread(
                name,
                [CommentFile(id, f"{id}.md", data) for (thread, id), data in self.comments.items() if thread == name],
                Rules(authors={}),
            )[0]
            for name in names
        }
        pages = {page.thread: Page(**{f: getattr(page, f) for f in page.__slots__} | {"path": page.thread}) for page in self.pages}  # fmt: skip
        site = Site(self.settings, pages, {name: name for name in pages}, ())
        write_index(Conversations(site, threads, ()), self.settings.thread_index)

    @property
    def index(self) -> ThreadIndex:
        """The index as the receiver reads it."""
        return ThreadIndex(self.settings.thread_index)

    def post(self, path: str, fields: Mapping[str, str], **options: object) -> TestResponse:
        """Send a form."""
        return self.client.post(f"/conversation/{path}", data=fields, content_type="multipart/form-data", **options)

    def get(self, path: str, **options: object) -> TestResponse:
        """Ask for a page."""
        return self.client.get(f"/conversation/{path}", **options)

    def preview(self, **fields: str) -> dict[str, str]:
        """Preview a comment and return what the page's form then holds."""
        fields = {"thread": "talk", "name": "Bo", "body": "Yes.", **fields}
        response = self.post("preview", fields, headers=JSON)
        assert response.status_code == 200, response.get_data(as_text=True)
        return {**fields, "token": response.json["token"]}

    def send(self, **fields: str) -> TestResponse:
        """Preview a comment, wait a while, and send it; return the answer."""
        form = self.preview(**fields)
        self.clock.move(seconds=20)
        return self.post("comments", form)

    @property
    def refs(self) -> list[str]:
        """Every ref of the inbox, as `state/id`."""
        return [f"{standing.state.value}/{id}" for id, standing in self.inbox.standings().items()]

    def find_only(self, state: State = State.PENDING) -> StoredSubmission:
        """Return the one submission that the inbox has."""
        (found,) = self.inbox.submissions(state)
        assert len(self.refs) == 1
        return found

    def decide(self, state: State) -> None:
        """Move the one submission out of the queue."""
        found = self.find_only()
        self.inbox.move(found.submission.id, State.PENDING, state, expected_revision=found.standing.revision)


def visible_text(html: str) -> str:
    """Return a page's words on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())
