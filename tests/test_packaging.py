"""Packaging: what `pip install .` puts into another Pelican site is all that it needs."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from .building import TestSite

PROJECT = Path(__file__).parent.parent
PACKAGE = "pelican/plugins/conversation"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the project, built in a copy of what git tracks or would track."""
    folder = tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            target = folder / "source" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((PROJECT / name).read_bytes())
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        folder / "source",
    ]
    subprocess.run(command, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_has_every_module_template_and_stylesheet(wheel: Path) -> None:
    """Nothing of the package is left behind, and nothing comes along but the start of the command."""
    sources = PROJECT / "plugins" / "conversation"
    files = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {"pelican_comments.py", *(f"{PACKAGE}/{name}" for name in files)} == packed


def test_another_site_needs_one_line(wheel: Path, tmp_path: Path) -> None:
    """Installed from the wheel, with nothing of this checkout in reach, a site has conversations."""
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    (tmp_path / "site").mkdir()
    site = TestSite(tmp_path / "site")
    site.write_article("talk")
    site.write_comment("talk", "a")
    where = "import pelican.plugins.conversation as c; print(c.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    found = subprocess.run(
        [sys.executable, "-c", where], cwd=site.root, env=environment, check=True, capture_output=True, text=True
    )
    assert found.stdout.startswith(str(installed))
    done = site.run("pelican", "content", "--log-handler", "plain", environment={"PYTHONPATH": str(installed)})
    assert (0, "") == (done.returncode, done.stderr)
    assert "Body of a." in site.read("talk.html")
    assert (site.root / "output/theme/conversation.css").is_file()


def read_project() -> dict[str, Any]:
    """Return what pyproject.toml says of the project."""
    return tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]


def name_distribution(requirement: str) -> str:
    """Return the name of what is required or pinned, as it is compared."""
    return re.split(r"[<>=!\[~]", requirement)[0].lower().replace("_", "-")


def test_every_package_that_is_imported_is_declared() -> None:
    """What comes along with another dependency may leave with it; each has a lower bound."""
    project = read_project()
    declared = [*project["dependencies"], *project["optional-dependencies"]["receiver"]]
    imported = {
        (name or "").partition(".")[0]
        for path in (PROJECT / "plugins" / "conversation").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module])
    }
    distributions = packages_distributions()
    known = {name_distribution(one) for one in declared}
    undeclared = {
        name for name in imported - sys.stdlib_module_names - {"_typeshed"}  # which mypy has of its own
        if not known & {name_distribution(one) for one in distributions.get(name, ())}
    }  # fmt: skip
    assert set() == undeclared
    assert [] == [one for one in declared if ">=" not in one]


def test_where_it_runs_is_said() -> None:
    """Files are locked as POSIX systems do, by a module that no other has."""
    sources = "".join(path.read_text("utf-8") for path in (PROJECT / "plugins" / "conversation").rglob("*.py"))
    systems = [one for one in read_project()["classifiers"] if one.startswith("Operating System ::")]
    assert (True, ["Operating System :: POSIX"]) == ("\nimport fcntl\n" in sources, systems)
    assert "POSIX" in (PROJECT / "README.md").read_text("utf-8").partition("## Add it to your blog")[0]


def test_every_direct_dependency_is_pinned() -> None:
    """constraints.txt has a version of each dependency, and names no host."""
    project = read_project()
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    lines = (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
    assert set() == {*map(name_distribution, wanted)} - {*map(name_distribution, lines)} - {project["name"]}
    assert all("==" in line and "/" not in line for line in lines)
