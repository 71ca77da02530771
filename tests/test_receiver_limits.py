"""Rate limits and hands: who is counted, where, for how long, and what is kept of them."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.receiver.rate_limits import RateLimits
from pelican.plugins.conversation.receiver.visitors import GROUPS, Hand, Visitors

from .conftest import PATIENCE_SECONDS
from .receiving import JSON, Desk
from .serving import find_free_port

SECRET = b"s" * 32
FORM = {"thread": "talk", "name": "Bo", "body": "Yes."}


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of our own; where there is none the test is skipped, unless CONVERSATION_REQUIRE_REDIS is set."""
    program = shutil.which("redis-server")
    if program is None:
        message = "redis-server is not installed (Debian: redis-server)"
        pytest.fail(message) if os.environ.get("CONVERSATION_REQUIRE_REDIS") else pytest.skip(message)
    port = find_free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path_factory.mktemp("redis"))]  # fmt: skip
    process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis(port=port) as client:
            for _ in range(20 * PATIENCE_SECONDS):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each kind of store, empty."""
    if request.param == "memory":
        yield "memory://"
        return
    address: str = request.getfixturevalue("redis_server")
    with redis.Redis.from_url(address) as client:
        client.flushall()
        yield address


def test_what_is_too_much_is_refused(store: str) -> None:
    """The next one after the limit is told how long to wait; another hand, and previews, are counted by themselves."""
    limits = RateLimits(["3 per hour", "100 per day"], store)
    assert [0, 0, 0] == [limits.count_sending("bo") for _ in range(3)]
    assert 3500 < limits.count_sending("bo") <= 3600
    assert (0, 0) == (limits.count_sending("eve"), limits.count_preview("bo"))
    assert limits.is_answering()


def test_it_is_over_when_it_is_over(store: str) -> None:
    """After its time a limit counts from the beginning."""
    limits = RateLimits(["1 per 3 second"], store)
    assert 0 == limits.count_sending("bo")
    assert 1 <= limits.count_sending("bo") <= 3
    end = time.monotonic() + PATIENCE_SECONDS
    while (left := limits.count_sending("bo")) and time.monotonic() < end:
        time.sleep(0.2)
    assert 0 == left


def test_receivers_that_share_a_redis_share_its_counts(redis_server: str) -> None:
    """Two receivers count together."""
    one, other = (RateLimits(["2 per hour"], redis_server) for _ in range(2))
    assert [0, 0] == [one.count_sending("shared"), other.count_sending("shared")]
    assert one.count_sending("shared") > 0 < other.count_sending("shared")


def test_redis_keeps_hashes_for_a_day_at_most(tmp_path: Path, redis_server: str) -> None:
    """No address is in it in clear, and each key ends within a day."""
    with redis.Redis.from_url(redis_server, decode_responses=True) as client:
        client.flushall()
        desk = Desk(tmp_path, CONVERSATION_RATE_STORE=redis_server)
        address = {"REMOTE_ADDR": "198.51.100.7"}
        token = desk.post("preview", FORM, headers=JSON, environ_overrides=address).json["token"]
        assert 303 == desk.post("comments", {**FORM, "token": token}, environ_overrides=address).status_code
        keys = client.keys("*")
        assert 2 == len(keys)
        for key in keys:
            assert "198.51" not in key
            assert 0 < client.ttl(key) <= 86400


def test_memory_forgets(tmp_path: Path) -> None:
    """When its time is over, a hand is in memory no longer than until somebody else is counted."""
    limits = RateLimits(["1 per 1 second"], "memory://")
    limits.count_sending("bo")
    assert "bo" in str(vars(limits._store))
    time.sleep(1.1)
    end = time.monotonic() + PATIENCE_SECONDS
    while "bo" in str(vars(limits._store)) and time.monotonic() < end:
        limits.count_sending("eve")
        time.sleep(0.02)
    assert "bo" not in str(vars(limits._store))


def test_without_its_redis_a_receiver_goes_on(tmp_path: Path) -> None:
    """A store that is not there limits nothing and loses nothing, and the health page says so."""
    desk = Desk(tmp_path, CONVERSATION_RATE_STORE="redis://127.0.0.1:1", CONVERSATION_RATE_LIMITS=["1 per day"])
    for word in ("one", "two"):
        assert 303 == desk.send(thread="talk", body=word).status_code
    health = desk.get("health")
    assert 200 == health.status_code
    assert "does not answer" in health.json["limits"]


@pytest.mark.parametrize("limit", ["often", "", "10", "1 per 2 days", "100 per month"])
def test_limits_that_cannot_be_used(limit: str) -> None:
    """What is none, and what would keep hashes longer than a day, stops the start."""
    with pytest.raises(SettingsError, match="CONVERSATION_RATE_LIMITS"):
        RateLimits([limit], "memory://")


@pytest.mark.parametrize("store", ["", "redis", "mongodb://localhost", "http://localhost"])
def test_stores_that_cannot_be_used(store: str) -> None:
    """What is no store stops the start."""
    with pytest.raises(SettingsError, match="CONVERSATION_RATE_STORE"):
        RateLimits(["1 per day"], store)


def test_a_password_is_not_repeated() -> None:
    """The error about a store's address does not have it."""
    with pytest.raises(SettingsError) as caught:
        RateLimits(["1 per day"], "redis://:open-sesame@localhost:port")
    assert "sesame" not in str(caught.value)


def test_a_visitor_who_sends_too_much_keeps_the_text(tmp_path: Path) -> None:
    """429 with the time to wait, and a form that can be sent then; the same text again is no new comment."""
    desk = Desk(tmp_path, CONVERSATION_RATE_LIMITS=["1 per hour"])
    first = desk.preview(**FORM)
    assert 303 == desk.post("comments", first).status_code
    answer = desk.send(body="Another.")
    assert 429 == answer.status_code
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    text = answer.get_data(as_text=True)
    assert "Another.</textarea>" in text
    assert 'name="token"' in text
    assert 303 == desk.post("comments", first).status_code
    assert 1 == len(desk.refs)
    other = {"REMOTE_ADDR": "198.51.100.7"}
    token = desk.post("preview", FORM, headers=JSON, environ_overrides=other).json["token"]
    assert 303 == desk.post("comments", {**FORM, "token": token}, environ_overrides=other).status_code


def test_previews_are_limited(tmp_path: Path) -> None:
    """Nobody can keep the receiver busy with previews."""
    desk = Desk(tmp_path)
    codes = [desk.post("preview", FORM).status_code for _ in range(31)]
    assert [200] * 30 + [429] == codes
    assert "Yes.</textarea>" in desk.post("preview", FORM).get_data(as_text=True)


def test_what_is_shown_once_more_counts_as_a_preview(tmp_path: Path) -> None:
    """Nor by sending what has no token, as a new comment or as a change: that is shown as a preview is."""
    desk = Desk(tmp_path)
    state = desk.send().headers["Location"].removeprefix("/conversation/")
    codes = [desk.post(path, FORM).status_code for path in ["comments", f"{state}/change"] * 15]
    assert [422] * 29 + [429] == codes  # the first was before it was sent
    assert "Yes.</textarea>" in desk.post("comments", FORM).get_data(as_text=True)


PROXIES = ["127.0.0.1", "10.0.0.0/8", "2001:db8:aaaa::/48"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (("198.51.100.7", ""), ("198.51.100.7", ""), True),
        (("198.51.100.7", ""), ("198.51.100.8", ""), False),
        (("2001:db8::1", ""), ("2001:db8::ffff:ffff:ffff:ffff", ""), True),
        (("2001:db8::1", ""), ("2001:db8:0:1::1", ""), False),
        (("::ffff:198.51.100.7", ""), ("198.51.100.7", ""), True),
        (("127.0.0.1", "198.51.100.7"), ("198.51.100.7", ""), True),
        (("127.0.0.1", "198.51.100.7"), ("127.0.0.1", "198.51.100.8"), False),
        (("127.0.0.1", "203.0.113.1, 198.51.100.7"), ("198.51.100.7", ""), True),
        (("127.0.0.1", "198.51.100.7, 10.1.2.3"), ("198.51.100.7", ""), True),
        (("127.0.0.1", "198.51.100.7:5678"), ("198.51.100.7", ""), True),
        (("127.0.0.1", "[2001:db8::1]:80"), ("2001:db8::2", ""), True),
        (("127.0.0.1", "nonsense"), ("127.0.0.1", ""), True),
        (("127.0.0.1", "198.51.100.7, nonsense"), ("127.0.0.1", ""), True),
        (("127.0.0.1", ""), ("127.0.0.1", ",,,"), True),
        (("198.51.100.7", "203.0.113.1"), ("198.51.100.7", "203.0.113.2"), True),
        (("198.51.100.7", "203.0.113.1"), ("203.0.113.1", ""), False),
        (("2001:db8:aaaa::1", "198.51.100.7"), ("198.51.100.7", ""), True),
        (("", "198.51.100.7"), ("", "198.51.100.8"), True),
    ],
)
def test_hands(one: tuple[str, str], other: tuple[str, str], *, is_same: bool) -> None:
    """A hand is an address, of IPv6 its /64; a forwarded header counts only from a named proxy."""
    visitors = Visitors(PROXIES, SECRET)
    hands = [visitors.find_hand({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said}) for peer, said in (one, other)]
    assert is_same == (hands[0] == hands[1])


@pytest.mark.parametrize("peer", ["", "localhost"])
def test_hands_behind_a_unix_socket(peer: str) -> None:
    """Where the socket is named as a proxy, each visitor has a hand; a header does not count twice, nor from elsewhere."""
    visitors = Visitors(["unix", "10.0.0.0/8"], SECRET)

    def find_hand(peer: str, said: str) -> Hand:
        return visitors.find_hand({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said})

    one = find_hand("198.51.100.7", "")
    assert [True, True, True, False, False] == [
        one == find_hand(peer, "198.51.100.7"),
        one == find_hand(peer, "203.0.113.1, 198.51.100.7, 10.1.2.3"),
        find_hand(peer, "") == find_hand(peer, "nonsense"),
        one == find_hand(peer, "198.51.100.7, 203.0.113.1"),
        one == find_hand("203.0.113.1", "198.51.100.7"),
    ]


def test_a_hand_tells_no_address() -> None:
    """Its key depends on the secret, and its group is shared by one address in 4096."""
    address = {"REMOTE_ADDR": "198.51.100.7"}
    hand = Visitors([], SECRET).find_hand(address)
    assert hand.key != Visitors([], b"t" * 32).find_hand(address).key
    groups = [Visitors([], SECRET).find_hand({"REMOTE_ADDR": f"198.51.{n // 256}.{n % 256}"}).group for n in range(3000)]  # fmt: skip
    assert 0 <= min(groups) <= max(groups) < GROUPS
    assert 1800 < len(set(groups)) < 2500


def test_proxies_that_are_none() -> None:
    """A name is not an address."""
    with pytest.raises(SettingsError, match="CONVERSATION_TRUSTED_PROXIES"):
        Visitors(["localhost"], SECRET)
