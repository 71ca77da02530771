"""Signatures of authors' comments: what ssh-keygen accepts is accepted, what it refuses is refused, nothing else happens."""

import base64
import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key
from hypothesis import given, settings
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.allowed_signers import KEY_TYPES, NAMESPACE, Signer, parse_allowed_signers
from pelican.plugins.conversation.comments.signatures import verify_signature
from pelican.plugins.conversation.errors import SignatureError
from pelican.plugins.conversation.model import Severity

DATA = "---\nauthor: ann\n---\nThank you, Jürgen.\n".encode()
DATE = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
KINDS = {
    "ed25519": ("-t", "ed25519"),
    "rsa": ("-t", "rsa", "-b", "2048"),
    "ecdsa-256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-521": ("-t", "ecdsa", "-b", "521"),
}


def ssh_keygen(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen in UTC."""
    return subprocess.run(
        ["ssh-keygen", *arguments], input=stdin, capture_output=True, check=False, env={**os.environ, "TZ": "UTC"}
    )


def make_key(path: Path, *options: str) -> Path:
    """Make a key without passphrase, and return the path of its private half."""
    assert ssh_keygen("-q", *options, "-N", "", "-C", "a comment", "-f", path).returncode == 0
    return path


def sign(key: Path, data: bytes = DATA, *, namespace: str = NAMESPACE, options: tuple[str, ...] = ()) -> bytes:
    """Return the signature that ssh-keygen makes of `data`."""
    done = ssh_keygen("-Y", "sign", "-q", "-f", key, "-n", namespace, *options, stdin=data)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(key: Path) -> str:
    """Return type and base64 of a key."""
    return " ".join(key.with_suffix(".pub").read_text().split()[:2])


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Make a key of every kind that needs no device, and `other`."""
    folder = tmp_path_factory.mktemp("keys")
    made = {kind: make_key(folder / kind, *options) for kind, options in KINDS.items()}
    return {**made, "other": make_key(folder / "other", "-t", "ed25519")}


@pytest.fixture(scope="session")
def signed(keys: Mapping[str, Path]) -> Mapping[str, bytes]:
    """Sign DATA with each key."""
    return {kind: sign(key) for kind, key in keys.items()}


def verdict(allowed: str, signature: bytes, *, data: bytes = DATA, author: str = "ann", date: datetime = DATE) -> str:
    """Return our verdict: `accepted`, or the code of the error."""
    signers, _ = parse_allowed_signers(allowed, "allowed_signers")
    try:
        verify_signature(data, signature, author=author, signers=signers, date=date)
    except SignatureError as error:
        return error.code if error.message and error.remedy and "\n" not in str(error) else f"badly worded: {error!r}"
    return "accepted"


def is_accepted_by_openssh(
    folder: Path, allowed: str, signature: bytes, *, data: bytes = DATA, author: str = "ann", date: datetime = DATE
) -> bool:
    """Whether `ssh-keygen -Y verify` accepts the same."""
    (folder / "allowed").write_text(allowed)
    (folder / "file.sig").write_bytes(signature)
    moment = f"-Overify-time={date.astimezone(UTC):%Y%m%d%H%M%S}"
    done = ssh_keygen(
        "-Y", "verify", moment, "-f", folder / "allowed", "-I", author, "-n", NAMESPACE, "-s", folder / "file.sig",
        stdin=data,
    )  # fmt: skip
    return done.returncode == 0


@dataclass(frozen=True)
class Case:
    """A line of allowed_signers (`{key}` is the signing key, `{other}` another), and what is verified under it."""

    expected: str
    allowed: str = "ann {key}"
    author: str = "ann"
    data: bytes = DATA
    date: datetime = DATE
    namespace: str = NAMESPACE
    options: tuple[str, ...] = ()


SECOND = timedelta(seconds=1)
CASES = {
    "the right one": Case("accepted"),
    "with a comment after the key": Case("accepted", "ann {key} ann's laptop"),
    "hashed with sha256": Case("accepted", options=("-Ohashalg=sha256",)),
    "a file that was changed": Case("signature-broken", data=DATA + b" "),
    "a file whose line ends were changed": Case("signature-broken", data=DATA.replace(b"\n", b"\r\n")),
    "an empty file in its place": Case("signature-broken", data=b""),
    "made for git": Case("signature-wrong-namespace", namespace="git"),
    "made for a namespace that begins alike": Case("signature-wrong-namespace", namespace=NAMESPACE + "s"),
    "by a key that is not listed": Case("signature-unknown-key", "ann {other}"),
    "where nobody is listed": Case("signature-unknown-key", "# nobody yet\n"),
    "by another author's key": Case("signature-unknown-key", "bob {key}\nann {other}"),
    "by an author in another case": Case("signature-unknown-key", "Ann {key}"),
    "one of several authors": Case("accepted", "bob,ann {key}"),
    "anybody": Case("accepted", "* {key}"),
    "a pattern": Case("accepted", "a?n,b* {key}"),
    "a pattern that is longer": Case("signature-unknown-key", "ann? {key}"),
    "brackets that are no pattern": Case("signature-unknown-key", "[a]nn {key}"),
    "anybody but this one": Case("signature-unknown-key", "*,!ann {key}"),
    "this one taken out first": Case("signature-unknown-key", "!ann,* {key}"),
    "somebody else taken out": Case("accepted", "!bob,* {key}"),
    "only somebody else taken out": Case("signature-unknown-key", "!bob {key}"),
    "authors in quotes": Case("accepted", '"ann,bob" {key}'),
    "tabs and spaces": Case("accepted", "  ann \t {key}\t"),
    "the second line": Case("accepted", "# keys\n\nbob {other}\nann {key}\n"),
    "behind a broken line": Case("accepted", "ann ssh-ed25519 AAAA\nann {key}\n"),
    "the old line has run out, the new one counts": Case(
        "accepted", 'ann valid-before="20200101Z" {key}\nann valid-after="20200101Z" {key}'
    ),
    "for comments": Case("accepted", 'ann namespaces="git,comment@*" {key}'),
    "for git only": Case("signature-wrong-namespace", 'ann namespaces="git" {key}'),
    "for all but comments": Case("signature-wrong-namespace", 'ann namespaces="*,!comment@*" {key}'),
    "for no namespace": Case("signature-wrong-namespace", 'ann namespaces="," {key}'),
    "options in capitals": Case("accepted", 'ann NAMESPACES="*",Valid-After="20200101Z" {key}'),
    "not yet valid": Case("signature-expired", 'ann valid-after="20260315Z" {key}'),
    "no longer valid": Case("signature-expired", 'ann valid-before="20260314Z" {key}'),
    "from this second on": Case("accepted", 'ann valid-after="20260314092653Z" {key}'),
    "a second too early": Case("signature-expired", 'ann valid-after="20260314092653Z" {key}', date=DATE - SECOND),
    "up to this second": Case("accepted", 'ann valid-before="20260314092653Z" {key}'),
    "a second too late": Case("signature-expired", 'ann valid-before="20260314092653Z" {key}', date=DATE + SECOND),
    "minutes without seconds": Case("accepted", 'ann valid-after="202603140926Z",valid-before="202603140927Z" {key}'),
    "a date without Z": Case("accepted", 'ann valid-after="20260314" {key}'),
    "a date in another zone": Case(
        "signature-expired", 'ann valid-before="20260314Z" {key}', date=DATE.astimezone(timezone(timedelta(hours=-10)))
    ),
    "dates the wrong way round": Case(
        "signature-unknown-key", 'ann valid-after="20260101Z",valid-before="20260101Z" {key}'
    ),
    "a changed file under a key that has run out": Case(
        "signature-broken", 'ann valid-before="20260314Z" {key}', data=b""
    ),
    "an option that there is not": Case("signature-unknown-key", 'ann no-touch-required="x" {key}'),
    "an option twice": Case("signature-unknown-key", 'ann namespaces="*",namespaces="*" {key}'),
    "a certificate authority": Case("signature-unknown-key", "ann cert-authority {key}"),
}


@pytest.mark.parametrize("title", CASES)
def test_the_verdict_is_that_of_ssh_keygen(title: str, keys: Mapping[str, Path], tmp_path: Path) -> None:
    """In each case the code is the expected one, and ssh-keygen accepts exactly what is accepted here."""
    case = CASES[title]
    allowed = case.allowed.format(key=public(keys["ed25519"]), other=public(keys["other"]))
    signature = sign(keys["ed25519"], namespace=case.namespace, options=case.options)
    facts = {"data": case.data, "author": case.author, "date": case.date}
    assert case.expected == verdict(allowed, signature, **facts)
    assert (case.expected == "accepted") == is_accepted_by_openssh(tmp_path, allowed, signature, **facts)


def test_changed_line_ends_are_named(keys: Mapping[str, Path], signed: Mapping[str, bytes]) -> None:
    """Git's `core.autocrlf` makes such files at every checkout; signing them again would not help for long."""
    signers, _ = parse_allowed_signers(f"ann {public(keys['ed25519'])}", "allowed_signers")
    with pytest.raises(SignatureError, match=r"line ends; put a line `\* -text`"):
        verify_signature(DATA.replace(b"\n", b"\r\n"), signed["ed25519"], author="ann", signers=signers, date=DATE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_every_kind_of_key_verifies_as_with_ssh_keygen(
    kind: str, hash_name: str, keys: Mapping[str, Path], tmp_path: Path
) -> None:
    """Ed25519, RSA and all three ECDSA curves: the file as signed is accepted, a changed one is not, here and there."""
    allowed = f"ann {public(keys[kind])}"
    signature = sign(keys[kind], options=(f"-Ohashalg={hash_name}",))
    assert verdict(allowed, signature) == "accepted"
    assert is_accepted_by_openssh(tmp_path, allowed, signature)
    assert verdict(allowed, signature, data=DATA[:-1]) == "signature-broken"
    assert not is_accepted_by_openssh(tmp_path, allowed, signature, data=DATA[:-1])


# Signatures made by hand: what no option of ssh-keygen makes


def string(data: bytes) -> bytes:
    """Write a string as SSH does."""
    return len(data).to_bytes(4) + data


def armour(blob: bytes) -> bytes:
    """Put the BEGIN and END lines around a signature."""
    return b"-----BEGIN SSH SIGNATURE-----\n" + base64.encodebytes(blob) + b"-----END SSH SIGNATURE-----\n"


def unarmour(signature: bytes) -> bytes:
    """Take them off."""
    return base64.b64decode(b"".join(signature.split(b"\n")[1:-2]))


def message_of(data: bytes, hash_name: str = "sha512") -> bytes:
    """Return what a key signs (PROTOCOL.sshsig)."""
    digest = hashlib.new(hash_name, data).digest()
    return b"SSHSIG" + b"".join(map(string, (NAMESPACE.encode(), b"", hash_name.encode(), digest)))


def blob_of(key: bytes, value: bytes, *, hash_name: bytes = b"sha512", version: int = 1) -> bytes:
    """Return a signature without armour."""
    return b"SSHSIG" + version.to_bytes(4) + b"".join(map(string, (key, NAMESPACE.encode(), b"", hash_name, value)))


class Token:
    """A security key in software (PROTOCOL.u2f): its line, and its signature of any data."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        if kind.startswith("sk-ssh"):
            self.ed25519 = ed25519.Ed25519PrivateKey.generate()
            point = string(self.ed25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        else:
            self.ecdsa = ec.generate_private_key(ec.SECP256R1())
            raw = self.ecdsa.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            point = string(b"nistp256") + string(raw)
        self.key = string(kind.encode()) + point + string(b"ssh:")
        self.line = f"{kind} {base64.b64encode(self.key).decode()}"

    def sign(self, data: bytes, *, flags: int = 1) -> bytes:
        """Return an armoured signature."""
        tail = bytes([flags]) + (7).to_bytes(4)
        message = hashlib.sha256(b"ssh:").digest() + tail + hashlib.sha256(message_of(data)).digest()
        if self.kind.startswith("sk-ssh"):
            value = self.ed25519.sign(message)
        else:
            pair = utils.decode_dss_signature(self.ecdsa.sign(message, ec.ECDSA(hashes.SHA256())))
            value = b"".join(string(number.to_bytes(33).lstrip(b"\0").rjust(33, b"\0")) for number in pair)
        return armour(blob_of(self.key, string(self.kind.encode()) + string(value) + tail))


@pytest.mark.parametrize("kind", [kind for kind in KEY_TYPES if kind.startswith("sk-")])
@pytest.mark.parametrize("flags", [0, 1, 5])
def test_a_security_key_verifies_as_with_ssh_keygen(kind: str, flags: int, tmp_path: Path) -> None:
    """A FIDO token's signature is accepted for its file and for no other, touched or not."""
    token = Token(kind)
    signature = token.sign(DATA, flags=flags)
    assert verdict(f"ann {token.line}", signature) == "accepted"
    assert is_accepted_by_openssh(tmp_path, f"ann {token.line}", signature)
    assert verdict(f"ann {token.line}", signature, data=b"other") == "signature-broken"
    assert not is_accepted_by_openssh(tmp_path, f"ann {token.line}", signature, data=b"other")


def armours(signature: bytes) -> dict[str, tuple[bool, bytes]]:
    """Return what happens to `.sig` files on their way, and whether the signature outlives it."""
    begin, end = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
    body = signature.removeprefix(begin).split(end)[0]
    return {
        "as written": (True, signature),
        "no line end at its end": (True, signature.rstrip()),
        "text after it": (True, signature + b"and more"),
        "one long line": (True, begin + b"\n" + b"".join(body.split()) + b"\n" + end),
        "text before it": (False, b"and more\n" + signature),
        "no END": (False, begin + body),
        "no BEGIN": (False, body + end),
        "a letter that base64 has not": (False, begin + body.replace(b"U1NI", b"U1.I") + end),
        "no content": (False, begin + b"\n" + end),
        "nothing": (False, b""),
        "not text": (False, b"\xff\xfe" + signature),
        "a byte too many": (False, armour(unarmour(signature) + b"\0")),
        "a string too many": (False, armour(unarmour(signature) + string(b""))),
        "another version": (False, armour(unarmour(signature).replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2"))),
        "another format": (False, armour(unarmour(signature).replace(b"SSHSIG", b"SSHSIX"))),
    }


@pytest.mark.parametrize("title", armours(b"-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n"))
def test_armour_is_read_as_ssh_keygen_reads_it(
    title: str, keys: Mapping[str, Path], signed: Mapping[str, bytes], tmp_path: Path
) -> None:
    """What stands after a signature does no harm; what is cut, wrapped or appended inside makes it broken."""
    is_sound, signature = armours(signed["ed25519"])[title]
    allowed = f"ann {public(keys['ed25519'])}"
    assert ("accepted" if is_sound else "signature-broken") == verdict(allowed, signature)
    assert is_sound == is_accepted_by_openssh(tmp_path, allowed, signature)


def test_line_ends_of_windows_do_a_signature_no_harm(keys: Mapping[str, Path], signed: Mapping[str, bytes]) -> None:
    """A checkout that changed the line ends of a `.sig` is read, as newer ssh-keygens do too."""
    assert verdict(f"ann {public(keys['rsa'])}", signed["rsa"].replace(b"\n", b"\r\n")) == "accepted"


def test_a_signature_of_another_algorithm_is_broken(tmp_path: Path) -> None:
    """A right signature counts under its own algorithm's name only, with sha256 or sha512, and alone."""
    secret = ed25519.Ed25519PrivateKey.generate()
    key = string(b"ssh-ed25519") + string(secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    allowed = f"ann ssh-ed25519 {base64.b64encode(key).decode()}"
    value = string(secret.sign(message_of(DATA)))
    weak = string(b"ssh-ed25519") + string(secret.sign(message_of(DATA, "md5")))
    assert verdict(allowed, armour(blob_of(key, string(b"ssh-ed25519") + value))) == "accepted"
    for blob in (
        blob_of(key, string(b"ssh-rsa") + value),
        blob_of(key, string(b"\xff") + value),
        blob_of(key, string(b"ssh-ed25519") + value + string(b"")),
        blob_of(key, string(b"ssh-ed25519")),
        blob_of(key, b""),
        blob_of(key, weak, hash_name=b"md5"),
        blob_of(key, weak, hash_name=b"shake_128"),
        blob_of(key, weak, hash_name=b"\xff"),
    ):
        assert verdict(allowed, armour(blob)) == "signature-broken"
        assert not is_accepted_by_openssh(tmp_path, allowed, armour(blob))


def test_leading_zeros_of_a_signature_count_as_in_openssh(keys: Mapping[str, Path], tmp_path: Path) -> None:
    """An RSA value may lack them, as some agents send it; an ECDSA number may not, as it would be a negative one."""
    for kind, algorithm in (("rsa", b"rsa-sha2-512"), ("ecdsa-256", b"ecdsa-sha2-nistp256")):
        allowed = f"ann {public(keys[kind])}"
        secret = load_ssh_private_key(keys[kind].read_bytes(), None)
        for number in range(5000):
            data = str(number).encode()
            if isinstance(secret, rsa.RSAPrivateKey):
                value = secret.sign(message_of(data), padding.PKCS1v15(), hashes.SHA512())
                is_found, shortened = value[0] == 0, value.lstrip(b"\0")
            else:
                pair = utils.decode_dss_signature(secret.sign(message_of(data), ec.ECDSA(hashes.SHA256())))
                is_found, shortened = pair[0] >> 255 == 1, b"".join(string(n.to_bytes(32)) for n in pair)
            if is_found:
                break
        signature = armour(blob_of(base64.b64decode(allowed.split()[2]), string(algorithm) + string(shortened)))
        is_accepted = kind == "rsa"
        assert ("accepted" if is_accepted else "signature-broken") == verdict(allowed, signature, data=data)
        assert is_accepted == is_accepted_by_openssh(tmp_path, allowed, signature, data=data)


def test_a_key_of_the_retired_type_is_named(tmp_path: Path) -> None:
    """A DSA key is no signer, and a signature by one says so instead of calling the key missing."""
    key = string(b"ssh-dss") + string(b"\1") * 4
    signers, problems = parse_allowed_signers(f"ann ssh-dss {base64.b64encode(key).decode()}", "allowed_signers")
    assert signers == ()
    assert [problem.code for problem in problems] == ["unsupported-signer"]
    with pytest.raises(SignatureError, match=r"ssh-dss.*not supported.*ed25519") as caught:
        verify_signature(DATA, armour(blob_of(key, b"")), author="ann", signers=signers, date=DATE)
    assert caught.value.code == "signature-unknown-key"


def test_the_message_says_which_key_is_unknown_and_to_whom(
    keys: Mapping[str, Path], signed: Mapping[str, bytes]
) -> None:
    """A key that is not listed is named by its fingerprint; one that is listed for somebody else, with that line."""
    fingerprint = ssh_keygen("-l", "-f", keys["ed25519"]).stdout.decode().split()[1]
    with pytest.raises(SignatureError) as caught:
        verify_signature(DATA, signed["ed25519"], author="ann", signers=(), date=DATE)
    assert caught.value.message == f"the key {fingerprint} is not in allowed_signers"
    signers, _ = parse_allowed_signers(f"# keys\nbob {public(keys['ed25519'])}", "allowed_signers")
    with pytest.raises(SignatureError) as caught:
        verify_signature(DATA, signed["ed25519"], author="ann", signers=signers, date=DATE)
    assert caught.value.message == f"the key {fingerprint} is for 'bob', not for 'ann' (allowed_signers, line 2)"


# No other exception, whatever comes in


def assert_is_refused(signature: bytes, allowed: str) -> None:
    """Check that a signature gives an error of ours."""
    assert verdict(allowed, signature).startswith("signature-")


@settings(deadline=None)  # the first example pays for an import
@given(signature=st.binary(max_size=400))
def test_random_bytes_are_refused(signature: bytes, keys: Mapping[str, Path]) -> None:
    """Bytes of any kind, with armour or without, are a broken signature."""
    allowed = f"ann {public(keys['ed25519'])}"
    assert verdict(allowed, signature) == "signature-broken"
    assert_is_refused(armour(signature), allowed)
    assert_is_refused(armour(b"SSHSIG\0\0\0\1" + signature), allowed)


@settings(deadline=None)
@given(data=st.data())
def test_a_signature_that_was_touched_is_refused(
    data: st.DataObject, keys: Mapping[str, Path], signed: Mapping[str, bytes]
) -> None:
    """A signature of any kind of key that lost its end, or one of whose bits was turned, is refused."""
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    blob, allowed = unarmour(signed[kind]), f"ann {public(keys[kind])}"
    place = data.draw(st.integers(0, len(blob) - 1))
    assert_is_refused(armour(blob[:place]), allowed)
    turned = bytearray(blob)
    turned[place] ^= 1 << data.draw(st.integers(0, 7))
    assert_is_refused(armour(bytes(turned)), allowed)
    assert_is_refused(signed[kind][:place], allowed)


@settings(deadline=None)
@given(data=st.data())
def test_any_value_under_a_listed_key_is_refused(data: st.DataObject, keys: Mapping[str, Path]) -> None:
    """Whatever stands where a signature's value belongs, the cryptography below answers with no exception of its own."""
    token = Token(data.draw(st.sampled_from([kind for kind in KEY_TYPES if kind.startswith("sk-")])))
    lines = [token.line, *(public(keys[kind]) for kind in KINDS)]
    line = data.draw(st.sampled_from(lines))
    algorithms = st.sampled_from([kind.encode() for kind in (*KEY_TYPES, "rsa-sha2-256", "rsa-sha2-512")])
    number = st.binary(max_size=70) | st.sampled_from([b"", b"\0", b"\1", b"\xff" * 32, b"\x7f" * 300])
    value = st.binary(max_size=300) | st.builds(lambda r, s: string(r) + string(s), number, number)
    claim = string(data.draw(algorithms)) + string(data.draw(value)) + data.draw(st.binary(max_size=6))
    signature = armour(blob_of(base64.b64decode(line.split()[1]), claim))
    assert verdict(f"ann {line}", signature) == "signature-broken"


# allowed_signers


def test_a_signer_holds_what_its_line_says(keys: Mapping[str, Path]) -> None:
    """Every part of a line is read, with the line's number, and dates are in UTC."""
    key = public(keys["ecdsa-256"])
    line = f'"ann,b*" namespaces="git,{NAMESPACE}",valid-after="20260101Z",valid-before="202612312359UTC" {key} laptop'
    expected = Signer(
        principals=("ann", "b*"),
        key_type="ecdsa-sha2-nistp256",
        key=base64.b64decode(key.split()[1]),
        namespaces=("git", NAMESPACE),
        valid_after=datetime(2026, 1, 1, tzinfo=UTC),
        valid_before=datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
        line=3,
    )
    assert ((expected,), ()) == parse_allowed_signers(f"\ufeff# keys\r\n\r\n{line}\r\n", "allowed_signers")


def test_a_date_without_z_is_read_in_the_zone_given_and_reported(keys: Mapping[str, Path]) -> None:
    """Without `Z` a date would mean another moment on each machine, so it takes the site's zone, with a warning."""
    line = f'ann valid-after="20260314" {public(keys["ed25519"])}'
    zone = timezone(timedelta(hours=2))
    (signer,), (problem,) = parse_allowed_signers(line, "allowed_signers", timezone=zone)
    assert signer.valid_after == datetime(2026, 3, 13, 22, tzinfo=UTC)
    assert (problem.line, problem.code, problem.severity) == (1, "naive-signer-date", Severity.WARNING)


BAD_LINES = {
    "ann": "bad-signer",
    '"ann {key}': "bad-signer",
    '"" {key}': "bad-signer",
    ", {key}": "bad-signer",
    "{key}": "bad-signer",
    "ann ssh-ed25519": "bad-signer",
    "ann ssh-ed25519 AAAA": "bad-signer",
    "ann ssh-ed25519 é": "bad-signer",
    "ann ssh-rsa {base64}": "bad-signer",
    "ann {key}AAAA": "bad-signer",
    "ann ssh-ed25519-cert-v01@openssh.com {base64}": "unsupported-signer",
    "ann ssh-dss {base64}": "unsupported-signer",
    "ann ssh-nonesuch {base64}": "unsupported-signer",
    "ann cert-authority {key}": "unsupported-signer",
    'ann Cert-Authority,namespaces="*" {key}': "unsupported-signer",
    'ann namespaces="git {key}': "bad-signer",
    "ann namespaces=git {key}": "bad-signer",
    'ann namespaces="" {key}': "bad-signer",
    'ann namespaces="git", {key}': "bad-signer",
    'ann namespaces="git",namespaces="git" {key}': "bad-signer",
    'ann restrict="yes" {key}': "bad-signer",
    'ann namespaces="git"': "bad-signer",
    'ann valid-after="tomorrow" {key}': "bad-signer",
    'ann valid-after="20261301Z" {key}': "bad-signer",
    'ann valid-after="00000101Z" {key}': "bad-signer",
    'ann valid-after="2026031409Z" {key}': "bad-signer",
    'ann valid-after="２０２６０３１４Z" {key}': "bad-signer",
    'ann valid-after="20260314Z",valid-before="20260313Z" {key}': "bad-signer",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_is_reported_and_the_rest_is_read(line: str, keys: Mapping[str, Path]) -> None:
    """The line is a problem with its number and a remedy, it makes no signer, and its neighbours do."""
    key = public(keys["ed25519"])
    bad = line.format(key=key, base64=key.split()[1])
    signers, problems = parse_allowed_signers(f"bob {key}\n{bad}\ncarl {key}\n", "keys/allowed_signers")
    assert [signer.principals for signer in signers] == [("bob",), ("carl",)]
    assert [("keys/allowed_signers", 2, BAD_LINES[line])] == [(p.path, p.line, p.code) for p in problems]
    assert problems[0].severity is Severity.ERROR
    assert problems[0].remedy
    assert "\n" not in str(problems[0])


@settings(deadline=None)
@given(text=st.text(alphabet=st.sampled_from('abn ,"!*=\\#\t\n\r-Z012é') | st.characters(), max_size=80))
def test_any_text_is_read_as_allowed_signers(text: str, keys: Mapping[str, Path]) -> None:
    """Any text gives signers and problems and no exception, before a type and key as well."""
    key = public(keys["ed25519"])
    for file in (text, f"ann {text} {key}", f'ann namespaces="{text}" {key}', f'ann valid-after="{text}" {key}'):
        signers, problems = parse_allowed_signers(file, "allowed_signers")
        assert len(signers) + len(problems) <= 2 * (file.count("\n") + 1)
        assert all(
            isinstance(signer.is_for("ann"), bool) and signer.is_valid_on(DATE) in (True, False) for signer in signers
        )


def test_an_ecdsa_key_in_short_form_is_no_signer() -> None:
    """A compressed point, which OpenSSH does not read either, is a bad line and no exception."""
    point = (
        ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    )
    key = b"".join(map(string, (b"ecdsa-sha2-nistp256", b"nistp256", point)))
    line = f"ann ecdsa-sha2-nistp256 {base64.b64encode(key).decode()}"
    signers, problems = parse_allowed_signers(line, "allowed_signers")
    assert ((), ["bad-signer"]) == (signers, [problem.code for problem in problems])


def test_a_short_rsa_key_is_no_signer() -> None:
    """A modulus below the 1024 bits that OpenSSH asks for is refused, as OpenSSH refuses it."""
    numbers = (65537, (1 << 1022) + 1)
    key = string(b"ssh-rsa") + b"".join(string(number.to_bytes(129).lstrip(b"\0")) for number in numbers)
    signers, problems = parse_allowed_signers(f"ann ssh-rsa {base64.b64encode(key).decode()}", "allowed_signers")
    assert ((), ["bad-signer"]) == (signers, [problem.code for problem in problems])


def test_hostile_patterns_take_no_time() -> None:
    """A pattern with many stars is matched in linear time, as the file may come from a pull request."""
    assert not Signer(("*a" * 200 + "b",), "ssh-ed25519", b"").is_for("a" * 5000)
