"""The template cache: templates of regions as Jinja has compiled them, which takes a tenth of a second.

Rule: what is kept is code. So it stands in Jinja's own folder of this user's temporary files, closed to everybody else and
out of reach of a pull request; and what cannot be read or written costs time and nothing else.
"""

import pickle
from contextlib import suppress
from importlib.metadata import version

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

_DAMAGE = (OSError, ValueError, TypeError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, LookupError)


class TemplateCache(FileSystemBytecodeCache):
    """Keeps compiled templates by name, source and version of Jinja."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill in the code of a template where it is there and whole."""
        try:
            super().load_bytecode(bucket)
        except _DAMAGE:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template where that is possible."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def open_template_cache() -> TemplateCache | None:
    """Return the cache; None where the folder is not safe."""
    try:
        return TemplateCache(pattern=f"conversation-{version('jinja2')}-%s")
    except (OSError, RuntimeError):
        return None
