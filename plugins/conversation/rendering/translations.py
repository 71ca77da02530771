"""Translations: catalogues of gettext to the words of a page, in the page's language.

Rule: words stand in templates, between `{% trans %}`; the few that Python needs are functions here. Every word of one region
is in one language: that of the page where there is a catalogue, else the site's, else English, which is the source.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

SOURCE_LANG = "en"
"""What the templates are written in."""
_SOURCE = NullTranslations()


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language."""

    lang: str
    """BCP 47: the language that was asked for, where the words fit it."""
    catalogue: NullTranslations
    direction: str
    """`ltr` or `rtl`."""
    functions: Mapping[str, Callable[..., Markup]]
    """What `{% trans %}` calls, by name, for a template that escapes."""


def parse_catalogue(data: bytes) -> NullTranslations:
    """Return the catalogue in a `.po` file; what is marked as fuzzy is left out."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(data)))
    compiled.seek(0)
    return GNUTranslations(compiled)


def choose_wording(langs: Iterable[str], catalogues: Mapping[str, NullTranslations]) -> Wording:
    """Return the words of the first of `langs` (BCP 47) that has a catalogue, `de-AT` taking those of `de`; else English.

    `catalogues` are by BCP 47 tag in lower case.
    """
    for lang in langs:
        tag = lang.lower()
        while tag:
            if tag in catalogues or tag == SOURCE_LANG:
                return _make_wording(lang, catalogues.get(tag, _SOURCE))
            tag = tag.rpartition("-")[0]
    return _make_wording(SOURCE_LANG, catalogues.get(SOURCE_LANG, _SOURCE))


def mark_guest(name: str, catalogue: NullTranslations) -> str:
    """Return a name that can be taken for an author's, marked as a guest's, for where there is no room for more."""
    return catalogue.gettext("%(name)s (guest)") % {"name": name}


@lru_cache(maxsize=64)
def find_locale(lang: str) -> Locale | None:
    """Return the locale of a BCP 47 tag, or of its first part; None where nothing is known of it."""
    for tag in (lang, lang.partition("-")[0]):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None


@lru_cache(maxsize=64)
def _make_wording(lang: str, catalogue: NullTranslations) -> Wording:
    locale = find_locale(lang)
    return Wording(lang, catalogue, locale.text_direction if locale else "ltr", _make_functions(catalogue))


def _make_functions(catalogue: NullTranslations) -> Mapping[str, Callable[..., Markup]]:
    """Return gettext's functions as Jinja's "new style" calls them: values are put in here, escaped."""

    def gettext(message: str, /, **values: object) -> Markup:
        return fill(message, values) if values else find(message)

    def fill(message: str, values: Mapping[str, object]) -> Markup:
        return Markup(catalogue.gettext(message)) % values  # noqa: S704 - our own words; `%` escapes the values

    @cache
    def find(message: str) -> Markup:
        return fill(message, {})

    def ngettext(one: str, more: str, number: int, /, **values: object) -> Markup:
        return Markup(catalogue.ngettext(one, more, number)) % {"num": number, **values}  # noqa: S704 - as above

    def pgettext(context: str, message: str, /, **values: object) -> Markup:
        return Markup(catalogue.pgettext(context, message)) % values  # noqa: S704 - as above

    def npgettext(context: str, one: str, more: str, number: int, /, **values: object) -> Markup:
        found = catalogue.npgettext(context, one, more, number)
        return Markup(found) % {"num": number, **values}  # noqa: S704 - as above

    return {"gettext": gettext, "ngettext": ngettext, "pgettext": pgettext, "npgettext": npgettext}
