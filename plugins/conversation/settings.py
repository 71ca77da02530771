"""The `CONVERSATION_*` settings, checked once, with the few of Pelican's own that conversations need.

Rule: every other module is given the `configuration.Settings` made here, and takes no `CONVERSATION_*` setting from
Pelican's; `cli.local_receiver` alone exchanges one beforehand. What Pelican itself goes by, such as its folders and
templates, is read from its settings where that is needed.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .configuration import Settings
from .errors import SettingsError
from .model import Author
from .text import is_id, is_web_address, make_lang

DEFAULTS: Mapping[str, object] = {
    "CONVERSATION_PATH": "comments",
    "CONVERSATION_ALLOWED_SIGNERS": "allowed_signers",
    "CONVERSATION_AUTHORS": {},
    "CONVERSATION_SIGNING_KEY": None,
    "CONVERSATION_MAX_BODY_BYTES": 64 * 1024,
    "CONVERSATION_MAX_INDENT": 5,
    "CONVERSATION_CLOSE_AFTER_DAYS": None,
    "CONVERSATION_PAGE_SIZE": 100,
    "CONVERSATION_LIST_SIZE": 100,
    "CONVERSATION_ORDER": "oldest",
    "CONVERSATION_NUMBERS": False,
    "CONVERSATION_IDENTICONS": True,
    "CONVERSATION_SCRIPT": False,
    "CONVERSATION_RECENT": 5,
    "CONVERSATION_AUTO": True,
    "CONVERSATION_CONTENT_BLOCK": "content",
    "CONVERSATION_HEAD_BLOCK": "head",
    "CONVERSATION_FEED_ATOM": "feeds/comments.atom.xml",
    "CONVERSATION_FEED_THREAD_ATOM": "feeds/comments/{thread}.atom.xml",
    "CONVERSATION_FEED_AUTHOR_ATOM": "feeds/replies.atom.xml",
    "CONVERSATION_FEED_MAX_ITEMS": 100,
    "CONVERSATION_RECEIVER": None,
    "CONVERSATION_FORGE": None,
    "CONVERSATION_MAIL": None,
    "CONVERSATION_INBOX": "var/inbox.git",
    "CONVERSATION_INBOX_REMOTE": None,
    "CONVERSATION_SECRET": "var/secret",
    "CONVERSATION_SEAL_TO": [],
    "CONVERSATION_BLOCKLIST": [],
    "CONVERSATION_RATE_LIMITS": ["10 per 10 minutes", "40 per day"],
    "CONVERSATION_RATE_STORE": "memory://",
    "CONVERSATION_TRUSTED_PROXIES": [],
    "CONVERSATION_MODERATOR": None,
    "CONVERSATION_PASSWORD_HASH": None,
    "CONVERSATION_PUSH": None,
}
"""Every setting with its default; the README's table says what each is for, and a test holds the two together."""

_FORGE = re.compile(
    r"(?P<repository>https?://(?P<host>[^/?#]+)/[^/?#]+/[^/?#]+?)(\.git)?"
    r"((/tree/(?P<github>[^/?#]+)|/src/branch/(?P<gitea>[^/?#]+))(/(?P<folder>[^?#]+))?)?"
)
"""A repository, and the branch and folder of it that a browser was shown: by GitHub, or by Gitea and Forgejo."""

SITE_FEEDS = (
    "FEED_ALL_ATOM",
    "FEED_ATOM",
    "CATEGORY_FEED_ATOM",
    "AUTHOR_FEED_ATOM",
    "TRANSLATION_FEED_ATOM",
    "TAG_FEED_ATOM",
)


def read_settings(pelican: Mapping[str, Any], root: Path) -> Settings:
    """Check Pelican's settings and take from them what conversations need; raises SettingsError naming the first bad one."""
    _check_names(pelican)
    reader = _Reader({**DEFAULTS, **pelican}, root)
    site_url = reader.text("SITEURL").rstrip("/")
    return Settings(
        root=root,
        path=reader.path("CONVERSATION_PATH"),
        allowed_signers=reader.path("CONVERSATION_ALLOWED_SIGNERS"),
        authors=reader.authors("CONVERSATION_AUTHORS"),
        signing_key=reader.path("CONVERSATION_SIGNING_KEY") if reader.values["CONVERSATION_SIGNING_KEY"] else None,
        max_body_bytes=reader.number("CONVERSATION_MAX_BODY_BYTES", at_least=1),
        max_indent=reader.number("CONVERSATION_MAX_INDENT", at_least=0, at_most=50),
        close_after_days=reader.optional_number("CONVERSATION_CLOSE_AFTER_DAYS"),
        page_size=reader.number("CONVERSATION_PAGE_SIZE", at_least=1),
        list_size=reader.number("CONVERSATION_LIST_SIZE", at_least=1),
        newest_first=reader.choice("CONVERSATION_ORDER", ("oldest", "newest")) == "newest",
        numbers=reader.flag("CONVERSATION_NUMBERS"),
        identicon_salt=reader.salt("CONVERSATION_IDENTICONS"),
        script=reader.flag("CONVERSATION_SCRIPT"),
        recent=reader.number("CONVERSATION_RECENT", at_least=0),
        auto=reader.flag("CONVERSATION_AUTO"),
        content_block=reader.text("CONVERSATION_CONTENT_BLOCK"),
        head_block=reader.text("CONVERSATION_HEAD_BLOCK"),
        feed_atom=reader.output_path("CONVERSATION_FEED_ATOM"),
        feed_thread_atom=reader.output_path("CONVERSATION_FEED_THREAD_ATOM", needs="{thread}"),
        feed_author_atom=reader.output_path("CONVERSATION_FEED_AUTHOR_ATOM"),
        receiver=reader.receiver("CONVERSATION_RECEIVER"),
        forge=reader.forge("CONVERSATION_FORGE", reader.path("CONVERSATION_PATH")),
        mail=reader.mail("CONVERSATION_MAIL"),
        inbox=reader.private_path("CONVERSATION_INBOX"),
        inbox_remote=reader.remote("CONVERSATION_INBOX_REMOTE"),
        secret=reader.private_path("CONVERSATION_SECRET"),
        seal_to=reader.texts("CONVERSATION_SEAL_TO"),
        blocklist=reader.texts("CONVERSATION_BLOCKLIST"),
        rate_limits=reader.texts("CONVERSATION_RATE_LIMITS"),
        rate_store=reader.text("CONVERSATION_RATE_STORE"),
        trusted_proxies=reader.texts("CONVERSATION_TRUSTED_PROXIES"),
        moderator=reader.moderator("CONVERSATION_MODERATOR"),
        password_hash=reader.text("CONVERSATION_PASSWORD_HASH") or None,
        push=reader.remote("CONVERSATION_PUSH"),
        feed_max_items=reader.number("CONVERSATION_FEED_MAX_ITEMS", at_least=1),
        timezone=reader.timezone("TIMEZONE"),
        site_url=site_url,
        static_folder=reader.text("THEME_STATIC_DIR") or "theme",
        feed_domain=(reader.text("FEED_DOMAIN") or site_url).rstrip("/"),
        has_site_feed=any(pelican.get(name) for name in SITE_FEEDS),
        site_name=reader.text("SITENAME"),
        default_lang=make_lang(reader.text("DEFAULT_LANG")),
    )


def _check_names(pelican: Mapping[str, Any]) -> None:
    for name in pelican:
        if name.startswith("CONVERSATION_") and name not in DEFAULTS:
            raise SettingsError(name, pelican[name], f"there is no such setting; use one of {', '.join(DEFAULTS)}")


class _Reader:
    """Reads one value each, or raises SettingsError with its name."""

    def __init__(self, values: Mapping[str, Any], root: Path) -> None:
        self.values = values
        self.root = root

    def text(self, name: str) -> str:
        value = self.values.get(name) or ""
        if not isinstance(value, str):
            raise SettingsError(name, value, "write it as text in quotes")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.values[name] or ()
        if isinstance(value, str) or not all(isinstance(one, str) for one in value):
            raise SettingsError(name, value, "write it as a list of texts in quotes")
        return tuple(value)

    def receiver(self, name: str) -> str | None:
        value = self.text(name).rstrip("/")
        if value and not is_web_address(value) and not (value.startswith("/") and not value.startswith("//")):
            raise SettingsError(name, value, "give its address, or a path on the site such as /conversation")
        return value or None

    def forge(self, name: str, comments: Path) -> str | None:
        """Return where the forge makes a new file of a thread; GitHub takes the whole path in its query, the others do not."""
        value = self.text(name).rstrip("/")
        if not value:
            return None
        found = _FORGE.fullmatch(value)
        if found is None or not is_web_address(value):
            remedy = "give the repository's address, and its branch as the browser shows it: https://github.com/ann/blog/tree/main or https://codeberg.org/ann/blog/src/branch/main"
            raise SettingsError(name, value, remedy)
        if not comments.is_relative_to(self.root):
            raise SettingsError(name, value, f"it needs CONVERSATION_PATH below {self.root}, as the repository has it")
        folder = quote((Path(found["folder"] or "") / comments.relative_to(self.root)).as_posix(), safe="/%")
        is_github = found["github"] or (not found["gitea"] and found["host"].lower() == "github.com")
        branch = found["github"] or found["gitea"] or "main"
        if is_github:
            return f"{found['repository']}/new/{branch}?filename={folder}/{{thread}}/{{file}}"
        return f"{found['repository']}/_new/{branch}/{folder}/{{thread}}?filename={{file}}"

    def mail(self, name: str) -> str | None:
        value = self.text(name)
        if value and not re.fullmatch(r"[^@\s<>?&%]+@[^@\s<>?&%]+", value):
            raise SettingsError(name, value, "write the address alone: 'comments@example.org'")
        return value or None

    def moderator(self, name: str) -> str | None:
        value = self.text(name)
        if value and not re.fullmatch(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>", value):
            raise SettingsError(name, value, "write it as git does: 'Ann Example <ann@example.org>'")
        return value or None

    def path(self, name: str) -> Path:
        value = self.text(name)
        if not value.strip():  # would be the site's own folder
            raise SettingsError(name, self.values[name], "give a path, or leave the setting out for the default")
        try:
            return self.root / Path(value).expanduser()
        except RuntimeError as error:
            raise SettingsError(name, value, "there is no such home folder; give the whole path") from error

    def private_path(self, name: str) -> Path:
        """Return a path that is not in the output; a site that is its own output folder has no other place."""
        path, output = self.path(name), Path(self.values.get("OUTPUT_PATH") or "")
        if Path(os.path.normpath(path)).is_relative_to(output) and not self.root.is_relative_to(output):
            raise SettingsError(
                name, self.values[name], "it is private, and OUTPUT_PATH is public; give a path elsewhere"
            )
        return path

    def remote(self, name: str) -> str | None:
        """Return what git takes for a remote; it looks for a folder from wherever it is run, so that gets its whole path."""
        value = self.text(name)
        folder = self.root / os.path.expanduser(value)  # noqa: PTH111 - it leaves what is no home folder to git
        return (str(folder) if "/" in value and folder.is_dir() else value) or None

    def flag(self, name: str) -> bool:
        value = self.values[name]
        if not isinstance(value, bool):
            raise SettingsError(name, value, "use True or False")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise SettingsError(name, value, f"write one of {', '.join(map(repr, choices))}")
        return value

    def salt(self, name: str) -> str | None:
        if isinstance(self.values[name], str):
            return self.text(name)
        return self.text("SITENAME") if self.flag(name) else None

    def number(self, name: str, *, at_least: int, at_most: int = 2**31) -> int:
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int) or not at_least <= value <= at_most:
            raise SettingsError(name, value, f"use a whole number from {at_least}")
        return value

    def optional_number(self, name: str) -> int | None:
        return None if self.values[name] is None else self.number(name, at_least=0)

    def output_path(self, name: str, *, needs: str = "") -> str | None:
        value = self.text(name)
        if not value:
            return None
        plain = value.replace(needs, "") if needs else value
        if needs not in value or value.startswith("/") or ".." in Path(value).parts or set(plain) & set("{}"):
            raise SettingsError(name, value, f"give a path inside the output folder{f' with {needs}' if needs else ''}")
        return value

    def timezone(self, name: str) -> ZoneInfo:
        value = self.text(name) or "UTC"
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise SettingsError(name, value, "use a name such as 'Europe/Berlin'") from error

    def authors(self, name: str) -> Mapping[str, Author]:
        value = self.values[name]
        if not isinstance(value, Mapping):
            raise SettingsError(name, value, 'write {"ann": {"name": "Ann Example"}}')
        return {key: self._author(name, key, facts) for key, facts in value.items()}

    def _author(self, name: str, key: object, facts: object) -> Author:
        if not isinstance(key, str) or not is_id(key):
            raise SettingsError(name, key, "a key has lower-case letters, digits and `-` only")
        if not isinstance(facts, Mapping) or not isinstance(facts.get("name"), str) or not facts["name"].strip():
            raise SettingsError(name, facts, f'the author {key!r} needs a name: {{"name": "Ann Example"}}')
        if unknown := set(facts) - {"name", "url"}:
            raise SettingsError(name, facts, f"an author has name and url, not {', '.join(sorted(map(str, unknown)))}")
        url = facts.get("url") or None
        if url is not None and not (isinstance(url, str) and (is_web_address(url) or url.startswith("/"))):
            raise SettingsError(
                name, facts, "an author's url is an http(s) address, or a path on the site such as /about"
            )
        return Author(key, facts["name"].strip(), url)
