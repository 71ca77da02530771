"""Reused Markdown: one instance for many posts, where no post can tell.

Rule: a post becomes what a new instance would make of it. So only the extensions that come with Python-Markdown are trusted
to forget what they knew, only plain options, and only an instance that came to the end of its last text; Pelican makes a new
one of anything else, as it does for each post without this plugin.
"""

import json
from typing import Any

import markdown
import pelican.readers

FORGETFUL = frozenset(
    f"markdown.extensions.{name}"
    for name in (
        "abbr", "admonition", "attr_list", "codehilite", "def_list", "extra", "fenced_code", "footnotes", "legacy_attrs",
        "legacy_em", "md_in_html", "meta", "nl2br", "sane_lists", "smarty", "tables", "toc", "wikilinks",
    )
)  # fmt: skip
"""Extensions that `Markdown.reset` makes as new."""
COUNTS_TEXTS = "UNIQUE_IDS"
"""An option of footnotes that numbers the texts of an instance."""


class ReusedMarkdown(markdown.Markdown):
    """An instance that can be taken for the next text."""

    def __init__(self, **options: Any) -> None:  # as Markdown has them
        super().__init__(**options)
        self._all = self.preprocessors[:]
        self.is_idle = True
        """It is not in the midst of a text, and was not left there."""

    def convert(self, source: str) -> str:
        """As in `Markdown`."""
        self.is_idle = False
        html = super().convert(source)
        self.is_idle = True
        return html

    def begin(self) -> None:
        """Forget the last text; Pelican takes the preprocessor of metadata away once it has read them."""
        self.preprocessors = self._all[:]
        self.reset()


class MarkdownMaker:
    """Stands where Pelican's reader of Markdown expects the class."""

    def __init__(self) -> None:
        self._known: dict[str, ReusedMarkdown] = {}  # by their options

    def __call__(self, **options: Any) -> markdown.Markdown:  # as above
        """Return an instance that is new, or as new."""
        key = _describe(options)
        if key is None:
            return markdown.Markdown(**options)
        found = self._known.get(key)
        if found is None or not found.is_idle:
            found = self._known[key] = ReusedMarkdown(**options)
        else:
            found.begin()
        return found


def _describe(options: dict[str, Any]) -> str | None:
    """Return options as text, None where they are not plain or ask for more than is known to start anew."""
    try:
        text = json.dumps(options)
    except (TypeError, ValueError):
        return None
    return text if FORGETFUL.issuperset(options.get("extensions", ())) and COUNTS_TEXTS not in text else None


def reuse_markdown() -> None:
    """Let Pelican's reader of Markdown reuse its instances, unless somebody else has changed how it makes them."""
    if pelican.readers.Markdown is markdown.Markdown:
        pelican.readers.Markdown = MarkdownMaker()
