"""What an earlier import wrote to the folder of another thread: known again, so that it moves and is not written twice.

Rule: a comment is known by its id and by where it came from, never by its text, which the blogger may have edited since.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ..comments.comment_file import parse_comment
from ..model import Comment
from ..text import is_web_address
from .export import ExportedComment, ExportedPost, Note, Reason


@dataclass(frozen=True, slots=True)
class FileHere:
    """A comment file that the site has."""

    data: bytes
    has_signature: bool


class SiteFiles(Protocol):
    """The comment files that the site has."""

    def read(self, thread: str, id: str) -> FileHere | None:
        """Return the file of a comment; None where there is none."""

    def find_threads(self, id: str, *, besides: str) -> Sequence[str]:
        """Return the other threads that had a comment of this id before the import, by name."""

    def list_ids(self, thread: str) -> Sequence[str]:
        """Return the ids of a thread's comments before the import."""


def find_source(post: ExportedPost, comment: ExportedComment) -> str | None:
    """Return the old permalink of a comment; None where the export has no address for the post."""
    source = f"{post.link}#{comment.fragment}"
    return source if is_web_address(source) else None


def find_earlier_thread(post: ExportedPost, thread: str, files: SiteFiles, *, pages: Collection[str]) -> str:
    """Return the thread whose folder has the post's comments, one of `pages` first; without any, `thread`."""
    for comment in post.comments:
        source = find_source(post, comment)
        if there := find_copies(comment.id, files, besides=thread, source=source, date=comment.date):
            here = [thread] if files.read(thread, comment.id) is not None else []
            return min((*here, *there), key=lambda name: name not in pages)
    return thread


def find_copies(
    id: str, files: SiteFiles, *, besides: str, source: str | None, date: datetime | None
) -> Mapping[str, FileHere]:
    """Return the files of a comment in the folders of other threads, by thread."""
    found: dict[str, FileHere] = {}
    for thread in files.find_threads(id, besides=besides):
        file = files.read(thread, id)
        comment = _parse(file, thread, id) if file is not None else None
        if file is not None and comment is not None:
            has_source = comment.source is not None and source is not None  # a tombstone has none
            if comment.source == source if has_source else comment.date == date:
                found[thread] = file
    return found


def can_stand_in(thread: str, id: str, file: FileHere) -> bool:
    """Whether a file could move as it is: it names no other thread, as every signed one does."""
    return not file.has_signature and _parse(file, thread, id) is not None


def find_replies_left(
    moved: Iterable[tuple[str, str]], files: SiteFiles, *, to: str, imported: Collection[str]
) -> Iterator[Note]:
    """Yield a note for each comment that stays and answers one of those that leave; `moved` are their threads and ids.

    Those of the ids `imported` have notes of their own.
    """
    leaving: dict[str, set[str]] = {}
    for thread, id in moved:
        leaving.setdefault(thread, set()).add(id)
    for thread, ids in leaving.items():
        for id in files.list_ids(thread):
            if id not in imported and (file := files.read(thread, id)) is not None:
                comment = _parse(file, thread, id)
                if comment is not None and comment.in_reply_to in ids:
                    yield Note(Reason.REPLY_LEFT, thread, id, f"{to}/{comment.in_reply_to}")


def _parse(file: FileHere, thread: str, id: str) -> Comment | None:
    return parse_comment(file.data, "", thread=thread, id=id, max_body_bytes=None).comment
