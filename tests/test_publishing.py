"""Publishing by regions gives what a full build gives, byte for byte, whatever happens to comments."""

import json
import os
import pickle
import re
import shutil
import signal as system_signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from blinker import ANY, Signal
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from pelican import signals
from pelican.plugins.conversation.building.site import load_pelican_settings, site_settings
from pelican.plugins.conversation.comments.pages import is_open
from pelican.plugins.conversation.comments.ssh import sign_files
from pelican.plugins.conversation.model import Page
from pelican.plugins.conversation.publishing.inputs import Inputs, renew_inputs
from pelican.plugins.conversation.publishing.publisher import Outcome, Publisher
from pelican.plugins.conversation.publishing.record import Record, record_path
from pelican.plugins.conversation.publishing.recording import find_turns

from .building import SOURCE_DATE_EPOCH, TestSite
from .conftest import PROJECT
from .signing_site import add_settings, add_signing_key

THEMES = {"own": str(PROJECT / "theme"), "simple": "simple", "notmyidea": "notmyidea"}
OWN_LISTS = 'DIRECT_TEMPLATES = ["index", "archives", "tags", "conversations"]\n'
"""With the list of conversations, which only the own theme has a template for."""
SITE_SETTINGS = """\
CONVERSATION_PAGE_SIZE = 3
CONVERSATION_RECENT = 2
CONVERSATION_FEED_MAX_ITEMS = 3
CONVERSATION_RECEIVER = "/conversation"
DIRECT_TEMPLATES = ["index", "archives", "tags"]
DEFAULT_PAGINATION = 2
"""


@pytest.fixture(autouse=True)
def unplugged() -> Iterator[None]:
    """Builds run in this process; what they connect to Pelican is not there for other tests."""
    yield
    for signal in (found for found in vars(signals).values() if isinstance(found, Signal)):
        for receiver in list(signal.receivers_for(ANY)):
            if receiver.__module__.startswith("pelican.plugins.conversation"):
                signal.disconnect(receiver)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every build here is of the same day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)


def write_site(root: Path, *, theme: str = "own", more: str = "") -> TestSite:
    """Write a site with articles, a translation and the draft of one, a page, a draft, and an author who can sign."""
    root.mkdir(parents=True, exist_ok=True)
    site = TestSite(root, SITE_SETTINGS + (OWN_LISTS if theme == "own" else "") + more)
    add_settings(site, THEME=THEMES[theme])
    for slug, day in (("talk", "01"), ("quiet", "02"), ("other", "03")):
        site.write_article(slug, date=f"2026-03-{day}", Tags="one, two")
    site.write_article("talk", file="talk-de", Lang="de", Tags="one")
    site.write_article("talk", file="talk-fr", Lang="fr", Status="draft")
    site.write_article("sketch", Status="draft")
    site.write_article("about", folder="pages/")
    add_signing_key(site)
    for id in ("a", "b", "c"):
        site.write_comment("talk", id)
    site.write_comment("talk", "d", in_reply_to="a")
    site.write_comment("other", "e")
    return site


def publish(site: TestSite, **options: bool) -> Outcome:
    """Publish a site in this process."""
    return Publisher(load_pelican_settings(site.root / "pelicanconf.py")).publish(**options)


def read_tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def build_afresh(site: TestSite) -> dict[str, bytes]:
    """Build the site in full with Pelican alone, into an empty folder, and return its files."""
    from pelican import Pelican

    folder = site.root / "afresh"
    shutil.rmtree(folder, ignore_errors=True)
    others = {"OUTPUT_PATH": str(folder), "CACHE_PATH": str(site.root / "afresh-cache")}
    Pelican(load_pelican_settings(site.root / "pelicanconf.py", **others)).run()
    return read_tree(folder)


def list_records(site: TestSite) -> list[Path]:
    """Return the record of the last build, alone in a list."""
    found = list((site.root / "cache").glob("conversation-build-*.sqlite"))
    assert 1 == len(found)
    return found


def change_record(site: TestSite, statement: str) -> None:
    """Change the record of the last build by a statement of SQL."""
    for path in list_records(site):
        with sqlite3.connect(path) as connection:
            connection.execute(statement)


def check_output(site: TestSite) -> None:
    """Fail unless the output is that of a fresh full build."""
    expected, found = build_afresh(site), read_tree(site.root / "output")
    assert expected.keys() == found.keys()
    different = [path for path in expected if expected[path] != found[path]]
    assert [] == different


THREADS = st.sampled_from(["talk", "quiet", "other", "about", "sketch", "nowhere"])
PLACES = st.integers(0, 30)


class Publishing(RuleBasedStateMachine):
    """Any sequence of changes, each published."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.site: TestSite
        self.number = 0

    @initialize(
        theme=st.sampled_from(list(THEMES)), is_relative=st.booleans(), order=st.sampled_from(["oldest", "newest"]),
        list_size=st.sampled_from([1, 2, 100]),
    )  # fmt: skip
    def begin(self, theme: str, is_relative: bool, order: str, list_size: int) -> None:
        more = f"RELATIVE_URLS = {is_relative}\nCONVERSATION_ORDER = {order!r}\nCONVERSATION_LIST_SIZE = {list_size}\n"
        self.site = write_site(Path(self.folder.name) / "site", theme=theme, more=more)
        self.publish()

    def publish(self) -> None:
        outcome = publish(self.site)
        event("in full" if outcome.reason else "by regions")
        check_output(self.site)

    def pick(self, thread: str, place: int) -> Path | None:
        files = sorted((self.site.root / "comments" / thread).glob("*.md"))
        return files[place % len(files)] if files else None

    def write(self, thread: str, path: Path | None, *, is_signed: bool = False, **header: str) -> None:
        self.number += 1
        id = path.stem if path else f"n{self.number}"
        date = f"2026-03-{3 + self.number % 9:02}T10:00:{self.number % 60:02}Z"
        if is_signed:
            header |= {"name": "", "author": "ann", "id": id, "thread": thread}
        file = self.site.write_comment(thread, id, f"Text *{self.number}*.", **{"date": date, **header})
        file.with_name(f"{file.name}.sig").unlink(missing_ok=True)
        if is_signed:
            sign_files([file], key=self.site.root.parent / "site-keys" / "key")

    @rule(thread=THREADS, place=PLACES, is_reply=st.booleans(), is_signed=st.booleans())
    def add(self, thread: str, place: int, is_reply: bool, is_signed: bool) -> None:
        parent = self.pick(thread, place) if is_reply else None
        self.write(thread, None, is_signed=is_signed, in_reply_to=parent.stem if parent else "")
        self.publish()

    @rule(thread=THREADS, place=PLACES, is_signed=st.booleans())
    def edit(self, thread: str, place: int, is_signed: bool) -> None:
        if path := self.pick(thread, place):
            self.write(thread, path, is_signed=is_signed)
            self.publish()

    @rule(thread=THREADS, place=PLACES, other=PLACES)
    def give_another_parent(self, thread: str, place: int, other: int) -> None:
        path, parent = self.pick(thread, place), self.pick(thread, other)
        if path and parent:
            self.write(thread, path, in_reply_to=parent.stem)
            self.publish()

    @rule(thread=THREADS, place=PLACES)
    def make_tombstone(self, thread: str, place: int) -> None:
        if path := self.pick(thread, place):
            self.write(thread, path, state="removed")
            self.publish()

    @rule(thread=THREADS, place=PLACES)
    def remove(self, thread: str, place: int) -> None:
        if path := self.pick(thread, place):
            path.unlink()
            path.with_name(f"{path.name}.sig").unlink(missing_ok=True)
            self.publish()

    @rule(thread=THREADS)
    def remove_all(self, thread: str) -> None:
        shutil.rmtree(self.site.root / "comments" / thread, ignore_errors=True)
        self.publish()

    @rule(thread=THREADS, text=st.sampled_from([b"", b"\xff", b"---\nname: \n---\n", b"---\nstate: removed\n---\n"]))
    def write_nonsense(self, thread: str, text: bytes) -> None:
        self.site.write(f"comments/{thread}/broken.md", text)
        self.publish()

    @rule(slug=st.sampled_from(["talk", "other"]), mode=st.sampled_from(["open", "closed", "hidden"]))
    def set_conversation(self, slug: str, mode: str) -> None:
        self.site.write_article(slug, Conversation=mode, Tags="one, two")
        self.publish()

    @rule()
    def check_out(self) -> None:
        """Every file of the site is a new one with the text of the old."""
        check_out(self.site)
        self.publish()

    def teardown(self) -> None:
        self.folder.cleanup()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_any_sequence_of_changes_ends_where_a_full_build_would() -> None:
    """Adding, editing, signing, removing, moving, opening and closing: each published, each compared whole."""
    examples = int(os.environ.get("CONVERSATION_PUBLISHING_EXAMPLES", "4"))
    run_state_machine_as_test(
        Publishing,
        settings=settings(max_examples=examples, stateful_step_count=12, suppress_health_check=list(HealthCheck)),
    )


@pytest.fixture(params=list(THEMES))
def site(request: pytest.FixtureRequest, tmp_path: Path) -> TestSite:
    """A published site in each theme."""
    found = write_site(tmp_path / "site", theme=request.param)
    publish(found)
    return found


@pytest.fixture
def own_site(tmp_path: Path) -> TestSite:
    """A published site in the theme of this project."""
    found = write_site(tmp_path / "site")
    publish(found)
    return found


def test_one_comment_takes_no_full_build(site: TestSite) -> None:
    """A reply to a reply, an edit, a tombstone and a removal are each published by regions, in every theme."""
    site.write_comment("talk", "f", in_reply_to="d")
    changes = [lambda: site.write_comment("talk", "f", "Changed.", in_reply_to="d")]
    changes += [lambda: site.write_comment("talk", "d", in_reply_to="a", state="removed")]
    changes += [(site.root / "comments/talk/f.md").unlink, list]
    for change in changes:
        outcome = publish(site)
        assert ("", ("talk",)) == (outcome.reason, outcome.threads)
        assert {"talk.html", "talk-de.html", "feeds/all.atom.xml"} <= {*outcome.files, "feeds/all.atom.xml"}
        check_output(site)
        change()
    assert Outcome() == publish(site)


def test_one_comment_after_a_full_build_in_one_process(own_site: TestSite) -> None:
    """Pelican adds to the settings that it is given; they are not taken for others then."""
    publisher = Publisher(load_pelican_settings(own_site.root / "pelicanconf.py"))
    publisher.publish(full=True)
    own_site.write_comment("talk", "new", in_reply_to="a")
    assert not publisher.publish(entries=frozenset({"talk"})).reason
    assert not publisher.publish().reason
    check_output(own_site)


def test_archives_on_several_pages(tmp_path: Path) -> None:
    """Each post is on one page of the archive, that of a year too, and a comment changes the page that has its post."""
    more = 'PAGINATED_TEMPLATES = {"index": None, "archives": 1, "period_archives": 2}\nYEAR_ARCHIVE_SAVE_AS = "{date:%Y}/index.html"\n'
    site = write_site(tmp_path, more=more)
    publish(site)
    pages = {
        path: re.findall(
            r'<li><a href="[^"]*?([a-z]+)\.html">[^<]*</a> <span', (site.root / "output" / path).read_text("utf-8")
        )
        for path in ("archives.html", "archives2.html", "archives3.html", "2026/index.html", "2026/index2.html")
    }
    assert [["other"], ["quiet"], ["talk"], ["other", "quiet"], ["talk"]] == list(pages.values())
    site.write_comment("talk", "f", in_reply_to="d")
    outcome = publish(site)
    assert not outcome.reason
    assert {"archives3.html", "2026/index2.html"} == pages.keys() & {*outcome.files}
    check_output(site)


def test_the_list_of_conversations(own_site: TestSite) -> None:
    """A page moves up with its latest comment, and goes with its last, without a full build."""
    assert ["talk", "other"] == list_conversations(own_site)
    own_site.write_comment("other", "late", date="2026-05-01T10:00:00Z")
    own_site.write_comment("quiet", "first", date="2026-04-01T10:00:00Z")
    for expected in (["other", "quiet", "talk"], ["quiet", "talk"]):
        outcome = publish(own_site)
        assert ("", True) == (outcome.reason, "conversations.html" in outcome.files)
        assert expected == list_conversations(own_site)
        check_output(own_site)
        for path in own_site.root.glob("comments/other/*.md"):
            path.unlink()


def list_conversations(site: TestSite, page: str = "conversations.html") -> list[str]:
    """Return the slugs on a page of the list of conversations, in order."""
    return re.findall(r'<h2><a href="[^"]*?(\w+)\.html"', site.read(page))


def test_a_list_of_conversations_of_several_pages(own_site: TestSite) -> None:
    """A conversation moves from one page to another without a full build; another page takes one."""
    add_settings(own_site, CONVERSATION_LIST_SIZE=1)
    publish(own_site)
    second = "conversations-2.html"
    assert (["talk"], ["other"]) == (list_conversations(own_site), list_conversations(own_site, second))
    own_site.write_comment("other", "late", date="2026-05-01T10:00:00Z")
    outcome = publish(own_site)
    assert not outcome.reason
    assert {"conversations.html", second} <= set(outcome.files)
    assert (["other"], ["talk"]) == (list_conversations(own_site), list_conversations(own_site, second))
    check_output(own_site)
    own_site.write_comment("other", "later", date="2026-05-02T10:00:00Z")
    outcome = publish(own_site)
    assert "conversations.html" in outcome.files
    assert second not in outcome.files
    check_output(own_site)
    own_site.write_comment("quiet", "first", date="2026-04-01T10:00:00Z")
    assert "the list of conversations has another number of pages" == publish(own_site).reason
    assert ["quiet"] == list_conversations(own_site, second)
    assert ["talk"] == list_conversations(own_site, "conversations-3.html")
    check_output(own_site)


def test_the_first_comment_of_a_page(site: TestSite) -> None:
    """A thread that had no folder gets a section, a feed and its numbers without a full build."""
    site.write_comment("quiet", "first")
    outcome = publish(site)
    assert ("", ("quiet",)) == (outcome.reason, outcome.threads)
    assert {"quiet.html", "feeds/all.rss.xml", "feeds/all.atom.xml"} <= set(outcome.files)
    check_output(site)


def test_problems_of_what_has_changed_are_reported(own_site: TestSite) -> None:
    """A bad file and a folder without page are named, and the rest is published."""
    own_site.write("comments/talk/bad.md", b"no front matter")
    own_site.write_comment("tolk", "x")
    own_site.write_comment("talk", "good", in_reply_to="a")
    outcome = publish(own_site)
    assert {"comments/talk/bad.md", "comments/tolk"} <= {problem.path for problem in outcome.problems}
    assert "talk" in next(problem.remedy for problem in outcome.problems if problem.path == "comments/tolk")
    assert "Body of good." in own_site.read("talk.html")
    check_output(own_site)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda site: add_settings(site, SITENAME="Another"), "settings have changed (SITENAME)"),
        (lambda site: site.write_article("new"), "content has changed"),
        (lambda site: site.write("allowed_signers", ""), "list of keys has changed"),
        (lambda site: (site.root / "output/talk.html").write_text("mine"), "changed or removed talk.html"),
        (lambda site: (site.root / "output/feeds/all.atom.xml").unlink(), "changed or removed feeds/all.atom.xml"),
        (lambda site: [site.write_comment("talk", id) for id in ("g", "h")], "another number of further pages"),
        (lambda site: [shutil.rmtree(site.root / "comments" / name) for name in ("talk", "other")], "none any more"),
        (lambda site: [path.write_bytes(b"damaged") for path in list_records(site)], "no record"),
        (lambda site: [path.write_bytes(path.read_bytes()[:9000]) for path in list_records(site)], "record"),
        (lambda site: [change_record(site, "UPDATE calls SET region = 'x'"), site.write_comment("talk", "g", in_reply_to="a")], "record"),
    ],
)  # fmt: skip
def test_anything_else_is_a_full_build_and_says_why(own_site: TestSite, change: object, reason: str) -> None:
    """Settings, content, keys, further pages, a foreign hand in the output: the reason is named, the result is the same."""
    change(own_site)
    outcome = publish(own_site)
    assert reason in outcome.reason
    check_output(own_site)
    assert Outcome() == publish(own_site)


def test_the_theme_and_plugins_count(tmp_path: Path) -> None:
    """A template that was edited, and a plugin of the site's own, make it a full build."""
    theme = tmp_path / "theme"
    shutil.copytree(PROJECT / "theme", theme)
    site = write_site(tmp_path / "site", more='PLUGIN_PATHS = ["more"]\nPLUGINS += ["mine"]\n')
    add_settings(site, THEME=str(theme))
    site.write("more/mine.py", "def register():\n    pass\n")
    done = site.run("pelican_comments", "publish")
    assert 0 == done.returncode, done.stderr
    (theme / "templates" / "archives.html").write_text("{% extends 'base.html' %}")
    assert "theme has changed" in site.run("pelican_comments", "publish").stdout
    site.write("more/mine.py", "def register():\n    print()\n")
    done = site.run("pelican_comments", "publish")
    assert "mine.py" in done.stdout.partition("code has changed")[2]


def check_out(site: TestSite) -> None:
    """Replace every file that was not built by a copy, as a checkout of the repository elsewhere does."""
    built = [site.root / name for name in ("output", "cache", "afresh")]
    for path in [path for path in site.root.rglob("*") if path.is_file()]:
        if not any(path.is_relative_to(folder) for folder in built):
            copy = path.with_name(f".{path.name}.copy")
            copy.write_bytes(path.read_bytes())
            copy.replace(path)


def write_site_of_its_own(root: Path) -> TestSite:
    """Write and publish a site with a theme and a plugin of its own."""
    shutil.copytree(PROJECT / "theme", root / "theme")
    site = write_site(root, more='PLUGIN_PATHS = ["more"]\nPLUGINS += ["mine"]\n')
    add_settings(site, THEME=str(root / "theme"))
    site.write("more/mine.py", "def register():\n    pass\n")
    assert 0 == site.run("pelican_comments", "publish").returncode
    return site


def test_a_checkout_with_what_was_built_is_gone_on_from(tmp_path: Path) -> None:
    """Where all files have other times and the contents that they had, one comment takes no full build."""
    site = write_site_of_its_own(tmp_path)
    check_out(site)
    site.write_comment("talk", "new", in_reply_to="a")
    assert "Brought talk up to date" in site.run("pelican_comments", "publish").stdout
    check_output(site)
    found = load_pelican_settings(site.root / "pelicanconf.py")
    with Record.open(record_path(site.root / "cache", site.root / "output")) as record:
        inputs = record.read_fact("inputs", Inputs)
    assert renew_inputs(inputs, found, site_settings(found)) is inputs  # the next time, looking at the times is enough


@pytest.mark.parametrize("path", ["content/talk.md", "theme/templates/base.html", "more/mine.py", "allowed_signers"])
def test_a_checkout_in_which_something_is_another(tmp_path: Path, path: str) -> None:
    """One letter, in a file of the same size, makes it a full build."""
    site = write_site_of_its_own(tmp_path)
    check_out(site)
    text = (site.root / path).read_bytes()
    site.write(path, text[:-1] + b" ")
    assert "has changed" in site.run("pelican_comments", "publish").stdout


def test_content_that_was_another_during_a_build(own_site: TestSite) -> None:
    """Nobody knows which text the build has read; that it is what it was before says nothing."""
    path = own_site.root / "content" / "talk.md"
    text = path.read_text("utf-8")

    def change(pelican: object) -> None:
        path.write_text(text.replace("The text", "Another text"), "utf-8")

    def change_back(pelican: object) -> None:
        path.write_text(text, "utf-8")

    signals.get_generators.connect(change)
    signals.get_writer.connect(change_back)
    publish(own_site, full=True)
    signals.get_generators.disconnect(change)
    signals.get_writer.disconnect(change_back)
    assert "Another text" in own_site.read("talk.html")
    assert "the content has changed" == publish(own_site).reason
    check_output(own_site)


def test_packages_count_where_times_do_not(own_site: TestSite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package can bring another version of what is no module."""
    installed = own_site.root / "packages" / "words-1.0.dist-info"
    installed.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(installed.parent))
    publish(own_site, full=True)
    installed.rename(installed.with_name("words-1.1.dist-info"))
    check_out(own_site)
    assert "what is installed has changed" == publish(own_site).reason


def test_dates_of_files_as_dates_of_posts(tmp_path: Path) -> None:
    """With DEFAULT_DATE = "fs" the times of the content are read."""
    site = write_site(tmp_path, more='DEFAULT_DATE = "fs"\n')
    publish(site)
    check_out(site)
    assert "the content has changed" == publish(site).reason


def test_fatal_errors(own_site: TestSite) -> None:
    """A comment with an error leaves the site as it was, and so does one that an earlier publishing has let pass."""
    run = partial(own_site.run, "pelican_comments", "publish")
    assert "did not stop at what is fatal now" in run("--fatal", "errors").stdout
    assert "Nothing has changed" in run("--fatal", "errors").stdout
    built = read_tree(own_site.root / "output")
    broken = own_site.write("comments/talk/broken.md", "---\nname: A\n---\nNo date.\n")
    own_site.write_comment("other", "new")
    for _ in range(2):
        done = run("--fatal", "errors")
        assert (1, True) == (done.returncode, "comments/talk/broken.md:1" in done.stderr + done.stdout)
        assert "the site is as it was" in done.stderr
        assert "Traceback" not in done.stderr
        assert built == read_tree(own_site.root / "output")
    assert 0 == run().returncode
    assert "Body of new." in own_site.read("other.html")
    assert 1 == run("--fatal", "errors").returncode
    broken.unlink()
    assert 0 == run().returncode
    assert "did not stop at what is fatal now" in run("--fatal", "errors").stdout
    own_site.write_comment("talk", "guest", name="Ann Example", in_reply_to="a")
    assert "Brought talk up to date" in run("--fatal", "errors").stdout
    check_output(own_site)
    own_site.write_comment("talk", "guest2", name="Ann Example", in_reply_to="a")
    assert 1 == run("--fatal", "warnings").returncode


def test_a_fatal_warning_of_the_settings(own_site: TestSite) -> None:
    """It is named, and what it stops says what to do, not what Python raised."""
    settings = own_site.root / "pelicanconf.py"
    settings.write_text(settings.read_text() + 'PAGINATED_DIRECT_TEMPLATES = ["index"]\n')
    done = own_site.run("pelican_comments", "publish", "--fatal", "warnings")
    assert (1, True) == (done.returncode, "PAGINATED_DIRECT_TEMPLATES" in done.stdout + done.stderr)
    assert ("is fatal; mend it" in done.stderr, "RuntimeError" in done.stderr) == (True, False)


def publish_showing(root: Path, shown: str) -> TestSite:
    """Return a published site whose template for articles shows something of its own below what the theme shows."""
    site = write_site(root, theme="simple")
    add_settings(site, THEME_TEMPLATES_OVERRIDES=[str(site.root / "templates")])
    block = f"{{% block content %}}{{{{ super() }}}}<p>{shown}</p>{{% endblock %}}"
    site.write("templates/article.html", "{% extends '!theme/article.html' %}" + block)
    publish(site)
    return site


def test_a_template_that_reads_past_the_regions(tmp_path: Path) -> None:
    """Its page is brought up to date by a full build, with the reason, and stays right."""
    site = publish_showing(tmp_path / "site", "{{ article.thread.count }} said")
    site.write_comment("talk", "f", in_reply_to="a")
    assert "more of the thread 'talk' than its regions" in publish(site).reason
    assert "<p>5 said</p>" in site.read("talk.html")
    check_output(site)
    site.write_comment("about", "x")  # a page, which that template does not show
    assert "" == publish(site).reason
    check_output(site)


def test_a_region_that_a_template_changes(tmp_path: Path) -> None:
    """A page that holds a region otherwise than it was given is not guessed at."""
    site = publish_showing(tmp_path / "site", "{{ conversation.count(article)|striptags }}")
    site.write_comment("talk", "f", in_reply_to="a")
    assert "cannot be brought up to date by its regions alone" in publish(site).reason
    check_output(site)


def test_after_pelican_alone(own_site: TestSite) -> None:
    """What `pelican` has built is gone on from as well."""
    done = own_site.run("pelican", "content", "-s", "pelicanconf.py")
    assert 0 == done.returncode, done.stderr
    own_site.write_comment("talk", "f", in_reply_to="a")
    done = own_site.run("pelican_comments", "publish")
    assert "Brought talk up to date" in done.stdout, done.stdout
    check_output(own_site)


@pytest.mark.parametrize("is_file", [False, True])
def test_without_the_folder_of_comments(own_site: TestSite, is_file: bool) -> None:
    """All comments are gone, also where a file has its name."""
    shutil.rmtree(own_site.root / "comments")
    if is_file:
        own_site.write("comments", "no folder")
    publish(own_site)
    check_output(own_site)


def test_a_dry_run_writes_nothing(own_site: TestSite) -> None:
    """It says what would be done, by regions and in full."""
    before = read_tree(own_site.root / "output")
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "talk.html" in publish(own_site, dry_run=True).files
    add_settings(own_site, SITENAME="Another")
    assert "SITENAME" in publish(own_site, dry_run=True).reason
    assert before == read_tree(own_site.root / "output")


def test_what_is_no_longer_built_goes(own_site: TestSite) -> None:
    """A full build takes pages away that it does not write any more, and leaves strange files alone."""
    own_site.write("output/CNAME", "blog.example.org")
    (own_site.root / "content" / "quiet.md").unlink()
    publish(own_site)
    assert not (own_site.root / "output" / "quiet.html").exists()
    assert "blog.example.org" == own_site.read("CNAME")


def test_pages_that_close_by_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a page's time has come, publishing notices without any change of a file."""
    site = write_site(tmp_path / "site", more="CONVERSATION_CLOSE_AFTER_DAYS = 20\n")
    publish(site)
    assert Outcome() == publish(site)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(SOURCE_DATE_EPOCH) + 10 * 24 * 3600))
    assert "closed by its age" in publish(site).reason
    check_output(site)


KILLED = """
import os, signal, sys
from pathlib import Path
from pelican.plugins.conversation.building.site import load_pelican_settings
from pelican.plugins.conversation.publishing.publisher import Publisher

left, names = int(sys.argv[1]), {"open", "os.rename", "os.remove", "sqlite3.connect", "os.mkdir", "os.scandir"}

def count(name, arguments):
    global left
    if name in names and any(part in str(arguments) for part in ("output", ".sqlite")):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

publisher = Publisher(load_pelican_settings(Path("pelicanconf.py")))
sys.addaudithook(count)
publisher.publish(full=len(sys.argv) > 2)
"""


def kill_at(site: TestSite, step: int, *more: str) -> bool:
    """Publish, and die at one of the steps that touch output or record; return whether there was such a step."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH}
    command = [sys.executable, "-c", KILLED, str(step), *more]
    done = subprocess.run(command, cwd=site.root, env=environment, capture_output=True, timeout=120, check=False)
    assert done.returncode in (0, -system_signal.SIGKILL), done.stderr
    return done.returncode != 0


def list_steps(number: int) -> Iterator[int]:
    """Yield steps, closer together at the beginning."""
    yield from (step for step in (1, 2, 3, 5, 8, 12, 18, 27, 40, 60, 90, 140) if step <= number)


@pytest.mark.parametrize("mode", [(), ("full",)], ids=["by regions", "in full"])
def test_a_kill_at_any_step_leaves_whole_files(own_site: TestSite, mode: tuple[str, ...]) -> None:
    """Each file is the old one or the new one, and the next run mends the rest."""
    old = read_tree(own_site.root / "output")
    own_site.write_comment("talk", "f", in_reply_to="a")
    new = build_afresh(own_site)
    killed = 0
    for step in list_steps(200):
        own_site.write_comment("talk", "f", in_reply_to="a")
        if not kill_at(own_site, step, *mode):
            break
        killed += 1
        for path, data in read_tree(own_site.root / "output").items():
            assert data in (old.get(path), new.get(path)), path
        assert old.keys() & new.keys() <= read_tree(own_site.root / "output").keys()
        publish(own_site)
        assert new == read_tree(own_site.root / "output")
        (own_site.root / "comments/talk/f.md").unlink()
        publish(own_site)
        assert old == read_tree(own_site.root / "output")
    assert killed >= 5


def test_two_at_once_take_turns(own_site: TestSite) -> None:
    """Several that publish at the same time leave what one would."""
    own_site.write_comment("talk", "f", in_reply_to="a")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH}
    command = [sys.executable, "-m", "pelican_comments", "publish"]
    running = [subprocess.Popen([*command, *more], cwd=own_site.root, env=environment) for more in ([], ["--full"], [])]
    assert [0, 0, 0] == [process.wait(timeout=120) for process in running]
    check_output(own_site)


def test_a_young_file_is_looked_at_again(own_site: TestSite) -> None:
    """A comment that is written twice in one tick of the file system's clock, with the same size, is not missed."""
    path = own_site.write_comment("talk", "f", "One.", in_reply_to="a")
    publish(own_site)
    found = path.stat()
    path.write_bytes(path.read_bytes().replace(b"One.", b"Two."))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    publish(own_site)
    assert "Two." in own_site.read("talk.html")


def test_the_record_forgets_nothing_it_needs(own_site: TestSite) -> None:
    """Many updates in a row, with the newest comments going, never lose one from the lists of the latest."""
    for number in range(12):
        own_site.write_comment(
            "quiet", f"q{number}", date=f"2026-03-12T10:00:{number:02}Z", in_reply_to="q0" if number else ""
        )
        publish(own_site)
    for number in reversed(range(12)):
        (own_site.root / f"comments/quiet/q{number}.md").unlink()
        publish(own_site)
        if number % 4 == 0:
            check_output(own_site)


def test_a_build_that_fails_leaves_the_output(own_site: TestSite) -> None:
    """A theme that is broken is the blogger's to mend: exit 1, what Pelican says, and the site as it was."""
    before = read_tree(own_site.root / "output")
    add_settings(own_site, THEME_TEMPLATES_OVERRIDES=[str(own_site.root / "templates")])
    own_site.write("templates/archives.html", "{% nonsense %}")
    done = own_site.run("pelican_comments", "publish")
    assert 1 == done.returncode
    assert "TemplateSyntaxError" in done.stdout + done.stderr
    assert before == read_tree(own_site.root / "output")
    assert not list(own_site.root.glob(".output*"))
    (own_site.root / "templates" / "archives.html").unlink()
    publish(own_site)
    check_output(own_site)


def test_a_record_of_another_version(own_site: TestSite) -> None:
    """What an older or newer plugin has kept is not gone on from."""
    (record,) = list_records(own_site)
    with sqlite3.connect(record) as connection:
        connection.execute("DELETE FROM facts WHERE name = 'version'")
    connection.close()
    assert "no record" in publish(own_site).reason


class Intruder:
    """Runs a command where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize(
    "make",
    [
        lambda mark: pickle.dumps(Intruder(mark)),
        lambda _: b'{"items":[],"is_whole":1}',
        lambda _: b'{"items":[{"page":"talk"}],"is_whole":true}',
        lambda _: b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        lambda _: b'{"items":"\xff"}',
        lambda _: b"",
    ],
    ids=["pickle", "another type", "not all of it", "deep", "no text", "nothing"],
)
def test_a_record_that_somebody_slipped_in_runs_nothing(
    own_site: TestSite, tmp_path: Path, make: Callable[[Path], bytes]
) -> None:
    """What is no value of the type that is wanted is refused, and the site is built in full."""
    mark = tmp_path / "ran"
    with sqlite3.connect(list_records(own_site)[0]) as connection:
        connection.execute("UPDATE facts SET value = ? WHERE name = 'latest'", (make(mark),))
    connection.close()
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "the record of the last build is damaged" in publish(own_site).reason
    assert not mark.exists()
    check_output(own_site)


@pytest.mark.parametrize("place", ["{0}", "../{1}", "feeds/../../{1}"])
def test_a_record_that_names_files_elsewhere(own_site: TestSite, place: str) -> None:
    """No file outside the output is removed or written, whatever the record says was there."""
    own_site.write("precious.txt", "x")
    named = place.format(own_site.root / "precious.txt", "precious.txt")
    change_record(own_site, f"""UPDATE facts SET value = '["{named}"]' WHERE name = 'leftovers'""")
    change_record(own_site, "UPDATE facts SET value = 'false' WHERE name = 'is_complete'")
    assert "no record" in publish(own_site).reason
    feed = "feeds/comments/talk.atom.xml"
    change_record(own_site, f"""UPDATE threads SET facts = replace(facts, '"feed":"{feed}"', '"feed":"{named}"')""")
    for path in (own_site.root / "comments/talk").iterdir():
        path.unlink()
    assert "is not in the output" in publish(own_site).reason
    assert "x" == (own_site.root / "precious.txt").read_text()
    check_output(own_site)


def test_what_is_behind_a_link_in_the_output_stays(own_site: TestSite) -> None:
    """Where the output is to hold nothing but what is built, the link goes, unless it leads to what was built."""
    add_settings(own_site, DELETE_OUTPUT_DIRECTORY=True)
    own_site.write("media/holiday.jpg", "x")
    own_site.write("feeds/note.txt", "y")
    output = own_site.root / "output"
    (output / "media").symlink_to("../media")
    (output / "lost").symlink_to("nowhere")
    shutil.rmtree(output / "feeds")
    (output / "feeds").symlink_to("../feeds")
    publish(own_site, full=True)
    assert ("x", "y") == (
        (own_site.root / "media/holiday.jpg").read_text(),
        (own_site.root / "feeds/note.txt").read_text(),
    )
    links = [path.name for path in output.iterdir() if path.is_symlink()]
    assert (["feeds"], True) == (links, (output / "feeds/all.atom.xml").is_file())


@pytest.mark.parametrize("damage", [None, "", '{"version"', "[]", '{"version": 1, "threads": {}}'])
def test_a_lost_index_of_threads_is_made_again(own_site: TestSite, damage: str | None) -> None:
    """A comment that is published can be answered; where the index is no more, the site is built for it."""
    index = own_site.root / "var/threads.json"
    if damage is None:
        index.unlink()
    else:
        index.write_text(damage)
    own_site.write_comment("talk", "f", in_reply_to="a")
    assert "the receiver's index of threads" in publish(own_site).reason
    assert "f" in json.loads(index.read_bytes())["threads"]["talk"]["comments"]
    index.unlink()
    assert "the receiver's index of threads is not there" == publish(own_site).reason
    assert "" == publish(own_site).reason


def test_an_output_that_cannot_be_written(own_site: TestSite) -> None:
    """It is the blogger's to mend: place and remedy are said, without a traceback."""
    add_settings(own_site, OUTPUT_PATH="taken")
    own_site.write("taken", "x")
    done = own_site.run("pelican_comments", "publish")
    said = f"the site could not be published: {own_site.root}/taken: File exists; mend its permissions, its place or the disk"
    assert (1, True) == (done.returncode, f"pelican-comments: {said}" in done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("names", [7, "a.md", None, b"", b"a\0.md", b"../talk/a.md/b.md", b"\xff.md"])
def test_names_that_somebody_made_up(own_site: TestSite, names: object) -> None:
    """A folder that does not hold the files which its record names is listed."""
    with sqlite3.connect(list_records(own_site)[0]) as connection:
        connection.execute("UPDATE folders SET stamp = 'x', names = ?", (names,))
    connection.close()
    own_site.write_comment("talk", "f", in_reply_to="a")
    outcome = publish(own_site)
    assert (("talk",), "") == (outcome.threads, outcome.reason)
    check_output(own_site)


@pytest.mark.parametrize("month", [3, 10])
def test_a_page_closes_when_it_is_said_to(tmp_path: Path, month: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days have 24 hours, whether the clocks are put forward or back between."""
    site = TestSite(tmp_path, "CONVERSATION_CLOSE_AFTER_DAYS = 30\n")
    found = site_settings(load_pelican_settings(site.root / "pelicanconf.py"))
    page = Page("talk", "Talk", "talk.html", "en", date=datetime(2026, month, 14, 12, tzinfo=ZoneInfo("Europe/Berlin")))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(page.date.timestamp())))  # type: ignore[union-attr]
    closes_at = find_turns([page], found).closes_at
    assert closes_at is not None
    closes_at = closes_at.astimezone(UTC)
    assert is_open(page, close_after_days=30, now=closes_at - timedelta(seconds=1))
    assert not is_open(page, close_after_days=30, now=closes_at)
    assert find_turns([page], replace(found, close_after_days=10_000_000)).closes_at is None
    assert is_open(page, close_after_days=10_000_000, now=closes_at)


@pytest.mark.parametrize("timezone", ["Pacific/Auckland", "America/St_Johns"])
def test_pages_keep_their_own_day(tmp_path: Path, timezone: str) -> None:
    """It is in the ids of the entries that are answered, and not everywhere the day that it is in Greenwich."""
    site = write_site(tmp_path, more=f'TIMEZONE = "{timezone}"\n')
    site.write_article("early", date="2026-03-02 00:30")
    site.write_article("late", date="2026-03-02 23:30")
    site.write_comment("early", "a")
    site.write_comment("late", "b")
    publish(site)
    site.write_comment("early", "c")
    site.write_comment("late", "d")
    outcome = publish(site)
    assert (("early", "late"), "") == (outcome.threads, outcome.reason)
    assert all("2026-03-02:/" in site.read(f"feeds/comments/{name}.atom.xml") for name in ("early", "late"))
    check_output(site)


def test_in_this_very_moment(own_site: TestSite) -> None:
    """A comment that comes while a build runs is published by the next."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH}
    command = [sys.executable, "-m", "pelican_comments", "publish", "--full"]
    running = subprocess.Popen(command, cwd=own_site.root, env=environment)
    for number in range(10):
        own_site.write_comment("quiet", f"q{number}", in_reply_to="q0" if number else "")
        time.sleep(0.1)
    assert 0 == running.wait(timeout=120)
    publish(own_site)
    check_output(own_site)


def test_a_file_whose_name_is_no_text(own_site: TestSite) -> None:
    """The build goes through; it says that nothing can be recorded, and what to rename."""
    add_settings(own_site, STATIC_PATHS=["media"])
    (own_site.root / "content/media").mkdir()
    odd = Path(os.fsdecode(os.fsencode(own_site.root) + b"/content/media/caf\xe9.txt"))
    odd.write_text("x")
    printed = own_site.build(expect_problems=True)
    assert "publishing will build in full: the name media/caf\\udce9.txt is not UTF-8; rename that file" in printed
    odd.unlink()
    shutil.rmtree(own_site.root / "output")
    own_site.build(expect_problems=True)
    own_site.write_comment("talk", "new", in_reply_to="a")
    assert not publish(own_site).reason
