"""The moderation page in Chromium: keys with scripts on, everything with scripts off, on narrow screens too."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from .moderated_site import PUBLIC
from .moderator_desk import PLACE, ModeratorDesk

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("default::ResourceWarning"),  # Playwright's own sockets, at exit
]

IDS = ("20260314-100000-one1", "20260314-100100-two2", "20260314-100200-thr3")
LONG = "A" * 200


class _Handler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing of requests."""


class Served:
    """A desk, and where browsers find it."""

    def __init__(self, root: Path) -> None:
        self.desk = ModeratorDesk(root)
        for number, id in enumerate(IDS):
            body = f"Comment {number}. {LONG}\n\n```\n{LONG}\n```"
            self.desk.site.submit(id, PUBLIC, name=f"Name {number}", body=body, minutes=number)
        self.server = make_server("127.0.0.1", 0, self.desk.app, threaded=True, request_handler=_Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def open(self, context: BrowserContext) -> Page:
        """Sign a browser in, by the one-time link, and return its page with the queue."""
        page = context.new_page()
        page.goto(f"{self.address}{self.desk.make_link()}")
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.address}{PLACE}")  # and for the script, where there is one
        return page


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path / "site")
    yield served
    served.server.shutdown()
    served.server.server_close()


def chosen(page: Page, id: str) -> str:
    return page.locator(f"input[name='action-{id}']:checked").get_attribute("value") or ""


def test_keys(served: Served, chromium: Browser) -> None:
    """J and k go from comment to comment, a r s choose and take back, ? shows the keys; no letter of an answer is one."""
    context = chromium.new_context()
    page = served.open(context)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.reload()
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(f"#waiting-{IDS[0]}")).to_be_focused()
    page.keyboard.press("a")
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#waiting-{IDS[2]}")).to_be_focused()
    page.keyboard.press("r")
    assert ["approve", "spam", "reject"] == [chosen(page, id) for id in IDS]
    page.keyboard.press("r")
    page.keyboard.press("k")
    page.keyboard.press("r")
    assert ["approve", "reject", ""] == [chosen(page, id) for id in IDS]
    page.locator(f"#waiting-{IDS[0]} summary").click()
    page.locator(f"#waiting-{IDS[0]} textarea").focus()
    page.keyboard.type("jars?")
    assert ["approve", "reject", ""] == [chosen(page, id) for id in IDS]
    page.keyboard.press("Escape")
    expect(page.locator(f"#waiting-{IDS[0]}")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".report h2")).to_have_text("Approve 1 comment, answer 1, decline 1")
    page.wait_for_load_state()
    assert ["Approve 1 comment, answer 1, decline 1"] == served.desk.new_subjects
    assert [] == complaints
    context.close()


def test_heaped_accents_cover_no_choice(served: Served, chromium: Browser) -> None:
    """What waits above such a comment can be read and decided, whatever fonts make of a hundred marks on each letter."""
    tower = "\u1e26" + "\u0308" * 100
    served.desk.site.submit("20260314-100300-fou4", PUBLIC, name=tower, body=" ".join([tower] * 100), minutes=3)
    page = served.open(chromium.new_context())
    heaped = page.locator(f"#waiting-{IDS[2]}").screenshot()
    page.evaluate("document.body.innerHTML = document.body.innerHTML.replaceAll('\u0308', '')")
    assert page.locator(f"#waiting-{IDS[2]}").screenshot() == heaped


def test_the_key_to_edit(served: Served, chromium: Browser) -> None:
    """E edits the comment that has the focus, and what was chosen before is kept."""
    context = chromium.new_context()
    page = served.open(context)
    for key in "jajje":
        page.keyboard.press(key)
    expect(page.locator("h1")).to_have_text("Edit the comment by Name 2")
    page.get_by_label("Comment").fill("Changed.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#waiting-{IDS[2]}")).to_contain_text("Changed.")
    page.wait_for_load_state()
    assert "approve" == chosen(page, IDS[0])
    context.close()


def test_scripts_off(served: Served, chromium: Browser) -> None:
    """Without scripts no key is promised, and deciding, answering and editing work by the form alone."""
    context = chromium.new_context(java_script_enabled=False)
    page = served.open(context)
    expect(page.locator(".keys-hint")).to_have_count(0)
    expect(page.locator("#keys")).to_be_hidden()
    page.locator(f"#waiting-{IDS[0]}").get_by_role("radio", name="Approve").check()
    page.locator(f"#waiting-{IDS[1]}").get_by_role("radio", name="Spam").check()
    page.locator(f"#waiting-{IDS[2]}").get_by_role("button", name="Edit").click()
    expect(page.locator("h1")).to_have_text("Edit the comment by Name 2")
    page.get_by_label("Name").fill("Somebody")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#waiting-{IDS[2]}")).to_contain_text("Somebody")
    page.wait_for_load_state()
    assert ["approve", "spam", ""] == [chosen(page, id) for id in IDS]
    page.locator(f"#waiting-{IDS[0]} summary").click()
    page.locator(f"#waiting-{IDS[0]} textarea").fill("An answer.")
    page.get_by_role("button", name="Carry out").last.click()
    expect(page.locator(".report h2")).to_have_text("Approve 1 comment, answer 1, mark 1 as spam")
    expect(page.locator("h1")).to_have_text("One comment waits")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in to moderate")
    context.close()


def test_enter_in_the_form_carries_out(served: Served, chromium: Browser) -> None:
    """Return on a choice sends the session; it edits nothing and signs nobody out."""
    context = chromium.new_context(java_script_enabled=False)
    page = served.open(context)
    radio = page.locator(f"#waiting-{IDS[1]}").get_by_role("radio", name="Decline")
    radio.check()
    radio.press("Enter")
    expect(page.locator(".report h2")).to_have_text("Decline 1 comment")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_screens(served: Served, chromium: Browser, scheme: str) -> None:
    """At 320 pixels nothing is cut off or has to be scrolled sideways, and every control is large enough to be touched."""
    context = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    page = served.open(context)
    page.locator(f"#waiting-{IDS[0]} summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = "[...document.querySelectorAll('.choices label, button')].filter(e => e.getBoundingClientRect().height < 24).length"
    assert 0 == page.evaluate(small)
    page.locator(f"#waiting-{IDS[0]}").get_by_role("button", name="Edit").click()
    expect(page.locator("h1")).to_have_text("Edit the comment by Name 0")
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
