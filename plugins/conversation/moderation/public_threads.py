"""Public threads: the committed comment files of a page, each parsed when somebody asks for it.

Rule: a decision about one comment looks at one or two others, however many the thread has; what needs all of them
(`find_replies`, iterating) is for the few decisions that cannot do with less.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from ..comments.comment_file import MAX_BODY_BYTES, CommentFile, parse_comment
from ..model import Comment, State


class ParsedComments(Mapping[str, Comment]):
    """The comments of a thread by id, in order of files; one that a build leaves out is not among them."""

    def __init__(self, name: str, files: Mapping[str, CommentFile], *, timezone: tzinfo, max_body_bytes: int) -> None:
        """Parse nothing yet; threads may share one, and parse a file twice at worst."""
        self._name = name
        self._files = files
        self._timezone = timezone
        self._max_body_bytes = max_body_bytes
        self._parsed: dict[str, Comment | None] = {}

    def __getitem__(self, id: str) -> Comment:
        """Return a comment; raises KeyError."""
        if id not in self._parsed:
            self._parsed[id] = self._parse(self._files[id])
        comment = self._parsed[id]
        if comment is None:
            raise KeyError(id)
        return comment

    def __iter__(self) -> Iterator[str]:
        """Yield the ids of all."""
        return (id for id in self._files if id in self)

    def __len__(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self)

    def _parse(self, file: CommentFile) -> Comment | None:
        """Return a file's comment; None, as in a build, for an author's without a signature."""
        comment = parse_comment(
            file.data, f"{self._name}/{file.id}.md", thread=self._name, id=file.id,
            timezone=self._timezone, max_body_bytes=self._max_body_bytes,
        ).comment  # fmt: skip
        if comment and comment.author is not None and comment.state is not State.REMOVED and file.signature is None:
            return None
        return comment


@dataclass(frozen=True, slots=True)
class PublicThread:
    """The committed comment files of one thread."""

    files: Mapping[str, CommentFile] = field(default_factory=dict)
    """By id."""
    comments: Mapping[str, Comment] = field(default_factory=dict)
    """By id, tombstones too; a file that a build leaves out has none."""

    def is_published(self, id: str) -> bool:
        """Whether a page shows this comment."""
        comment = self.comments.get(id)
        return comment is not None and comment.state is State.APPROVED

    def find_replies(self, id: str) -> set[str]:
        """Return the ids of what answers a comment, tombstones too."""
        return {comment.id for comment in self.comments.values() if comment.parent_id == id}


def read_public_thread(
    name: str, files: Iterable[CommentFile], *, timezone: tzinfo = UTC, max_body_bytes: int = MAX_BODY_BYTES
) -> PublicThread:
    """Return the thread that these files make."""
    by_id = {file.id: file for file in files}
    return PublicThread(by_id, ParsedComments(name, by_id, timezone=timezone, max_body_bytes=max_body_bytes))
