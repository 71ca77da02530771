"""The command line: what it prints, where, and with which exit code."""

import json
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from .building import TestSite
from .conftest import PATIENCE_SECONDS
from .serving import COMMAND, Served
from .signing_site import add_settings


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    root = tmp_path / "site"
    root.mkdir()
    site = TestSite(root)
    site.write_article("talk")
    site.write_comment("talk", "a")
    return site


def check(site: TestSite, *arguments: str) -> tuple[int, str, str]:
    done = site.run(*COMMAND, "check", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_check_without_problems(site: TestSite) -> None:
    """Nothing on standard output, a count on standard error, exit 0."""
    assert (0, "", "1 comment in 1 thread: no problems\n") == check(site)


def test_check_with_problems(site: TestSite) -> None:
    """One line each with path, line, severity, what, remedy and code; exit 1."""
    site.write_comment("talk", "b", mood="cheerful")
    site.write("comments/talk/c.md", "hello")
    code, out, err = check(site)
    assert (1, "1 error, 1 warning") == (code, err.strip().rpartition(": ")[2])
    first, second = out.splitlines()
    assert first.startswith("comments/talk/b.md:4: warning: 'mood' is no key of a comment; ")
    assert first.endswith(" [unknown-key]")
    assert second.startswith("comments/talk/c.md:1: error: the file does not begin with a line `---`; ")


def test_check_of_dates_to_come(site: TestSite) -> None:
    """A date more than a day ahead of the clock is a warning, at its line; the build, which looks at no clock, has none."""
    now = datetime.now(UTC)
    soon, late = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (23, 25))
    site.write_comment("talk", "b", date=late)
    site.write_comment("talk", "c", date=soon)
    site.write_comment("talk", "d", edited=late)
    code, out, err = check(site)
    first, second = out.splitlines()
    assert (1, "4 comments in 1 thread: 2 warnings\n") == (code, err)
    assert first.startswith(f"comments/talk/b.md:3: warning: {late} lies in the future; here it is ")
    assert first.endswith("; correct `date:`, or this machine's clock [future-date]")
    assert second.startswith(f"comments/talk/d.md:4: warning: {late} lies in the future; ")
    assert 1 == check(site, "comments/talk/d.md")[1].count("\n")
    site.build("--fatal", "warnings")
    assert "id=comment-b>" in site.read("talk.html")


def test_check_as_json(site: TestSite) -> None:
    """The same as data."""
    site.write("comments/talk/c.md", "hello")
    code, out, _ = check(site, "--format", "json")
    (row,) = json.loads(out)
    assert (1, "comments/talk/c.md", 1, "error", "no-front-matter") == (
        code,
        row["path"],
        row["line"],
        row["severity"],
        row["code"],
    )
    assert set(row) == {"path", "line", "severity", "code", "message", "remedy"}


def test_check_for_github(site: TestSite) -> None:
    """Workflow annotations, with everything escaped that would end one early."""
    site.write("comments/talk/c.md", "---\nname: Ann\ndate: 100%, or\n---\n")
    said = "talk/c.md,line=3,title=bad-date::'100%25, or' is no date; write it as `date: 2026-03-14T09:26:53Z`\n"
    for workspace, folder in (("", "comments"), (str(site.root.parent), "site/comments"), ("/elsewhere", "comments")):
        done = site.run(*COMMAND, "check", "--format", "github", environment={"GITHUB_WORKSPACE": workspace})
        assert (1, f"::error file={folder}/{said}") == (done.returncode, done.stdout)


@pytest.mark.parametrize(
    ("expected", "path"),
    [(1, "comments/talk/c.md"), (1, "comments/talk"), (1, "comments/"), (1, "."), (1, "../site/comments"), (1, "./comments/../comments/talk"), (1, "link"), (0, "comments/talk/a.md"), (0, "comments/other"), (0, "comments/tal")],
)  # fmt: skip
def test_check_of_some_paths(site: TestSite, expected: int, path: str) -> None:
    """Only what lies at or below the paths is reported, however they are written."""
    for other in ("other", "tal"):
        site.write_article(other)
        site.write_comment(other, "a")
    site.write("comments/talk/c.md", "hello")
    (site.root / "link").symlink_to("comments")
    assert (expected, bool(expected)) == (check(site, path)[0], "comments/talk/c.md" in check(site, path)[1])


@pytest.mark.parametrize("path", ["commments", "comments/talk/b.md", "../comments"])
def test_check_of_a_path_that_is_not_there(site: TestSite, path: str) -> None:
    """A slip of the pen is an error, not a clean bill of health."""
    code, out, err = check(site, "comments", path)
    expected = f"pelican-comments: there is no {path} to check; correct the path, which starts at {site.root}, or leave it out\n"
    assert (1, "", expected) == (code, out, err)


def test_check_of_the_folder_of_comments_before_there_is_one(site: TestSite) -> None:
    """A site without comments has no problem, whether or not its folder is named."""
    shutil.rmtree(site.root / "comments")
    assert (0, "", "0 comments in 0 threads: no problems\n") == check(site, "comments")


def test_check_where_links_lead_to_the_comments(site: TestSite) -> None:
    """The folder may be a link itself; a link below it is reported where it stands."""
    (site.root / "comments").rename(site.root / "elsewhere")
    (site.root / "comments").symlink_to("elsewhere")
    site.write_comment("talk", "b")
    (site.root / "elsewhere" / "talk" / "c.md").symlink_to("b.md")
    for path in ("comments", "elsewhere/talk", "comments/talk/c.md"):
        assert check(site, path)[1].startswith("comments/talk/c.md:1: error: it is a symbolic link")
    (site.root / "round").symlink_to("round")
    assert (0, 0) == (check(site, "comments/talk/b.md")[0], check(site, "round")[0])


def test_no_settings_file(tmp_path: Path) -> None:
    """Outside a site the command says what is missing, without a traceback."""
    site = TestSite(tmp_path)
    (tmp_path / "pelicanconf.py").unlink()
    code, out, err = check(site)
    assert (1, "") == (code, out)
    assert "pelicanconf.py" in err
    assert "Traceback" not in err


def test_broken_settings_file(site: TestSite) -> None:
    """What Python says of the blogger's settings is passed on."""
    site.write("pelicanconf.py", "SITENAME = (")
    code, _, err = check(site)
    assert 1 == code
    assert "SyntaxError" in err
    assert "Traceback" not in err


def test_broken_plugin(site: TestSite) -> None:
    """So is what it says of a plugin, which is no bug of the command."""
    site.write("plain.py", "raise ValueError('no key is set')")
    settings = site.root / "pelicanconf.py"
    settings.write_text(settings.read_text() + "PLUGIN_PATHS = ['.']\nPLUGINS = ['plain', *PLUGINS]\n")
    code, _, err = check(site)
    assert 1 == code
    assert "PLUGINS = ['plain', 'pelican.plugins.conversation']" in err
    assert "ValueError: no key is set" in err
    assert "Traceback" not in err


def test_settings_that_import_others_from_elsewhere(site: TestSite, tmp_path: Path) -> None:
    """A publishconf.py as pelican-quickstart makes it finds pelicanconf.py from its own folder alone."""
    site.write("publishconf.py", "import os, sys\nsys.path.append(os.curdir)\nfrom pelicanconf import *\n")
    arguments = [sys.executable, "-m", *COMMAND, "-s", "site/publishconf.py", "check"]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (1, True) == (
        done.returncode,
        done.stderr.endswith(f"No module named 'pelicanconf'; call this in {site.root}\n"),
    )


@pytest.mark.parametrize("arguments", [("--help",), ("check", "--help"), ("serve", "--help"), ("import", "--help"), ("import", "wordpress", "--help")])  # fmt: skip
def test_help(site: TestSite, arguments: tuple[str, ...]) -> None:
    """Every command explains itself."""
    done = site.run(*COMMAND, *arguments)
    assert 0 == done.returncode
    assert "Usage:" in done.stdout


@pytest.fixture
def served(site: TestSite):
    site.write("own/templates/base.html", "<!DOCTYPE html><html><head>{% block head %}{% endblock %}</head><body>v1 {{ SITENAME }} {% block content %}{% endblock %}</body></html>")  # fmt: skip
    site.write("own/static/.keep", "")
    site.write("pelicanconf.py", (site.root / "pelicanconf.py").read_text() + 'THEME = "own"\n')
    running = Served(site)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_serve_follows_every_change(served: Served) -> None:
    """Comment, post, theme and settings, changed, deleted, or replaced as editors do: all come to the page by themselves."""
    site = served.site
    assert "Body of a." in served.get("/talk.html")[1]
    site.write_comment("talk", "b", body="A second comment.")
    served.wait_until("/talk.html", "A second comment.")
    temporary = site.write(
        "comments/talk/.b.md.tmp", (site.root / "comments/talk/b.md").read_bytes().replace(b"second", b"2nd")
    )
    temporary.replace(site.root / "comments/talk/b.md")
    served.wait_until("/talk.html", "A 2nd comment.")
    site.write_article("later")
    served.wait_until("/later.html", "The text of later.")
    base = site.root / "own/templates/base.html"
    base.write_text(base.read_text().replace("v1", "v2"))
    served.wait_until("/talk.html", "v2 A site")
    settings = site.write("new.py", (site.root / "pelicanconf.py").read_text().replace("A site", "Renamed"))
    settings.replace(site.root / "pelicanconf.py")
    served.wait_until("/talk.html", "v2 Renamed")
    assert [] == list((site.root / "cache/served").rglob("*.md"))


def test_serve_finds_folders_that_come_later(served: Served) -> None:
    """The first comment of a blog makes the folder of comments; what git takes away and brings back is followed again."""
    site = served.site
    for number, folder in enumerate(("comments", "comments", "content", "own")):
        away = (site.root / folder).rename(site.root / "away")
        served.wait_for_line(f"({folder}) changed")
        served.wait_for_line("(Done|pelican-comments:)")
        if number == 0:
            shutil.rmtree(away)
        else:
            shutil.copytree(away, site.root / folder)
            shutil.rmtree(away)
        site.write_comment("talk", f"n{number}", body=f"After {folder} {number}.")
        served.wait_until("/talk.html", f"After {folder} {number}.")
    base = site.root / "own/templates/base.html"
    base.write_text(base.read_text().replace("v1", "v2"))
    served.wait_until("/talk.html", "v2 A site")
    site.write_article("later")
    served.wait_until("/later.html", "The text of later.")


def test_serve_follows_what_stands_elsewhere(site: TestSite) -> None:
    """A settings file of any name, and templates that stand before the theme's."""
    add_settings(site, THEME_TEMPLATES_OVERRIDES=["over"])
    index = site.write("over/index.html", "{{ SITENAME }} v1")
    (site.root / "pelicanconf.py").rename(site.root / "blog.py")
    running = Served(site, options=("-s", "blog.py"))
    try:
        path = site.root / "blog.py"
        path.write_text(path.read_text().replace("A site", "Renamed"))
        running.wait_until("/index.html", "Renamed v1")
        index.write_text("{{ SITENAME }} v2")
        running.wait_until("/index.html", "Renamed v2")
    finally:
        running.stop()


def test_what_is_served_is_not_the_output(served: Served) -> None:
    """A build of another command takes nothing from it, and has nothing of this machine's addresses and form."""
    site = served.site
    assert "conversation-form" in served.get("/talk.html")[1]
    site.write_comment("talk", "b", body="A second comment.")
    assert 0 == site.run(*COMMAND, "publish").returncode
    served.wait_until("/talk.html", "A second comment.")
    shown, written = served.get("/talk.html")[1], site.read("talk.html")
    assert ("conversation-form" in shown, served.address in shown) == (True, True)
    assert ("conversation-form" in written, served.address in written) == (False, False)
    assert "A second comment." in written


def test_serve_survives_a_broken_source(served: Served) -> None:
    """A settings file that Python cannot read is said; the old site stays, and the mended file brings the new one."""
    site = served.site
    good = (site.root / "pelicanconf.py").read_text()
    site.write("pelicanconf.py", "SITENAME = (")
    served.wait_for_line(r"(SyntaxError)")
    assert "v1 A site" in served.get("/talk.html")[1]
    site.write("pelicanconf.py", good.replace("A site", "Mended"))
    served.wait_until("/talk.html", "v1 Mended")


def test_serve_where_the_system_watches_too_few_folders(site: TestSite) -> None:
    """That is said once, and changes come to the page all the same."""
    few = ("unshare", "--user", "--map-root-user", "sh", "-c", 'echo 1 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh")  # fmt: skip
    with suppress(FileNotFoundError):
        if 0 == subprocess.run([*few, "true"], check=False, capture_output=True).returncode:
            running = Served(site, prefix=few)
            try:
                site.write_comment("talk", "b", body="A second comment.")
                running.wait_until("/talk.html", "A second comment.")
                assert 1 == running.count_lines("max_user_watches")
            finally:
                running.stop()
            return
    pytest.skip("a limit of watches for one process needs user namespaces of Linux")


def test_serve_says_what_is_not_there_and_stops_when_asked(served: Served) -> None:
    """404 for what is missing, nothing above the output, and Ctrl+C ends it."""
    assert 404 == served.get("/missing.html")[0]
    assert 404 == served.get("/..%2fpelicanconf.py")[0]
    assert 130 == served.stop()


def test_serve_on_a_port_that_is_taken(served: Served) -> None:
    """The error names the port and the option."""
    port = served.address.rpartition(":")[2]
    done = served.site.run(*COMMAND, "serve", "--port", port)
    assert 1 == done.returncode
    assert f"port {port} cannot be had" in done.stderr
    assert "--port" in done.stderr


def test_serve_without_a_place_for_its_pages(site: TestSite) -> None:
    """What stands in the way is said, and what to do, without a traceback."""
    site.write("cache", "no folder")
    done = site.run(*COMMAND, "serve", "--port", "0")
    assert (1, "") == (done.returncode, done.stdout)
    assert f"{site.root}/cache/served: Not a directory; make CACHE_PATH a folder you can write to\n" in done.stderr


def test_a_terminal_that_lacks_a_letter(site: TestSite) -> None:
    """It is shown as its number, and nothing stops."""
    site.write_comment("talk", "b", name="Łucja")
    done = site.run(*COMMAND, "await", environment={"PYTHONIOENCODING": "latin-1"})
    assert (0, True) == (done.returncode, "\\u0141ucja" in done.stdout)


def test_pelicans_own_autoreload_watches_comments(site: TestSite) -> None:
    """`pelican --autoreload` rebuilds when a comment changes, and copies no comment file."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pelican", "content", "--autoreload", "--log-handler", "plain"],
        cwd=site.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    page = site.root / "output/talk.html"
    try:
        wait_for(lambda: page.exists() and "Body of a." in page.read_text())
        for n in range(40 * PATIENCE_SECONDS):  # Pelican begins to watch some time after the build
            site.write_comment("talk", "b", body=f"A second comment, {n}.")
            time.sleep(0.25)
            if "A second comment" in page.read_text():
                break
        assert "A second comment" in page.read_text()
        assert [] == list((site.root / "output").rglob("*.md"))
    finally:
        process.kill()
        process.wait()


def wait_for(is_true, seconds: float = PATIENCE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.05)
