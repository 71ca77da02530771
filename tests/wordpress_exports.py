"""Small WordPress exports for tests, written from the values that matter to them."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

HEAD = """\
<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>A blog</title><wp:wxr_version>1.2</wp:wxr_version>
"""
TAIL = "</channel></rss>\n"


def make_comment(id: int | str = 1, **values: object) -> str:
    """Return a comment: approved, by a visitor, an hour after the one before, unless `values` say otherwise."""
    hour = int(id) % 24 if str(id).isdigit() else 0
    facts: dict[str, object] = {
        "id": id, "author": "Reader", "author_email": f"reader{id}@mail.example.com", "author_url": "",
        "author_IP": f"198.51.100.{hour}", "date": f"2012-05-06 {hour:02}:30:00", "date_gmt": f"2012-05-06 {hour:02}:30:00",
        "content": f"Comment {id}.", "approved": 1, "type": "", "parent": 0, "user_id": 0, **values,
    }  # fmt: skip
    fields = "".join(f"<wp:comment_{name}>{escape(str(value))}</wp:comment_{name}>" for name, value in facts.items())
    return f"<wp:comment>{fields}</wp:comment>\n"


def make_post(*comments: str, slug: str = "a-post", id: int = 7, creator: str = "ann", **values: str) -> str:
    """Return a post with comments; `values` are elements of its own, without their prefix."""
    facts = {"status": "publish", "post_type": "post", "post_password": "", **values}
    link = facts.pop("link", f"https://blog.example.org/{slug}/")
    title = facts.pop("title", "A post")
    fields = "".join(f"<wp:{name}>{escape(value)}</wp:{name}>" for name, value in facts.items())
    return (
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><dc:creator>{escape(creator)}</dc:creator>"
        f"<content:encoded><![CDATA[Text]]></content:encoded><wp:post_id>{id}</wp:post_id>"
        f"<wp:post_name>{escape(slug)}</wp:post_name>{fields}\n{''.join(comments)}</item>\n"
    )


def make_author(login: str, id: int | str = "", email: str = "") -> str:
    """Return an author; without `id` as WordPress.com writes it."""
    number = f"<wp:author_id>{id}</wp:author_id>" if id else ""
    address = f"<wp:author_email>{email}</wp:author_email>"
    return f"<wp:author>{number}<wp:author_login>{login}</wp:author_login>{address}</wp:author>\n"


def make_export(*parts: str) -> bytes:
    """Return an export of authors and posts."""
    return f"{HEAD}{''.join(parts)}{TAIL}".encode()


def respell(export: bytes, spellings: Mapping[str, str]) -> bytes:
    """Return the export with other spellings in the places where they differ from version to version."""
    for old, new in spellings.items():
        export = export.replace(old.encode(), new.encode())
    return export
