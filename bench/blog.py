"""The synthetic blog: posts and comments of any number, the same ones for the same numbers, as three programs want them.

Rule: everything comes from one seeded generator. Threads are heavy-tailed, as blogs are: a few posts have most of the
comments. What differs between the programs is the form of the files, never what is in them.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SIZES = {"S": (200, 2_000), "M": (1_000, 10_000), "L": (10_000, 100_000)}
"""Posts and comments."""
SEED = 20261121
MAX_DEPTH = 6
"""A root is at depth 0."""
REPLY_SHARE = 0.55
TAIL = 1.3
"""Exponent of the Pareto distribution of what a post attracts: a tenth of the posts have more than half of the comments."""
POST_WORDS = 300
_WORDS = """\
the a and or but so when while because every other one some nobody somebody people ferry tide harbour letter queue kettle
garden window bicycle engine winter morning question answer reason story paper table number system piece goes comes takes
makes says asks keeps loses finds moves waits counts holds turns works fails reads writes old new slow quick small large
open closed early late quiet careful again never often almost rather quite still there here
"""
_NAMES = "Ada Ben Cleo Dov Eva Finn Gita Hugo Iris Jon Kaya Liv Milo Nia Otto Pia Quin Rosa Sven Tess Uma"
_SURNAMES = "Alder Birch Cedar Dale Elm Field Grove Heath Ivory Juniper Knoll Larch Moor North Oakley"
WORDS, FIRST_NAMES, LAST_NAMES = (tuple(text.split()) for text in (_WORDS, _NAMES, _SURNAMES))
START = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Post:
    """An article."""

    slug: str
    title: str
    date: datetime
    """UTC."""
    category: str
    tags: tuple[str, ...]
    author: str
    body: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment."""

    id: str
    slug: str
    """Of its post."""
    name: str
    url: str
    """May be empty."""
    date: datetime
    """UTC."""
    parent: str
    """An id; empty for a root."""
    body: str
    """Markdown."""


def make_posts(number: int) -> Iterator[Post]:
    """Yield posts, a day apart."""
    chance = random.Random(SEED)
    tags = [f"tag{n}x" for n in range(max(10, number // 50))]
    for index in range(number):
        paragraphs = [_make_text(chance, POST_WORDS // 5) for _ in range(5)]
        paragraphs[1] = f"## {paragraphs[1][:30].title()}\n\n{paragraphs[1]}"
        paragraphs[2] = "\n".join(f"- {line}" for line in _wrap(paragraphs[2]))
        paragraphs[3] += f" See [the other one](https://example.org/{index}) and *this*: `make html`."
        yield Post(
            slug=f"post-{index}",
            title=f"Post {index} about the {chance.choice(WORDS)}",
            date=START + timedelta(hours=12 * index),
            category=f"category{index % 10}x",
            tags=tuple(sorted(set(chance.choices(tags, k=3)))),
            author=f"{FIRST_NAMES[index % 3]} {LAST_NAMES[index % 3]}",
            body="\n\n".join(paragraphs),
        )


def make_remarks(posts: int, number: int) -> Iterator[Remark]:
    """Yield comments in the order they were written."""
    chance = random.Random(SEED + 1)
    weights = [chance.paretovariate(TAIL) for _ in range(posts)]
    known: dict[int, list[tuple[str, int]]] = {}
    for index, post in enumerate(chance.choices(range(posts), weights, k=number)):
        thread = known.setdefault(post, [])
        parent, depth = chance.choice(thread) if thread and chance.random() < REPLY_SHARE else ("", -1)
        if depth == MAX_DEPTH:
            parent, depth = "", -1
        id = f"c{index}"
        thread.append((id, depth + 1))
        name = f"{chance.choice(FIRST_NAMES)} {chance.choice(LAST_NAMES)}"
        url = f"https://{name.split(maxsplit=1)[0].lower()}.example.org/" if chance.random() < 0.2 else ""
        date = START + timedelta(days=1, minutes=10 * index)
        yield Remark(id, f"post-{post}", name, url, date, parent, _make_body(chance))


def _make_text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


def _wrap(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + 8]) for start in range(0, len(words), 8)]


def _make_body(chance: random.Random) -> str:
    """Return ten to eighty words, a third of them with some markup."""
    text = _make_text(chance, chance.randint(10, 50))
    kind = chance.random()
    if kind < 0.15:
        text = f"> {_make_text(chance, 12)}\n\n{text}"
    elif kind < 0.25:
        text = f"{text} That is **not** so: see https://example.org/{chance.randint(1, 999)} for `make it`."
    elif kind < 0.35:
        text = f"{text}\n\n1. {_make_text(chance, 6)}\n2. {_make_text(chance, 6)}"
    return f"{text}\n\n{_make_text(chance, chance.randint(5, 30))}" if chance.random() < 0.5 else text


def write_posts(folder: Path, posts: Sequence[Post], *, for_hugo: bool = False) -> None:
    """Write each post into its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for post in posts:
        if for_hugo:
            facts = {
                "title": post.title, "date": f"{post.date:%Y-%m-%dT%H:%M:%SZ}", "slug": post.slug,
                "categories": [post.category], "tags": post.tags, "author": post.author,
            }  # fmt: skip
            text = f"{json.dumps(facts)}\n\n{post.body}\n"
        else:
            text = (
                f"Title: {post.title}\nDate: {post.date:%Y-%m-%d %H:%M}\nSlug: {post.slug}\nCategory: {post.category}\n"
                f"Tags: {', '.join(post.tags)}\nAuthor: {post.author}\n\n{post.body}\n"
            )
        (folder / f"{post.slug}.md").write_text(text, "utf-8")


def write_remarks(folder: Path, remarks: Sequence[Remark]) -> None:
    """Write each comment into its file, as this project has it."""
    for remark in remarks:
        target = folder / remark.slug
        target.mkdir(parents=True, exist_ok=True)
        (target / f"{remark.id}.md").write_text(format_remark(remark), "utf-8")


def format_remark(remark: Remark) -> str:
    """Return a comment's file, as this project has it."""
    url = f"url: {remark.url}\n" if remark.url else ""
    parent = f"in_reply_to: {remark.parent}\n" if remark.parent else ""
    date = f"{remark.date:%Y-%m-%dT%H:%M:%SZ}"
    return f"---\nname: {remark.name}\ndate: {date}\n{parent}{url}---\n{remark.body}\n"


def write_remarks_as_metadata(folder: Path, remarks: Sequence[Remark]) -> None:
    """Write each comment into its file, as minchin.pelican.plugins.static-comments has it."""
    for remark in remarks:
        target = folder / remark.slug
        target.mkdir(parents=True, exist_ok=True)
        url = f"website: {remark.url}\n" if remark.url else ""
        parent = f"replyto: {remark.parent}md\n" if remark.parent else ""
        header = f"author: {remark.name}\ndate: {remark.date:%Y-%m-%d %H:%M}\n{parent}{url}"
        (target / f"{remark.id}.md").write_text(f"{header}\n{remark.body}\n", "utf-8")


def write_remarks_as_json(folder: Path, remarks: Sequence[Remark]) -> None:
    """Write each thread into one file, replies nested, which is what Hugo reads fastest."""
    folder.mkdir(parents=True, exist_ok=True)
    threads: dict[str, list[Remark]] = {}
    for remark in remarks:
        threads.setdefault(remark.slug, []).append(remark)
    for slug, thread in threads.items():
        nodes: dict[str, dict[str, object]] = {}
        lists: dict[str, list[Mapping[str, object]]] = {"": []}
        for remark in thread:
            lists[remark.id] = []
            nodes[remark.id] = {
                "id": remark.id, "name": remark.name, "url": remark.url, "body": remark.body,
                "date": f"{remark.date:%Y-%m-%dT%H:%M:%SZ}", "replies": lists[remark.id],
            }  # fmt: skip
            lists[remark.parent].append(nodes[remark.id])
        facts = {"count": len(thread), "comments": lists[""]}
        (folder / f"{slug}.json").write_text(json.dumps(facts), "utf-8")
