"""The blogger's editor, and drafts: what was typed into it is kept until it has become a comment.

Rule: a text that a person typed is deleted only after what it was for is done.
"""

from contextlib import suppress

import click

from ..configuration import Settings
from ..errors import ConversationError
from ..git.repository import ignore_folder

DRAFTS = "drafts"


class Draft:
    """A text under way, in a file below the folder that the inbox stands in."""

    def __init__(self, settings: Settings, verb: str, *, thread: str, id: str) -> None:
        """Name it by what is done to which comment; one of that name that is there is gone on with.

        Each thread has a folder, as the same id may stand in two, and both in one file name could be too long.
        """
        self.path = settings.inbox.parent / DRAFTS / thread / f"{verb}-{id}.draft.md"

    def edit(self, text: str) -> str:
        """Let the blogger edit what is there, or `text`, and return it; raises ConversationError where nothing is saved."""
        is_new = not self.path.exists()
        try:
            if is_new:
                self._begin(text)
            click.edit(filename=str(self.path))
            found = self.path.read_text("utf-8")
        except click.ClickException as error:
            message = f"the editor failed ({error.format_message()}); let EDITOR name another"
            raise ConversationError(message) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConversationError(f"{self.path}: {error}; text in UTF-8 is kept there") from error
        if is_new and found == text:
            self.drop()
            raise ConversationError("nothing was changed in the editor, so nothing is done")
        return found

    def _begin(self, text: str) -> None:
        """Write what there is to edit, whole or not at all, where nobody else can read it and git does not see it."""
        folder = self.path.parent.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore_folder(folder)
        self.path.parent.mkdir(exist_ok=True)
        try:
            self.path.write_text(text, "utf-8")
        except OSError:
            self.drop()
            raise

    def drop(self) -> None:
        """Delete it, and its folder with the last in it: what it was for is done."""
        self.path.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.parent.rmdir()

    def say_whereabouts(self) -> None:
        """Tell where what was typed is, if it has not become what it was for."""
        if self.path.exists():
            click.echo(
                f"pelican-comments: your text is kept in {self.path}; the same command goes on with it", err=True
            )
