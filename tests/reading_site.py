"""A small blog in the shipped theme with every kind of page, and how a browser is shown it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

from .building import TestSite

PROJECT = Path(__file__).parent.parent
HOST = "https://blog.example.org"
SETTINGS = f"""
THEME = {str(PROJECT / "theme")!r}
DIRECT_TEMPLATES = ["index", "categories", "tags", "authors", "archives", "404", "conversations"]
YEAR_ARCHIVE_SAVE_AS = "{{date:%Y}}/index.html"
YEAR_ARCHIVE_URL = "{{date:%Y}}/"
DEFAULT_PAGINATION = 3
PAGINATED_TEMPLATES = {{"index": None, "tag": None, "category": None, "author": None, "archives": None}}
STATIC_PATHS = []
CONVERSATION_RECEIVER = "/conversation"
CONVERSATION_SCRIPT = True
CONVERSATION_PAGE_SIZE = 3
CONVERSATION_LIST_SIZE = 3
"""
KINDS = (
    "index.html", "index2.html", "talk.html", "talk/comments-2.html", "shut.html", "quiet.html", "hallo-de.html", "marhaba-ar.html",
    "pages/about.html", "conversations.html", "conversations-2.html", "archives.html", "archives2.html", "2026/index.html", "categories.html", "category/misc.html",
    "tags.html", "tag/tide.html", "authors.html", "author/ann-example.html", "404.html", "drafts/soon.html",
)  # fmt: skip
"""One page of every kind, and the conversation in each of its shapes and languages."""

RICH = """\
First line, with *emphasis*, `code` and [a link](https://example.com/a/rather/long/address?with=parameters).

> A quotation.

1. One
2. Two

```
a line of code that is much too long for a narrow screen, and does not break anywhere, as code does
```

| a | table |
|---|---|
| with | cells |

https://example.org/an/address/without/any/space/that/goes/on/and/on/and/on/until/it/is/wider/than/the/page
"""


def write_blog(root: Path, more: str = "") -> TestSite:
    """Write and build the blog."""
    site = TestSite(root, SETTINGS + more)
    site.write_article("talk", Tags="tide, ferry", Modified="2026-03-02", Summary="What was said.")
    site.write_article("quiet")
    site.write_article("shut", Conversation="closed", Copyright="Ann Example")
    site.write_article("soon", Status="draft")
    site.write_article("hallo", Lang="de")
    site.write_article("marhaba", Lang="ar")
    site.write_article("about", folder="pages/")
    site.write_comment("talk", "a", url="https://reader.example/", body=RICH, date="2026-03-02T10:00:00Z")
    site.write_comment("talk", "b", in_reply_to="a", name="Bea", edited="2026-03-05T00:00:00Z", anchors="[comment-12]", date="2026-03-02T11:00:00Z")  # fmt: skip
    site.write_comment("talk", "c", in_reply_to="b", name="אברהם", body="שלום", date="2026-03-02T12:00:00Z")
    site.write_comment("talk", "d", name="Ann Example", date="2026-03-02T13:00:00Z")  # a guest by that name
    site.write_comment("talk", "e", state="removed", date="2026-03-02T14:00:00Z")
    site.write_comment("talk", "f", in_reply_to="e", kind="mention", source="https://example.net/", date="2026-03-02T15:00:00Z")  # fmt: skip
    for depth, (id, parent) in enumerate(zip("ghijkl", "fghijk", strict=True)):
        site.write_comment("talk", id, in_reply_to=parent, name=f"Reader {depth}", date=f"2026-03-03T1{depth}:00:00Z")
    for number in range(4):
        site.write_comment("talk", f"z{number}", name=f"Late {number}", anchors=f"[wp-{number}]", date=f"2026-03-04T1{number}:00:00Z")  # fmt: skip
    site.write_comment("shut", "x")
    for thread in ("hallo", "marhaba", "about"):
        for number in range(3):
            site.write_comment(thread, f"x{number}", date=f"2026-03-0{number + 2}T10:00:00Z", in_reply_to="x0" if number else "")  # fmt: skip
    site.build(expect_problems=True)
    return site


@contextmanager
def shown(site: TestSite, browser: Browser, path: str, **options: object) -> Iterator[Page]:
    """Open a page of the built site; the options are Playwright's for a context. `page.asked` lists what it asked elsewhere."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 800}, **options})
    page = context.new_page()
    page.asked = []
    output = site.root / "output"

    def answer(route: Route) -> None:
        url = route.request.url.partition("#")[0].partition("?")[0]
        file = output / url.removeprefix(f"{HOST}/")
        if not url.startswith(f"{HOST}/"):
            page.asked.append(url)
            route.abort()
        elif file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(status=404, content_type="text/html", body="<!DOCTYPE html><title>none</title>")

    page.route("**/*", answer)
    page.goto(f"{HOST}/{path}")
    yield page
    context.close()
