"""Inlining: a region's template with the templates it includes written into it, as an include costs more than the rest.

Rule: what comes out is the same. Only a plain `{% include "conversation/..." %}` of a template that holds no block, macro
or import is replaced; its names stay its own.
"""

import re
from collections.abc import Callable

from jinja2 import BaseLoader, Environment, TemplateNotFound

_INCLUDE = re.compile(r'\{%(-?)\s*include "(conversation/[\w-]+\.html)"\s*(-?)%\}')
_KEPT = re.compile(r"\{%[-+]?\s*(?:extends|block|macro|import|from|raw)\b")
MAX_DEPTH = 8
"""A template that includes itself is left to Jinja below that."""


class InliningLoader(BaseLoader):
    """Loads templates with their includes in place."""

    def __init__(self, inner: BaseLoader) -> None:
        self.inner = inner

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the source of a template; raises TemplateNotFound."""
        source, name, is_current = self.inner.get_source(environment, template)
        return self._inline(environment, source, depth=0), name, is_current

    def _inline(self, environment: Environment, source: str, *, depth: int) -> str:
        def replace(include: re.Match[str]) -> str:
            try:
                found = self.inner.get_source(environment, include[2])[0]
            except TemplateNotFound:  # Jinja says so where it is reached
                return include[0]
            if depth == MAX_DEPTH or _KEPT.search(found):
                return include[0]
            found = self._inline(environment, found.removesuffix("\n"), depth=depth + 1)
            return f"{{%{include[1]} with %}}{found}{{% endwith {include[3]}%}}"

        return _INCLUDE.sub(replace, source)
