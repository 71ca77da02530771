"""Answers: a page of the receiver, or the same facts as JSON; and the ways in which a request can be refused.

Rule: every answer is made here, so that none forgets the headers, and whoever asks for JSON never gets a page.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape

from flask import Response

from ..inbox.submission import FieldProblem
from ..model import Page
from ..rendering.form_view import FormView
from ..rendering.translations import Wording
from .context import Receiver
from .incoming import wants_json


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not done; `receiver/refused.html` has the words."""

    reason: str
    """Stable name, such as `closed`."""
    status: int
    page: Page | None = None
    """The page concerned."""
    form: FormView | None = None
    """To try again with."""
    kept: str = ""
    """What was written, where there is no trying again."""
    retry_after: int = 0
    """Seconds; 0: nobody knows."""


class RefusedError(Exception):
    """Ends a request with a refusal."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


def answer(
    receiver: Receiver, template: str, data: Mapping[str, object], *, status: int = 200, page: Page | None = None,
    **facts: object,
) -> Response:  # fmt: skip
    """Return `receiver/<template>.html` with `facts`, or `data` as JSON; `page` is the one of the site it is about."""
    if wants_json():
        return Response(json.dumps(data, ensure_ascii=False), status, content_type="application/json")
    html = render(receiver, f"receiver/{template}.html", receiver.find_wording(page), page=page, **facts)
    return Response(html, status, content_type="text/html; charset=utf-8")


def render(receiver: Receiver, template: str, wording: Wording, *, page: Page | None = None, **facts: object) -> str:
    """Return a template with the words of a language and what all of the receiver's pages show."""
    settings = receiver.settings
    common = {
        "prefix": receiver.prefix,
        "site_name": settings.site_name,
        "site_href": f"{settings.site_url}/",
        "page": page,
        "page_href": receiver.page_address(page) if page else None,
        "lang": wording.lang,
        "direction": wording.direction,
        **wording.functions,
    }
    return receiver.templates.get_template(template).render(common | facts)


def refuse(receiver: Receiver, refusal: Refusal) -> Response:
    """Return the answer that says why a request is not done, with what was written."""
    wording = receiver.find_wording(refusal.page)
    words = render(receiver, "receiver/reason.html", wording, reason=refusal.reason, page=refusal.page)
    data = {"error": refusal.reason, "text": unescape(words).strip()}
    response = answer(
        receiver, "refused", data, status=refusal.status, page=refusal.page,
        reason=refusal.reason, form=refusal.form, kept=refusal.kept,
    )  # fmt: skip
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def describe_problems(
    receiver: Receiver, problems: Mapping[str, FieldProblem], page: Page
) -> Mapping[str, Mapping[str, str]]:
    """Return the problems of a form for JSON: by field, the code and the words."""
    wording = receiver.find_wording(page)
    texts = {
        field: render(receiver, "conversation/form_problem.html", wording, problem=problem)
        for field, problem in problems.items()
    }
    return {
        field: {"code": problem.code, "text": unescape(texts[field]).strip()} for field, problem in problems.items()
    }
