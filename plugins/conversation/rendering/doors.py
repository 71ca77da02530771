"""The doors beside the form, which need no receiver: a mail, and a new comment file on a forge.

Rule: a page is written beforehand, so it knows neither date nor id of what will be written. The file of a forge has words
in their places that `pelican-comments check` names, so that nothing is published by mistake.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ..configuration import Settings
from ..model import Page
from .translations import Wording

FILE_NAME = "YYYYMMDD-HHMMSS-NAME.md"
"""No id has capitals, so a file that is still called so is reported; the script writes time and random letters here."""
FILE_DATE = "YYYY-MM-DDTHH:MM:SSZ"
"""No date either."""
MAIL_BODY = "name: \r\nurl: \r\n\r\n"
"""The fields of a comment as its file names them, and room for its words; lines end as RFC 6068 asks."""
MAX_SUBJECT_CHARACTERS = 60
"""Of a name or title in the subject of a mail, which programs cut anyway."""


@dataclass(frozen=True, slots=True)
class DoorsView:
    """The ways to comment that need no receiver."""

    mail_href: str
    """A `mailto:` address; empty: none."""
    forge_href: str
    """Where the forge makes a new file, which has all that is known of the comment; empty: none."""
    forge: str
    """The forge's host, for words."""


def view_doors(
    page: Page, settings: Settings, wording: Wording, *, parent_id: str = "", parent_name: str = ""
) -> DoorsView | None:
    """Return the doors for a comment on a page, or for a reply to one of its comments; None where there are none."""
    if settings.mail is None and settings.forge is None:
        return None
    return DoorsView(
        mail_href=_write_mail(page, settings.mail, wording, parent_id, parent_name) if settings.mail else "",
        forge_href=_write_file(page, settings.forge, parent_id) if settings.forge else "",
        forge=urlsplit(settings.forge or "").hostname or "",
    )


def _write_mail(page: Page, address: str, wording: Wording, parent_id: str, parent_name: str) -> str:
    """Return the address of a mail (RFC 6068); thread and parent stand in its subject, where nobody writes over them.

    For a reply it is no longer than it must be: a page has it as often as it has comments.
    """
    href = f"mailto:{quote(address, safe='@+')}?subject="
    if parent_id:
        reply = wording.catalogue.gettext("Reply to %(name)s") % {"name": _shorten(parent_name)}
        return href + _quote(f"{reply} [{page.thread}/{parent_id}]")
    comment = wording.catalogue.gettext("Comment on “%(title)s”") % {"title": _shorten(page.title)}
    return f"{href}{_quote(f'{comment} [{page.thread}]')}&body={_quote(MAIL_BODY)}"


def _write_file(page: Page, new_file: str, parent_id: str) -> str:
    parent = f"in_reply_to: {parent_id}\n" if parent_id else ""
    place = new_file.replace("{thread}", _quote(page.thread)).replace("{file}", FILE_NAME)
    file = f"---\nname: \ndate: {FILE_DATE}\n{parent}---\n"
    return f"{place}&value={_quote(file)}"


def _shorten(text: str) -> str:
    """Return a text of strangers as one short line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SUBJECT_CHARACTERS else f"{line[: MAX_SUBJECT_CHARACTERS - 1].rstrip()}…"


def _quote(text: str) -> str:
    return quote(text, safe=":/@", errors="replace")
