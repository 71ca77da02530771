"""The documents say what the code does."""

import re
from pathlib import Path

from pelican.plugins.conversation.cli import COMMANDS
from pelican.plugins.conversation.cli.await_ import NO_ANSWER
from pelican.plugins.conversation.cli.editor import DRAFTS
from pelican.plugins.conversation.comments.comment_header import KEYS
from pelican.plugins.conversation.receiver.sign_in_links import FOLDER
from pelican.plugins.conversation.settings import DEFAULTS

PROJECT = Path(__file__).parent.parent
README = (PROJECT / "README.md").read_text("utf-8")
PACKAGE = PROJECT / "plugins" / "conversation"
SETTINGS_FILES = ("pelicanconf.py", "publishconf.py")
ARCHITECTURE = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")


def test_the_table_of_settings_is_that_of_the_code() -> None:
    """Every setting with its default, in the code's order, and no other."""
    rows = re.findall(r"^\| `(CONVERSATION_\w+)` \| `([^`]*)` \| \S.* \|$", README, re.M)
    assert [(name, repr(value)) for name, value in DEFAULTS.items()] == rows


def test_every_key_of_a_comment_is_described() -> None:
    """The table of the comment file names each key once."""
    table = README[README.index("## The comment file") : README.index("### The author's replies")]
    rows = re.findall(r"^\| (`.*?`) \|", table, re.M)
    assert set(KEYS) == {key for row in rows for key in re.findall(r"`(\w+)`", row)}


def test_every_command_is_described() -> None:
    """The table of commands names each."""
    assert set(COMMANDS) == set(re.findall(r"^\| `pelican-comments ([\w-]+)", README, re.M))


def test_every_target_of_make_is_described() -> None:
    """The README names each target of the Makefile that is for people."""
    targets = set(re.findall(r"^([a-z]+):.*?##", (PROJECT / "Makefile").read_text("utf-8"), re.M))
    assert targets - {"clean"} <= set(re.findall(r"`?make (\w+)", README))


def test_every_module_has_its_place_in_the_architecture() -> None:
    """The table of ARCHITECTURE.md names every module of each folder, and none that is not there."""
    table = re.findall(r"^\| (\S*) ?\| ([`][^|]*) \| .* \|$", ARCHITECTURE, re.M)
    told: dict[str, set[str]] = {}
    folder = ""
    for first, modules in table:
        folder = first.strip("`/") or folder
        told.setdefault(folder, set()).update(re.findall(r"`(\w+)`", modules))
    there: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if not path.stem.startswith("__"):
            there.setdefault(path.parent.name if path.parent != PACKAGE else "top", set()).add(path.stem)
    assert there == told


def test_files_that_documents_link_to_are_there() -> None:
    """No relative link of a document is dead."""
    for document in PROJECT.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (PROJECT / target).exists(), f"{document.name}: {target}"


def test_modules_that_documents_name_are_there() -> None:
    """A module is named with its folder."""
    for document in (PROJECT / "docs").glob("*.md"):
        for name in re.findall(r"`([\w/]+\.py)`", document.read_text("utf-8")):
            assert name in SETTINGS_FILES or (PACKAGE / name).is_file(), f"{document.name}: {name}"


def test_everything_in_var_is_described() -> None:
    """The table has the files of inbox, receiver and command line, and no other."""
    text = (PROJECT / "docs" / "on-a-server.md").read_text("utf-8")
    table = text[text.index("## What is in var") : text.index("## E-mail addresses")]
    places = {Path(str(DEFAULTS[name])).name for name in ("CONVERSATION_INBOX", "CONVERSATION_SECRET")}
    expected = {*places, "threads.json", f"{FOLDER}/", NO_ANSWER, f"{DRAFTS}/"}
    assert expected == set(re.findall(r"^\| `(\S+)` \|", table, re.M))


def test_it_is_installed_from_a_checkout() -> None:
    """Nobody is told to install what no package index has."""
    documents = [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*"), *PACKAGE.rglob("*.py")]
    for path in documents:
        told = (
            re.findall(r"pip install ['\"]?([\w.-]+)", path.read_text("utf-8")) if path.suffix in (".md", ".py") else []
        )
        assert "pelican-conversation" not in told, path
