"""The queue as the moderator sees it: each comment as it will look, below what it answers, in the thread it will join.

Rule: comments go the way that a build takes, from the bytes of a file through `read_thread` and the regions' own template.
Of a thread only what waits is shown, and the little above it that it answers.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment
from markupsafe import Markup

from ..comments.comment_file import CommentFile
from ..comments.reading import Rules, read_thread
from ..configuration import Settings
from ..model import Comment, Page, State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Facts, Refusal
from ..moderation.planning import find_hindrance
from ..moderation.public_threads import PublicThread
from ..rendering.translations import Wording
from ..rendering.views import CommentView, ParentView, show_name, view_comments
from .decision_form import Choice

SHOWN = 50
"""Candidates on one page: half an hour's work, and a form far below what the receiver takes."""
ABOVE = 2
"""Comments shown above one that waits: what it answers, and what that answers."""


@dataclass(frozen=True, slots=True)
class WaitingView:
    """What is to be known and decided about a candidate."""

    id: str
    name: str
    """Empty where its file has none."""
    revision: str
    marks: tuple[str, ...]
    problems: tuple[str, ...]
    hindrance: str
    """Why it cannot be published yet; empty where nothing hinders it."""
    raw: str
    """Its file, where that has an error; empty for every other one."""
    is_readable: bool
    """Whether it has a comment that could be published."""
    choice: Choice
    refusal: Refusal | None
    """Why the last decision about it was not carried out."""


@dataclass(frozen=True, slots=True)
class RowView:
    """A comment at its place."""

    html: Markup
    """As it will look; empty for one whose file has an error."""
    waiting: WaitingView | None
    """None: it is on the page already."""
    opens: bool = False
    """A list of replies opens after it."""
    closes: int = 0
    """How many lists of replies close after it."""


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread in which something waits."""

    title: str
    href: str
    """Of its page; empty where no page has this thread."""
    lang: str
    direction: str
    rows: tuple[RowView, ...]
    is_marked: bool
    """All that waits here may be spam."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What is known of a thread's page."""

    page: Page
    href: str
    """Empty where no page has this thread."""
    wording: Wording


@dataclass(frozen=True, slots=True)
class QueueMaker:
    """Makes the views of a queue."""

    settings: Settings
    templates: Environment
    """Of the regions."""
    rules: Rules
    facts: Facts
    """With the threads of all candidates shown, and where every submission stands."""
    choices: Mapping[str, Choice]
    """What the form held, by id."""
    refusals: Mapping[str, Refusal]
    """By id."""

    def view_thread(self, candidates: Sequence[Candidate], about: PageFacts) -> ThreadView:
        """Return the view of one thread with what waits in it."""
        readable = {candidate.id: candidate for candidate in candidates if candidate.comment is not None}
        waiting = {candidate.id: self._view_waiting(candidate) for candidate in candidates}
        rows = [
            RowView(self._render(view, about.wording), waiting.get(view.id), view.opens, view.closes)
            for view in self._view_comments(readable, about)
        ]
        shown = {row.waiting.id for row in rows if row.waiting}
        rows += [RowView(Markup(), waiting[c.id]) for c in candidates if c.id not in shown]
        return ThreadView(
            about.page.title, about.href, about.wording.lang, about.wording.direction, tuple(rows),
            is_marked=all(candidate.marks for candidate in candidates),
        )  # fmt: skip

    def _view_waiting(self, candidate: Candidate) -> WaitingView:
        return WaitingView(
            id=candidate.id,
            name=candidate.name,
            revision=candidate.revision,
            marks=candidate.marks,
            problems=tuple(problem.advice for problem in candidate.problems),
            hindrance=self._find_hindrance(candidate),
            raw="" if candidate.comment else candidate.data.decode("utf-8", "replace"),
            is_readable=candidate.comment is not None,
            choice=self._find_choice(candidate),
            refusal=self.refusals.get(candidate.id),
        )

    def _find_choice(self, candidate: Candidate) -> Choice:
        """Return what was chosen; about a text that has changed since, only what was answered."""
        choice = self.choices.get(candidate.id) or Choice()
        return choice if choice.seen == candidate.revision else Choice(answer=choice.answer)

    def _find_hindrance(self, candidate: Candidate) -> str:
        found = find_hindrance(candidate, self.facts)
        parent = candidate.comment.parent_id if candidate.comment else None
        is_waiting = self.facts.states.get(parent or "") is State.PENDING
        return "what it answers waits as well; approve that first, or both together" if found and is_waiting else found

    def _view_comments(self, candidates: Mapping[str, Candidate], about: PageFacts) -> Iterable[CommentView]:
        """Yield what waits and what is above it, in order of reading."""
        public = self.facts.thread(about.page.thread)
        comments = _find_comments(candidates, public)
        files = _choose_files(candidates, public, comments)
        thread, _ = read_thread(about.page.thread, files, self.rules)
        shown = {placement.comment.id for placement in thread.placements}
        for view in view_comments(
            thread.placements, thread, about.page,
            settings=self.settings, site_url=self.settings.site_url, wording=about.wording,
        ):  # fmt: skip
            parent = comments.get(comments[view.id].parent_id or "")
            yield view if parent is None or parent.id in shown else self._name_parent(view, parent, about)

    def _name_parent(self, view: CommentView, parent: Comment, about: PageFacts) -> CommentView:
        """Return a comment whose parent is not shown here, and is no orphan for that."""
        name = "" if parent.state is State.REMOVED else show_name(parent, self.settings)
        return replace(view, parent=ParentView(name, f"{about.href}#{parent.fragment}"), is_orphan=False)

    def _render(self, view: CommentView, wording: Wording) -> Markup:
        template = self.templates.get_template("conversation/comment.html")
        words = {"lang": wording.lang, "direction": wording.direction, **wording.functions}
        return Markup(template.render(comment=view, has_numbers=False, **words))  # noqa: S704 - it escapes by itself


def _find_comments(candidates: Mapping[str, Candidate], public: PublicThread) -> Mapping[str, Comment]:
    """Return the comments that wait, what is published above each, and the one that this answers."""
    found = {id: candidate.comment for id, candidate in candidates.items() if candidate.comment}
    for comment in tuple(found.values()):
        current: Comment | None = comment
        for _ in range(ABOVE + 1):
            id = current.parent_id if current else None
            current = (found.get(id) or public.comments.get(id)) if id else None
            if current:
                found[current.id] = current
    return found


def _choose_files(
    candidates: Mapping[str, Candidate], public: PublicThread, comments: Mapping[str, Comment]
) -> Iterable[CommentFile]:
    """Yield the files of candidates, and of what is published above each."""
    above: set[str] = set()
    for id in candidates:
        current = comments[id].parent_id
        for _ in range(ABOVE):
            if current is None or current not in comments:
                break
            above.add(current)
            current = comments[current].parent_id
    for candidate in candidates.values():
        yield CommentFile(candidate.id, f"inbox/{candidate.id}", candidate.data)
    for id in sorted(above - set(candidates)):
        yield public.files[id]


def choose_shown(queue: Iterable[Candidate]) -> Sequence[Candidate]:
    """Return what the first page shows: what is not marked first, and of that the damaged last, oldest first."""
    return sorted(queue, key=lambda candidate: (bool(candidate.marks), candidate.is_damaged, candidate.order))[:SHOWN]


def group_by_thread(candidates: Iterable[Candidate]) -> Mapping[str, Sequence[Candidate]]:
    """Return candidates by thread, in the order given; the damaged under no name, with those that have none."""
    found: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        found.setdefault("" if candidate.is_damaged else candidate.thread, []).append(candidate)
    return found


def name_threads(candidates: Iterable[Candidate]) -> Collection[str]:
    """Return the names of their threads."""
    return {candidate.thread for candidate in candidates} - {""}
