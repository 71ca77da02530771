"""Refs of a repository elsewhere: listed, fetched, pushed.

Rule: every call may take its whole time limit, so none is made while anybody waits or a lock of the inbox is held. What
is pushed names what it replaces, so that nothing another machine pushed is overwritten.
"""

import re
from collections.abc import Mapping, Sequence

from .command import Git, GitError
from .repository import RefUpdate, sync

OBJECTS = ("-c", "fetch.unpackLimit=1", "-c", "fetch.fsckObjects=true")


def list_remote_refs(git: Git, remote: str, *, prefix: str, timeout_seconds: float) -> dict[str, str]:
    """Return the refs below a prefix (`refs/...`, up to a slash) of another repository, with their revisions."""
    printed = git.run("ls-remote", "--refs", "--", remote, f"{prefix}*", timeout_seconds=timeout_seconds)
    lines = (line.split("\t") for line in printed.decode("utf-8", "replace").splitlines())
    return {name: revision for revision, name in lines}


def fetch_objects(git: Git, remote: str, *, names: Sequence[str], timeout_seconds: float) -> None:
    """Get all that some refs of another repository reach; no ref is made here, so the next tidying may take it away."""
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
    asked = "".join(f"{name}\n" for name in names).encode()
    git.run(
        *OBJECTS, "fetch", *options, "--refmap=", "--stdin", "--", remote, input=asked, timeout_seconds=timeout_seconds
    )
    sync(git.repository / "objects" / "pack")


def push_refs(git: Git, remote: str, *, updates: Sequence[RefUpdate], timeout_seconds: float) -> Mapping[str, str]:
    """Do all updates there, or none; return why each that was refused was, by its name.

    Raises GitError where nothing was heard of them: the other side cannot be reached, or did not answer in time.
    """
    leases = [f"--force-with-lease={update.name}:{update.old or ''}" for update in updates]
    specs = [f"{update.new or ''}:{update.name}" for update in updates]
    options = ("--porcelain", "--atomic", "--no-verify", "--no-signed", "--no-follow-tags", "--no-recurse-submodules")
    answer = git.ask("push", *options, *leases, "--", remote, *specs, timeout_seconds=timeout_seconds)
    found = re.findall(r"^(.)\t[^\t\n]*:([^\t\n]+)\t(.*)$", answer.printed.decode("utf-8", "replace"), re.MULTILINE)
    refused = {name: why for flag, name, why in found if flag == "!"}
    if answer.status != 0 and not refused:
        raise GitError("push", answer.status, answer.said)
    return refused
