"""The plan of an import: threads, parents, signers, and files that are there already."""

import io
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pelican.plugins.conversation.comments.comment_file import parse_comment
from pelican.plugins.conversation.errors import ImportFileError
from pelican.plugins.conversation.importers.earlier_files import FileHere
from pelican.plugins.conversation.importers.export import Effect, ExportedComment, ExportedPost, Note, Reason
from pelican.plugins.conversation.importers.html_to_markdown import Markdown
from pelican.plugins.conversation.importers.plan import WRITING, Action, ImportRules, PostPlan, plan_post
from pelican.plugins.conversation.importers.tally import MAX_LISTED, Tally
from pelican.plugins.conversation.importers.thread_choice import ThreadChoice, choose_thread, parse_map
from pelican.plugins.conversation.importers.wordpress import read_posts
from pelican.plugins.conversation.model import Kind
from pelican.plugins.conversation.text import is_thread_name

from .samples import START
from .wordpress_exports import make_author, make_comment, make_export, make_post


def as_it_is(html: str, base: str) -> Markdown:
    """Convert nothing: bodies of these tests are Markdown."""
    return Markdown(html)


class Files(dict[tuple[str, str], FileHere]):
    """The files of a site, by thread and id."""

    def read(self, thread: str, id: str) -> FileHere | None:
        return self.get((thread, id))

    def find_threads(self, id: str, *, besides: str) -> list[str]:
        return sorted(thread for thread, one in self if one == id and thread != besides)

    def list_ids(self, thread: str) -> list[str]:
        return sorted(id for one, id in self if one == thread)


def plan(*parts: str, files: Mapping[tuple[str, str], FileHere] | None = None, **rules: object) -> PostPlan:
    """Return the plan for the last post of an export."""
    *_, post = read_posts(io.BytesIO(make_export(*parts)), "blog.xml")
    return plan_post(post, ImportRules(as_it_is, **rules), Files(files or {}))


def reasons(found: PostPlan) -> list[tuple[Reason, str, str]]:
    """Return what is listed, without that the tests' site has no pages."""
    return [(note.reason, note.id, note.detail) for note in found.notes if note.reason is not Reason.NO_PAGE]


def make_exported(slug: str = "a-post", number: str = "7", title: str = "A post", link: str = "") -> ExportedPost:
    return ExportedPost(number, title, slug, link, ())


@pytest.mark.parametrize(
    ("post", "known", "name"),
    [
        (make_exported("a-post"), {"a-post"}, "a-post"),
        (make_exported("a-post"), set(), "a-post"),
        (make_exported("%e6%97%a5%e6%9c%ac"), {"日本"}, "日本"),
        (make_exported("%e6%97%a5%e6%9c%ac"), set(), "日本"),
        (make_exported("cafe%cc%81"), {"café"}, "café"),
        (make_exported("a post!"), {"a-post"}, "a-post"),
        (make_exported("a post!"), set(), "a-post"),
        (make_exported("../../etc/passwd"), set(), "etc-passwd"),
        (make_exported("x" * 300), set(), "x" * 200),
        (make_exported("", "7", "On Ropes"), {"7", "on-ropes"}, "7"),
        (make_exported("", "7", "On Ropes"), {"on-ropes"}, "on-ropes"),
        (make_exported("", "7", "On Ropes"), set(), "on-ropes"),
        (make_exported("", "7", "?!"), set(), "post-7"),
        (make_exported("", "/", ""), set(), "post"),
    ],
)
def test_posts_find_their_thread(post: ExportedPost, known: set[str], name: str) -> None:
    """A post's thread is its slug, decoded; without one its number, as pelican-import has it, or its title."""
    choice = choose_thread(post, {}, frozenset(known))
    assert (name, None) == (choice.name, choice.map_key)


def test_a_slug_that_cannot_be_used_is_listed() -> None:
    """A thread with another name than the slug is listed with the slug."""
    note = Note(Reason.THREAD_RENAMED, "a-post", detail="a post!")
    assert ThreadChoice("a-post", None, (note,)) == choose_thread(make_exported("a post!"), {}, frozenset())


@given(st.text(max_size=40), st.text(max_size=10), st.text(max_size=40))
def test_every_post_gets_a_thread(slug: str, number: str, title: str) -> None:
    """Whatever slug, number and title hold, the thread has a name that may be one."""
    assert is_thread_name(choose_thread(make_exported(slug, number, title), {}, frozenset()).name)


MAP = """\
# old: new

old-slug: new-name
"7": seven
https://blog.example.org/2012/a-post/: by-address
"%e6%97%a5": 日
"""


@pytest.mark.parametrize(
    ("post", "name"),
    [
        (make_exported("old-slug", "8"), "new-name"),
        (make_exported("other", "7"), "seven"),
        (make_exported("a-post", "9", link="http://blog.example.org/2012/a-post"), "by-address"),
        (make_exported("%E6%97%A5", "9"), "日"),
        (make_exported("日", "9"), "日"),
        (make_exported("unknown", "9"), "unknown"),
    ],
)
def test_the_map(post: ExportedPost, name: str) -> None:
    """A post is found in the map by number, slug or address, in any spelling, and the map wins over the site's pages."""
    assert name == choose_thread(post, parse_map(MAP, "map.yml"), frozenset({post.slug})).name


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: b\nnonsense\n", 2, "the line holds no keys; write lines such as `slug: thread`"),
        ("a: b\n\n\nc: [d]\n", 4, "cannot name a thread"),
        ("a: b c\n", 1, "'b c' cannot name a thread"),
        ("a:\n", 1, "'' cannot name a thread"),
        ("a: b\na: c\n", 2, "'a' stands twice"),
        ("%e6: b\n", 1, "the line is not YAML"),
        ("a: *b\n", 1, "not read here"),
    ],
)
def test_bad_maps(text: str, line: int, message: str) -> None:
    """The first line of a map that cannot be used is named."""
    with pytest.raises(ImportFileError) as caught:
        parse_map(text, "map.yml")
    assert str(caught.value).startswith(f"map.yml:{line}: ")
    assert message in str(caught.value)


def test_a_long_map() -> None:
    """A map may have as many lines as the blog has posts."""
    assert 5000 == len(parse_map("".join(f"old-{n}: new-{n}\n" for n in range(5000)), "map.yml"))


def test_a_comment_becomes_a_file() -> None:
    """The file has everything of the comment but addresses, and its old anchor and permalink."""
    comment = make_comment(12, parent=11, author_url="https://example.org/", content="Hello\nyou")
    _, change = plan(make_post(make_comment(11), comment)).changes
    assert Action.ADD is change.action
    assert """\
---
name: Reader
date: 2012-05-06T12:30:00Z
in_reply_to: wp-11
url: https://example.org/
anchors: [comment-12]
source: https://blog.example.org/a-post/#comment-12
---
Hello
you
""" == change.data.decode()


def test_a_pingback_becomes_a_file() -> None:
    """Its kind is kept, and the address of the page that sent it."""
    comment = make_comment(12, type="pingback", author_url="https://other.example.org/page")
    (change,) = plan(make_post(comment)).changes
    assert (Kind.PINGBACK, "https://other.example.org/page") == (change.comment.kind, change.comment.url)


def test_what_is_left_out() -> None:
    """Each comment that stays out is listed with its reason."""
    found = plan(
        make_post(
            make_comment(1), make_comment(2, approved=0), make_comment(3, approved="spam"), make_comment(4, approved="trash"),
            make_comment(5, type="order_note"), make_comment(6, date="", date_gmt=""), make_comment("x"), make_comment(1),
            make_comment(8, content="x" * 100), make_comment(9, content="x" * 500),
        ),
        max_body_bytes=100,
    )  # fmt: skip
    assert ["wp-1"] == [change.comment.id for change in found.changes]
    assert [
        (Reason.PENDING, "wp-2", ""), (Reason.SPAM, "wp-3", ""), (Reason.TRASH, "wp-4", ""),
        (Reason.OTHER_TYPE, "wp-5", "order_note"), (Reason.NO_DATE, "wp-6", ""), (Reason.NO_NUMBER, "", "comment-x"),
        (Reason.TWICE, "wp-1", ""), (Reason.TOO_LONG, "wp-8", ""), (Reason.TOO_LONG, "wp-9", ""),
    ] == reasons(found)  # fmt: skip
    assert {Effect.LEFT_OUT} == {reason.effect for reason, _, _ in reasons(found)}


def test_parents_that_never_become_public() -> None:
    """A reply to what is left out, or to what the export does not have, opens a branch of its own, and is listed."""
    found = plan(
        make_post(
            make_comment(1, approved=0),
            make_comment(2, parent=1),
            make_comment(3, parent=99),
            make_comment(4, parent=2),
        )
    )
    assert [("wp-2", None), ("wp-3", None), ("wp-4", "wp-2")] == [
        (c.comment.id, c.comment.in_reply_to) for c in found.changes
    ]
    assert [
        (Reason.PENDING, "wp-1", ""), (Reason.PARENT_HIDDEN, "wp-2", "wp-1"), (Reason.PARENT_MISSING, "wp-3", "wp-99"),
    ] == reasons(found)  # fmt: skip


def test_a_parent_on_another_post_is_none() -> None:
    """A reply stays on its post."""
    found = plan(make_post(make_comment(1), slug="other", id=8), make_post(make_comment(2, parent=1)))
    assert [(Reason.PARENT_MISSING, "wp-2", "wp-1")] == reasons(found)


def test_loops_are_cut() -> None:
    """A loop of replies is cut at its oldest comment; a comment that answers itself opens a branch."""
    found = plan(
        make_post(
            make_comment(5, parent=3), make_comment(3, parent=4), make_comment(4, parent=5), make_comment(6, parent=6)
        )
    )
    parents = {change.comment.id: change.comment.in_reply_to for change in found.changes}
    assert {"wp-3": None, "wp-4": "wp-5", "wp-5": "wp-3", "wp-6": None} == parents
    assert [("wp-3", "wp-4"), ("wp-6", "wp-6")] == [
        (id, detail) for reason, id, detail in reasons(found) if reason is Reason.PARENT_LOOP
    ]


@given(st.lists(st.integers(0, 12), max_size=12))
def test_replies_always_lead_to_a_root(parents: list[int]) -> None:
    """Whatever the parents of an export, every comment is planned once and hangs from one that answers nobody."""
    found = plan(make_post(make_comment(50), *(make_comment(n + 1, parent=p) for n, p in enumerate(parents))))
    planned = {change.comment.id: change.comment.in_reply_to for change in found.changes}
    assert len(parents) + 1 == len(found.changes) == len(planned)
    for parent in planned.values():
        steps = 0
        while parent is not None:
            parent, steps = planned[parent], steps + 1  # noqa: PLW2901
            assert len(planned) > steps


def test_a_reply_older_than_its_parent_is_listed() -> None:
    """Dates stay as they are; that the build will warn is said."""
    found = plan(make_post(make_comment(5), make_comment(4, parent=5)))
    assert [(Reason.REPLY_OLDER, "wp-4", "wp-5")] == reasons(found)
    assert "wp-5" == found.changes[1].comment.in_reply_to


def test_a_comment_without_text_is_listed() -> None:
    """It is imported, for it may have replies; that the build will warn is said."""
    found = plan(make_post(make_comment(5, content=""), make_comment(6, content="", type="pingback")))
    assert ["wp-5", "wp-6"] == [change.comment.id for change in found.changes]
    assert [(Reason.NO_TEXT, "wp-5", "")] == reasons(found)


def test_a_chain_as_long_as_you_like() -> None:
    """Nothing recurses over replies."""
    comments = tuple(
        ExportedComment(
            id=f"wp-{n}", parent=f"wp-{n - 1}" if n > 1 else None, name="Reader", url=None, date=START + timedelta(seconds=n),
            html="x", kind=Kind.COMMENT, fragment=f"comment-{n}",
        )
        for n in range(1, 3001)
    )  # fmt: skip
    found = plan_post(ExportedPost("1", "A", "a", "", comments), ImportRules(as_it_is), Files())
    assert 2999 == sum(change.comment.in_reply_to is not None for change in found.changes)


def test_posts_that_were_not_public() -> None:
    """Comments on a private or protected post stay out, unless the site has its page or the map asks for it."""
    private, protected = make_post(make_comment(1), status="private"), make_post(make_comment(1), post_password="x")
    assert [(Reason.POST_HIDDEN, "wp-1", "private")] == reasons(plan(private))
    assert [(Reason.POST_HIDDEN, "wp-1", "password")] == reasons(plan(protected))
    for found in (plan(protected, known_threads=frozenset({"a-post"})), plan(protected, threads={"a-post": "a-post"})):
        assert [(Reason.POST_WAS_HIDDEN, "", "password")] == reasons(found)
        assert ["wp-1"] == [change.comment.id for change in found.changes]


def test_threads_without_a_page_are_listed() -> None:
    """They are written all the same."""
    assert [Note(Reason.NO_PAGE, "a-post")] == list(plan(make_post(make_comment(1))).notes)
    assert [] == list(plan(make_post(make_comment(1)), known_threads=frozenset({"a-post"})).notes)


ANN, BOB = make_author("ann", 1), make_author("bob", 2)
MINE = make_post(make_comment(1, user_id=1), make_comment(2, user_id=2), make_comment(3))
BOTH = frozenset({"ann", "robert"})


def signers(found: PostPlan) -> list[str | None]:
    return [change.comment.author for change in found.changes]


def test_an_authors_comments_without_a_key() -> None:
    """They are a guest's, and listed with the login."""
    found = plan(ANN, BOB, MINE, authors=BOTH)
    assert [None, None, None] == signers(found)
    assert [(Reason.AUTHOR_UNSIGNED, "wp-1", "ann"), (Reason.AUTHOR_UNSIGNED, "wp-2", "bob")] == reasons(found)


def test_the_posts_author_signs() -> None:
    """With a key, the comments of the post's author are the author's, and nobody else's."""
    found = plan(ANN, BOB, MINE, authors=BOTH, signs_own="ann")
    assert ["ann", None, None] == signers(found)
    assert [(Reason.AUTHOR_UNSIGNED, "wp-2", "bob")] == reasons(found)
    assert frozenset({"ann"}) == found.signed_accounts
    assert """\
---
author: ann
date: 2012-05-06T01:30:00Z
id: wp-1
thread: a-post
anchors: [comment-1]
source: https://blog.example.org/a-post/#comment-1
---
Comment 1.
""" == found.changes[0].data.decode()


def test_users_sign_by_login_or_number() -> None:
    """With users named, each signs all comments of theirs, on others' posts too."""
    found = plan(ANN, BOB, MINE, authors=BOTH, signs_accounts={"bob": "robert", "1": "ann"})
    assert ["ann", "robert", None] == signers(found)
    assert [] == reasons(found)


def test_users_whom_the_export_does_not_name() -> None:
    """Where the export leaves out the authors' numbers, registered users are listed with theirs, which --sign-as takes."""
    post = make_post(make_comment(1, user_id=24))
    assert [(Reason.ACCOUNT_UNSIGNED, "wp-1", "24")] == reasons(plan(make_author("ann"), post))
    assert [] == reasons(plan(ANN, post))
    assert ["ann"] == signers(plan(make_author("ann"), post, signs_accounts={"24": "ann"}))


def here(found: PostPlan, *, signed: bool = False, more: bytes = b"") -> dict[tuple[str, str], FileHere]:
    """Return the files that a plan writes."""
    return {
        (found.thread, c.comment.id): FileHere(c.data + more, signed and c.comment.author is not None)
        for c in found.changes
    }


def actions(found: PostPlan) -> list[Action]:
    return [change.action for change in found.changes]


def test_files_that_are_there() -> None:
    """What is there as the import would write it is left; what differs is kept and listed; nothing is overwritten."""
    first = plan(MINE)
    assert [Action.ADD] * 3 == actions(first)
    assert [Action.LEAVE] * 3 == actions(plan(MINE, files=here(first)))
    edited = plan(MINE, files=here(first, more=b"And more.\n"))
    assert [Action.KEEP] * 3 == actions(edited)
    assert [(Reason.DIFFERS, "wp-1", ""), (Reason.DIFFERS, "wp-2", ""), (Reason.DIFFERS, "wp-3", "")] == reasons(edited)


def test_signing_what_was_imported_before() -> None:
    """A key that is given later signs what an import wrote, and nothing that was edited since."""
    guests = plan(ANN, MINE, authors=BOTH)
    rules = {"authors": BOTH, "signs_own": "ann"}
    assert [Action.SIGN, Action.LEAVE, Action.LEAVE] == actions(plan(ANN, MINE, files=here(guests), **rules))
    assert [Action.KEEP] * 3 == actions(plan(ANN, MINE, files=here(guests, more=b"x"), **rules))


def test_signatures_that_are_there() -> None:
    """A signed comment is left, with the key or without; one whose signature is lost is signed."""
    rules = {"authors": BOTH, "signs_own": "ann"}
    signed = plan(ANN, MINE, **rules)
    assert [Action.LEAVE] * 3 == actions(plan(ANN, MINE, files=here(signed, signed=True), **rules))
    assert [Action.LEAVE] * 3 == actions(plan(ANN, MINE, files=here(signed, signed=True), authors=BOTH))
    assert [Action.SIGN, Action.LEAVE, Action.LEAVE] == actions(plan(ANN, MINE, files=here(signed), **rules))


MOVED = {"a-post": "new"}
"""The map of a second import."""


def apply(found: PostPlan, files: Mapping[tuple[str, str], FileHere]) -> Files:
    """Return the files of a site after an import, in which every author signs."""
    after = Files(files)
    for change in found.changes:
        if change.action in WRITING:
            before = after.read(found.thread, change.comment.id)
            is_signed = change.comment.author is not None or (before is not None and before.has_signature)
            after[found.thread, change.comment.id] = FileHere(change.data, is_signed)
        for thread in change.leaves:
            del after[thread, change.comment.id]
    return after


def test_another_map_moves_what_was_imported() -> None:
    """Files that are as an import wrote them go to the other folder as they are, and the folder they leave is named."""
    files = here(plan(MINE))
    second = plan(MINE, files=files, threads=MOVED)
    assert [(Action.MOVE, ("a-post",))] * 3 == [(change.action, change.leaves) for change in second.changes]
    assert [(Reason.MOVED, "", "a-post")] == reasons(second)
    moved = apply(second, files)
    assert {("new", id): file for (_, id), file in files.items()} == moved
    assert [Action.LEAVE] * 3 == actions(plan(MINE, files=moved, threads=MOVED))


def test_edited_files_move_as_they_are() -> None:
    """The edit is kept, and listed with where the file was; the place of a removed comment moves too."""
    files = Files(here(plan(MINE)))
    edited, removed = FileHere(files["a-post", "wp-2"].data + b"And more.\n", False), FileHere(
        b"---\ndate: 2012-05-06T03:30:00Z\nstate: removed\n---\n", False
    )  # fmt: skip
    files |= {("a-post", "wp-2"): edited, ("a-post", "wp-3"): removed}
    second = plan(MINE, files=files, threads=MOVED)
    assert [(Reason.DIFFERS, "wp-2", "a-post"), (Reason.DIFFERS, "wp-3", "a-post")] == reasons(second)[1:]
    moved = apply(second, files)
    assert {("new", "wp-1"), ("new", "wp-2"), ("new", "wp-3")} == set(moved)
    assert (edited, removed) == (moved["new", "wp-2"], moved["new", "wp-3"])


def test_signed_files_move_with_the_key() -> None:
    """A signature is for one thread: with the key it is made anew, without, or for an edited text, the file stays."""
    rules = {"authors": BOTH, "signs_own": "ann"}
    files = Files(here(plan(ANN, MINE, **rules), signed=True))
    moved = apply(plan(ANN, MINE, files=files, threads=MOVED, **rules), files)
    assert apply(plan(ANN, MINE, threads=MOVED, **rules), {}) == moved
    second = plan(ANN, MINE, files=files, threads=MOVED, authors=BOTH)
    assert [Action.KEEP, Action.MOVE, Action.MOVE] == actions(second)
    assert (Reason.CANNOT_MOVE, "wp-1", "a-post") in reasons(second)
    late = apply(second, files)
    assert moved == apply(plan(ANN, MINE, files=late, threads=MOVED, **rules), late)
    edited = FileHere(files["a-post", "wp-1"].data + b"x\n", True)
    files["a-post", "wp-1"] = edited
    after = apply(plan(ANN, MINE, files=files, threads=MOVED, **rules), files)
    assert (edited, False) == (after["a-post", "wp-1"], ("new", "wp-1") in after)


def test_a_file_that_names_its_thread_stays() -> None:
    """Moved, it would be left out by every build; both places are listed."""
    post = make_post(make_comment(1))
    (change,) = plan(post).changes
    files = {("a-post", "wp-1"): FileHere(change.data.replace(b"---\n", b"---\nthread: a-post\n", 1), False)}
    second = plan(post, files=files, threads=MOVED)
    assert ([Action.KEEP], [(Reason.CANNOT_MOVE, "wp-1", "a-post")]) == (actions(second), reasons(second))
    assert files == apply(second, files)


def test_copies_become_one() -> None:
    """What two imports wrote to two folders, or one that was stopped, is one file after the next; two edits both stay."""
    post = make_post(make_comment(1))
    (change,) = plan(post).changes
    file, edited, other = (FileHere(change.data + more, False) for more in (b"", b"x\n", b"y\n"))
    old, new, third = ("a-post", "wp-1"), ("new", "wp-1"), ("third", "wp-1")
    for before, after, listed in (
        ({old: file, new: file}, {new: file}, []),
        ({old: file, new: edited}, {new: edited}, [(Reason.DIFFERS, "wp-1", "")]),
        ({old: edited, new: edited}, {new: edited}, [(Reason.DIFFERS, "wp-1", "")]),
        ({old: file, third: file}, {new: file}, []),
        ({old: edited, third: file}, {new: edited}, [(Reason.DIFFERS, "wp-1", "a-post")]),
        ({old: edited, new: file}, {old: edited, new: file}, [(Reason.STANDS_TWICE, "wp-1", "a-post")]),
        ({old: edited, third: other}, {third: other, new: edited}, [(Reason.DIFFERS, "wp-1", "a-post"), (Reason.STANDS_TWICE, "wp-1", "third")]),
    ):  # fmt: skip
        found = plan(post, files=before, threads=MOVED)
        assert (after, listed) == (apply(found, before), [one for one in reasons(found) if one[0] is not Reason.MOVED])


def test_another_blogs_comment_of_the_same_number_stays() -> None:
    """What came from elsewhere is another comment, whatever its id."""
    post = make_post(make_comment(1))
    files = here(plan(make_post(make_comment(1), link="https://other.example.org/a-post/", slug="other")))
    found = plan(post, files=files, threads=MOVED)
    assert ([Action.ADD], []) == (actions(found), reasons(found))


def test_without_the_map_they_stay_where_they_are() -> None:
    """A post without a page goes on in the folder that has its comments; a page of its name takes them back."""
    files = here(plan(MINE, threads=MOVED))
    again = plan(MINE, make_post(make_comment(4), *[make_comment(n) for n in (1, 2, 3)]), files=files)
    assert ("new", [Action.ADD, *[Action.LEAVE] * 3]) == (again.thread, actions(again))
    assert [Action.MOVE] * 3 == actions(plan(MINE, files=files, known_threads=frozenset({"a-post"})))
    both = {**files, **here(plan(MINE))}
    assert "a-post" == plan(MINE, files=both).thread
    assert "new" == plan(MINE, files=both, known_threads=frozenset({"new"})).thread


def test_replies_that_stay_behind_are_listed() -> None:
    """Who answered in the old folder is named with what they answered, and no file of theirs is touched."""
    reply = b"---\nname: Late\ndate: 2026-03-14T09:26:53Z\nin_reply_to: wp-%d\n---\nHello.\n"
    files = Files(here(plan(MINE)))
    files |= {("a-post", f"late-{n}"): FileHere(reply % n, False) for n in (2, 77)}
    second = plan(MINE, files=files, threads=MOVED)
    assert Note(Reason.REPLY_LEFT, "a-post", "late-2", "new/wp-2") == second.notes[-1]
    assert 1 == sum(reason is Reason.REPLY_LEFT for reason, *_ in reasons(second))
    assert {("a-post", "late-2"), ("a-post", "late-77")} == {key for key in apply(second, files) if key[0] == "a-post"}


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["a-post", "new", "third"]), st.integers(0, 2)), max_size=9),
    st.sampled_from([{}, MOVED]),
    st.sets(st.sampled_from(["a-post", "new"])),
)
def test_no_import_loses_a_text(there: list[tuple[int, str, int]], threads: dict[str, str], pages: set[str]) -> None:
    """Whatever copies a site has, edited or not: each edit is somewhere after it, a second run changes nothing more."""
    post = make_post(*(make_comment(n) for n in (1, 2, 3)))
    written = {change.comment.id: change.data for change in plan(post).changes}
    files = Files({(t, f"wp-{n}"): FileHere(written[f"wp-{n}"] + b"x\n" * edits, False) for n, t, edits in there})
    rules = {"threads": threads, "known_threads": frozenset(pages)}
    after = apply(plan(post, files=files, **rules), files)
    assert {f.data for f in files.values()} - set(written.values()) <= {f.data for f in after.values()}
    assert {"wp-1", "wp-2", "wp-3"} == {id for thread, id in after if thread == plan(post, files=files, **rules).thread}
    again = plan(post, files=after, **rules)
    assert after == apply(again, after)
    assert not any(change.action in WRITING for change in again.changes)


@given(st.text(max_size=200), st.text(max_size=130), st.text(max_size=60))
def test_every_planned_file_is_read_back_without_problem(body: str, name: str, url: str) -> None:
    """Whatever an export holds, the file is one that no build complains of."""
    printable = [str(text.encode("utf-8", "ignore").decode()) for text in (body, name, f"https://example.org/{url}")]
    kept = ["".join(c for c in text if c >= " " and c not in "\ufffe\uffff") for text in printable]
    for change in plan(make_post(make_comment(1, content=kept[0].strip(), author=kept[1], author_url=kept[2]))).changes:
        assert () == parse_comment(change.data, "c.md", thread="a-post", id="wp-1").problems


def test_the_tally() -> None:
    """Threads are added up, of each reason the first are kept and all are counted."""
    tally = Tally()
    tally.add(plan(make_post(make_comment(1), make_comment(2, approved=0), slug="one")))
    tally.add(plan(make_post(*(make_comment(n, approved="spam") for n in range(3, 30)), slug="two", id=8)))
    assert {"one": 1, "two": 27} == {name: thread.left_out for name, thread in tally.threads.items()}
    assert (1, 28, 2, 29) == (tally.total.actions[Action.ADD], tally.total.left_out, tally.posts, tally.comments)
    assert (27, MAX_LISTED) == (tally.counts[Reason.SPAM], len(tally.notes[Reason.SPAM]))
    assert tally.has_work


def test_two_posts_in_one_thread_are_listed() -> None:
    """That their comments are put together is said, with the numbers of the posts."""
    tally = Tally()
    tally.add(plan(make_post(make_comment(1))))
    notes = tally.add(plan(make_post(make_comment(2), id=8)))
    assert Note(Reason.THREAD_SHARED, "a-post", detail="7, 8") in notes
    assert 1 == tally.counts[Reason.THREAD_SHARED]


def test_a_key_of_the_map_that_matches_nothing_is_listed() -> None:
    """A slip of the pen in the map does not go unseen."""
    threads = parse_map("a-post: a-thread\ntypo: other\n", "map.yml")
    tally = Tally()
    tally.add(plan(make_post(make_comment(1)), threads=threads))
    assert (Note(Reason.MAP_UNUSED, "other", detail="typo"),) == tally.finish(threads)
