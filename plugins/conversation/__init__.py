"""Conversations for Pelican: moderated comment files become threads on pages and in feeds.

Rule: importing this package must stay cheap and must not need Pelican; `register` is all that Pelican looks for.
"""


def register() -> None:
    """Connect the plugin to Pelican's signals; Pelican calls this."""
    from .plugin import register as connect

    connect()
