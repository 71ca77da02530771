"""Replying: the author's answer, signed, and what has to be there for that: an author, a key, a line that lists it.

Rule: a reply that a build would leave out is never handed on. It is verified against `allowed_signers`, as a build does,
before anything is committed.
"""

import base64
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from ..comments.allowed_signers import NAMESPACE, Signer, parse_allowed_signers
from ..comments.comment_file import format_comment
from ..comments.listing import show_path
from ..comments.signatures import verify_signature
from ..comments.ssh import NoKeyToSignError, NoSuchKeyError, find_signing_key, public_key_of, sign_files
from ..configuration import Settings
from ..errors import ConversationError, SigningError
from ..git.work_tree import is_committed
from ..model import Author, Comment
from ..text import clean_body
from .decisions import Action, Decision

NEW_KEY = Path(".ssh/id_ed25519")
"""Below the home folder: where `find_signing_key` looks first."""


class NoKeyError(SigningError):
    """There is no key to sign with; one can be made at `path`."""

    def __init__(self, path: Path, cause: SigningError) -> None:
        super().__init__(str(cause))
        self.path = path


class UnlistedKeyError(SigningError):
    """`allowed_signers` does not say that a key speaks for an author; `line` would."""

    def __init__(self, author: Author, key: Path, *, line: str, file: str) -> None:
        super().__init__(f"{file} does not say that the key {key} signs for {author.key!r}; add the line `{line}`")
        self.key = key
        self.line = line


@dataclass(frozen=True, slots=True)
class Pen:
    """What an author signs with."""

    author: Author
    key: Path
    """Private, or public with an agent that has the other half."""
    signers: tuple[Signer, ...]


def choose_author(settings: Settings, key: str | None) -> Author:
    """Return the author of this key, or without one the only author; raises ConversationError where there is none."""
    known = ", ".join(settings.authors)
    if key is not None:
        if key not in settings.authors:
            raise ConversationError(f"there is no author {key!r} in CONVERSATION_AUTHORS ({known or 'which is empty'})")
        return settings.authors[key]
    if not settings.authors:
        remedy = 'set CONVERSATION_AUTHORS = {"ann": {"name": "Ann Example"}} in pelicanconf.py'
        raise ConversationError(f"there is no author who could answer; {remedy}")
    if len(settings.authors) > 1:
        raise ConversationError(f"there are several authors ({known}); say who answers with --as")
    return next(iter(settings.authors.values()))


def find_pen(settings: Settings, author: Author, *, signers_text: str | None = None) -> Pen:
    """Return what an author signs with; `signers_text` is what `allowed_signers` is going to say, if not what it says.

    Raises NoKeyError, UnlistedKeyError, or SigningError for what is wrong otherwise.
    """
    key = _find_key(settings)
    signers = _parse_signers(settings, _read_signers(settings) if signers_text is None else signers_text)
    public_key = public_key_of(key)
    blob = base64.b64decode(public_key.split()[1])
    if not any(s.key == blob and s.is_for(author.key) and s.is_for_comments() for s in signers):
        line = f'{author.key} namespaces="{NAMESPACE}" {public_key}'
        raise UnlistedKeyError(author, key, line=line, file=show_path(settings.allowed_signers, settings.root))
    return Pen(author, key, signers)


def _find_key(settings: Settings) -> Path:
    configured = settings.signing_key
    try:
        return find_signing_key(configured, settings.root)
    except NoKeyToSignError as error:
        raise NoKeyError(Path.home() / NEW_KEY, error) from error
    except NoSuchKeyError as error:
        if configured is not None and configured.suffix != ".pub":  # else git names it, or an agent should have it
            raise NoKeyError(configured, error) from error
        raise


def make_key(path: Path, *, author: Author, asks_passphrase: bool) -> None:
    """Make an ed25519 key; ssh-keygen asks for its passphrase at the terminal, or there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passphrase = () if asks_passphrase else ("-N", "")
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-C", f"{author.key}, comments", *passphrase, "-f", str(path)]
    try:
        done = subprocess.run(command, check=False)  # noqa: S603 - a fixed command with a path, read by no shell
    except FileNotFoundError as error:
        raise SigningError("there is no ssh-keygen on the PATH; install OpenSSH's client") from error
    if done.returncode != 0:
        raise SigningError(f"no key was made at {path}; run `{' '.join(command)}`")


def _read_signers(settings: Settings) -> str:
    """Return the text of `allowed_signers`, empty where there is none; raises SigningError where it was deleted only here."""
    try:
        return settings.allowed_signers.read_text("utf-8")
    except FileNotFoundError as error:
        if is_committed(settings.allowed_signers):
            path = show_path(settings.allowed_signers, settings.root)
            message = f"{path} is committed and was deleted here, so no signature would count"
            raise SigningError(f"{message}; bring it back with `git checkout HEAD -- {path}`") from error
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SigningError(f"{settings.allowed_signers}: {error}; it is a text file of lines `AUTHOR KEY`") from error


def _parse_signers(settings: Settings, text: str) -> tuple[Signer, ...]:
    """Return the signers of `allowed_signers`; what is wrong with its lines, a build says."""
    path = show_path(settings.allowed_signers, settings.root)
    return parse_allowed_signers(text, path, timezone=settings.timezone)[0]


def add_signer(settings: Settings, line: str) -> str:
    """Return the text of `allowed_signers` with another line."""
    text = _read_signers(settings)
    return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{line}\n"


def make_reply(parent: Comment, text: str, *, pen: Pen, id: str, date: datetime, max_body_bytes: int) -> Decision:
    """Return the decision to publish an author's answer to a comment.

    Raises InvalidCommentError, SigningError and SignatureError.
    """
    body = clean_body(text)
    reply = Comment(
        thread=parent.thread, id=id, date=max(date.replace(microsecond=0), parent.date), author=pen.author.key, body=body,
        in_reply_to=parent.id,
    )  # fmt: skip
    data = format_comment(reply, max_body_bytes=max_body_bytes)
    return Decision(Action.REPLY, id, parent.thread, data=data, signature=sign(data, reply, pen=pen))


def sign(data: bytes, comment: Comment, *, pen: Pen) -> bytes:
    """Return the signature of a comment's file, verified as a build verifies it."""
    with TemporaryDirectory(prefix="pelican-comments-") as folder:
        file = Path(folder, "comment.md")
        file.write_bytes(data)
        sign_files([file], key=pen.key)
        signature = file.with_name("comment.md.sig").read_bytes()
    verify_signature(data, signature, author=pen.author.key, signers=pen.signers, date=comment.changed)
    return signature
