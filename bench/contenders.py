"""What is measured: a site for each program with the synthetic blog in it, and the command that builds it.

Rule: all have the same posts and comments, pages of ten, categories, tags, and one feed of the articles. What a program
can do besides, it does as it does by default.
"""

import json
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from blog import Post, Remark, write_posts, write_remarks, write_remarks_as_json, write_remarks_as_metadata

PELICAN = (sys.executable, "-m", "pelican", "content", "--quiet")
SETTINGS = """\
SITENAME = "A site"
SITEURL = "https://blog.example.org"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
THEME = "simple"
PATH = "content"
CACHE_PATH = "cache"
PLUGINS = {plugins}
STATIC_PATHS = []
PAGINATED_TEMPLATES = {{"index": 10, "tag": 10, "category": 10, "author": 10}}
DEFAULT_PAGINATION = 10
FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_MAX_ITEMS = 100
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None
"""
OUR_SETTINGS = 'CONVERSATION_AUTHORS = {"nora": {"name": "Nora Wetherlam"}}\n'
SHIPPED_THEME = f"""\
THEME = {str(Path(__file__).parent.parent / "theme")!r}
DIRECT_TEMPLATES = ["index", "categories", "tags", "authors", "archives", "conversations", "404"]
PAGINATED_TEMPLATES = {{"index": 10, "tag": 10, "category": 10, "author": 10, "archives": 500}}
"""
CACHED = "CACHE_CONTENT = LOAD_CONTENT_CACHE = True\n"

OLDER_SETTINGS = """\
PELICAN_COMMENT_SYSTEM = True
THEME_TEMPLATES_OVERRIDES = ["templates"]
"""
OLDER_TEMPLATE = """\
{% extends "!theme/article.html" %}
{% macro show(comment) %}
<li id="comment-{{ comment.slug }}"><h3>{% if comment.metadata.website %}<a href="{{ comment.metadata.website }}">{{ comment.author }}</a>
{%- else %}{{ comment.author }}{% endif %}</h3><time datetime="{{ comment.date.isoformat() }}">{{ comment.locale_date }}</time>
{{ comment.content }}{% if comment.replies %}<ol>{% for reply in comment.replies %}{{ show(reply) }}{% endfor %}</ol>{% endif %}</li>
{% endmacro %}
{% block content %}{{ super() }}<h2>{{ article.comments_count }} comments</h2>
<ol>{% for comment in article.comments %}{{ show(comment) }}{% endfor %}</ol>{% endblock %}
"""

HUGO_SETTINGS = """\
baseURL = "https://blog.example.org/"
title = "A site"
[pagination]
pagerSize = 10
[taxonomies]
category = "categories"
tag = "tags"
author = "authors"
[services.rss]
limit = 100
"""
HUGO_FRAME = """\
<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head>
<body><main>{{ block "main" . }}{{ end }}</main></body></html>
"""
HUGO_PAGE = """\
{{ define "main" }}<h1>{{ .Title }}</h1><time datetime="{{ .Date }}">{{ .Date.Format "2 January 2006" }}</time>{{ .Content }}
{{ with index hugo.Data.comments .Slug }}<section><h2>{{ .count }} comments</h2><ol>
{{ range .comments }}{{ partial "comment.html" (dict "page" $ "comment" .) }}{{ end }}</ol></section>{{ end }}{{ end }}
"""
HUGO_COMMENT = """\
<li id="comment-{{ .comment.id }}"><h3>{{ with .comment.url }}<a href="{{ . }}">{{ $.comment.name }}</a>{{ else }}{{ .comment.name }}{{ end }}</h3>
<time datetime="{{ .comment.date }}">{{ dateFormat "2 January 2006" .comment.date }}</time>
{{ .page.RenderString (dict "display" "block") .comment.body }}
{{ with .comment.replies }}<ol>{{ range . }}{{ partial "comment.html" (dict "page" $.page "comment" .) }}{{ end }}</ol>{{ end }}</li>
"""
HUGO_LIST = """\
{{ define "main" }}<h1>{{ .Title }}</h1><ol>{{ range .Paginator.Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a>
{{ .Summary }}</li>{{ end }}</ol>{{ template "_internal/pagination.html" . }}{{ end }}
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to build the blog."""

    name: str
    prepare: Callable[[Path, Sequence[Post], Sequence[Remark]], None]
    """Writes the site into an empty folder."""
    command: tuple[str | Path, ...]
    has_comments: bool = True
    is_warm: bool = False
    """What earlier builds left is kept; one post and one thread are changed before each run."""


def find_hugo() -> Path:
    """Return the program itself, without the Python that starts it."""
    return Path(sysconfig.get_path("platlib")) / "hugo/binaries/hugo"


def _prepare_plain(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:  # noqa: ARG001 - as the others
    write_posts(root / "content", posts)
    (root / "pelicanconf.py").write_text(SETTINGS.format(plugins=[]), "utf-8")


def _prepare_plain_cached(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:  # noqa: ARG001
    write_posts(root / "content", posts)
    (root / "pelicanconf.py").write_text(SETTINGS.format(plugins=[]) + CACHED, "utf-8")


def _prepare_ours(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:
    write_posts(root / "content", posts)
    write_remarks(root / "comments", remarks)
    (root / "pelicanconf.py").write_text(
        SETTINGS.format(plugins=["pelican.plugins.conversation"]) + OUR_SETTINGS, "utf-8"
    )


def _prepare_ours_cached(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:
    _prepare_ours(root, posts, remarks)
    with (root / "pelicanconf.py").open("a", encoding="utf-8") as file:
        file.write(CACHED)


def _prepare_older(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:
    write_posts(root / "content", posts)
    write_remarks_as_metadata(root / "content/comments", remarks)
    (root / "templates").mkdir()
    (root / "templates/article.html").write_text(OLDER_TEMPLATE, "utf-8")
    settings = SETTINGS.format(plugins=["minchin.pelican.plugins.static_comments"])
    (root / "pelicanconf.py").write_text(settings + OLDER_SETTINGS, "utf-8")


def _prepare_hugo(root: Path, posts: Sequence[Post], remarks: Sequence[Remark]) -> None:
    write_posts(root / "content/posts", posts, for_hugo=True)
    write_remarks_as_json(root / "data/comments", remarks)
    if not remarks:
        (root / "data/comments/none.json").write_text(json.dumps({}), "utf-8")
    (root / "hugo.toml").write_text(HUGO_SETTINGS, "utf-8")
    layouts = {
        "baseof": HUGO_FRAME, "page": HUGO_PAGE, "list": HUGO_LIST, "home": HUGO_LIST, "_partials/comment": HUGO_COMMENT,
    }  # fmt: skip
    for name, text in layouts.items():
        path = root / f"layouts/{name}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


PLAIN, PLAIN_CACHED, COLD, WARM = "Pelican", "Pelican, cached", "this plugin, cold", "this plugin, warm"
OLDER, HUGO, HUGO_PLAIN = "static-comments", "Hugo", "Hugo, no comments"
CONTENDERS = (
    Contender(PLAIN, _prepare_plain, PELICAN, has_comments=False),
    Contender(COLD, _prepare_ours, PELICAN),
    Contender(PLAIN_CACHED, _prepare_plain_cached, PELICAN, has_comments=False, is_warm=True),
    Contender(WARM, _prepare_ours_cached, PELICAN, is_warm=True),
    Contender(OLDER, _prepare_older, PELICAN),
    Contender(HUGO_PLAIN, _prepare_hugo, (find_hugo(), "--quiet"), has_comments=False),
    Contender(HUGO, _prepare_hugo, (find_hugo(), "--quiet")),
)
