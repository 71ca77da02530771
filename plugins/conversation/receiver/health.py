"""The health page: whether a comment that comes now would be kept.

Rule: it says nothing that a stranger should not know, and costs little however often a stranger asks.
"""

import json

from flask import Blueprint, Response

from .context import current_receiver

health = Blueprint("health", __name__)


@health.get("/health")
def show_health() -> Response:
    """Answer 200 where comments can be kept, else 503; in either case with the parts and how they are."""
    receiver = current_receiver()
    parts = {
        "inbox": receiver.probe.find_fault() or "ok",
        "threads": "ok" if receiver.index.is_readable() else "no index; build the site",
        "limits": "ok" if receiver.limits.is_answering() else "the store does not answer; nothing is limited",
    }
    if receiver.pusher is not None:
        parts["remote"] = "behind; tried again and again" if receiver.pusher.problem else "ok"
    is_fit = parts["inbox"] == parts["threads"] == "ok"
    return Response(json.dumps(parts) + "\n", 200 if is_fit else 503, content_type="application/json")
