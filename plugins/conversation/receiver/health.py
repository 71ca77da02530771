"""The health page: whether a comment that comes now would be kept.

Rule: it tries what keeping needs, on the inbox itself, and says nothing that a stranger should not know.
"""

import json
import os
from tempfile import TemporaryFile

from flask import Blueprint, Response

from ..inbox.values import InboxUnavailableError
from .context import Receiver, current_receiver

health = Blueprint("health", __name__)

PROBE_BYTES = 256 * 1024
"""More than the largest submission takes."""
_NOBODY = "00000000-000000-health"


@health.get("/health")
def show_health() -> Response:
    """Answer 200 where comments can be kept, else 503; in either case with the parts and how they are."""
    receiver = current_receiver()
    parts = {
        "inbox": _probe_inbox(receiver),
        "threads": "ok" if receiver.index.is_readable() else "no index; build the site",
        "limits": "ok" if receiver.limits.is_answering() else "the store does not answer; nothing is limited",
    }
    if receiver.pusher is not None:
        parts["remote"] = "behind; tried again and again" if receiver.pusher.problem else "ok"
    is_fit = parts["inbox"] == parts["threads"] == "ok"
    return Response(json.dumps(parts) + "\n", 200 if is_fit else 503, content_type="application/json")


def _probe_inbox(receiver: Receiver) -> str:
    """Have git read the inbox, and write beside it as much as a submission takes."""
    try:
        receiver.sent.find_standings([_NOBODY])
        with TemporaryFile(dir=receiver.inbox.path) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except InboxUnavailableError:
        return "git cannot read it"
    except OSError as error:
        return f"it cannot be written: {error.strerror}"
    return "ok"
