"""SSH signatures of authors' comments: whether one proves what its comment claims.

Rule: the cryptography is done with keys from `allowed_signers` only, never with the key that a signature brings along,
and whatever bytes come in, the answer is silence or a `SignatureError`. What `ssh-keygen -Y verify` refuses is refused.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..errors import SignatureError
from .allowed_signers import KEY_TYPES, NAMESPACE, OTHER_TYPE, Signer, load_key

_MAGIC = b"SSHSIG\0\0\0\1"  # name and version of the format (PROTOCOL.sshsig)
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ARMOUR = re.compile(rb"-----BEGIN SSH SIGNATURE-----\r?\n(.*?)\n-----END SSH SIGNATURE-----", re.DOTALL)
_LINE_ENDS = "put a line `* -text` into .gitattributes in the folder of comments, delete the file and `git checkout` it"


def verify_signature(data: bytes, signature: bytes, *, author: str, signers: Sequence[Signer], date: datetime) -> None:
    """Return where `signature` proves that `author` signed `data`, and raise SignatureError where it does not.

    `signature` is the content of a `.sig` file; `date` is the comment's, aware: the key must have been valid then.
    """
    try:
        claim = _read_signature(signature)
        usable = _find_signers(claim, author, signers)
        if not _is_signed(data, claim, usable[0]):
            if b"\r\n" in data and _is_signed(data.replace(b"\r\n", b"\n"), claim, usable[0]):
                message, remedy = "the signature is broken: git or an editor has changed the line ends", _LINE_ENDS
                raise SignatureError("signature-broken", message, remedy)
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
        raise SignatureError("signature-unknown-key", message, OTHER_TYPE)
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
    return _is_value_of(load_key(signer.key_type, signer.key), values[0], message, bits=bits)


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
