"""`allowed_signers`: which keys speak for which author, in the format of OpenSSH.

Rule: a line that cannot be used is a problem, and never makes another one hold for more than it says.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from functools import lru_cache

from ..errors import SignatureError
from ..model import Problem, Severity

NAMESPACE = "comment@pelican-conversation"
"""What a signature is for, so that one made for git or for mail proves nothing here."""
KEY_TYPES = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
)  # fmt: skip
"""The types of keys that are verified; OpenSSH has two more, dsa, which it gave up, and certificates."""

OTHER_TYPE = "use an ed25519, ecdsa or rsa key"
"""What to do about a key of another type."""

_MIN_RSA_BITS = 1024  # OpenSSH refuses shorter ones (SSH_RSA_MINIMUM_MODULUS_SIZE)
_NAIVE_DATE = ("a validity date without Z means another moment on another machine", "write it in UTC, as 20260314Z")

_PRINCIPALS = re.compile(r'(?:"([^"]*)"|([^\s"]+))\s+(.*)')
_WORD = re.compile(r'((?:[^\s"]|"(?:[^"\\]|\\.)*")+)(?:\s+(.*))?')
_KEY_TYPE = re.compile(r"(?!cert-authority$)[a-z0-9@.-]+", re.IGNORECASE)
_OPTION = re.compile(r'(namespaces|valid-after|valid-before)="((?:[^"\\]|\\.)+)"', re.IGNORECASE)
_OPTIONS = re.compile(rf"{_OPTION.pattern}(?:,{_OPTION.pattern})*", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?", re.IGNORECASE | re.ASCII)
_NAIVE = re.compile(r'valid-(?:after|before)="[0-9]+"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of `allowed_signers`: a key, for whom it speaks, for what and when."""

    principals: tuple[str, ...]
    """Patterns of author keys, with `*`, `?` and a leading `!`."""
    key_type: str
    """One of `KEY_TYPES`."""
    key: bytes
    """As SSH writes it on the wire (RFC 4253, section 6.6), its type included."""
    namespaces: tuple[str, ...] = ()
    """Patterns as in `principals`; empty: for everything."""
    valid_after: datetime | None = None
    """Aware."""
    valid_before: datetime | None = None
    """Aware."""
    line: int = 1
    """1-based."""

    def is_for(self, author: str) -> bool:
        """Whether it speaks for this author key."""
        return _is_matched(author, self.principals)

    def is_for_comments(self) -> bool:
        """Whether it may sign comments."""
        return not self.namespaces or _is_matched(NAMESPACE, self.namespaces)

    def is_valid_on(self, date: datetime) -> bool:
        """Whether `date` lies within its time, ends included."""
        return (self.valid_after or date) <= date <= (self.valid_before or date)


def _is_matched(text: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern matches and none with `!` does; brackets stand for themselves, as in OpenSSH."""
    found = [p for p in patterns if fnmatchcase(text, p.removeprefix("!").replace("[", "[[]"))]
    return bool(found) and not any(p.startswith("!") for p in found)


def parse_allowed_signers(
    text: str, path: str, *, timezone: tzinfo = UTC
) -> tuple[tuple[Signer, ...], tuple[Problem, ...]]:
    """Read `allowed_signers` (ssh-keygen(1)): its signers in the order of the file, and a problem for each line left out.

    A validity date without `Z` is read in `timezone`, with a warning: ssh-keygen would take each machine's own.
    """
    signers: list[Signer] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        content = line.strip()
        if not content or content.startswith("#"):
            continue
        try:
            signers.append(_read_signer(content, number, timezone))
        except SignatureError as error:
            problems.append(Problem(path, number, error.code, error.message, error.remedy))
        else:
            if _NAIVE.search(content):
                problems.append(Problem(path, number, "naive-signer-date", *_NAIVE_DATE, Severity.WARNING))
    return tuple(signers), tuple(problems)


def _bad_signer(message: str, remedy: str = "write `AUTHOR ssh-ed25519 AAAA...` as in the .pub file") -> SignatureError:
    return SignatureError("bad-signer", message, remedy)


def _read_signer(line: str, number: int, timezone: tzinfo) -> Signer:
    """Read a line that is neither empty nor a comment; SignatureError says why it cannot be used."""
    match = _PRINCIPALS.fullmatch(line)
    principals = tuple(filter(None, (match[1] or match[2] or "").split(","))) if match else ()
    if match is None or not principals or principals[0] in KEY_TYPES:
        raise _bad_signer("the line does not begin with an author of CONVERSATION_AUTHORS")
    options: dict[str, str] = {}
    words = _WORD.fullmatch(match[3])
    if words and not _KEY_TYPE.fullmatch(words[1]):
        options = _read_options(words[1])
        words = _WORD.fullmatch(words[2] or "")
    if words is None or not words[2]:
        raise _bad_signer("the line has no key")
    key = _read_key(words[1], words[2].split(maxsplit=1)[0])
    moments = {name: _read_moment(name, text, timezone) for name, text in options.items() if name != "namespaces"}
    after, before = moments.get("valid-after"), moments.get("valid-before")
    if after and before and before <= after:
        raise _bad_signer("valid-before is not later than valid-after", "correct the dates")
    namespaces = tuple(options["namespaces"].split(",")) if "namespaces" in options else ()
    return Signer(principals, words[1], key, namespaces, after, before, number)


def _read_options(text: str) -> dict[str, str]:
    """Read `namespaces="..."` and the dates, by name in lower case."""
    if "cert-authority" in text.lower():
        raise SignatureError("unsupported-signer", "cert-authority is not supported here", "give the author's own key")
    if not _OPTIONS.fullmatch(text):
        remedy = 'use namespaces="...", valid-after="..." and valid-before="..." only'
        raise _bad_signer(f"{text[:80]!r} are no options of allowed_signers", remedy)
    found = [(name.lower(), value.replace('\\"', '"')) for name, value in _OPTION.findall(text)]
    if len(dict(found)) < len(found):
        raise _bad_signer(f"an option stands twice in {text[:80]!r}", "keep one of the two")
    return dict(found)


def _read_key(key_type: str, encoded: str) -> bytes:
    if key_type not in KEY_TYPES:
        raise SignatureError("unsupported-signer", f"keys of type {key_type[:80]!r} are not supported", OTHER_TYPE)
    try:
        key = base64.b64decode(encoded, validate=True)
        load_key(key_type, key)
    except ValueError as error:
        raise _bad_signer(f"{encoded[:40]!r} is no {key_type} key: {error}", "copy the whole .pub line") from error
    return key


def _read_moment(name: str, text: str, timezone: tzinfo) -> datetime:
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC if match[7] else timezone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _bad_signer(f"{name} {text[:80]!r} is no date", "write it as 20260314Z or 202603140926Z") from error


@lru_cache(maxsize=64)
def load_key(key_type: str, key: bytes) -> object:
    """Make a public key of `cryptography`, whose import only sites with signers pay; ValueError where `key` is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    try:
        loaded = load_ssh_public_key(key_type.encode() + b" " + base64.b64encode(key))
    except (UnsupportedAlgorithm, NotImplementedError) as error:
        raise ValueError(str(error)) from error
    if isinstance(loaded, rsa.RSAPublicKey) and loaded.key_size < _MIN_RSA_BITS:
        raise ValueError(f"it has only {loaded.key_size} bits")
    return loaded
