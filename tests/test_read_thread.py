"""Reading a thread: who is shown as author, as guest, or not at all."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from pelican.plugins.conversation.comments.allowed_signers import NAMESPACE, parse_allowed_signers
from pelican.plugins.conversation.comments.comment_file import CommentFile
from pelican.plugins.conversation.comments.reading import Rules, read_thread
from pelican.plugins.conversation.model import Author


@dataclass
class Keys:
    """Ann's key, which may sign, and a stranger's, which may not."""

    folder: Path

    def make(self, name: str) -> str:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        return (self.folder / f"{name}.pub").read_text()

    def sign(self, name: str, data: bytes) -> bytes:
        file = self.folder / "comment.md"
        file.write_bytes(data)
        signature = file.with_suffix(".md.sig")
        signature.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", self.folder / name, file]
        subprocess.run(command, check=True)
        return signature.read_bytes()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    keys = Keys(tmp_path_factory.mktemp("keys"))
    keys.make("stranger")
    (keys.folder / "allowed_signers").write_text(f"ann {keys.make('ann')}")
    return keys


@pytest.fixture
def rules(keys: Keys) -> Rules:
    signers, problems = parse_allowed_signers((keys.folder / "allowed_signers").read_text(), "allowed_signers")
    assert () == problems
    return Rules(authors={"ann": Author("ann", "Ann Example")}, signers=signers)


def reply(id: str = "a", thread: str = "talk", author: str = "ann") -> bytes:
    return f"---\nauthor: {author}\ndate: 2026-03-14T09:26:53Z\nid: {id}\nthread: {thread}\n---\nThank you.\n".encode()


def read(
    rules: Rules, data: bytes, signature: bytes | None = None
) -> tuple[list[str], list[tuple[str, int]], frozenset[str]]:
    """Return the ids shown, the problems with their lines, and the guests."""
    thread, problems = read_thread("talk", [CommentFile("a", "a.md", data, signature)], rules)
    return [c.id for c in thread.comments], [(p.code, p.line) for p in problems], thread.guests


def test_a_signed_reply_is_the_authors(keys: Keys, rules: Rules) -> None:
    """A valid signature by a listed key is all it takes."""
    assert (["a"], [], frozenset()) == read(rules, reply(), keys.sign("ann", reply()))


def test_claims_that_are_not_proved_are_not_published(keys: Keys, rules: Rules) -> None:
    """Missing, broken, changed, moved, by an unknown key, by an unknown author: left out, each with its reason."""
    good = keys.sign("ann", reply())
    moved = reply(thread="other")
    assert ([], [("signature-missing", 2)], frozenset()) == read(rules, reply())
    assert ([], [("signature-broken", 2)], frozenset()) == read(rules, reply(), b"nonsense")
    assert ([], [("signature-broken", 2)], frozenset()) == read(rules, reply().replace(b"Thank", b"Damn"), good)
    assert ([], [("signature-moved", 5)], frozenset()) == read(rules, moved, keys.sign("ann", moved))
    assert ([], [("signature-moved", 4)], frozenset()) == read(rules, reply(id="b"), keys.sign("ann", reply(id="b")))
    assert ([], [("signature-unknown-key", 2)], frozenset()) == read(rules, reply(), keys.sign("stranger", reply()))
    assert ([], [("unknown-author", 2)], frozenset()) == read(
        rules, reply(author="bob"), keys.sign("ann", reply(author="bob"))
    )


@pytest.mark.parametrize("name", ["Ann Example", "ANN EXAMPLE", "ann  example", "Аnn Еxаmple", "Ann Example (author)"])
def test_a_name_like_the_authors_is_a_guests(rules: Rules, name: str) -> None:
    """It is published, as a guest's, and reported at the line of the name."""
    data = f"---\ndate: 2026-03-14T09:26:53Z\nname: {name}\n---\nHello.\n".encode()
    shown, problems, guests = read(rules, data)
    assert (["a"], frozenset({"a"})) == (shown, guests)
    assert ("name-of-author", 3) in problems


def test_an_ordinary_name_is_no_guests(rules: Rules) -> None:
    """Another Ann is just another Ann."""
    data = b"---\ndate: 2026-03-14T09:26:53Z\nname: Ann\n---\nHello.\n"
    assert (["a"], [], frozenset()) == read(rules, data)


def test_a_signature_without_author_is_reported(keys: Keys, rules: Rules) -> None:
    """The comment is shown as anybody's."""
    data = b"---\nname: Ben\ndate: 2026-03-14T09:26:53Z\n---\nHello.\n"
    assert (["a"], [("stray-signature", 1)], frozenset()) == read(rules, data, keys.sign("ann", data))


def test_a_tombstone_needs_no_signature(rules: Rules) -> None:
    """What an author removed shows neither name nor badge, so its broken signature is no problem."""
    data = b"---\nauthor: ann\ndate: 2026-03-14T09:26:53Z\nid: a\nthread: talk\nstate: removed\n---\n"
    thread, problems = read_thread("talk", [CommentFile("a", "a.md", data, b"old")], rules)
    assert ((), ()) == (thread.comments, problems)


def test_a_body_that_is_too_much_is_shown_as_text(rules: Rules) -> None:
    """It is reported at the line where the body begins, and nothing of it is lost."""
    data = b"---\nname: Ben\ndate: 2026-03-14T09:26:53Z\n---\n" + b">" * 500 + b" deep"
    thread, problems = read_thread("talk", [CommentFile("a", "a.md", data)], rules)
    assert [("plain-text", 5)] == [(p.code, p.line) for p in problems]
    assert "&gt;&gt;&gt; deep" in thread.bodies["a"]


@pytest.mark.parametrize("body", ["", "\n", "  \n\t\n", "\u200b\n"])
def test_a_comment_without_text(rules: Rules, body: str) -> None:
    """It is published and reported, at the line where its text would begin."""
    data = f"---\nname: Reader\ndate: 2026-03-14T09:26:53Z\n---\n{body}".encode()
    assert (["a"], [("empty-body", 5)], frozenset()) == read(rules, data)


MERGED = "<<<<<<< HEAD\nOne\n=======\nTwo\n>>>>>>> other\n"


@pytest.mark.parametrize(
    ("body", "line"),
    [(MERGED, 5), (f"First\n\n{MERGED}", 7), (f"=======\n{MERGED}\nLast", 6), (MERGED.replace("\n", "\n> "), None),
     (MERGED.replace("=", "-"), None), (MERGED.replace("<", "-"), None), (MERGED.replace(">", "<"), None)],
)  # fmt: skip
def test_a_conflict_in_the_text(rules: Rules, body: str, line: int | None) -> None:
    """It is published and reported, at the line where git's marks begin; what only looks like it is not."""
    data = f"---\nname: Reader\ndate: 2026-03-14T09:26:53Z\n---\n{body}".encode()
    assert (["a"], [("conflict", line)] if line else [], frozenset()) == read(rules, data)


@pytest.mark.parametrize("line", ["state: removed", "kind: like", "kind: pingback"])
def test_what_needs_no_text(rules: Rules, line: str) -> None:
    """A tombstone shows none, and what other sites sent often has none."""
    data = f"---\nname: Reader\ndate: 2026-03-14T09:26:53Z\n{line}\n---\n".encode()
    assert [] == read(rules, data)[1]
