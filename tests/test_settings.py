"""Settings: checked once, with errors that name the setting."""

from pathlib import Path

import pytest
from pelican.plugins.conversation.building.site import find_root
from pelican.plugins.conversation.errors import SettingsError
from pelican.plugins.conversation.model import Author
from pelican.plugins.conversation.settings import DEFAULTS, read_settings

ROOT = Path("/site")
PELICAN = {
    "SITENAME": "A site",
    "SITEURL": "https://example.org/",
    "TIMEZONE": "Europe/Berlin",
    "DEFAULT_LANG": "en",
    "OUTPUT_PATH": "/site/output",
}


def test_defaults() -> None:
    """A site that sets nothing has conversations in `comments/` beside its settings."""
    settings = read_settings(PELICAN, ROOT)
    assert (Path("/site/comments"), Path("/site/allowed_signers")) == (settings.path, settings.allowed_signers)
    assert ("https://example.org", "https://example.org") == (settings.site_url, settings.feed_domain)
    assert ({}, 65536) == (settings.authors, settings.max_body_bytes)


def test_a_site_that_is_its_own_output_folder() -> None:
    """Has its inbox there, as it has everything."""
    assert Path("/site/var/inbox.git") == read_settings({**PELICAN, "OUTPUT_PATH": "/site"}, ROOT).inbox


def test_authors() -> None:
    """Authors are known by their keys."""
    found = read_settings({**PELICAN, "CONVERSATION_AUTHORS": {"ann": {"name": " Ann ", "url": "/about"}}}, ROOT)
    assert {"ann": Author("ann", "Ann", "/about")} == found.authors


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONVERSATION_AUTHOR", {}),
        ("CONVERSATION_AUTHORS", ["ann"]),
        ("CONVERSATION_AUTHORS", {"Ann": {"name": "Ann"}}),
        ("CONVERSATION_AUTHORS", {"ann": {}}),
        ("CONVERSATION_AUTHORS", {"ann": {"name": "Ann", "mail": "x"}}),
        ("CONVERSATION_AUTHORS", {"ann": {"name": "Ann", "url": "javascript:alert(1)"}}),
        ("CONVERSATION_MAX_BODY_BYTES", "64K"),
        ("CONVERSATION_MAX_INDENT", -1),
        ("CONVERSATION_CLOSE_AFTER_DAYS", True),
        ("CONVERSATION_AUTO", 1),
        ("CONVERSATION_PATH", 5),
        ("CONVERSATION_PATH", ""),
        ("CONVERSATION_ALLOWED_SIGNERS", None),
        ("CONVERSATION_SIGNING_KEY", " "),
        ("CONVERSATION_SIGNING_KEY", "~nobody-of-this-name/key"),
        ("CONVERSATION_INBOX", ""),
        ("CONVERSATION_SECRET", None),
        ("CONVERSATION_SECRET", "output/secret"),
        ("CONVERSATION_INBOX", "/site/var/../output/inbox.git"),
        ("CONVERSATION_FEED_ATOM", "/etc/feed.xml"),
        ("CONVERSATION_FEED_THREAD_ATOM", "../{thread}.xml"),
        ("CONVERSATION_FEED_THREAD_ATOM", "feeds/thread.xml"),
        ("CONVERSATION_FEED_THREAD_ATOM", "feeds/{thread}/{slug}.xml"),
        ("TIMEZONE", "Mars/Base"),
    ],
)
def test_a_bad_value_is_named(name: str, value: object) -> None:
    """The error names the setting and what to write instead."""
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings({**PELICAN, name: value}, ROOT)
    assert name == caught.value.setting


def test_only_the_signing_key_need_not_be_a_path() -> None:
    """Without it, it is looked for; of the others, none can be the site's own folder."""
    assert read_settings({**PELICAN, "CONVERSATION_SIGNING_KEY": ""}, ROOT).signing_key is None
    with pytest.raises(SettingsError, match=r"^CONVERSATION_SECRET = None: give a path, or leave the setting out"):
        read_settings({**PELICAN, "CONVERSATION_SECRET": None}, ROOT)


def test_every_default_is_valid() -> None:
    """The defaults themselves pass the checks."""
    assert read_settings({**PELICAN, **DEFAULTS}, ROOT) == read_settings(PELICAN, ROOT)


@pytest.mark.parametrize(
    ("expected", "content", "settings"),
    [
        ("site", "site/content", "site/pelicanconf.py"),
        ("site", "site", "site/pelicanconf.py"),
        ("site", "site/blog/content", "site/pelicanconf.py"),
        ("site/blog", "site/blog/content", "site/blog/settings.py"),
    ],
)
def test_paths_start_where_pelicanconf_stands(tmp_path: Path, expected: str, content: str, settings: str) -> None:
    """However deep PATH is below it; where the settings have another name, the folder above the content is taken."""
    (tmp_path / content).mkdir(parents=True)
    (tmp_path / settings).write_text("")
    assert tmp_path / expected == find_root(tmp_path / content)


@pytest.mark.parametrize("name", ["CONVERSATION_INBOX_REMOTE", "CONVERSATION_PUSH"])
def test_a_remote_is_found_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A folder counts from the settings file as every path does, one in the home folder too; all else is left to git."""
    (tmp_path / "site" / "origin").mkdir(parents=True)
    (tmp_path / "hub.git").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))

    def read(value: str | None) -> str | None:
        settings = read_settings({**PELICAN, name: value}, tmp_path / "site")
        return settings.push if name == "CONVERSATION_PUSH" else settings.inbox_remote

    for value in ("../hub.git", "~/hub.git", str(tmp_path / "hub.git")):
        assert (tmp_path / "hub.git").samefile(read(value) or "")
        assert Path(read(value) or "").is_absolute()
    for value in (
        "origin",
        "git@example.org:ann/inbox.git",
        "https://example.org/inbox.git",
        "../away.git",
        "~nobody-of-this-name/x",
    ):
        assert value == read(value)
    assert (None, None) == (read(None), read(""))
