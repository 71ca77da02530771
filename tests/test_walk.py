"""The walk of a comment: from the form under a post to the published page, in a browser with scripts off."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import PATIENCE_SECONDS, PROJECT
from .moderated_site import PUBLIC, ModeratedSite, git
from .serving import COMMAND, Served
from .signing_site import add_settings, add_signing_key

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default::ResourceWarning"),  # Playwright's own sockets, at exit
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> ModeratedSite:
    """A small blog in the shipped theme, committed, with an author who can sign."""
    site = ModeratedSite(tmp_path_factory.mktemp("walk") / "site")
    add_settings(site.files, THEME=str(PROJECT / "theme"))
    add_signing_key(site.files)
    site.files.write(".gitignore", "/output/\n__pycache__/\n")
    site.commit_all("Let Ann sign")
    return site


@pytest.fixture(scope="module")
def served(site: ModeratedSite) -> Iterator[Served]:
    running = Served(site.files)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def plain(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser with scripts off."""
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield context
    context.close()


def write(page: Page, served: Served, *, name: str, body: str, reply: bool = False) -> None:
    """Write a comment in the form, preview it, send it, and see that it waits."""
    page.goto(f"{served.address}/talk.html")
    if reply:
        page.click(".e-content ~ a >> nth=0")
        expect(page).to_have_url(re.compile("/conversation/reply/"))
    page.get_by_label("Name").fill(name)
    page.get_by_label("Comment", exact=True).fill(body)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".shown .comment")).to_contain_text(name)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("h1")).to_contain_text(re.compile("await", re.IGNORECASE))


def test_a_comment_walks_from_the_form_to_the_page(
    site: ModeratedSite, served: Served, plain: BrowserContext, chromium: Browser
) -> None:
    """Written, previewed, sent, approved and answered in browsers with scripts off: one commit, one build, on the page."""
    before = site.subjects()
    reader = plain.new_page()
    write(reader, served, name="Ivo Marsh", body="Does it work with a **teapot**?")
    reader.wait_for_load_state()
    state_page = reader.url
    assert before == site.subjects()
    assert [] == plain.cookies()
    context = chromium.new_context(java_script_enabled=False)
    moderator = context.new_page()
    moderator.goto(served.wait_for_line(r"Moderate: (\S+)"))
    moderator.get_by_role("button", name="Sign in").click()
    candidate = moderator.locator(".candidate")
    expect(candidate).to_have_count(1)
    expect(candidate.locator("strong")).to_have_text("teapot")
    candidate.get_by_role("radio", name="Approve").check()
    candidate.locator("summary").click()
    candidate.get_by_label("Your answer").fill("With a *teapot*, too.")
    moderator.get_by_role("button", name="Carry out").first.click()
    expect(moderator.locator(".report h2")).to_have_text("Approve 1 comment, answer 1")
    expect(moderator.locator("h1")).to_have_text("Nothing waits")
    moderator.locator(".report a").last.click()
    answer = moderator.locator("article.comment.is-author")
    expect(answer).to_have_count(1)
    expect(answer).to_contain_text("With a teapot, too.")
    expect(answer.locator(".comment-badge")).to_have_text("Author")
    expect(moderator.locator("article.comment:target, article.comment.is-author")).to_have_count(1)
    expect(moderator.locator(".thread ol article.comment.is-author")).to_have_count(1)
    assert ["Approve 1 comment, answer 1", *before] == site.subjects()
    assert "Mo Derator <mo@example.org>" == git(site.root, "log", "-1", "--format=%an <%ae>").strip()
    assert "" == site.status()
    reader.goto(state_page)
    expect(reader.locator("main")).to_contain_text("on the page")
    assert [] == plain.cookies()
    assert 0 == site.files.run(*COMMAND, "check").returncode
    time.sleep(1.5)  # a second build would have begun by now
    assert 1 == served.count_lines("building ...")
    context.close()


def test_a_reply_to_what_is_on_the_page(served: Served, plain: BrowserContext) -> None:
    """The link below a comment leads to a form that shows it, and the reply waits as every comment does."""
    write(plain.new_page(), served, name="Lena", body="I think so too.", reply=True)


def test_what_is_served_beside_the_site(served: Served) -> None:
    """Form and receiver are of this machine; writes to the site itself are refused; the inbox is not in git."""
    html = served.get("/talk.html")[1]
    assert 'action="/conversation/preview"' in html
    assert f"comment-{PUBLIC}" in html
    assert 200 == served.get("/conversation/health")[0]
    assert 405 == served.send("POST", "/talk.html")
    assert 405 == served.send("DELETE", "/")
    assert 403 == served.send("POST", "/conversation/moderate/decide")
    assert (served.site.root / "var" / "inbox.git" / "HEAD").is_file()
    assert "var/" not in git(served.site.root, "status", "--porcelain", "--untracked-files=all")


def test_serving_without_the_extra(tmp_path: Path) -> None:
    """Without Flask and waitress the site is served all the same, without forms, and a line says what is missing."""
    site = ModeratedSite(tmp_path / "site")
    without = tmp_path / "without"
    for name in ("flask", "waitress"):
        site.files.write(f"{without}/{name}.py", f"raise ModuleNotFoundError('not here', name={name!r})\n")
    served = Served(site.files, PYTHONPATH=str(without))
    try:
        assert "Comments cannot be sent or moderated here: the receiver needs flask: pip install" in served.printed
        status, html = served.get("/talk.html")
        assert (200, True) == (status, f"comment-{PUBLIC}" in html)
        assert "<form" not in html
        assert 404 == served.get("/conversation/new/talk")[0]
        assert 405 == served.send("POST", "/talk.html")
        site.files.write_comment("talk", "b", body="A second comment.")
        served.wait_until("/talk.html", "A second comment.")
        assert 130 == served.stop()
    finally:
        served.process.kill()


def test_serving_without_a_repository(tmp_path: Path) -> None:
    """Outside git comments are taken, and a line says what moderating needs."""
    site = ModeratedSite(tmp_path / "site")
    shutil.rmtree(site.root / ".git")
    served = Served(site.files)
    try:
        assert "Comments cannot be moderated here:" in served.printed
        assert "git init" in served.printed
        assert 200 == served.get("/conversation/new/talk")[0]
        assert 404 == served.get("/conversation/moderate")[0]
    finally:
        served.stop()
