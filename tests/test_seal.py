"""Sealing: an address that only its reader can open."""

import base64

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.inbox.seal import make_seal


def test_each_recipient_opens_it_and_nobody_else() -> None:
    """Any of the keys opens a sealed address, another key does not, and it is one line of base64."""
    ann, bob, eve = (pyrage.x25519.Identity.generate() for _ in range(3))
    sealed = make_seal([str(ann.to_public()), str(bob.to_public())])("bo@example.org")
    assert sealed.isascii()
    assert sealed.isprintable()
    data = base64.b64decode(sealed, validate=True)
    assert data.startswith(b"age-encryption.org/v1\n")
    assert b"bo@example.org" == pyrage.decrypt(data, [ann]) == pyrage.decrypt(data, [bob])
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(data, [eve])


def test_an_ssh_key_can_open_it() -> None:
    """The key that signs the author's replies serves for this, too."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    private = pyrage.ssh.Identity.from_buffer(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    assert b"bo@example.org" == pyrage.decrypt(base64.b64decode(make_seal([public])("bo@example.org")), [private])


def test_two_sealings_differ() -> None:
    """Nobody can tell that two comments have one address."""
    seal = make_seal([str(pyrage.x25519.Identity.generate().to_public())])
    assert seal("bo@example.org") != seal("bo@example.org")


@pytest.mark.parametrize("recipient", ["", "bo@example.org", "age1nothing", "ssh-ed25519 AAAA"])
def test_what_is_no_key_is_named(recipient: str) -> None:
    """The error names the setting and the value."""
    with pytest.raises(SettingsError, match="CONVERSATION_SEAL_TO"):
        make_seal([recipient])


def test_a_private_key_is_not_repeated() -> None:
    """A private key that got into the settings is refused without showing up in the error."""
    private = str(pyrage.x25519.Identity.generate())
    with pytest.raises(SettingsError, match="give the public key") as caught:
        make_seal([private])
    assert private not in str(caught.value)
