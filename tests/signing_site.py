"""Sites whose author can sign, for tests."""

import os
import subprocess
from pathlib import Path

from .building import TestSite


def make_key(path: Path, passphrase: str = "") -> str:
    """Make an SSH key and return its public half, type and base64."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "", "-f", path], check=True)
    return path.with_name(f"{path.name}.pub").read_text().strip()


def add_signing_key(site: TestSite, *, passphrase: str = "", author: str = "ann") -> Path:
    """Give the author of a site a key, outside its repository, and list it; return the key."""
    key = site.root.parent / f"{site.root.name}-keys" / "key"
    public = make_key(key, passphrase)
    site.write("allowed_signers", f"{author} {public}{os.linesep}")
    add_settings(site, CONVERSATION_SIGNING_KEY=str(key))
    return key


def add_settings(site: TestSite, **settings: object) -> None:
    """Write settings at the end of those that a site has."""
    path = site.root / "pelicanconf.py"
    path.write_text(path.read_text() + "".join(f"{name} = {value!r}\n" for name, value in settings.items()))
