"""Comments for tests, and how hypothesis makes them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from pelican.plugins.conversation.model import Comment, Kind, State
from pelican.plugins.conversation.text import (
    MAX_NAME_CHARACTERS,
    clean_body,
    clean_line,
    is_thread_name,
    is_visible,
    is_web_address,
)

START = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def make_comment(id: str = "a", parent: str | None = None, minutes: int = 0, **more: object) -> Comment:
    """Return a comment by Reader, `minutes` after START."""
    facts = {"thread": "a-page", "name": "Reader", "body": f"Body of {id}.", **more}
    return Comment(id=id, date=START + timedelta(minutes=minutes), in_reply_to=parent, **facts)


ids = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
threads = st.text(min_size=1, max_size=30).filter(is_thread_name)
names = (
    st.text(min_size=1, max_size=60).map(clean_line).filter(lambda n: is_visible(n) and len(n) <= MAX_NAME_CHARACTERS)
)
bodies = st.text(max_size=300).map(clean_body)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))  # noqa: DTZ001
addresses = (
    st.text("abcdefghijklmnopqrstuvwxyzäß0123456789-._~:/?#@!$&'()*+,;=%[]", max_size=40)
    .map(lambda tail: f"https://example.org/{tail}")
    .filter(is_web_address)
)
anchors = st.lists(st.from_regex(r"[A-Za-z][A-Za-z_.:-]{0,5}[0-9]{1,6}", fullmatch=True), max_size=3, unique=True)
langs = st.sampled_from(["en", "de-AT", "zh-Hant-TW", "ar"])
authors = st.none() | st.just("ann")

comments = st.builds(
    Comment,
    thread=threads,
    id=ids,
    date=moments,
    name=names,
    author=authors,
    body=bodies,
    in_reply_to=st.none() | ids | addresses,
    url=st.none() | addresses,
    state=st.sampled_from([State.APPROVED, State.REMOVED]),
    edited=st.none() | moments,
    anchors=anchors.map(tuple),
    source=st.none() | addresses,
    kind=st.sampled_from(list(Kind)),
    lang=st.none() | langs,
)
