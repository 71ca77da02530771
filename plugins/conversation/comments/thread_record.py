"""The thread record: a thread that was read, verified and rendered, as bytes to be kept and back.

Rule: what comes back equals what was kept, in every field that a template can reach; a record that is not whole raises
`ValueError`. It is JSON, which no bytes can make do anything but fail.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from ..model import Comment, Kind, Origin, Placement, Problem, Severity, State, Thread, ThreadFacts

_CHECK_BYTES = 8
_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in State}
_SEVERITIES = {severity.value: severity for severity in Severity}


def encode_thread(thread: Thread) -> bytes:
    """Return the record of a thread."""
    places = {placement.comment.id: index for index, placement in enumerate(thread.placements)}
    rows = [
        (
            *_list_fields(placement.comment), placement.depth, placement.opens, placement.closes,
            None if placement.parent is None else places[placement.parent.id], placement.is_orphan,
        )
        for placement in thread.placements
    ]  # fmt: skip
    return _seal((thread.name, rows, dict(thread.bodies), sorted(thread.guests)))


def decode_thread(record: bytes) -> Thread:
    """Return the thread of a record; raises ValueError where it is damaged."""
    name, rows, bodies, guests = _unseal(record)
    comments = [_make_comment(name, row) for row in rows]
    placements = tuple(
        Placement(
            comment, number, row[14], row[15], row[16], None if row[17] is None else comments[row[17]], row[18],
        )
        for number, (comment, row) in enumerate(zip(comments, rows, strict=True), 1)
    )  # fmt: skip
    return Thread(name, placements, bodies, frozenset(guests))


def _list_fields(comment: Comment) -> tuple[object, ...]:
    return (
        comment.id, comment.date.isoformat(), comment.name, comment.author, comment.body, comment.in_reply_to, comment.url,
        comment.state.value, comment.edited and comment.edited.isoformat(), comment.anchors, comment.source,
        comment.kind.value, comment.lang, comment.origin and (comment.origin.path, comment.origin.lines),
    )  # fmt: skip


def _make_comment(thread: str, row: Sequence[Any]) -> Comment:
    edited, origin = row[8], row[13]
    return Comment(
        thread, row[0], datetime.fromisoformat(row[1]), row[2], row[3], row[4], row[5], row[6], _STATES[row[7]],
        edited and datetime.fromisoformat(edited), tuple(row[9]), row[10], _KINDS[row[11]], row[12],
        origin and Origin(origin[0], tuple(map(tuple, origin[1]))),
    )  # fmt: skip


def encode_facts(facts: ThreadFacts, problems: Sequence[Problem]) -> bytes:
    """Return the record of what is known of a thread without its comments, and of what was wrong with its files."""
    moments = [
        moment and moment.isoformat() for moment in (facts.updated, facts.replied, facts.newest and facts.newest[0])
    ]
    rows = [(p.path, p.line, p.code, p.message, p.remedy, p.severity.value) for p in problems]
    return _seal((facts.count, facts.size, facts.roots, moments, facts.newest and facts.newest[1], rows))


def decode_facts(record: bytes) -> tuple[ThreadFacts, tuple[Problem, ...]]:
    """Return what a record holds; raises ValueError where it is damaged."""
    count, size, roots, moments, newest_id, rows = _unseal(record)
    updated, replied, newest = (moment and datetime.fromisoformat(moment) for moment in moments)
    facts = ThreadFacts(count, size, roots, updated, replied, (newest, newest_id) if newest else None)
    return facts, tuple(
        Problem(path, line, code, text, remedy, _SEVERITIES[how]) for path, line, code, text, remedy, how in rows
    )


def _seal(value: object) -> bytes:
    """Return a value as JSON behind a checksum."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=_CHECK_BYTES).digest() + data


def _unseal(record: bytes) -> Any:  # whatever was sealed
    check, data = record[:_CHECK_BYTES], record[_CHECK_BYTES:]
    if blake2b(data, digest_size=_CHECK_BYTES).digest() != check:
        raise ValueError("the record is damaged")
    return json.loads(data.decode("utf-8", "surrogatepass"))
