"""Sealing: a reader's e-mail address as an age file (age-encryption.org/v1) that only the moderator can open.

Rule: a sealed address cannot be opened with anything the receiver has; the private key is never on its machine.
"""

import base64
from collections.abc import Callable, Sequence

from ..errors import ConversationError, SettingsError

SETTING = "CONVERSATION_SEAL_TO"


def make_seal(recipients: Sequence[str]) -> Callable[[str], str]:
    """Return what seals a text to all `recipients`, each an age or an SSH public key, as base64 on one line.

    Opened by `base64 -d | age -d -i KEY`. Two sealings of one text differ. Raises SettingsError for a key that is none.
    """
    try:
        import pyrage
    except ImportError as error:
        raise ConversationError(
            "sealing needs pyrage: pip install '.[receiver]' in a checkout of pelican-conversation"
        ) from error

    def read_recipient(text: str) -> object:
        if "SECRET" in text or "PRIVATE" in text:
            raise SettingsError(SETTING, "(a private key)", "give the public key; the private one stays with you alone")
        kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
        try:
            return kind.Recipient.from_str(text.strip())
        except pyrage.RecipientError as error:
            remedy = "give public keys such as `age-keygen` prints (age1...), or ssh-ed25519 and ssh-rsa ones"
            raise SettingsError(SETTING, text, remedy) from error

    keys = [read_recipient(text) for text in recipients]
    if not keys:
        raise SettingsError(SETTING, recipients, "name at least one public key to seal to")
    return lambda text: base64.b64encode(pyrage.encrypt(text.encode(), keys)).decode()
