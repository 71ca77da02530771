"""`pelican-comments import wordpress`: plan, table, files."""

import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pelican.plugins.conversation.comments.comment_file import parse_comment
from pelican.plugins.conversation.model import Comment, Kind

from .building import TestSite
from .test_import_wordpress import OURS, REAL, read_independently
from .wordpress_exports import make_author, make_comment, make_export, make_post

COMMAND = ("pelican_comments", "import", "wordpress")
PAGES = ("knots-and-splices", "the-crane-is-back", "visiting")


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site that has the pages of our own export."""
    site = TestSite(tmp_path, 'TIMEZONE = "Europe/Berlin"\n')
    for slug in PAGES:
        site.write_article(slug, date="2023-01-01")
    return site


def run(site: TestSite, *arguments: str | Path) -> tuple[int, str, str]:
    done = site.run(*COMMAND, *map(str, arguments))
    return done.returncode, done.stdout, done.stderr


def import_file(site: TestSite, *arguments: str | Path) -> str:
    """Import and return what was printed; anything but success fails the test."""
    code, out, err = run(site, *arguments)
    assert (0, "") == (code, err)
    return out


def read_files(site: TestSite) -> dict[str, Comment]:
    """Return the comments that were written, by path; a problem with one fails the test."""
    comments = {}
    for path in sorted((site.root / "comments").rglob("*.md")):
        parsed = parse_comment(path.read_bytes(), path.name, thread=path.parent.name, id=path.stem)
        assert () == parsed.problems
        assert parsed.comment is not None
        comments[f"{path.parent.name}/{path.stem}"] = parsed.comment
    return comments


def hash_files(folder: Path) -> dict[str, str]:
    """Return a hash of each file, by path."""
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def check(site: TestSite) -> str:
    """Return the problems that `pelican-comments check` reports."""
    return site.run("pelican_comments", "check").stdout


def give_key(site: TestSite) -> None:
    """Give the site a key that may sign as Ann."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not here")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", site.root / "key"], check=True)
    key = (site.root / "key.pub").read_text("utf-8")
    site.write("allowed_signers", f"ann {key}")
    settings = (site.root / "pelicanconf.py").read_text("utf-8")
    site.write("pelicanconf.py", f'{settings}CONVERSATION_SIGNING_KEY = "key"\n')


def test_our_own_export(site: TestSite) -> None:
    """Everything that was public is there with parent, date and kind, and the site has no problem with it."""
    import_file(site, OURS)
    found = read_files(site)
    assert {
        "knots-and-splices/wp-101": None, "knots-and-splices/wp-102": "wp-101", "knots-and-splices/wp-103": "wp-102",
        "knots-and-splices/wp-104": "wp-103", "knots-and-splices/wp-105": "wp-104", "knots-and-splices/wp-106": None,
        "knots-and-splices/wp-107": None, "knots-and-splices/wp-111": None, "knots-and-splices/wp-112": None,
        "the-crane-is-back/wp-120": None, "the-crane-is-back/wp-121": "wp-120", "the-crane-is-back/wp-122": "wp-121",
        "visiting/wp-130": None,
    } == {path: comment.in_reply_to for path, comment in found.items()}  # fmt: skip
    assert "2023-05-03T07:00:00+00:00" == found["knots-and-splices/wp-107"].date.isoformat()  # Berlin's clock only
    assert Kind.PINGBACK is found["knots-and-splices/wp-111"].kind
    assert Kind.TRACKBACK is found["knots-and-splices/wp-112"].kind
    assert (
        "Which one holds **wet** rope?\nI asked at the pier & nobody knew.\n\n> The seventh is for showing off.\n\nHa!"
        == (found["knots-and-splices/wp-101"].body)
    )
    assert "" == check(site)


@pytest.mark.parametrize("name", REAL)
def test_real_exports(site: TestSite, shared_data: Path, name: str) -> None:
    """The files have the ids, parents, dates, anchors and permalinks of every approved comment of the export."""
    data = (shared_data / "wordpress" / name).read_bytes()
    rows = [row for row in read_independently(data) if row[5]]
    for slug in {row[0] for row in rows}:
        site.write_article(slug, date="2000-01-01")
    import_file(site, shared_data / "wordpress" / name)
    public = {(row[0], row[2]) for row in rows}
    expected = {
        f"{slug}/{id}": (
            parent if (slug, parent) in public else None,
            date,
            (id.replace("wp", "comment"),),
            f"{link}#comment-{id[3:]}",
        )
        for slug, link, id, parent, date, _, _ in rows
    }
    assert expected == {path: (c.in_reply_to, c.date, c.anchors, c.source) for path, c in read_files(site).items()}
    assert "" == check(site)


def test_the_theme_unit_test(site: TestSite, shared_data: Path) -> None:
    """30 comments, 10 replies less the one that was not approved, the deepest at depth 9, 2 pingbacks, 2 trackbacks."""
    path = shared_data / "wordpress" / REAL[0]
    for slug in {row[0] for row in read_independently(path.read_bytes())}:
        site.write_article(slug, date="2000-01-01")
    import_file(site, path)
    found = list(read_files(site).values())
    parents = {comment.id: comment.in_reply_to for comment in found}
    depths = []
    for parent in parents.values():
        depth = 0
        while parent is not None:
            depth, parent = depth + 1, parents[parent]  # noqa: PLW2901
        depths.append(depth)
    assert {Kind.COMMENT: 26, Kind.PINGBACK: 2, Kind.TRACKBACK: 2} == Counter(comment.kind for comment in found)
    assert (30, 9, 9) == (len(found), sum(depth > 0 for depth in depths), max(depths))


def test_no_address_and_no_ip_in_any_file(site: TestSite) -> None:
    """No e-mail address or IP of the export, hidden or not, is anywhere in what is written."""
    import_file(site, OURS)
    export = OURS.read_text("utf-8")
    secrets = set(re.findall(r"[\w.]+@[\w.]+\.\w+", export)) | set(re.findall(r"author_IP><!\[CDATA\[([^]]+)", export))
    written = "".join(path.read_text("utf-8") for path in (site.root / "comments").rglob("*") if path.is_file())
    assert {"pia@mail.example.com", "203.0.113.21", "2001:db8::17", "lotte@mail.example.com", "192.0.2.77"} <= secrets
    assert [] == [secret for secret in secrets if secret in written]


def test_no_address_of_real_exports(site: TestSite, shared_data: Path) -> None:
    """The same for exports that nobody here wrote."""
    for name in REAL:
        path = shared_data / "wordpress" / name
        import_file(site, path)
        elements = [e for e in read_elements(path) if e.tag.endswith(("author_email", "author_IP"))]
        secrets = {(element.text or "").strip().lower() for element in elements} - {""}
        written = "".join(p.read_text("utf-8").lower() for p in (site.root / "comments").rglob("*.md"))
        assert secrets
        assert [] == [secret for secret in secrets if secret in written]


def read_elements(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).iter())


def test_what_is_printed(site: TestSite) -> None:
    """What was read, a row for each thread, and each comment that is left out or changed with its reason."""
    out = import_file(site, OURS)
    assert out.startswith("Read 18 comments on 4 posts.\n")
    rows = [
        [cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in out.splitlines() if re.match("[│┃]", line)
    ]
    assert [
        ["Thread", "Page", "Add", "Move", "Sign", "Same", "Differ", "Left out"],
        ["knots-and-splices", "yes", "9", "", "", "", "", "4"],
        ["the-crane-is-back", "yes", "3", "", "", "", "", ""],
        ["visiting", "yes", "1", "", "", "", "", ""],
        ["members-only", "no", "", "", "", "", "", "1"],
        ["4 threads", "", "13", "", "", "", "", "5"],
    ] == rows
    assert "\n1 left out: was not approved\n  knots-and-splices/wp-108\n" in out
    assert "\n1 left out: is no comment, but a record of another kind\n  knots-and-splices/wp-113 (order_note)\n" in out
    assert (
        "\n1 left out: stands on a post that was not public and is not on this site\n  members-only/wp-140 (private)\n"
        in out
    )
    assert "opens a branch of its own\n  knots-and-splices/wp-106 (wp-108)\n" in out
    assert "--sign-as signs it\n  knots-and-splices/wp-102 (edda)\n" in out
    assert out.endswith("\nWrote 13 comments to comments/; commit them.\n")


def test_a_dry_run_writes_nothing(site: TestSite) -> None:
    """It shows the same plan and leaves the site as it is."""
    before = hash_files(site.root)
    out = import_file(site, OURS, "--dry-run")
    assert before == {path: hash for path, hash in hash_files(site.root).items() if "__pycache__" not in path}
    assert out + "\nWrote 13 comments to comments/; commit them.\n" == import_file(site, OURS)


def test_a_second_run_changes_nothing(site: TestSite) -> None:
    """Every file stays as it is, to the byte and to its time, and the run says that there is nothing to do."""
    import_file(site, OURS)
    folder = site.root / "comments"
    before = {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in folder.rglob("*")
    }
    assert import_file(site, OURS).endswith("\nNothing to do.\n")
    assert before == {
        str(path): (path.read_bytes() if path.is_file() else b"", path.stat().st_mtime_ns) for path in folder.rglob("*")
    }


def test_an_edited_file_is_kept(site: TestSite) -> None:
    """What was edited since stays, is listed, and the rest is restored."""
    import_file(site, OURS)
    edited, deleted = (site.root / "comments" / "knots-and-splices" / f"wp-{n}.md" for n in (101, 103))
    edited.write_bytes(edited.read_bytes() + b"\nEdited.\n")
    deleted.unlink()
    before = edited.read_bytes()
    out = import_file(site, OURS)
    assert "imported with other options\n  knots-and-splices/wp-101\n" in out
    assert out.endswith("\nWrote 1 comment to comments/; commit them.\n")
    assert before == edited.read_bytes()
    assert deleted.is_file()


def test_an_import_that_was_stopped_goes_on(site: TestSite) -> None:
    """Half of it done, a second run does the other half."""
    import_file(site, OURS)
    whole = hash_files(site.root / "comments")
    for path in list(whole)[::2]:
        Path(path).unlink()
    import_file(site, OURS)
    assert whole == hash_files(site.root / "comments")


def test_nothing_of_a_broken_export_is_applied(site: TestSite) -> None:
    """A file that breaks off after many comments is refused before the first is written."""
    site.write("broken.xml", OURS.read_bytes()[:-200])
    code, out, err = run(site, "broken.xml")
    assert (1, "") == (code, out)
    assert re.search(r"^pelican-comments: broken\.xml:\d+: the file ends too early", err, re.MULTILINE)
    assert not (site.root / "comments").exists()


def test_a_file_that_is_not_there(site: TestSite) -> None:
    """It is named; exit 1."""
    code, _, err = run(site, "missing.xml")
    assert (1, True) == (code, "missing.xml: No such file" in err)


def test_the_map(site: TestSite) -> None:
    """Posts go to the threads that the map names, and a key that matches nothing is listed."""
    site.write(
        "map.yml", "knots-and-splices: visiting\nhttps://harbour.example.org/members-only/: members\ntypo: visiting\n"
    )
    out = import_file(site, OURS, "--map", "map.yml")
    assert {"visiting", "members", "the-crane-is-back"} == {path.partition("/")[0] for path in read_files(site)}
    assert "takes the comments of more than one post; --map can part them\n  visiting (11, 13)\n" in out
    assert (
        "\n1 not used: is in the map, and no post with comments has this slug, address or number\n  visiting (typo)\n"
        in out
    )
    assert "its comments wait in its folder, or --map moves them\n  members\n" in out


def test_the_map_that_the_first_report_asks_for(site: TestSite) -> None:
    """Import, read which posts have no page, write the map, import again: every comment is there once, on its page."""
    blog = make_export(make_post(make_comment(1), make_comment(2, parent=1), make_comment(3), slug="old-name"))
    site.write("blog.xml", blog)
    assert "its comments wait in its folder, or --map moves them\n  old-name\n" in import_file(site, "blog.xml")
    subprocess.run(["git", "init", "--quiet"], cwd=site.root, check=True)
    subprocess.run(["git", "add", "comments"], cwd=site.root, check=True)
    folder = site.root / "comments"
    edited = (folder / "old-name" / "wp-2.md").read_bytes() + b"\nEdited.\n"
    site.write("comments/old-name/wp-2.md", edited)
    site.write("map.yml", "old-name: visiting\n")
    before = hash_files(folder)
    plan = import_file(site, "blog.xml", "--map", "map.yml", "--dry-run")
    assert before == hash_files(folder)
    assert re.search(r"│ visiting +│ yes +│ +│ +3 │", plan)
    assert "takes comments that an earlier import wrote to another thread's folder\n  visiting (old-name)\n" in plan
    assert "imported with other options\n  visiting/wp-2 (old-name)\n" in plan
    out = import_file(site, "blog.xml", "--map", "map.yml")
    assert out == f"{plan}\nWrote 3 comments to comments/, 3 of them from another thread's folder; commit them.\n"
    assert {"visiting/wp-1": None, "visiting/wp-2": "wp-1", "visiting/wp-3": None} == {
        path: comment.in_reply_to for path, comment in read_files(site).items()
    }
    assert (edited, False) == ((folder / "visiting" / "wp-2.md").read_bytes(), (folder / "old-name").exists())
    assert "" == check(site)
    assert import_file(site, "blog.xml", "--map", "map.yml").endswith("\nNothing to do.\n")
    assert import_file(site, "blog.xml").endswith("\nNothing to do.\n")
    subprocess.run(["git", "add", "comments"], cwd=site.root, check=True)
    listed = subprocess.run(["git", "ls-files"], cwd=site.root, check=True, capture_output=True, text=True).stdout
    assert ["comments/visiting/wp-1.md", "comments/visiting/wp-2.md", "comments/visiting/wp-3.md"] == listed.split()


def test_a_reply_that_was_written_meanwhile(site: TestSite) -> None:
    """It is named with what it answers, stays as it is, and `check` says what is wrong with it then."""
    site.write("blog.xml", make_export(make_post(make_comment(1), slug="old-name")))
    import_file(site, "blog.xml")
    reply = site.write_comment("old-name", "late", in_reply_to="wp-1").read_bytes()
    site.write("map.yml", "old-name: visiting\n")
    out = import_file(site, "blog.xml", "--map", "map.yml", "--report", "report.txt")
    assert "remove and answer again\n  old-name/late (visiting/wp-1)\n" in out
    assert "kept as it is here: old-name/late answers a comment that moves" in (site.root / "report.txt").read_text()
    assert reply == (site.root / "comments" / "old-name" / "late.md").read_bytes()
    assert "comments/old-name/late.md:4: error: it answers 'wp-1'" in check(site)


def test_signed_comments_move_with_the_key(site: TestSite) -> None:
    """Without it they stay, which is said; with it they are signed for the new thread and leave the old one."""
    give_key(site)
    blog = make_export(
        make_author("ann", 1), make_post(make_comment(1), make_comment(2, parent=1, user_id=1), slug="old-name")
    )
    site.write("blog.xml", blog)
    site.write("map.yml", "old-name: visiting\n")
    import_file(site, "blog.xml", "--sign-as", "ann")
    out = import_file(site, "blog.xml", "--map", "map.yml")
    assert "and move by hand\n  visiting/wp-2 (old-name)\n" in out
    assert "answers a comment" not in out
    assert {"visiting/wp-1", "old-name/wp-2"} == set(read_files(site))
    assert import_file(site, "blog.xml", "--map", "map.yml", "--sign-as", "ann").endswith(
        "\nWrote 1 comment to comments/, 1 of them from another thread's folder; commit them.\n"
    )
    assert {"visiting/wp-1": None, "visiting/wp-2": "ann"} == {p: c.author for p, c in read_files(site).items()}
    assert ["wp-1.md", "wp-2.md", "wp-2.md.sig"] == sorted(p.name for p in (site.root / "comments").rglob("*.*"))
    assert "" == check(site)


def test_a_bad_map(site: TestSite) -> None:
    """Its first bad line is named, and nothing is written."""
    site.write("map.yml", "a: b\nc: d e\n")
    code, _, err = run(site, OURS, "--map", "map.yml")
    assert (1, True) == (code, "map.yml:2: 'd e' cannot name a thread; use letters" in err)
    assert not (site.root / "comments").exists()


def test_long_lists_are_cut_and_the_report_has_all(site: TestSite) -> None:
    """Of each reason the first twenty are printed; --report writes all, a line each."""
    site.write(
        "blog.xml", make_export(make_post(*(make_comment(n, approved=0) for n in range(1, 26)), slug="visiting"))
    )
    out = import_file(site, "blog.xml", "--dry-run")
    assert "\n25 left out: was not approved\n  visiting/wp-1\n" in out
    assert "  visiting/wp-20\n  … and 5 more (--report FILE writes them all)\n" in out
    out = import_file(site, "blog.xml", "--dry-run", "--report", "report.txt")
    assert "  … and 5 more (see report.txt)\n" in out
    report = (site.root / "report.txt").read_text("utf-8").splitlines()
    assert [f"left out: visiting/wp-{n} was not approved" for n in range(1, 26)] == report


def test_many_threads_are_counted(site: TestSite) -> None:
    """A long table is cut; its last line has the whole."""
    site.write("blog.xml", make_export(*(make_post(make_comment(n), slug=f"post-{n}", id=n) for n in range(1, 51))))
    out = import_file(site, "blog.xml", "--dry-run")
    assert re.search(r"│ … and 10 more ", out)
    assert re.search(r"│ 50 threads\s+│\s+│\s+50 │", out)


def test_the_plan_as_json(site: TestSite) -> None:
    """The same as data, and nothing else on standard output."""
    plan = json.loads(import_file(site, OURS, "--json"))
    assert (4, 18) == (plan["posts"], plan["comments"])
    assert {
        "thread": "knots-and-splices", "on_site": True, "posts": ["11"],
        "left_out": 4, "add": 9, "move": 0, "sign": 0, "leave": 0, "keep": 0,
    } == plan["threads"][0]  # fmt: skip
    pending = {
        "reason": "pending",
        "effect": "left out",
        "count": 1,
        "first": [{"thread": "knots-and-splices", "id": "wp-108", "detail": ""}],
    }
    assert pending == plan["reasons"][0]
    assert 13 == len(read_files(site))


def test_what_strangers_wrote_cannot_steer_a_terminal(site: TestSite) -> None:
    """Control characters in what is listed are shown as such."""
    site.write("blog.xml", make_export(make_post(make_comment(1, type="a\x9bb\u202e"), slug="visiting")))
    assert "  visiting/wp-1 (a\ufffdb\ufffd)\n" in import_file(site, "blog.xml", "--dry-run")


def test_signed_by_the_author(site: TestSite) -> None:
    """The post's author's comments are the author's, signed; the site shows them so, and a second run changes nothing."""
    give_key(site)
    out = import_file(site, OURS, "--sign-as", "edda=ann")
    assert out.endswith("\nWrote 13 comments to comments/; commit them.\n")
    signed = {path for path, comment in read_files(site).items() if comment.author == "ann"}
    assert {"knots-and-splices/wp-102", "knots-and-splices/wp-104", "the-crane-is-back/wp-120"} == signed
    assert signed == {
        str(p.relative_to(site.root / "comments"))[: -len(".md.sig")] for p in (site.root / "comments").rglob("*.sig")
    }
    assert "" == check(site)
    assert import_file(site, OURS, "--sign-as", "edda=ann").endswith("\nNothing to do.\n")
    assert import_file(site, OURS).endswith("\nNothing to do.\n")


def test_signing_later(site: TestSite) -> None:
    """Comments that were imported as a guest's are signed when the key is given, the rest stays."""
    give_key(site)
    site.write(
        "blog.xml",
        make_export(make_author("ann", 1), make_post(make_comment(1, user_id=1), make_comment(2), slug="visiting")),
    )
    import_file(site, "blog.xml")
    assert import_file(site, "blog.xml", "--sign-as", "ann").endswith("\nWrote 1 comment to comments/; commit them.\n")
    assert ["ann", None] == [comment.author for comment in read_files(site).values()]
    assert "" == check(site)


REFUSED = {
    "no such author": (["--sign-as", "bob"], "--sign-as bob: there is no such author in CONVERSATION_AUTHORS (ann)"),
    "two keys for all": (["--sign-as", "ann", "--sign-as", "ann"], "who signs for whom is not clear"),
    "several authors": (["--sign-as", "ann"], "the posts have several authors (edda, ole); say whose comments to sign"),
}


@pytest.mark.parametrize(("options", "message"), [pytest.param(*case, id=name) for name, case in REFUSED.items()])
def test_keys_that_are_refused(site: TestSite, options: list[str], message: str) -> None:
    """Where it is not clear who signs what, it is said before anything is written."""
    give_key(site)
    code, _, err = run(site, OURS, *options)
    assert (1, True) == (code, message in err)
    assert not (site.root / "comments").exists()


def test_a_key_that_is_not_the_authors(site: TestSite) -> None:
    """A key that `allowed_signers` does not give to the author is refused before anything is written, with the line to add."""
    give_key(site)
    site.write("allowed_signers", (site.root / "allowed_signers").read_text("utf-8").replace("ann ", "bob "))
    code, out, err = run(site, OURS, "--sign-as", "edda=ann")
    assert (1, "") == (code, out)
    assert re.search(
        r"""does not say that the key \S+key signs for 'ann'; add the line `ann namespaces="\S+" ssh-ed25519 AAAA""",
        err,
    )
    assert not (site.root / "comments").exists()


def test_a_list_of_keys_that_was_deleted(site: TestSite) -> None:
    """Of a list that is committed it is said how to bring it back, not that a line lacks in it."""
    give_key(site)
    for command in (["init", "--quiet"], ["add", "allowed_signers"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "Keys"]):  # fmt: skip
        subprocess.run(["git", *command], cwd=site.root, check=True)
    (site.root / "allowed_signers").unlink()
    code, out, err = run(site, OURS, "--sign-as", "edda=ann")
    assert (1, "") == (code, out)
    assert err.endswith("bring it back with `git checkout HEAD -- allowed_signers`\n")


def test_a_key_that_was_not_valid_then(site: TestSite) -> None:
    """A key that is valid only since later than the comments is refused before anything is written."""
    give_key(site)
    key = (site.root / "key.pub").read_text("utf-8")
    site.write("allowed_signers", f'ann valid-after="20240101Z" {key}')
    code, _, err = run(site, OURS, "--sign-as", "edda=ann")
    assert (1, True) == (code, "its key was not valid on 2023-05-01" in err)
    assert not (site.root / "comments").exists()


def test_a_folder_that_is_a_link(site: TestSite) -> None:
    """Nothing is written through a symbolic link."""
    elsewhere = site.root / "elsewhere"
    elsewhere.mkdir()
    (site.root / "comments").mkdir()
    (site.root / "comments" / "visiting").symlink_to(elsewhere)
    site.write("blog.xml", make_export(make_post(make_comment(1), slug="visiting")))
    code, _, err = run(site, "blog.xml")
    assert (1, True) == (code, "it is a symbolic link" in err)
    assert [] == list(elsewhere.iterdir())
