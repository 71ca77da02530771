"""Pages and threads find each other: which page owns which thread, and which folder has no page.

Rule: a thread has one owner, with its translations. What cannot be paired is reported and stays where it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from ..model import Conversation, Page, Problem, Severity
from ..text import is_thread_name

NEAR = 0.7
"""How alike a slug must be to be hinted at: a slip of the pen, a word more or less; with difflib's own 0.6 strangers were."""
MAX_HINTS = 20
"""Finding the nearest of 10,000 names takes 80 ms, and a pull request can bring folders by the thousand."""


def claim_threads(pages: Sequence[Page]) -> tuple[Mapping[str, str], tuple[Problem, ...]]:
    """Return the path of the page that owns each thread, and a problem for every other page that claims one.

    `pages` are originals without their translations, the strongest claim first.
    """
    owners: dict[str, Page] = {}
    problems: list[Problem] = []
    for page in pages:
        if not is_thread_name(page.thread):
            message = f"{page.thread!r} cannot name a thread, so this page has no conversation"
            problems.append(Problem(page.path, 1, "bad-thread", message, "give it one with `Thread: some-name`"))
        elif page.thread not in owners:
            owners[page.thread] = page
        elif not is_translation(page, owners[page.thread]):
            message = f"the thread {page.thread!r} already belongs to {owners[page.thread].path}"
            problems.append(
                Problem(page.path, 1, "thread-taken", message, "give one of the two another with `Thread: other-name`")
            )
    return {name: page.path for name, page in owners.items()}, tuple(problems)


def is_translation(page: Page, owner: Page) -> bool:
    """Whether a page with the owner's thread is its translation, though an original too.

    Pelican pairs none with a draft or a hidden page, and takes all for originals where none is in the site's language.
    """
    return page.is_article == owner.is_article and page.lang != owner.lang


def report_unowned(folders: Iterable[tuple[str, str, int]], owners: Mapping[str, str]) -> tuple[Problem, ...]:
    """Report every thread, given as name, folder and number of comments, that no page owns; the first with the nearest name."""
    problems: list[Problem] = []
    for name, folder, count in folders:
        if name not in owners:
            near = get_close_matches(name, owners, n=1, cutoff=NEAR) if len(problems) < MAX_HINTS else ()
            hint = f"rename it to {near[0]!r}" if near else "rename it to the page's slug"
            message = f"no page has the thread {name!r}, so its {count} {'comment is' if count == 1 else 'comments are'} not shown"
            problems.append(Problem(folder, 1, "no-page", message, f"{hint}, or write `Thread: {name}` on the page"))
    return tuple(problems)


def warn_of_other_thread(page: Page, original: Page) -> tuple[Problem, ...]:
    """Report a translation that names a thread of its own: all translations share the original's."""
    message = f"its thread {page.thread!r} is not that of {original.path}, whose translation it is, and is not used"
    return (
        Problem(
            page.path,
            1,
            "translation-thread",
            message,
            f"remove `Thread:` or make it {original.thread!r}",
            Severity.WARNING,
        ),
    )


def is_open(page: Page, *, close_after_days: int | None, now: datetime) -> bool:
    """Whether the page takes new comments: it says so, and it is not too old."""
    closes_at = find_closing(page, after_days=close_after_days)
    return page.conversation is Conversation.OPEN and (closes_at is None or now < closes_at)


def find_closing(page: Page, *, after_days: int | None) -> datetime | None:
    """Return when the page is too old for new comments, after days of 24 hours; None where it never is."""
    if after_days is None or page.date is None:
        return None
    try:
        return page.date.astimezone(UTC) + timedelta(days=after_days)
    except OverflowError:  # the calendar ends before
        return None
