"""Templates: the environment that regions are rendered in, and the loader that adds them to themes that do not know them.

Rule: a theme's own file is never changed or copied. Where a theme calls no region, its template is extended by one of
ours of the same name, which adds to its blocks; the theme's is then found under `!conversation/`. All that a template of
the theme gets is an empty block at the end of `<head>`, as it is read.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from gettext import NullTranslations
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    TemplateNotFound,
    meta,
    nodes,
    pass_context,
)  # fmt: skip
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context

from ..configuration import Settings
from ..text import make_lang
from .inlining import InliningLoader
from .template_cache import open_template_cache
from .translations import SOURCE_LANG, Wording, parse_catalogue

OWN_TEMPLATES = Path(__file__).parent.parent / "templates"
OWN_CATALOGUES = Path(__file__).parent.parent / "locale"
PREFIX = "!conversation"
INDEX = "index.html"

HEAD_BLOCK = "conversation_head"
"""What is added to `<head>` goes here in a theme that has no block for it."""
_HEAD_END = re.compile(r"</head\s*>", re.IGNORECASE)

STYLESHEET = "conversation.css"
"""Written beside the theme's static files where a theme is extended."""

_STYLE_LINK = f'<link rel="stylesheet" href="{{{{ SITEURL }}}}/{{{{ THEME_STATIC_DIR }}}}/{STYLESHEET}">\n'
_CONTENT = "article if article is defined else page"
_FIRST_INDEX = "page_name == 'index' and (articles_page is not defined or articles_page.number == 1)"
"""Other lists build on the index's template, and there are thousands of them: a new comment would be news to each."""


def make_region_environment(theme_folders: Iterable[Path]) -> Environment:
    """Return the environment of the regions: a theme's `conversation/*.html` first, then ours; everything is escaped.

    It is not Pelican's, so that a region needs neither Pelican nor the rest of the site to be rendered.
    """
    folders = [str(folder) for folder in (*theme_folders, OWN_TEMPLATES)]
    environment = Environment(
        loader=InliningLoader(FileSystemLoader(folders)),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        bytecode_cache=open_template_cache(),
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    return environment


class Catalogues(Mapping[str, NullTranslations]):
    """The words of the interface by BCP 47 tag in lower case: a theme's `translations/*.po` first, then ours.

    A catalogue is read when a page asks for its language.
    """

    def __init__(self, theme_folders: Iterable[Path]) -> None:
        self._files: dict[str, list[Path]] = {}
        self._read: dict[str, NullTranslations] = {}
        for folder in (*(folder.parent / "translations" for folder in theme_folders), OWN_CATALOGUES):
            for path in sorted(folder.glob("*.po")):
                self._files.setdefault(make_lang(path.stem), []).append(path)

    def __getitem__(self, tag: str) -> NullTranslations:
        if tag not in self._read:
            first, *others = [parse_catalogue(path.read_bytes()) for path in self._files[tag]]
            for catalogue in others:
                first.add_fallback(catalogue)
            self._read[tag] = first
        return self._read[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def add_words(environment: Environment, find_wording: Callable[[str], Wording]) -> None:
    """Let a theme's templates use `{% trans %}`, in the language of the page, unless the site has seen to that itself."""
    if "jinja2.ext.InternationalizationExtension" in environment.extensions:
        return

    @pass_context
    def gettext(context: Context, message: str) -> str:
        return find_wording(page_lang(context)).catalogue.gettext(message)

    @pass_context
    def ngettext(context: Context, one: str, more: str, number: int) -> str:
        return find_wording(page_lang(context)).catalogue.ngettext(one, more, number)

    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]


def page_lang(context: Context) -> str:
    """Return the language (BCP 47) of the article or page that a template of Pelican's shows, or the site's."""
    content = context.get("article") or context.get("page")
    return make_lang(str(getattr(content, "lang", None) or context.get("DEFAULT_LANG", SOURCE_LANG)))


class HeadLoader(BaseLoader):
    """A theme's templates, with an empty block of ours at the end of `<head>`; where that is not plain to see, as they are."""

    def __init__(self, theme: BaseLoader) -> None:
        self.theme = theme

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return what the theme has, with the block; raises TemplateNotFound."""
        source, path, is_current = self.theme.get_source(environment, template)
        return _add_head_block(environment, source), path, is_current


def _add_head_block(environment: Environment, source: str) -> str:
    ends = list(_HEAD_END.finditer(source))
    if len(ends) != 1:
        return source
    start = ends[0].start()
    block = f"{{%+ block {HEAD_BLOCK} %}}{{% endblock %}}"  # `+`: the space before it stays
    opened = f"{source[:start]}{block}{source[start:]}"
    try:
        tree = environment.parse(opened)
    except TemplateSyntaxError:  # Pelican will say so where it matters
        return source
    return opened if HEAD_BLOCK in _list_blocks(tree) else source  # not in a comment, nor with other delimiters


def _list_blocks(node: nodes.Node) -> frozenset[str]:
    return frozenset(block.name for block in node.find_all(nodes.Block))


def _list_shown_blocks(chain: Sequence[nodes.Template]) -> frozenset[str]:
    """Return the blocks that a template shows; the last of `chain` extends no other, and each one before extends the next."""
    shown = _list_blocks(chain[-1])
    for tree in chain[-2::-1]:
        for block in tree.find_all(nodes.Block):
            shown |= _list_blocks(block) if block.name in shown else frozenset()
    return shown


class RegionLoader(BaseLoader):
    """Extends the templates of a theme that do not call the regions they could show."""

    def __init__(self, theme: BaseLoader, settings: Settings, content_templates: Iterable[str]) -> None:
        self.theme = theme
        self.settings = settings
        self.content_templates = frozenset(content_templates)
        """Files that show an article or a page, such as `article.html`."""
        self._extensions: dict[str, str] = {}
        self._trees: dict[str, nodes.Template | None] = {}

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the extension of a template that needs one; raises TemplateNotFound for every other."""
        if template not in self.content_templates and template != INDEX:
            raise TemplateNotFound(template)
        if template not in self._extensions:
            self._extensions[template] = self._extend(environment, template)
        if not self._extensions[template]:
            raise TemplateNotFound(template)
        return self._extensions[template], None, None

    def _extend(self, environment: Environment, template: str) -> str:
        """Return the source of the extension, empty where the theme needs none; raises TemplateNotFound where it has none."""
        self.theme.get_source(environment, template)
        reached = self._reach(environment, template)
        if any(name in self.content_templates for name in reached if name != template):
            return ""  # it builds on another template, which is extended
        called = frozenset().union(*reached.values())
        head = self._find_head_block(environment, template)
        calls = self._index_calls() if template == INDEX else self._page_calls(head)
        missing = {region: call for region, call in calls.items() if region not in called}
        additions: dict[str, list[str]] = {}
        if missing.keys() & {"section", "recent"}:
            additions[head] = [_STYLE_LINK]
        for block, call in missing.values():
            additions.setdefault(block, []).append(f"{call}\n")
        blocks = [_extend_block(block, texts) for block, texts in additions.items() if block]
        return f'{{% extends "{PREFIX}/{template}" %}}\n{"".join(blocks)}' if blocks else ""

    def _find_head_block(self, environment: Environment, template: str) -> str:
        """Return the block for what goes into `<head>`: the one of the settings, unless what is extended does not show it."""
        name, chain = self.settings.head_block, [template]
        trees: list[nodes.Template] = []
        for current in chain:  # grows
            tree = self._parse(environment, current)
            if tree is None:
                return name
            trees.append(tree)
            for extends in tree.find_all(nodes.Extends):
                if not isinstance(extends.template, nodes.Const) or extends.template.value in chain:
                    return name
                chain.append(extends.template.value)
        return name if name in {"", *_list_shown_blocks(trees)} else HEAD_BLOCK

    def _page_calls(self, head: str) -> Mapping[str, tuple[str, str]]:
        """Return what a page's template should show: block and call by region."""
        return {
            "head": (head, f"{{{{ conversation.head({_CONTENT}) }}}}"),
            "section": (self.settings.content_block, f"{{{{ conversation.section({_CONTENT}) }}}}"),
        }

    def _index_calls(self) -> Mapping[str, tuple[str, str]]:
        """Return what the index should show, as above."""
        number = self.settings.recent
        call = f"{{% if {_FIRST_INDEX} %}}{{{{ conversation.recent({number}) }}}}{{% endif %}}"
        return {"recent": (self.settings.content_block, call)} if number else {}

    @property
    def is_extending(self) -> bool:
        """Whether a template was extended so far."""
        return any(self._extensions.values())

    def _reach(self, environment: Environment, template: str) -> Mapping[str, frozenset[str]]:
        """Return the theme's templates that `template` extends, includes or imports, with the regions each calls."""
        reached: dict[str, frozenset[str]] = {}
        waiting = [template]
        while waiting:
            name = waiting.pop()
            if name in reached:
                continue
            tree = self._parse(environment, name)
            reached[name] = frozenset(_find_calls(tree) if tree else ())
            waiting.extend(
                found for found in (meta.find_referenced_templates(tree) if tree else ()) if found is not None
            )
        return reached

    def _parse(self, environment: Environment, name: str) -> nodes.Template | None:
        """Return one of the theme's templates, parsed once; None where it has none, or none that can be parsed."""
        if name not in self._trees:
            try:
                self._trees[name] = environment.parse(self.theme.get_source(environment, name)[0])
            except (TemplateNotFound, TemplateSyntaxError):  # Pelican will say so where it matters
                self._trees[name] = None
        return self._trees[name]


def _find_calls(tree: nodes.Template) -> Iterable[str]:
    """Yield the regions that a template names: `conversation.section`."""
    for attribute in tree.find_all(nodes.Getattr):
        if isinstance(attribute.node, nodes.Name) and attribute.node.name == "conversation":
            yield attribute.attr


def _extend_block(block: str, texts: Iterable[str]) -> str:
    return f"{{% block {block} %}}{{{{ super() }}}}\n{''.join(texts)}{{% endblock %}}\n"


def add_regions(environment: Environment, settings: Settings, content_templates: Iterable[str]) -> RegionLoader:
    """Let a Pelican environment find our extensions before the theme's templates, and these under `!conversation/`."""
    theme = HeadLoader(environment.loader or ChoiceLoader([]))
    ours = RegionLoader(theme, settings, content_templates)
    environment.loader = ChoiceLoader([ours, theme, PrefixLoader({PREFIX: theme})])
    return ours
