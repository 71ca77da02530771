"""The thread record: a thread that was read, verified and rendered, as bytes to be kept and back.

Rule: what comes back equals what was kept, in every field that a template can reach; a record that is not whole raises
`ValueError`. It is JSON, read into the types of `model` and no others, which no bytes can make do anything but fail.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from msgspec import DecodeError
from msgspec.json import Decoder, Encoder

from ..model import Comment, Placement, Problem, Thread, ThreadFacts

T = TypeVar("T")

_CHECK_BYTES = 8
_Place = tuple[int, bool, int, int | None, bool]
"""Of a placement: depth, opens, closes, parent and is_orphan; the parent is its place among the comments."""


@dataclass(frozen=True, slots=True)
class _Record:
    """A thread without its placements' references to comments."""

    name: str
    comments: tuple[Comment, ...]
    """In order of reading."""
    places: tuple[_Place, ...]
    """Of each comment."""
    bodies: dict[str, str]
    """As in `Thread`."""
    guests: frozenset[str]
    """As in `Thread`."""


_encode = Encoder().encode
_decode_record = Decoder(_Record).decode
_decode_facts = Decoder(tuple[ThreadFacts, tuple[Problem, ...]]).decode


def encode_thread(thread: Thread) -> bytes:
    """Return the record of a thread."""
    indices = {placement.comment.id: index for index, placement in enumerate(thread.placements)}
    comments = tuple(placement.comment for placement in thread.placements)
    places = tuple(
        (p.depth, p.opens, p.closes, None if p.parent is None else indices[p.parent.id], p.is_orphan)
        for p in thread.placements
    )
    return _seal(_encode(_Record(thread.name, comments, places, dict(thread.bodies), thread.guests)))


def decode_thread(record: bytes) -> Thread:
    """Return the thread of a record; raises ValueError where it is damaged."""
    found = _unseal(record, _decode_record)
    try:
        placements = tuple(_place(found.comments, found.places))
    except IndexError as error:
        raise ValueError("the record has a reply to nothing") from error
    return Thread(found.name, placements, found.bodies, found.guests)


def _place(comments: Sequence[Comment], places: Iterable[_Place]) -> Iterator[Placement]:
    for number, (comment, (depth, opens, closes, parent, is_orphan)) in enumerate(
        zip(comments, places, strict=True), 1
    ):
        yield Placement(comment, number, depth, opens, closes, None if parent is None else comments[parent], is_orphan)


def encode_facts(facts: ThreadFacts, problems: Sequence[Problem]) -> bytes:
    """Return the record of what is known of a thread without its comments, and of what was wrong with its files."""
    return _seal(_encode((facts, problems)))


def decode_facts(record: bytes) -> tuple[ThreadFacts, tuple[Problem, ...]]:
    """Return what a record holds; raises ValueError where it is damaged."""
    return _unseal(record, _decode_facts)


def _seal(data: bytes) -> bytes:
    """Return data behind a checksum."""
    return blake2b(data, digest_size=_CHECK_BYTES).digest() + data


def _unseal(record: bytes, decode: Callable[[bytes], T]) -> T:
    """Return what a decoder makes of the data; raises ValueError."""
    check, data = record[:_CHECK_BYTES], record[_CHECK_BYTES:]
    if blake2b(data, digest_size=_CHECK_BYTES).digest() != check:
        raise ValueError("the record is damaged")
    try:
        return decode(data)
    except (DecodeError, RecursionError) as error:
        raise ValueError("the record is of something else") from error
