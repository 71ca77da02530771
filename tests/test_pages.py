"""Pages and threads find each other."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from pelican.plugins.conversation.comments.pages import claim_threads, is_open, report_unowned
from pelican.plugins.conversation.model import Conversation, Page

NOW = datetime(2026, 3, 14, tzinfo=UTC)


def make_page(thread: str, path: str = "content/a.md", **more: object) -> Page:
    return Page(thread=thread, title="A page", url="a.html", path=path, **{"lang": "en", **more})


def test_the_first_claim_wins_and_the_second_is_reported() -> None:
    """Two pages with one thread: the first has it, the other's problem names the first."""
    owners, problems = claim_threads([make_page("about", "content/a.md"), make_page("about", "content/pages/a.md")])
    assert {"about": "content/a.md"} == owners
    assert [("content/pages/a.md", "thread-taken")] == [(p.path, p.code) for p in problems]
    assert "content/a.md" in problems[0].message


def test_a_page_in_another_language_is_a_translation() -> None:
    """It claims nothing, where it is of the same kind."""
    pages = [make_page("about"), make_page("about", "content/b.md", lang="de")]
    assert ({"about": "content/a.md"}, ()) == claim_threads(pages)
    assert 1 == len(claim_threads([*pages, make_page("about", "content/pages/c.md", lang="de", is_article=False)])[1])


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "dot.", "x" * 201, "tab\tbed", "nul\0"])
def test_a_name_that_no_folder_can_have(name: str) -> None:
    """Such a page is reported and owns no thread."""
    owners, problems = claim_threads([make_page(name)])
    assert ({}, ["bad-thread"]) == (owners, [p.code for p in problems])


@pytest.mark.parametrize("name", ["a", "a.b-c_d", "日本語", "हिन्दी", "ümlaut", "x" * 200])
def test_names_of_any_script(name: str) -> None:
    """Letters, marks and digits of any script may name a thread."""
    assert {name: "content/a.md"} == claim_threads([make_page(name)])[0]


def test_a_folder_without_page_hints_at_the_nearest() -> None:
    """After a post is renamed, the problem names the slug it probably has now."""
    owners = {"two-chairs": "content/a.md", "after-the-comma": "content/b.md"}
    folders = [
        ("two-chair", "comments/two-chair", 3),
        ("zzz", "comments/zzz", 1),
        ("two-chairs", "comments/two-chairs", 1),
    ]
    problems = report_unowned(folders, owners)
    assert [("comments/two-chair", "no-page"), ("comments/zzz", "no-page")] == [(p.path, p.code) for p in problems]
    assert "'two-chairs'" in problems[0].remedy
    assert "3 comments are not shown" in problems[0].message
    assert "1 comment is not shown" in problems[1].message
    assert "two-chairs" not in problems[1].remedy


def test_many_folders_without_page_take_no_time() -> None:
    """All are reported, and the hints of a few will do: 1,000 folders took 80 s on a blog of 10,000 posts."""
    owners = {f"what-we-said-about-{number}": f"content/{number}.md" for number in range(1000)}
    folders = [(f"what-we-say-about-{number}", f"comments/{number}", 1) for number in range(5000)]
    start = time.process_time()
    problems = report_unowned(folders, owners)
    assert time.process_time() - start < 5
    assert len(folders) == len(problems)
    assert "rename it to 'what-we-said-about-" in problems[0].remedy
    assert "rename it to the page's slug" in problems[-1].remedy


@pytest.mark.parametrize(
    ("expected", "mode", "age", "limit"),
    [
        (True, Conversation.OPEN, 10, None),
        (True, Conversation.OPEN, 10, 11),
        (False, Conversation.OPEN, 10, 10),
        (False, Conversation.CLOSED, 0, None),
        (False, Conversation.HIDDEN, 0, None),
        (True, Conversation.OPEN, None, 10),
    ],
)
def test_closing(expected: bool, mode: Conversation, age: int | None, limit: int | None) -> None:
    """A page closes by its own word or by age; a page without date never by age."""
    page = make_page("a", conversation=mode, date=None if age is None else NOW - timedelta(days=age))
    assert expected == is_open(page, close_after_days=limit, now=NOW)
