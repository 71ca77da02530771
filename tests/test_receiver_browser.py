"""The receiver in a browser with scripts off, from the page of a post to its own pages, wide and narrow, light and dark."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import waitress
from axe_playwright_python.sync_playwright import Axe
from pelican.plugins.conversation.model import State
from playwright.sync_api import Browser, Page, Route, expect
from waitress.wasyncore import close_all
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from .browsing import until
from .conftest import PATIENCE_SECONDS
from .receiving import PUBLISHED, Desk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default::ResourceWarning"),  # Playwright's own sockets, at exit
]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    import pyrage

    return Desk(tmp_path, CONVERSATION_SEAL_TO=[str(pyrage.x25519.Identity.generate().to_public())])


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """The address of the receiver, mounted below its path on a server that serves a site beside it."""
    channels: dict[int, object] = {}
    server = waitress.create_server(DispatcherMiddleware(lambda *_: [], {"/conversation": desk.app}), host="127.0.0.1", port=0, map=channels)  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}/conversation"
    server.task_dispatcher.shutdown()
    server.trigger.pull_trigger(lambda: close_all(channels))  # in the thread that waits on them
    thread.join(timeout=PATIENCE_SECONDS)


@pytest.fixture(params=[(1000, "light"), (320, "dark")], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page of a browser with scripts off, which collects what the console has to complain about."""
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 700}, color_scheme=scheme, java_script_enabled=False)  # fmt: skip
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: "status of 422" in message.text or page.complaints.append(message.text))
    yield page
    context.close()


def check(page: Page, heading: str) -> None:
    """Wait for the page with this heading; fail unless it fits its window, and its policy stands in nobody's way."""
    expect(page.locator("h1")).to_have_text(heading)
    page.wait_for_load_state()
    width = page.viewport_size["width"]
    for box in (page.locator("main"), page.locator("h1"), *page.locator("main *").all()):
        found = box.bounding_box()
        assert found is None or found["x"] + found["width"] <= width + 1, box
    assert [] == page.complaints


def test_a_visitors_walk(desk: Desk, address: str, page: Page) -> None:
    """Reply, mend, preview, send, change, and take back."""
    page.goto(f"{address}/reply/talk/{PUBLISHED}")
    check(page, "Reply to Reader")
    assert not page.locator("[name=subject]").is_visible()
    page.get_by_label("Name").fill("Iris Calloway")
    page.get_by_label("Your web page").fill("not an address")
    page.get_by_label("E-mail").fill("iris@example.org")
    page.get_by_label("Comment", exact=True).fill("So *long*: https://example.org/" + "very/" * 60 + "\n\n" + "x" * 300)
    page.get_by_role("button", name="Preview").click()
    check(page, "Please look again")
    page.locator(".problems a").click()
    page.get_by_label("Your web page").fill("iris.example.org")
    page.get_by_role("button", name="Preview").click()
    check(page, "Preview")
    assert "in reply to Reader" in page.locator("#comment-your-comment").inner_text()
    assert [] == desk.refs
    page.get_by_role("button", name="Send").click()
    check(page, "Awaiting moderation")
    mine = page.url
    page.get_by_text("Change it", exact=True).click()
    page.get_by_label("Comment", exact=True).fill("Shorter.")
    page.get_by_role("button", name="Preview").click()
    check(page, "Preview")
    page.get_by_role("button", name="Send").click()
    check(page, "Awaiting moderation")
    assert mine == page.url
    assert b"Shorter." in desk.find_only().submission.comment
    page.reload()
    page.get_by_text("Take it back", exact=True).click()
    page.get_by_role("button", name="Delete my comment").click()
    check(page, "Taken back")
    assert [] == desk.refs


def test_the_site_does_not_learn_the_address_of_a_state(desk: Desk, address: str, page: Page) -> None:
    """Who goes back to the site does not say from where: that would stand in its logs and counters."""
    desk.settings = replace(desk.settings, site_url=address.removesuffix("/conversation"))
    desk.app.extensions["conversation"] = replace(desk.app.extensions["conversation"], settings=desk.settings)
    told: list[str] = []
    page.route("**/talk.html", lambda route: (told.append(route.request.headers.get("referer", "")), route.fulfill(body="The page.")))  # fmt: skip
    page.goto(desk.settings.site_url + desk.send().headers["Location"])
    page.get_by_text("Back to “About talk”").click()
    expect(page.get_by_text("The page.")).to_be_visible()
    assert [""] == told


def test_decided(desk: Desk, address: str, page: Page) -> None:
    """The page of its state tells the visitor what was decided."""
    page.goto(f"{address}/new/talk")
    check(page, "Comment on “About talk”")
    page.get_by_label("Name").fill("Iris")
    page.get_by_label("Comment", exact=True).fill("Well.")
    page.get_by_role("button", name="Preview").click()
    check(page, "Preview")
    page.get_by_role("button", name="Send").click()
    check(page, "Awaiting moderation")
    page.go_back()
    check(page, "Preview")
    page.get_by_role("button", name="Send").click()  # twice, as people do
    check(page, "Awaiting moderation")
    desk.decide(State.REJECTED)
    page.reload()
    check(page, "Declined")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_the_pages(desk: Desk, address: str, chromium: Browser, scheme: str) -> None:
    """Axe finds nothing wrong with any page, in either colour scheme."""
    context = chromium.new_context(color_scheme=scheme)
    page = context.new_page()

    def examine(heading: str) -> None:
        expect(page.locator("h1")).to_have_text(heading)
        page.wait_for_load_state()
        found = Axe().run(page)
        assert 0 == found.violations_count, found.generate_report()

    page.goto(f"{address}/reply/talk/{PUBLISHED}")
    examine("Reply to Reader")
    page.get_by_label("Name").fill("Ann Example")
    page.get_by_label("Your web page").fill("not an address")
    page.get_by_label("Comment", exact=True).fill("`Code`, a [link](https://example.org/).\n\n> A quote.")
    page.get_by_role("button", name="Preview").click()
    examine("Please look again")
    page.get_by_label("Your web page").fill("")
    page.get_by_role("button", name="Preview").click()
    examine("Preview")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Change it", exact=True).click()
    page.get_by_text("Take it back", exact=True).click()
    examine("Awaiting moderation")
    page.goto(f"{address}/nowhere")
    examine("That did not work")
    context.close()


def test_a_browser_keeps_to_the_policy(desk: Desk, address: str, chromium: Browser) -> None:
    """No page can show the receiver in a frame, and none learns of the state page that leads to it."""
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.headers.get("referer", ""))
        route.fulfill(body=f"<iframe src='{address}/new/talk'></iframe>", content_type="text/html")

    framing = address.replace("/conversation", "/framing")
    page.route(framing, answer)
    page.goto(framing)
    until(page, lambda: len(page.frames) > 1 and page.frames[1].url.startswith("chrome-error:"))
    state = desk.send(url="https://elsewhere.example/me").headers["Location"]
    page.route("https://elsewhere.example/**", answer)
    page.goto(address.removesuffix("/conversation") + state)
    page.locator("#comment-" + desk.find_only().submission.id).get_by_role("link", name="Bo").click()
    page.wait_for_url("https://elsewhere.example/me")
    assert ["", ""] == asked
    context.close()
