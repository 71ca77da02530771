"""The form of the queue: what was chosen about each comment, what was answered, and which text was looked at.

Rule: one form is one session. Sent twice it does nothing twice: the id of an answer comes from the form it was written
in, and whatever was decided is refused as decided already.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from ..moderation.decisions import Action, Decision, Refusal, make_id
from ..text import is_id, is_visible

ACTION, ANSWER, SEEN = "action-", "answer-", "seen-"
"""What the names of fields begin with; the id follows."""
ACTIONS = {action.value: action for action in (Action.APPROVE, Action.REJECT, Action.SPAM)}
MOMENT_CHARACTERS = 15
"""Of an id: `20260314-092653`."""
TAIL_CHARACTERS = 4
"""Of an id, behind its moment."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the form says about one comment."""

    action: str = ""
    """A key of `ACTIONS`; empty: it stays in the queue."""
    answer: str = ""
    """As typed."""
    seen: str = ""
    """Revision that was looked at."""

    @property
    def has_answer(self) -> bool:
        """Whether something is answered."""
        return is_visible(self.answer)


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """A form as it was sent."""

    key: str
    """Tells it from every other one; as a comment's id."""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    """By id of a candidate, in the order of the page."""
    edit: str = ""
    """Id of the candidate that is to be edited, in place of a session."""
    sets_up_key: bool = False
    """Whether a key to sign with may be made and listed."""

    def make_answer_id(self, id: str) -> str:
        """Return the id of the answer to a comment; it is the same whenever this form is sent."""
        digest = sha256(f"{self.key} {id}".encode()).digest()
        return f"{self.key[:MOMENT_CHARACTERS]}-{base64.b32encode(digest).decode().lower()[:TAIL_CHARACTERS]}"


def read_decision_form(values: Mapping[str, str], *, marked: Collection[str], now: datetime) -> DecisionForm:
    """Take what was sent; what cannot be meant is left out.

    `marked` are the ids that "all the others" is about, for which `values` may have one action under `others`.
    """
    choices: dict[str, Choice] = {}
    for name, value in values.items():
        for prefix in (ACTION, ANSWER, SEEN):
            id = name.removeprefix(prefix)
            if id != name and is_id(id):
                choices[id] = _put(choices.get(id) or Choice(), prefix, value)
    others = values.get("others", "")
    for id in marked:
        choice = choices.get(id)
        if choice and not choice.action and not choice.has_answer and others in ACTIONS:
            choices[id] = replace(choice, action=others)
    key = values.get("form", "")
    edit = values.get("edit", "")
    return DecisionForm(
        key if is_id(key) and len(key) > MOMENT_CHARACTERS else make_id(now), choices, edit if is_id(edit) else "",
        sets_up_key=bool(values.get("set_up_key")),
    )  # fmt: skip


def _put(choice: Choice, prefix: str, value: str) -> Choice:
    if prefix == ACTION:
        return replace(choice, action=value if value in ACTIONS else "")
    return replace(choice, answer=value) if prefix == ANSWER else replace(choice, seen=value)


def make_decisions(form: DecisionForm) -> tuple[tuple[Decision, ...], tuple[Refusal, ...]]:
    """Return what was decided about candidates, and what contradicts itself; an answer approves what it answers."""
    decisions, refusals = [], []
    for id, choice in form.choices.items():
        action = ACTIONS.get(choice.action)
        if choice.has_answer and action not in (None, Action.APPROVE):
            reason = "there is an answer to it, which would have nothing to stand below"
            refusals.append(Refusal(action or Action.REPLY, "", id, reason, "approve it, or empty the answer"))
        elif action or choice.has_answer:
            decisions.append(Decision(action or Action.APPROVE, id, seen=choice.seen))
    return tuple(decisions), tuple(refusals)
