"""Which comments a command is about: ids by unique beginning, `--all`, `--from`, and their completion in a shell.

Rule: a text that fits two comments picks none. Nothing here prints, and completion keeps silent about what is wrong.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from ..comments.store import Store
from ..configuration import Settings
from ..errors import ConversationError
from ..inbox.keeping import Inbox
from ..model import Comment, State
from ..moderation.candidates import Candidate
from ..moderation.moderating import Moderation

MAX_LISTED = 10
"""Candidates named where a text fits several."""

Function = TypeVar("Function", bound=Callable[..., Any])
Name = tuple[str, str]
"""Thread and id."""


class NoSuchIdError(ConversationError):
    """No comment, or more than one, is meant by what was given for an id."""

    def __init__(self, message: str, *, is_ambiguous: bool = False) -> None:
        super().__init__(message)
        self.is_ambiguous = is_ambiguous


def find_name(text: str, names: Iterable[Name], *, among: str) -> Name:
    """Return the one comment that `text` means: an id, its beginning, or that of its last part, after `THREAD/` if need be.

    `among` says in words where it was looked for. Raises NoSuchIdError.
    """
    thread, _, start = text.rpartition("/")
    found = sorted({name for name in names if _is_meant(name, thread, start)})
    exact = [name for name in found if name[1] == start]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        raise NoSuchIdError(f"no comment {among} has an id that begins with {text!r}")
    listed = "\n".join(f"  {name}/{id}" for name, id in found[:MAX_LISTED])
    more = f"\n  and {len(found) - MAX_LISTED} more" if len(found) > MAX_LISTED else ""
    message = f"{text!r} fits several comments {among}; write more of the one you mean:\n{listed}{more}"
    raise NoSuchIdError(message, is_ambiguous=True)


def _is_meant(name: Name, thread: str, start: str) -> bool:
    is_begun = name[1].startswith(start) or name[1].rpartition("-")[2].startswith(start)
    return bool(start) and is_begun and thread in ("", name[0])


def is_from(name: str | None, wanted: str) -> bool:
    """Whether a comment's name is the one wanted, without case and double spaces."""
    return name is not None and " ".join(name.casefold().split()) == " ".join(wanted.casefold().split())


def pick_candidates(
    moderation: Moderation,
    texts: Sequence[str],
    *,
    states: Sequence[State],
    all: bool = False,
    from_name: str | None = None,
) -> tuple[Candidate, ...]:
    """Return the candidates that are meant, oldest first.

    `--all` and `--from` mean what is in the queue; an id may be in any of `states` if it is not there.
    """
    queue = moderation.read_queue()
    decided = [state for state in states if state is not State.PENDING]
    picked = {c.id: c for c in queue if all or (from_name is not None and is_from(c.name, from_name))}
    others: tuple[Candidate, ...] | None = None
    for text in texts:
        try:
            found = _find_candidate(text, queue, among="in the queue")
        except NoSuchIdError as error:
            if error.is_ambiguous or not decided:
                raise
            if others is None:
                others = moderation.read_candidates(decided)
            found = _find_candidate(text, others, among="in the inbox")
        picked[found.id] = found
    return tuple(sorted(picked.values(), key=lambda candidate: candidate.order))


def _find_candidate(text: str, candidates: Iterable[Candidate], *, among: str) -> Candidate:
    by_name = {(candidate.thread, candidate.id): candidate for candidate in candidates}
    return by_name[find_name(text, by_name, among=among)]


def pick_public(moderation: Moderation, texts: Sequence[str], *, from_name: str | None = None) -> tuple[Name, ...]:
    """Return thread and id of the committed comments that are meant, each once."""
    names = moderation.list_public()
    picked = [find_name(text, names, among="in the repository") for text in texts]
    if from_name is not None:
        threads = moderation.read_public({thread for thread, _ in names})
        for thread, public in threads.items():
            picked += [(thread, c.id) for c in public.comments.values() if is_from(c.name, from_name)]
    return tuple(dict.fromkeys(picked))


def require_some(texts: Collection[str], *, from_name: str | None, all: bool | None = None) -> None:
    """Raise click.UsageError where nothing says which comments are meant, or too much; `all` is None for a command without `--all`."""
    if all and from_name is not None:  # "all of hers", says who types both; published would be everybody's
        message = "--all means the whole queue, and --from NAME what one person wrote: give one of them"
        raise click.UsageError(message, click.get_current_context())
    if not texts and not all and from_name is None:
        ways = "ids or --from NAME" if all is None else "ids, --from NAME or --all"
        raise click.UsageError(f"say which comments: give {ways}", click.get_current_context())


def ids_argument(
    *, completed_from: Collection[State] = (), public: bool = False, required: bool = False, single: bool = False
) -> Callable[[Function], Function]:
    """Add the argument `ids` for any number of ids, or `id` for one, completed from inbox and published comments."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        settings = _find_settings(ctx)
        if settings is None:
            return []
        ids = {*_list_inbox(settings, completed_from), *(_list_public(settings) if public else ())}
        return [CompletionItem(id) for id in sorted(ids) if id.startswith(incomplete)]

    name = "id" if single else "ids"
    return click.argument(
        name, nargs=1 if single else -1, required=required, metavar="ID" if single else "ID..." if required else "[ID]...",
        shell_complete=complete,
    )  # fmt: skip


def _find_settings(ctx: click.Context) -> Settings | None:
    """Return the settings of the site that is being completed for; None where they cannot be read."""
    from ..building.site import load_pelican_settings, site_settings

    try:
        return site_settings(load_pelican_settings(Path(ctx.find_root().params["settings_file"])))
    except ConversationError:
        return None


def _list_inbox(settings: Settings, states: Collection[State]) -> list[str]:
    if not states or not settings.inbox.is_dir():
        return []
    try:
        return [id for id, standing in Inbox(settings.inbox).standings().items() if standing.state in states]
    except ConversationError:
        return []


def _list_public(settings: Settings) -> list[str]:
    if not settings.path.is_dir():
        return []
    store = Store(settings.path, settings.root, max_body_bytes=settings.max_body_bytes)
    return [file.id for folder in store.read_threads() for file in folder.files]


def all_option(function: Function) -> Function:
    """Add `--all`."""
    return click.option("--all", "all_", is_flag=True, help="All that are in the queue.")(function)


def from_option(function: Function) -> Function:
    """Add `--from`."""
    return click.option("--from", "from_name", metavar="NAME", help="All that are by NAME.")(function)


def find_comment(moderation: Moderation, name: Name) -> Comment:
    """Return a committed comment; raises ConversationError where its file has an error."""
    thread, id = name
    comment = moderation.read_public([thread])[thread].comments.get(id)
    if comment is None:
        raise ConversationError(f"{thread}/{id} has a problem; see `pelican-comments check`")
    return comment
