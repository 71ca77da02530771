"""WordPress exports: what is read from them, and what is said of files that are none."""

import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from pelican.plugins.conversation.errors import ImportFileError
from pelican.plugins.conversation.importers.export import ExportedComment, ExportedPost, Reason
from pelican.plugins.conversation.importers.wordpress import read_posts
from pelican.plugins.conversation.model import Kind

from .wordpress_exports import HEAD, TAIL, make_author, make_comment, make_export, make_post, respell

OURS = Path(__file__).parent / "data" / "wordpress" / "harbour.xml"
REAL = ("themeunittestdata.wordpress.xml", "wordpressexport.xml")
SPELLINGS = {
    "as it is": {},
    "1.1": {"export/1.2/": "export/1.1/", "<wp:wxr_version>1.2": "<wp:wxr_version>1.1"},
    "1.0": {"export/1.2/": "export/1.0/", "<wp:wxr_version>1.2": "<wp:wxr_version>1.0"},
    "https": {"http://wordpress.org/export/": "https://wordpress.org/export/"},
    "no slash at the end": {"export/1.2/": "export/1.2"},
    "another prefix": {"<wp:": "<w:", "</wp:": "</w:", "xmlns:wp=": "xmlns:w="},
    "carriage returns": {"\n": "\r\n"},
}


def read(export: bytes, **options: object) -> list[ExportedPost]:
    return list(read_posts(io.BytesIO(export), "blog.xml", **options))


def read_one(**values: object) -> ExportedComment:
    """Return the comment of an export of one."""
    ((comment,),) = (post.comments for post in read(make_export(make_post(make_comment(**values)))))
    return comment


def find(element: ElementTree.Element, name: str) -> str:
    """Return the text of a child by its name without prefix: another reading of the export than ours."""
    return next((child.text or "" for child in element if child.tag.rpartition("}")[2] == name), "").strip()


def read_independently(data: bytes) -> list[tuple[str, str, str, str | None, datetime, bool, str]]:
    """Return slug, link, id, parent, date, whether it is public, and type of each comment."""
    rows = []
    for item in ElementTree.fromstring(data).iter("item"):
        for comment in item:
            if comment.tag.endswith("}comment"):
                date = datetime.fromisoformat(find(comment, "comment_date_gmt")).replace(tzinfo=UTC)
                parent = find(comment, "comment_parent")
                rows.append((
                    find(item, "post_name"), find(item, "link"), f"wp-{find(comment, 'comment_id')}",
                    f"wp-{parent}" if parent != "0" else None, date, find(comment, "comment_approved") == "1",
                    find(comment, "comment_type"),
                ))  # fmt: skip
    return rows


@pytest.mark.parametrize("name", REAL)
def test_real_exports(shared_data: Path, name: str) -> None:
    """Ids, parents, dates, states and kinds are those of the export, as ElementTree reads it."""
    data = (shared_data / "wordpress" / name).read_bytes()
    found = [
        (post.slug, post.link, c.id, c.parent, c.date, c.hidden is None, "" if c.kind is Kind.COMMENT else c.kind.value)
        for post in read(data)
        for c in post.comments
    ]
    expected = [(*row[:6], row[6].replace("comment", "")) for row in read_independently(data)]
    assert expected == found


def test_the_theme_unit_test(shared_data: Path) -> None:
    """33 comments, 30 of them approved, 10 replies, the deepest at depth 9, 2 pingbacks, 2 trackbacks, 4 by registered users."""
    data = (shared_data / "wordpress" / REAL[0]).read_bytes()
    public = [c for post in read(data) for c in post.comments if c.hidden is None]
    parents = {c.id: c.parent for post in read(data) for c in post.comments}

    def depth(id: str) -> int:
        parent = parents[id]
        return 0 if parent is None else 1 + depth(parent)

    kinds = [comment.kind for comment in public]
    assert (33, 30, 10) == (len(parents), len(public), sum(parent is not None for parent in parents.values()))
    assert (9, 2, 2) == (max(map(depth, parents)), kinds.count(Kind.PINGBACK), kinds.count(Kind.TRACKBACK))
    assert 4 == sum(bool(comment.accounts) for comment in public)
    assert [("themedemos", "24783058")] * 3 == [c.accounts for c in public if c.is_by_post_author]


def test_pelicans_own_export(shared_data: Path) -> None:
    """4 comments, 2 with a parent, 1 pingback, which is in the trash."""
    (post,) = read((shared_data / "wordpress" / REAL[1]).read_bytes())
    assert ("with-comments", 4) == (post.slug, len(post.comments))
    assert ["wp-116", "wp-121"] == [comment.parent for comment in post.comments if comment.parent]
    assert [("wp-156", Reason.TRASH)] == [(c.id, c.hidden) for c in post.comments if c.kind is Kind.PINGBACK]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_version_and_spelling(spelling: str) -> None:
    """Versions 1.0 to 1.2 and every spelling of the namespace give the same posts."""
    plain = OURS.read_bytes()
    assert read(plain) == read(respell(plain, SPELLINGS[spelling]))


def test_our_own_export() -> None:
    """The posts with comments, in order, those that were not public marked."""
    found = [(post.number, post.slug, post.title, post.hidden, len(post.comments)) for post in read(OURS.read_bytes())]
    assert [
        ("11", "knots-and-splices", "Knots & splices", "", 13),
        ("12", "the-crane-is-back", "The crane is back", "", 3),
        ("13", "visiting", "Visiting", "", 1),
        ("14", "members-only", "Members only", "private", 1),
    ] == found


@pytest.mark.parametrize(
    ("approved", "hidden"),
    [
        ("1", None), ("0", Reason.PENDING), ("hold", Reason.PENDING), ("spam", Reason.SPAM), ("trash", Reason.TRASH),
        ("post-trashed", Reason.TRASH), ("", Reason.OTHER_STATE), ("2", Reason.OTHER_STATE),
    ],
)  # fmt: skip
def test_states(approved: str, hidden: Reason | None) -> None:
    """Only what was approved may become public; a state that is not known hides."""
    assert hidden is read_one(approved=approved).hidden


@pytest.mark.parametrize(
    ("type", "kind", "hidden"),
    [
        ("", Kind.COMMENT, None), ("comment", Kind.COMMENT, None), ("pingback", Kind.PINGBACK, None),
        ("trackback", Kind.TRACKBACK, None), ("webmention", Kind.MENTION, None), ("like", Kind.LIKE, None),
        ("order_note", Kind.COMMENT, Reason.OTHER_TYPE), ("review", Kind.COMMENT, Reason.OTHER_TYPE),
    ],
)  # fmt: skip
def test_types(type: str, kind: Kind, hidden: Reason | None) -> None:
    """Types become kinds; records of plugins are left out, and their type is said."""
    found = read_one(type=type)
    assert (kind, hidden, type if hidden else "") == (found.kind, found.hidden, found.detail)


def test_a_hidden_record_is_hidden_for_its_state_first() -> None:
    """An order's note in the trash is listed as trash."""
    assert Reason.TRASH is read_one(type="order_note", approved="trash").hidden


@pytest.mark.parametrize(
    ("utc", "local", "date"),
    [
        ("2012-05-06 20:46:06", "2012-05-06 15:46:06", "2012-05-06T20:46:06+00:00"),
        ("0000-00-00 00:00:00", "2012-05-06 15:46:06", "2012-05-06T13:46:06+00:00"),
        ("0000-00-00 00:00:00", "2012-12-06 15:46:06", "2012-12-06T14:46:06+00:00"),
        ("", "2012-05-06 15:46:06", "2012-05-06T13:46:06+00:00"),
        ("0000-00-00 00:00:00", "0000-00-00 00:00:00", None),
        ("yesterday", "0001-01-01 00:00:00", None),
    ],
)
def test_dates(utc: str, local: str, date: str | None) -> None:
    """Dates are UTC; where WordPress never set that, the local one is read in the site's time zone."""
    export = make_export(make_post(make_comment(date_gmt=utc, date=local)))
    ((comment,),) = (post.comments for post in read(export, timezone=ZoneInfo("Europe/Berlin")))
    assert date == (comment.date and comment.date.isoformat())


@pytest.mark.parametrize(
    ("stored", "name", "changes"),
    [
        ("Ann", "Ann", []),
        ("Tom &amp; Jerry &#8217;s", "Tom & Jerry ’s", []),
        ("  a\tb\u202e ", "a b", []),
        ("", "", [Reason.NO_NAME]),
        ("\u200b", "", [Reason.NO_NAME]),
        ("lotte@mail.example.com", "lotte", [Reason.NAME_WAS_ADDRESS]),
        ("Lotte <lotte@mail.example.com>", "Lotte <lotte>", [Reason.NAME_WAS_ADDRESS]),
        ("reader1@mail.example.com", "reader1", [Reason.NAME_WAS_ADDRESS]),
        ("198.51.100.1", "", [Reason.NAME_WAS_ADDRESS, Reason.NO_NAME]),
        ("Nils, 198.51.100.1", "Nils", [Reason.NAME_WAS_ADDRESS]),
        ("@lotte", "@lotte", []),
        ("x" * 121, "x" * 119 + "…", [Reason.NAME_CUT]),
    ],
)
def test_names(stored: str, name: str, changes: list[Reason]) -> None:
    """Names are decoded, cleaned and cut, and give no e-mail address or IP away."""
    found = read_one(author=stored)
    assert (name, tuple(changes)) == (found.name, found.changes)


@pytest.mark.parametrize(
    ("stored", "url", "changes"),
    [
        ("https://example.org/a?b=1&#038;c=2", "https://example.org/a?b=1&c=2", []),
        ("", None, []),
        ("http://", None, []),
        ("www.example.org", None, [Reason.NO_URL]),
        ("javascript:alert(1)", None, [Reason.NO_URL]),
        ("mailto:reader1@mail.example.com", None, [Reason.NO_URL]),
        ("http://someone@mail.example.com", None, [Reason.NO_URL]),
        ("https://example.org/?by=Reader1@mail.example.com", None, [Reason.NO_URL]),
        ("http://198.51.100.1/", None, [Reason.NO_URL]),
    ],
)
def test_urls(stored: str, url: str | None, changes: list[Reason]) -> None:
    """The address of a commenter's page is kept where it is one, and gives no e-mail address or IP away."""
    found = read_one(author_url=stored)
    assert (url, tuple(changes)) == (found.url, found.changes)


def accounts(*authors: str, creator: str = "ann", user: int = 1, email: str = "ann@example.org") -> tuple[object, ...]:
    """Return what is told of the writer of a comment."""
    comment = make_comment(user_id=user, author_email=email)
    ((found,),) = (post.comments for post in read(make_export(*authors, make_post(comment, creator=creator))))
    return found.accounts, found.is_by_author, found.is_by_post_author, found.is_by_unknown_user


def test_who_wrote_a_comment() -> None:
    """A registered user is known by their number; where the export leaves the numbers out, the post's author by e-mail address."""
    ann, bob = make_author("ann", 1, "ann@example.org"), make_author("bob", 2, "bob@example.org")
    assert (("ann", "1"), True, True, False) == accounts(ann, bob)
    assert (("ann", "1"), True, False, False) == accounts(ann, bob, creator="bob")
    assert (("bob", "2"), True, False, False) == accounts(ann, bob, user=2)
    assert (("3",), False, False, False) == accounts(ann, bob, user=3)
    assert ((), False, False, False) == accounts(ann, bob, user=0)
    nameless = make_author("ann", email="ann@example.org")
    assert (("ann", "1"), True, True, False) == accounts(nameless)
    assert (("1",), False, False, True) == accounts(nameless, email="other@example.org")
    assert ((), False, False, False) == accounts(nameless, user=0)
    assert (("1",), False, False, True) == accounts(make_author("ann"), email="")


def test_ids() -> None:
    """A number that is none gives no id; one that is keeps its old fragment."""
    found, unusable = read_one(id=12, parent=11), read_one(id="../x", parent="-1")
    assert ("wp-12", "wp-11", "comment-12") == (found.id, found.parent, found.fragment)
    assert ("", None) == (unusable.id, unusable.parent)


def test_parts_in_odd_places() -> None:
    """Comments outside a post, in a comment or in a document of another kind do not count, and nothing breaks."""
    nested = make_comment(1).replace("</wp:comment>", f"{make_comment(2)}</wp:comment>")
    export = make_export(make_comment(9), make_post(nested), make_post(slug="empty", id=8))
    assert ["a-post"] == [post.slug for post in read(export)]


BROKEN = {
    "empty": (b"", 1, "it holds no XML"),
    "text": (b"Hello", 1, "it holds no XML"),
    "a page": (b"<!DOCTYPE html><html><head><title>x</title></head><body><br></body></html>", 1, "it is no export of WordPress"),
    "a feed": (b"<rss><channel><item><title>x</title></item></channel></rss>", 1, "it is no export of WordPress"),
    "cut off": (make_export(make_post(make_comment(1), make_comment(2)))[:-60], 7, "the file ends too early"),
    "cut off in a body": (HEAD.encode() + b"<item><wp:comment><wp:comment_content><![CDATA[Hel", 5, "the file ends too early"),
    "a control character": (make_export(make_post(make_comment(1, content="a\x08b"))), 6, "it is not well-formed XML"),
    "another encoding": (make_export(make_post(make_comment(1, content="é"))).decode().encode("latin-1"), 6, "it is not well-formed XML"),
    "an unknown encoding": (make_export().replace(b"UTF-8", b"UTF-9"), 1, "encoding"),
    "an encoding of many bytes": (make_export().replace(b"UTF-8", b"Shift_JIS"), 1, "encoding"),
    "an empty line before": (b"\n" + make_export(), 2, "something stands before <?xml"),
    "something after": (make_export() + b"<p>Fatal error</p>", 6, "something stands after </rss>"),
    "an entity of HTML": (make_export("<item><title>a&nbsp;b</title></item>"), 5, "it has an entity that XML does not know"),
    "no namespace": (make_export().replace(b"xmlns:wp=", b"xmlns:other="), 4, "its <rss> does not declare a prefix"),
    "an entity bomb": (
        b'<!DOCTYPE rss [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + make_export().partition(b"?>\n")[2], 1, "it declares entities",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "line", "message"), [pytest.param(*case, id=name) for name, case in BROKEN.items()])
def test_broken_files(data: bytes, line: int, message: str) -> None:
    """A file that cannot be read is named with its line, what is wrong and what to do."""
    with pytest.raises(ImportFileError) as caught:
        read(data)
    assert str(caught.value).startswith(f"blog.xml:{line}: ")
    assert message in str(caught.value)
    assert "; " in str(caught.value)


class Endless(io.RawIOBase):
    """An export of many posts, made while it is read."""

    def __init__(self, posts: int) -> None:
        self.parts = self.make_parts(posts)
        self.rest = b""

    @staticmethod
    def make_parts(posts: int) -> Iterator[bytes]:
        yield HEAD.encode()
        for id in range(posts):
            yield make_post(*(make_comment(id * 10 + n, content="word " * 400) for n in range(9)), id=id).encode()
        yield TAIL.encode()

    def read(self, size: int = -1) -> bytes:
        while len(self.rest) < size and (part := next(self.parts, b"")):
            self.rest += part
        data, self.rest = self.rest[:size], self.rest[size:]
        return data


def test_memory_does_not_grow_with_the_file() -> None:
    """8 MB are read in under 2 MB: every element is let go when it ends."""
    tracemalloc.start()
    count = sum(len(post.comments) for post in read_posts(Endless(400), "blog.xml"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 3600 == count
    assert 2_000_000 > peak
