"""Fingerprints: one number for everything that shapes a result besides the files it is made of.

Rule: what is left out here makes a build show something old. So the package counts with every byte of its files, not
with its version, and so do the libraries that parse, clean and render.
"""

import platform
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from pathlib import Path

PACKAGE = Path(__file__).parent.parent
LIBRARIES = (
    "comrak", "nh3", "cryptography", "PyYAML", "confusable-homoglyphs", "babel", "jinja2", "markupsafe", "tzdata",
)  # fmt: skip
"""Those a comment passes through on its way to a page."""


def make_fingerprint(*facts: object) -> bytes:
    """Return the fingerprint of values whose `repr` says all there is to them."""
    return blake2b("\0".join(map(repr, facts)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@cache
def find_versions() -> bytes:
    """Return the fingerprint of this package's code, of Python and of the libraries."""
    found = [f"{name} {_find_version(name)}" for name in LIBRARIES]
    return make_fingerprint(platform.python_version(), found, digest_files([PACKAGE], ("*.py", "*.html", "*.po")))


def _find_version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # 5 ms, which publishing can do without

    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def digest_files(folders: Iterable[Path], patterns: Iterable[str] = ("*",)) -> bytes:
    """Return the fingerprint of the names and contents of the files below some folders."""
    digest = blake2b(digest_size=16)
    for folder in folders:
        for path in sorted(path for pattern in patterns for path in folder.rglob(pattern)):
            if path.is_file():
                data = path.read_bytes()
                digest.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
                digest.update(data)
        digest.update(b"\n")
    return digest.digest()
