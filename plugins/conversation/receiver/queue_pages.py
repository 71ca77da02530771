"""The pages of the queue: showing it, deciding, editing.

Rule: one form sent is one session, so one commit and one build; what goes wrong before the commit changes nothing, and the
page that says so has everything that was chosen and typed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from flask import Blueprint, Response, request

from ..comments.comment_file import format_comment
from ..errors import ConversationError
from ..inbox.submission import FieldProblem, Form, check_form, read_form
from ..inbox.values import ConflictError
from ..model import Page, State
from ..moderation.candidates import Candidate
from ..moderation.decisions import Facts, Refusal, make_id
from ..moderation.moderating import Outcome
from .answering import Answers, describe_set_up, write_answers
from .decision_form import ACTION, ANSWER, SEEN, DecisionForm, make_decisions, read_decision_form
from .desk import Desk, current_desk, lead_to, show
from .queue_view import PageFacts, QueueMaker, choose_shown, group_by_thread, name_threads
from .session_report import Known, Report, make_report, place_refusals

queue_pages = Blueprint("queue", __name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What the page of the queue has to say beside the queue."""

    status: int = 200
    form: DecisionForm | None = None
    """What was chosen and typed."""
    problem: str = ""
    """Why nothing was done."""
    set_up: str = ""
    """What could be done about it at once."""
    kept: Sequence[str] = ()
    """What was typed about a comment that is not in the queue any more."""
    notice: str = ""
    report: Report | None = None
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    """By id of what they are about."""


@queue_pages.get("")
def show_queue() -> Response:
    """Answer with the queue, and with what other receivers took by now."""
    desk = current_desk()
    said = desk.fetch()
    remark = (
        f"What other receivers took is missing here, for the inbox's remote cannot be reached: {said}" if said else ""
    )
    return _show_queue(desk, Said(notice=remark))


@queue_pages.get("/decide")
@queue_pages.get("/edit/<id>")
def lead_to_queue(id: str = "") -> Response:  # noqa: ARG001 - what would be edited is chosen in the queue
    """Lead whoever asks anew for the address of an answer to the queue."""
    return lead_to()


@queue_pages.post("/decide")
def decide() -> Response:
    """Carry out the session of a form, or show the page on which one of its comments is edited."""
    desk, form = current_desk(), _read_form()
    if form.edit:
        return _show_edit(desk, form.edit)
    queue = _read_queue(desk)
    decisions, contradictions = make_decisions(form)
    try:
        answers = write_answers(desk, form, queue)
        if not decisions and not contradictions:
            return _show_queue(desk, Said(form=form, notice="Nothing was chosen, so nothing was done."))
        outcome = desk.moderation.decide([*decisions, *answers.decisions], more_files=answers.more_files)
    except ConversationError as error:
        return _show_queue(desk, Said(409, form, problem=str(error), set_up=describe_set_up(desk, error)))
    return _show_outcome(desk, outcome, form, queue=queue, answers=answers, contradictions=contradictions)


def _read_form() -> DecisionForm:
    now = current_desk().receiver.now()
    return read_decision_form(request.form, marked=request.form.getlist("marked"), now=now)


def _read_queue(desk: Desk) -> dict[str, Candidate]:
    return {candidate.id: candidate for candidate in desk.moderation.read_queue()}


def _show_outcome(
    desk: Desk, outcome: Outcome, form: DecisionForm, *,
    queue: Mapping[str, Candidate], answers: Answers, contradictions: Sequence[Refusal],
) -> Response:  # fmt: skip
    """Push and build, then answer with the report above what waits now."""
    desk.receiver.note_change()
    warnings = [*outcome.warnings, *_publish(desk, outcome)]
    refusals = (*contradictions, *outcome.plan.refusals, *answers.refusals)
    threads = {change.thread for change in outcome.plan.changes}
    abouts = {name: _find_page(desk, name) for name in threads}
    known = Known(
        queue, answers.answered, {id: choice.answer for id, choice in form.choices.items()},
        {name: (about.page.title, about.href) for name, about in abouts.items()},
    )  # fmt: skip
    report = make_report(
        outcome.plan.changes, refusals, known,
        commit=outcome.commit, waiting=_read_queue(desk), warnings=warnings,
    )  # fmt: skip
    about = place_refusals(refusals, answers.answered)
    left = {id: choice for id, choice in form.choices.items() if id in about}
    return _show_queue(desk, Said(form=replace(form, choices=left), report=report, refusals=about))


def _publish(desk: Desk, outcome: Outcome) -> Sequence[str]:
    """Push what was committed and build the site; return what went wrong."""
    pushed = desk.moderation.push() if outcome.commit else ""
    built = desk.build() if outcome.has_new_files else ""
    return [said for said in (pushed, built) if said]


def _find_page(desk: Desk, thread: str) -> PageFacts:
    """Return what is known of a thread's page; one that no page has gets a name all the same."""
    receiver = desk.receiver
    found = receiver.index.find(thread)
    if found is None:
        lang = receiver.settings.default_lang
        return PageFacts(Page(thread, thread, "", lang, thread_lang=lang), "", receiver.find_wording(None))
    return PageFacts(found.page, receiver.page_address(found.page), receiver.find_wording(found.page))


def _show_queue(desk: Desk, said: Said) -> Response:
    """Answer with the queue as it is now, and with what is to be said."""
    queue = desk.moderation.read_queue()
    shown = choose_shown(queue)
    receiver, form = desk.receiver, said.form
    states = {id: standing.state for id, standing in desk.moderation.inbox.standings().items()}
    facts = Facts(states=states, threads=desk.moderation.read_public(name_threads(shown)))
    maker = QueueMaker(
        receiver.settings, receiver.templates, receiver.published.read_rules(), facts,
        form.choices if form else {}, said.refusals,
    )  # fmt: skip
    threads = [maker.view_thread(found, _find_page(desk, name)) for name, found in group_by_thread(shown).items()]
    return show(
        "queue", status=said.status, said=said, threads=threads, count=len(queue), shown=len(shown),
        damaged=sum(candidate.is_damaged for candidate in queue), strays=desk.moderation.describe_strays(),
        marked=[candidate.id for candidate in shown if candidate.marks], can_answer=bool(receiver.settings.authors),
        form_key=make_id(receiver.now()),
    )  # fmt: skip


def _show_edit(
    desk: Desk,
    id: str,
    *,
    typed: Form | None = None,
    problems: Mapping[str, FieldProblem] | None = None,
    notice: str = "",
) -> Response:
    """Answer with the form to edit a candidate; everything chosen so far is kept in it."""
    try:
        candidate = desk.moderation.read_candidate(id)
    except ConversationError as error:
        return _show_queue(desk, Said(409, _read_form(), problem=str(error), kept=_find_typed(id)))
    comment = candidate.comment
    if comment is None or candidate.state is not State.PENDING:
        reason = "it cannot be read" if comment is None else "it does not wait any more"
        problem = f"{candidate.name or id} cannot be edited: {reason}"
        return _show_queue(desk, Said(409, _read_form(), problem=problem, kept=_find_typed(id)))
    shown = typed or Form(comment.thread, name=comment.name or "", url=comment.url or "", body=comment.body)
    kept = [(k, v) for k, v in request.form.items(multi=True) if k.startswith((ACTION, ANSWER, SEEN)) and v]
    return show(
        "edit", status=422 if problems else 409 if notice else 200, candidate=candidate, values=shown,
        title=_find_page(desk, candidate.thread).page.title, problems=problems or {}, notice=notice, kept=kept,
    )  # fmt: skip


def _find_typed(id: str) -> Sequence[str]:
    """Return what was typed about one comment."""
    texts = (request.form.get(name, "") for name in ("body", f"{ANSWER}{id}"))
    return [text for text in texts if text.strip()]


@queue_pages.post("/edit/<id>")
def save_edit(id: str) -> Response:
    """Put an edited text in place of one that waits; it goes on waiting."""
    desk = current_desk()
    if request.form.get("leave"):
        return _show_queue(desk, Said(form=_read_form()))
    settings = desk.receiver.settings
    candidate = desk.moderation.read_candidate(id)
    typed = read_form(request.form, asks_email=False)
    problems = check_form(typed, max_body_bytes=settings.max_body_bytes)
    if problems or candidate.comment is None:
        return _show_edit(desk, id, typed=typed, problems=problems)
    changed = "Its writer has changed it meanwhile. If this is to replace what is there now, save it again."
    if candidate.revision != request.form.get("seen", ""):
        return _show_edit(desk, id, typed=typed, notice=changed)
    now = desk.receiver.now()
    edited = replace(candidate.comment, name=typed.name, url=typed.url or None, body=typed.body, edited=now)
    try:
        desk.moderation.rewrite(candidate, format_comment(edited, max_body_bytes=settings.max_body_bytes))
    except ConflictError:
        return _show_edit(desk, id, typed=typed, notice=changed)
    desk.receiver.note_change()
    return _show_queue(desk, Said(form=_read_form(), notice=f"The comment by {typed.name} is changed, and waits."))
