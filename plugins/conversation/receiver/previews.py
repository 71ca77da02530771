"""Comments as they will look: one that is not published yet, and the one it answers.

Rule: both go the way that a build takes, from the bytes of a file through `read_thread`, so that what is shown here is
what will be on the page, the mark of a guest included.
"""

from dataclasses import dataclass, replace

from ..comments.comment_file import CommentFile
from ..comments.reading import read_thread
from ..configuration import Settings
from ..model import Thread
from ..rendering.translations import Wording
from ..rendering.views import CommentView, view_comments
from .published import PublishedComments
from .thread_index import IndexedThread


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment that is not published, as it will look."""

    comment: CommentView
    parent: CommentView | None = None
    """What it answers."""
    is_plain: bool = False
    """Its markup was too much, and it is shown as plain text."""


def show_comment(
    file: CommentFile, thread: IndexedThread, *, parent: CommentFile | None, published: PublishedComments,
    settings: Settings, wording: Wording,
) -> ShownComment | None:  # fmt: skip
    """Return a comment with its parent, however long they are, for both were accepted; None where a build would leave it out."""
    files = [file] if parent is None else [parent, file]
    found, problems = read_thread(thread.page.thread, files, replace(published.read_rules(), max_body_bytes=None))
    views = _view(found, thread, settings=settings, wording=wording)
    if file.id not in views:
        return None
    is_plain = any(problem.code == "plain-text" and problem.path == file.path for problem in problems)
    above = views.get(parent.id) if parent else None
    return ShownComment(views[file.id], _without_parent(above) if above else None, is_plain)


def show_published(
    file: CommentFile, thread: IndexedThread, *, published: PublishedComments, settings: Settings, wording: Wording
) -> CommentView | None:
    """Return a published comment by itself; None where a build would leave it out."""
    found, _ = read_thread(thread.page.thread, [file], published.read_rules())
    view = _view(found, thread, settings=settings, wording=wording).get(file.id)
    return _without_parent(view) if view and not view.is_removed else None


def _view(found: Thread, thread: IndexedThread, *, settings: Settings, wording: Wording) -> dict[str, CommentView]:
    views = view_comments(
        found.placements, found, thread.page, settings=settings, site_url=settings.site_url, wording=wording
    )
    return {view.id: view for view in views}


def _without_parent(view: CommentView) -> CommentView:
    """What a comment answers is not on the page that shows it alone."""
    return replace(view, parent=None, is_orphan=False)
