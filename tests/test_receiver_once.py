"""Once: a token used twice, and the same text by the same hand, are one comment with one answer."""

import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.values import InboxUnavailableError, Standing
from pelican.plugins.conversation.model import State
from pelican.plugins.conversation.receiver.sent import SentComments
from pelican.plugins.conversation.receiver.signing import Signing

from .conftest import PATIENCE_SECONDS
from .receiving import JSON, PUBLISHED, Desk

FORM = {"thread": "talk", "name": "Bo", "body": "Yes, **indeed**."}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("wait_minutes", [0, 9, 29])
def test_one_token_is_one_comment(desk: Desk, wait_minutes: int) -> None:
    """However often a token is used, from wherever, and whatever was decided: one comment and one answer."""
    form = desk.preview(**FORM)
    first = desk.post("comments", form)
    desk.clock.move(minutes=wait_minutes)
    second = desk.post("comments", form, environ_overrides={"REMOTE_ADDR": "198.51.100.7"})
    assert (303, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert 1 == len(desk.refs)
    desk.decide(State.REJECTED)
    third = desk.post("comments", form)
    assert first.headers["Location"] == third.headers["Location"]
    assert 1 == len(desk.refs)


@pytest.mark.parametrize(
    ("first_waits", "minutes_between", "comments"),
    [(0, 0, 1), (0, 9, 1), (25, 9, 1), (0, 9.9, 1), (0, 10.1, 2), (25, 11, 2), (0, 60, 2)],
)
def test_the_same_text_by_the_same_hand(desk: Desk, first_waits: float, minutes_between: float, comments: int) -> None:
    """Within ten minutes it is one comment, though it was previewed anew; later it is another one."""
    form = desk.preview(**FORM)
    desk.clock.move(minutes=first_waits)
    first = desk.post("comments", form)
    desk.clock.move(minutes=minutes_between)
    second = desk.post("comments", desk.preview(**FORM))
    assert comments == len(desk.refs)
    assert (comments == 1) == (first.headers["Location"] == second.headers["Location"])


@pytest.mark.parametrize(
    ("field", "value"), [("body", "No."), ("name", "Eve"), ("url", "https://a.example/"), ("in_reply_to", PUBLISHED), ("thread", "größe")]
)  # fmt: skip
def test_other_words_are_another_comment(desk: Desk, field: str, value: str) -> None:
    """Any difference makes a second comment."""
    desk.send(**FORM)
    desk.send(**{**FORM, field: value})
    assert 2 == len(desk.refs)


def test_another_hand_is_another_comment(desk: Desk) -> None:
    """The same words from another address are somebody else's, who must not get the first one's page."""
    first = desk.post("comments", desk.preview(**FORM))
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    token = desk.post("preview", FORM, headers=JSON, environ_overrides=elsewhere).json["token"]
    second = desk.post("comments", {**FORM, "token": token}, environ_overrides=elsewhere)
    assert first.headers["Location"] != second.headers["Location"]
    assert 2 == len(desk.refs)


def test_two_receivers_agree(desk: Desk) -> None:
    """A second receiver of the same site takes the first one's token, and knows what the first has."""
    other = desk.make_app().test_client()
    form = desk.preview(**FORM)
    first = desk.post("comments", form)
    second = other.post("/conversation/comments", data=form)
    assert first.headers["Location"] == second.headers["Location"]
    again = other.post("/conversation/preview", data=FORM, headers=JSON).json["token"]
    third = other.post("/conversation/comments", data={**FORM, "token": again})
    assert first.headers["Location"] == third.headers["Location"]
    assert 1 == len(desk.refs)
    assert 200 == other.get(first.headers["Location"]).status_code


def test_many_at_once_with_one_token_are_one(desk: Desk) -> None:
    """Sixteen sendings of one token at the same moment, to two receivers, leave one comment and get one answer."""
    form = desk.preview(**FORM)
    clients = [desk.make_app().test_client() for _ in range(2)]
    found: list[tuple[int, str | None]] = []
    start = threading.Barrier(16)

    def send(number: int) -> None:
        start.wait()
        answer = clients[number % 2].application.test_client().post("/conversation/comments", data=form)
        found.append((answer.status_code, answer.headers.get("Location")))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 16 == len(found)
    assert 1 == len(set(found))
    assert 303 == found[0][0]
    assert 1 == len(desk.refs)


class StumblingInbox(Inbox):
    """An inbox whose second answer is an error that nobody foresaw; the first waits until more questions have come."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.questions = 0
        self.may_answer = threading.Event()

    def find_standings(self, ids: Iterable[str]) -> dict[str, Standing]:
        self.questions += 1
        self.may_answer.wait(PATIENCE_SECONDS)
        if self.questions == 2:
            raise ValueError("git said what it never says")
        return super().find_standings(ids)


def test_an_unforeseen_error_leaves_nobody_waiting(desk: Desk) -> None:
    """Of questions that are put together, each gets an answer: one the error itself, the others that the inbox is busy."""
    inbox = StumblingInbox(desk.settings.inbox)
    sent = SentComments(inbox, Signing(b"x" * 32))
    answers: list[Mapping[str, Standing] | Exception] = []

    def ask(number: int) -> None:
        try:
            answers.append(sent.find_standings([f"id-{number}"]))
        except (ValueError, InboxUnavailableError) as error:
            answers.append(error)

    threads = [threading.Thread(target=ask, args=(number,), daemon=True) for number in range(5)]
    threads[0].start()
    end = time.monotonic() + PATIENCE_SECONDS
    while not inbox.questions and time.monotonic() < end:
        time.sleep(0.01)
    for thread in threads[1:]:
        thread.start()
    while len(sent._waiting) < len(threads) - 1 and time.monotonic() < end:
        time.sleep(0.01)
    inbox.may_answer.set()
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
    assert sorted(["dict", "ValueError", *["InboxUnavailableError"] * 3]) == sorted(type(a).__name__ for a in answers)
    assert 2 == inbox.questions
