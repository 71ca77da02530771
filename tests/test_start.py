"""The start of the command: Pelican's package is run when somebody asks it for something, and no sooner."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pelican_comments import DeferredPackage, defer

from .building import TestSite

PACKAGE = """\
from pathlib import Path
from unhurried.inner import VALUE
with Path(__file__).with_name("runs").open("a") as file:
    file.write("run ")
from . import outer
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that notes each of its runs, and imports modules of its own."""
    folder = tmp_path / "unhurried"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "inner.py").write_text("VALUE = 7")
    (folder / "outer.py").write_text("from unhurried import VALUE")
    (folder / "apart.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "unhurried"]:
        del sys.modules[name]


def count_runs(package: Path) -> int:
    noted = package / "runs"
    return len(noted.read_text().split()) if noted.exists() else 0


def test_modules_are_imported_without_their_package(package: Path) -> None:
    defer("unhurried")
    import unhurried.apart
    from unhurried.inner import VALUE

    assert ("unhurried.apart", 7, 0) == (unhurried.apart.__name__, VALUE, count_runs(package))


def test_a_package_runs_once_when_it_is_asked_for_what_it_defines(package: Path) -> None:
    defer("unhurried")
    from unhurried import VALUE, outer

    assert (7, 7, 1) == (VALUE, outer.VALUE, count_runs(package))
    found = sys.modules["unhurried"]
    assert ModuleType is type(found)
    defer("unhurried")
    assert (found, False, 1) == (sys.modules["unhurried"], hasattr(found, "nothing"), count_runs(package))


def test_a_module_gets_another_from_its_package(package: Path) -> None:
    """And the package does not find it half imported, as it would if it were run then."""
    (package / "inner.py").write_text("from unhurried import apart; VALUE = 7")
    defer("unhurried")
    from unhurried.inner import VALUE

    assert (7, 0) == (VALUE, count_runs(package))
    from unhurried import outer

    assert (7, 1) == (outer.VALUE, count_runs(package))


def test_what_was_replaced_in_a_package_stays_replaced(package: Path) -> None:
    """A settings file may do that, before the package has run."""
    (package / "__init__.py").write_text('"""Unhurried."""\nVALUE = OTHER = 1')
    defer("unhurried")
    found = sys.modules["unhurried"]
    setattr(found, "VALUE", 2)  # noqa: B010 - mypy knows no such attribute
    from unhurried import OTHER, VALUE

    assert (1, 2, "Unhurried.") == (OTHER, VALUE, found.__doc__)


def test_a_package_keeps_the_path_of_the_start(package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pelican` finds no plugins in folders that a settings file adds to `sys.path`, since it has run before."""
    (package / "__init__.py").write_text(
        "from pkgutil import extend_path; __path__ = extend_path(__path__, __name__); VALUE = 1"
    )
    for folder in ("before", "later"):
        (tmp_path / folder / "unhurried").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "before")
    defer("unhurried")
    monkeypatch.syspath_prepend(tmp_path / "later")
    from unhurried import VALUE
    from unhurried import __path__ as places

    assert (1, [str(package), str(tmp_path / "before" / "unhurried")]) == (VALUE, places)


@pytest.mark.parametrize(
    "name", ["cache", "contents", "generators", "readers", "settings", "server", "utils", "writers"]
)
def test_settings_may_import_any_module_of_pelican(name: str) -> None:
    program = f"import pelican_comments; pelican_comments.defer('pelican'); import pelican.log, pelican.{name}"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_a_package_raises_is_raised_each_time(package: Path) -> None:
    (package / "__init__.py").write_text("import unhurried.missing")
    defer("unhurried")
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match=r"unhurried\.missing"):
            getattr(sys.modules["unhurried"], "VALUE")  # noqa: B009 - mypy knows no such attribute
    assert DeferredPackage is type(sys.modules["unhurried"])


def test_a_package_that_misses_something_elsewhere_says_what(package: Path) -> None:
    """As Pelican does beside a library of another version."""
    (package / "__init__.py").write_text("import string; VALUE = string.not_there")
    defer("unhurried")
    with pytest.raises(ImportError, match="unhurried cannot be imported: module 'string' has no attribute 'not_there'"):
        from unhurried import VALUE  # noqa: F401


def test_threads_get_what_they_ask_for(package: Path) -> None:
    """And the package runs once, though it takes its time."""
    with (package / "__init__.py").open("a") as file:
        file.write("import time; time.sleep(0.1); LAST = 1")
    defer("unhurried")
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append(getattr(sys.modules["unhurried"], "LAST"))) for _ in range(4)  # noqa: B009
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ([1, 1, 1, 1], 1) == (found, count_runs(package))


def test_what_is_not_there_is_left_to_whoever_imports_it() -> None:
    defer("no_such_package_anywhere")
    assert "no_such_package_anywhere" not in sys.modules


def test_a_comment_is_published_without_running_pelican(tmp_path: Path) -> None:
    """Pelican is run for a full build, and only then."""
    program = (
        "import atexit, sys, pelican_comments;"
        "atexit.register(lambda: print(type(sys.modules['pelican']).__name__));"
        "pelican_comments.main()"
    )

    def publish() -> list[str]:
        command = [sys.executable, "-c", program, "publish"]
        done = subprocess.run(command, cwd=site.root, env={**os.environ}, check=True, capture_output=True, text=True)
        assert not done.stderr
        return done.stdout.splitlines()

    site = TestSite(tmp_path)
    site.write_article("talk")
    site.write_comment("talk", "a")
    assert "module" == publish()[-1]
    site.write_comment("talk", "b")
    assert ["Brought talk up to date: 6 files.", "DeferredPackage"] == publish()
    assert "Body of b." in site.read("talk.html")
