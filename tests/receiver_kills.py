"""Killing a receiver at a chosen system call of one submission, its own or one of a git command it started.

Rule: the receiver answers in a forked process of its own, through its WSGI application; each one that starts opens the
inbox anew, and so proves that the one before left nothing in its way.
"""

import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flask import Flask
from pelican.plugins.conversation.inbox.keeping import Inbox
from pelican.plugins.conversation.receiver import create_app
from pelican.plugins.conversation.receiver.context import EXTENSION

from .inbox_kills import OneByOne, await_signal, get_ready, serve_forks
from .receiver_load import RunningReceiver

JSON = {"Accept": "application/json"}


def open_writers(receiver: RunningReceiver, folder: Path) -> OneByOne:
    """Return writers that send each submission through the receiver of a site; `folder` is for the shim before git."""
    return OneByOne(receiver.inbox.path, folder, "tests.receiver_kills", str(receiver.root))


def send_one(app: Flask, path: Path, word: str, _: str) -> None:
    """Preview a comment, and send it when the word comes."""
    get_ready()
    Inbox.open(path)
    client = app.test_client()
    form = {"thread": "page-0", "name": "Reader", "body": f"The word is {word}."}
    token = client.post("/conversation/preview", data=form, headers=JSON).json["token"]
    signing = app.extensions[EXTENSION].signing
    id = signing.derive_id(signing.read_preview(token, now=datetime.now(UTC)))
    await_signal()
    os.write(1, f"try {id} pending\n".encode())
    response = client.post("/conversation/comments", data={**form, "token": token}, headers=JSON)
    if response.status_code == 201:
        os.write(1, f"ack {response.json['id']} pending\n".encode())


if __name__ == "__main__":
    root = Path(sys.argv[1])
    os.environ["CONVERSATION_SETTINGS"] = str(root / "pelicanconf.py")
    serve_forks(partial(send_one, create_app(), root / "var" / "inbox.git"))
