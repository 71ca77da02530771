"""Load for an inbox, and the check that every test of it ends with: what was acknowledged is there once, and nothing else.

Rule: an id alone says what its submission holds, so that a process that only reads a journal can check every byte.
"""

import hashlib
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pelican.plugins.conversation.git.command import Git
from pelican.plugins.conversation.git.repository import list_refs
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.inbox.lock import find_left_behind
from pelican.plugins.conversation.inbox.reading import REFS, group_refs, parse_ref, read_submissions, settle_refs
from pelican.plugins.conversation.inbox.values import ConflictError, InboxUnavailableError, Submission
from pelican.plugins.conversation.model import State

FSCK_SECONDS = 600.0
"""For the inboxes of benchmarks; those of tests take a tenth of a second."""

Allowed = Mapping[str, Collection[State | None]]
"""By id: the states that a submission may stand under now; None: it may be absent."""


def make_submission(id: str) -> Submission:
    """Return the submission that belongs to an id: some hundred bytes to some thousand."""
    digest = hashlib.sha256(id.encode()).hexdigest()
    text = f"---\nname: Reader {id}\ndate: 2026-03-14T09:26:53Z\n---\n" + f"{digest}\n" * (1 + int(digest[:2], 16) // 4)
    return Submission(id, text.encode(), f"id: {id}\naddress: {digest}\n".encode())


def verify(
    inbox: Inbox, allowed: Allowed, *, make_expected: Callable[[str], Submission] | None = make_submission
) -> list[str]:
    """Return everything that is wrong with an inbox, a line each; none: all is well.

    `allowed` names every id that may be there. `make_expected` says what each holds; None: not checked.
    """
    faults = find_faults(inbox) + [f"left behind: {path}" for path in find_left_behind(inbox.path)]
    standings = inbox.standings()
    found = {id: standing.state for id, standing in standings.items()}
    faults += find_differences(found, allowed)
    stored = [one.submission for state in set(found.values()) for one in inbox.submissions(state)]
    if make_expected:
        faults += [f"{one.id} holds something else" for one in stored if one != make_expected(one.id)]
    return faults


def find_faults(inbox: Inbox) -> list[str]:
    """Return whatever is wrong with the repository itself, a line each: damage, doubles, refs that are not the inbox's."""
    refs = list_refs(inbox.git, REFS)
    standings = settle_refs(inbox.git, refs)
    whole = {stored.submission.id for stored in read_submissions(inbox.git, standings) if not stored.unreadable}
    found = [f"{name} is no ref of the inbox" for name in refs if parse_ref(name) is None]
    found += [f"{id} stands {len(several)} times" for id, several in group_refs(refs).items() if len(several) > 1]
    found += [f"{id} is not whole" for id in standings if id not in whole]
    return [*find_damage(inbox.git), *found]


def find_damage(git: Git) -> list[str]:
    """Return what `git fsck --strict` finds wrong, a line each."""
    answer = git.ask("fsck", "--strict", "--no-dangling", "--no-progress", timeout_seconds=FSCK_SECONDS)
    lines = f"{answer.printed.decode(errors='replace')}\n{answer.said}".splitlines()
    found = [line for line in lines if line and not line.startswith("notice: ")]
    return found or ([] if answer.status == 0 else [f"git fsck ended with {answer.status}"])


def find_differences(found: Mapping[str, State | None], allowed: Allowed) -> list[str]:
    """Return a line for every submission that is lost, in a wrong state, or there though nobody sent it."""
    faults = [f"{id} was not acknowledged and is there" for id in found if id not in allowed]
    for id, states in allowed.items():
        if found.get(id) not in states:
            now = found[id].value if found.get(id) else "lost"
            faults.append(f"{id} is {now}, not {' or '.join(sorted(s.value if s else 'absent' for s in states))}")
    return faults


@dataclass
class Load:
    """What clients sent at once, and what they were told."""

    seconds: list[float] = field(default_factory=list)
    """How long each acknowledged submission took."""
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def allowed(self) -> Allowed:
        """Acknowledged means pending; what was refused must not be there."""
        return {id: [State.PENDING] for id in self.acknowledged}

    @property
    def rate(self) -> float:
        """Acknowledged submissions a second."""
        return len(self.acknowledged) / self.elapsed

    def quantile(self, share: float) -> float:
        """Return the seconds that this share of the submissions did not exceed."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(len(self.seconds) * share))]


def send_at_once(send: Callable[[str], object], ids: Iterable[Iterable[str]]) -> Load:
    """Let a client each send some ids one after the other, all clients at once."""
    load = Load()

    def run(own: Iterable[str]) -> None:
        for id in own:
            started = time.perf_counter()
            try:
                send(id)
            except Exception:  # whatever it is, the client was not told that it succeeded
                load.refused.append(id)
            else:
                load.seconds.append(time.perf_counter() - started)
                load.acknowledged.append(id)

    clients = [threading.Thread(target=run, args=(list(own),)) for own in ids]
    started = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    load.elapsed = time.perf_counter() - started
    return load


def make_ids(clients: int, each: int, *, prefix: str = "c") -> list[list[str]]:
    """Return ids for some clients."""
    return [[f"{prefix}{client}-{number}" for number in range(each)] for client in range(clients)]


@dataclass
class Journal:
    """What writers that may be killed tried, and what they acknowledged."""

    acknowledged: dict[str, State | None] = field(default_factory=dict)
    tried: dict[str, set[State | None]] = field(default_factory=dict)
    """Since the last acknowledgement."""

    def read(self, lines: bytes) -> None:
        """Take in what a writer wrote; its last line may be torn."""
        for line in lines.decode().split("\n")[:-1]:
            match line.split():
                case ["try", id, state]:
                    self.tried.setdefault(id, set()).add(_read_state(state))
                case ["ack", id, state]:
                    self.acknowledged[id] = _read_state(state)
                    self.tried[id] = set()

    @property
    def allowed(self) -> Allowed:
        """What was acknowledged last, or anything that was tried after it."""
        return {id: {self.acknowledged.get(id)} | states for id, states in self.tried.items()}


def _read_state(word: str) -> State | None:
    return None if word == "gone" else State(word)


def write_for_ever(path: Path, *, prefix: str, threads: int) -> None:
    """Add, decide and withdraw without end, and write each step to standard output: before, `try`; after, `ack`."""
    inbox = Inbox.open(path)

    def tell(word: str, id: str, state: State | None) -> None:
        os.write(1, f"{word} {id} {state.value if state else 'gone'}\n".encode())

    def run(client: int) -> None:
        choice = random.Random(f"{prefix} {client}")
        number = 0
        while True:
            id = f"{prefix}-{client}-{number}"
            number += 1
            try:
                tell("try", id, State.PENDING)
                revision = inbox.add(make_submission(id))
                tell("ack", id, State.PENDING)
                if (then := choice.choice([None, State.APPROVED, State.SPAM, State.PENDING])) is State.PENDING:
                    continue
                tell("try", id, then)
                if then:
                    inbox.move(id, State.PENDING, then, expected_revision=revision)
                else:
                    inbox.withdraw(id, expected_revision=revision)
                tell("ack", id, then)
            except (ConflictError, InboxUnavailableError) as error:
                print(f"{id}: {error}", file=sys.stderr, flush=True)

    workers = [threading.Thread(target=run, args=(client,)) for client in range(threads)]
    for worker in workers:
        worker.start()
    os.write(1, b"started\n")


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), prefix=sys.argv[2], threads=int(sys.argv[3]))
