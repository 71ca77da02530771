"""SSH signatures of authors' comments: who may sign (`allowed_signers`), and whether a signature proves what it claims.

Rule: the cryptography is done with keys from `allowed_signers` only, never with the key that a signature brings along,
and whatever bytes come in, the answer is silence or a `SignatureError`. What `ssh-keygen -Y verify` refuses is refused.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from fnmatch import fnmatchcase
from functools import lru_cache

from .errors import SignatureError
from .model import Problem, Severity

NAMESPACE = "comment@pelican-conversation"
"""What a signature is for, so that one made for git or for mail proves nothing here."""
KEY_TYPES = (
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
)  # fmt: skip
"""The types of keys that are verified; OpenSSH has two more, dsa, which it gave up, and certificates."""

_MIN_RSA_BITS = 1024  # OpenSSH refuses shorter ones (SSH_RSA_MINIMUM_MODULUS_SIZE)
_MAGIC = b"SSHSIG\0\0\0\1"  # name and version of the format (PROTOCOL.sshsig)
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\r?\n(.*?)\n-----END SSH SIGNATURE-----", re.DOTALL)
_OTHER_TYPE = "use an ed25519, ecdsa or rsa key"
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
        raise SignatureError("unsupported-signer", f"keys of type {key_type[:80]!r} are not supported", _OTHER_TYPE)
    try:
        key = base64.b64decode(encoded, validate=True)
        _load_key(key_type, key)
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


def verify_signature(data: bytes, signature: bytes, *, author: str, signers: Sequence[Signer], date: datetime) -> None:
    """Return where `signature` proves that `author` signed `data`, and raise SignatureError where it does not.

    `signature` is the content of a `.sig` file; `date` is the comment's, aware: the key must have been valid then.
    """
    try:
        claim = _read_signature(signature)
        usable = _find_signers(claim, author, signers)
        if not _is_signed(data, claim, usable[0]):
            raise ValueError("the file is not what was signed")
    except ValueError as error:
        raise SignatureError("signature-broken", f"the signature is broken: {error}", "sign the file again") from error
    if not any(signer.is_valid_on(date) for signer in usable):
        message = f"its key was not valid on {date:%Y-%m-%dT%H:%M:%S%z}, the comment's date (allowed_signers, line {usable[-1].line})"
        raise SignatureError("signature-expired", message, "sign with a key of that time, or correct that line's dates")


def _find_signers(claim: "_Claim", author: str, signers: Sequence[Signer]) -> list[Signer]:
    """Return the lines by which the claim's key may sign the author's comments, whatever the date; at least one."""
    if claim.namespace != NAMESPACE.encode():
        message = f"the signature is for {claim.namespace[:80].decode(errors='replace')!r}, not for comments"
        raise SignatureError("signature-wrong-namespace", message, f"sign with -n {NAMESPACE}")
    known = [signer for signer in signers if signer.key == claim.key]
    mine = [signer for signer in known if signer.is_for(author)]
    usable = [signer for signer in mine if signer.is_for_comments()]
    if usable:
        return usable
    key = "the key SHA256:" + base64.b64encode(hashlib.sha256(claim.key).digest()).decode().rstrip("=")
    if mine:
        message = f"{key} is for {','.join(mine[0].namespaces)!r} only (allowed_signers, line {mine[0].line})"
        raise SignatureError("signature-wrong-namespace", message, f"add {NAMESPACE} to the namespaces of that line")
    if known:
        message = f"{key} is for {','.join(known[0].principals)!r}, not for {author!r} (allowed_signers, line {known[0].line})"
        raise SignatureError("signature-unknown-key", message, "sign with the author's key, or add them to that line")
    if claim.key_type not in KEY_TYPES:
        message = f"{key} is of type {claim.key_type[:80]!r}, which is not supported"
        raise SignatureError("signature-unknown-key", message, _OTHER_TYPE)
    remedy = f"add a line `{author} {claim.key_type} ...` if it is the author's key, else remove the file"
    raise SignatureError("signature-unknown-key", f"{key} is not in allowed_signers", remedy)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a signature says; nothing of it is proved."""

    key: bytes
    key_type: str
    namespace: bytes
    hash_name: bytes
    value: bytes
    """Algorithm and value, as strings on the wire; for a security key its flags and counter follow."""


def _read_signature(signature: bytes) -> _Claim:
    match = _ARMOUR.match(signature)
    if match is None:
        raise ValueError("its BEGIN and END lines are not there")
    blob = base64.b64decode(b"".join(match[1].split()), validate=True)
    strings = _split_strings(blob.removeprefix(_MAGIC))
    if not blob.startswith(_MAGIC) or len(strings) != 5:
        raise ValueError("it is not of the format SSHSIG, version 1")
    key, namespace, _reserved, hash_name, value = strings
    key_type = next(iter(_split_strings(key)), b"")
    if hash_name not in _HASHES:
        raise ValueError(f"its hash {hash_name[:40]!r} is neither sha256 nor sha512")
    return _Claim(key, key_type.decode("ascii"), namespace, hash_name, value)


def _split_strings(data: bytes) -> list[bytes]:
    """Split SSH's strings that follow each other (RFC 4251, section 5); ValueError where the last one ends early."""
    strings: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + 4
        position = start + int.from_bytes(data[position:start])
        strings.append(data[start:position])
    if position > len(data):
        raise ValueError("it ends early")
    return strings


def _is_signed(data: bytes, claim: _Claim, signer: Signer) -> bool:
    """Whether the claim's value is a signature of `data` by the signer's key; ValueError where it is no signature at all."""
    digest = _HASHES[claim.hash_name](data).digest()
    parts = (claim.namespace, b"", claim.hash_name, digest)
    message = b"SSHSIG" + b"".join(len(part).to_bytes(4) + part for part in parts)
    value = claim.value
    if signer.key_type.startswith("sk-"):  # PROTOCOL.u2f; a touch is not asked for, as ssh-keygen does not
        application = _split_strings(signer.key)[-1]
        message = hashlib.sha256(application).digest() + value[-5:] + hashlib.sha256(message).digest()
        value = value[:-5]
    algorithm, *values = _split_strings(value)
    allowed = (b"rsa-sha2-256", b"rsa-sha2-512") if signer.key_type == "ssh-rsa" else (signer.key_type.encode(),)
    if algorithm not in allowed or len(values) != 1:
        raise ValueError(f"{algorithm[:40]!r} is not how keys of type {signer.key_type} sign")
    bits = algorithm.removesuffix(b"@openssh.com")[-3:]
    return _is_value_of(_load_key(signer.key_type, signer.key), values[0], message, bits=bits)


def _is_value_of(key: object, value: bytes, message: bytes, *, bits: bytes) -> bool:
    """Whether `value` is what the key makes of `message`; `bits` ends the name of its algorithm, and names its hash."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    by_bits = {b"256": hashes.SHA256(), b"384": hashes.SHA384(), b"521": hashes.SHA512(), b"512": hashes.SHA512()}
    try:
        if isinstance(key, rsa.RSAPublicKey):
            # some agents leave out leading zeros, which OpenSSH puts back
            key.verify(value.rjust((key.key_size + 7) // 8, b"\0"), message, padding.PKCS1v15(), by_bits[bits])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            r, s = (int.from_bytes(number, signed=True) for number in _split_strings(value))
            key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(by_bits[bits]))
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(value, message)
        else:
            raise ValueError("its key is of no type that signs comments")
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=64)
def _load_key(key_type: str, key: bytes) -> object:
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
