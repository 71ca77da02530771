"""Part writing: the further pages of long conversations, each through the template that shows the page itself.

Rule: a template need not know of parts. It gets all that Pelican gives it for the page, which is a copy that stands at
another address and has, in place of its text, the way back to it; the regions find out from the context which part is asked for.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any
from urllib.parse import quote

from markupsafe import escape

from ..model import Conversation, Page
from ..rendering.paging import list_parts, part_path, part_url
from ..rendering.translations import Wording
from ..rendering.views import show_number
from .conversations import Conversations
from .page_regions import PART


def copy_pages(
    contents: Mapping[str, Any], conversations: Conversations, find_wording: Callable[[str], Wording]
) -> Iterator[tuple[Any, Mapping[str, Any]]]:  # Pelican's Content is untyped
    """Yield a copy of its page for every further page, with what the template's context needs; `contents` by source path."""
    for path, page in sorted(conversations.site.pages.items()):
        content = contents.get(path)
        if content is None or not content.save_as or page.conversation is Conversation.HIDDEN:
            continue
        numbers = list_parts(conversations.thread_of(page).facts, conversations.site.settings)
        for place, number in enumerate(numbers[1:], 2):
            part = _copy(content, page, number, wording=find_wording(page.lang), place=place)
            yield part, {PART: number, **_list_facts(part)}


def _list_facts(part: Any) -> Mapping[str, Any]:  # as above
    """Return what Pelican's generators tell a template of a page, as in `generate_articles` and in `generate_output` of pages."""
    facts = {part.default_template: part, "url": part.url}
    is_article = part.default_template == "article"
    return {**facts, "category": getattr(part, "category", None), "blog": True} if is_article else facts


def _copy(content: Any, page: Page, number: int, *, wording: Wording, place: int) -> Any:  # as above
    title = wording.catalogue.gettext("%(title)s, page %(number)s of the conversation")
    words = wording.catalogue.gettext("These are further comments. The text they answer stands on the first page.")
    part = copy(content)
    part.metadata = {**content.metadata, "summary": ""}
    part.override_url = part_url(page, number)
    part.override_save_as = part_path(content.save_as, number)
    part.title = title % {"title": content.title, "number": show_number(place, wording.lang)}
    way = quote(content.relative_source_path.replace("\\", "/"))
    link = f'<a href="{{filename}}/{way}" rel="up">{escape(words)}</a>'
    part._content = f'<p class="conversation-text-elsewhere" lang="{escape(wording.lang)}">{link}</p>'
    return part
