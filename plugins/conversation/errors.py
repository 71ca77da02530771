"""The errors this package raises; each says where, what and how to mend it.

Rule: a bad comment file is a `Problem` (see `model`), never an exception; errors are for what stops a command.
"""


class ConversationError(Exception):
    """Something the blogger can mend; the command line prints it and exits with 1."""


class SettingsError(ConversationError):
    """A `CONVERSATION_*` setting has a value that cannot be used."""

    def __init__(self, setting: str, value: object, remedy: str) -> None:
        super().__init__(f"{setting} = {value!r}: {remedy}")
        self.setting = setting
        self.value = value


class InvalidCommentError(ConversationError):
    """A comment with a value that its file could not carry; raised where a comment is made, not where one is read."""

    def __init__(self, field: str, value: object, remedy: str) -> None:
        super().__init__(f"comment field {field} = {value!r}: {remedy}")
        self.field = field
        self.value = value


class SignatureError(ConversationError):
    """A signature that does not prove what the comment claims; `code` is the problem code it is reported under."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message}; {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy


class SigningError(ConversationError):
    """ssh-keygen could not sign a comment."""


class ImportFileError(ConversationError):
    """An export, or the map beside it, that cannot be read."""

    def __init__(self, path: str, line: int, message: str, remedy: str) -> None:
        super().__init__(f"{path}:{line}: {message}; {remedy}")
        self.path = path
        self.line = line
