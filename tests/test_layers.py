"""Layers: a module imports only from the rows below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "plugins" / "conversation"

LAYERS = (
    # values
    {"model", "errors", "inbox_values"},
    # core: values in, values out
    {"text", "front_matter", "lookalikes", "allowed_signers"},
    {"comment_file", "markup", "threads", "pages", "signatures"},
    {"reading", "views", "feeds"},
    {"structured_data", "importers.export", "importers.html_tags", "importers.paragraph"},
    {"regions", "importers.tidy_html", "importers.markdown_text", "importers.thread_choice", "importers.wordpress"},
    {"importers.html_to_markdown"},
    {"importers.plan"},
    {"importers.tally"},
    # edges: files, other programs, Pelican's settings
    {"settings", "store", "ssh", "templating", "git"},
    {"site", "comment_writer", "inbox_lock"},
    {"conversations"},
    # entry points: glue
    {"site_feeds", "page_regions"},
    {"feed_writing"},
    {"plugin", "cli.check", "cli.import_report", "cli.serve"},
    {"cli.import_"},
    {"cli.__init__"},
    {"cli.__main__"},
)
"""From the ground up; modules of one row do not import each other."""

ROWS = {module: row for row, modules in enumerate(LAYERS) for module in modules}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


PACKAGES = {PACKAGE / "__init__.py", PACKAGE / "importers" / "__init__.py"}
MODULES = sorted(set(PACKAGE.rglob("*.py")) - PACKAGES)


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that `path` imports, lazily too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parent
            for _ in range(node.level - 1):
                base = base.parent
            names = [node.module] if node.module else [alias.name for alias in node.names]
            names = ["__init__" if base == PACKAGE / "cli" and name == "main" else name for name in names]
            for name in names:
                target = base / name.replace(".", "/")
                found.add(".".join(target.relative_to(PACKAGE).parts))
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_down(path: Path) -> None:
    """Every import of our own goes to a lower row."""
    row = ROWS[module_name(path)]
    wrong = {name for name in imported_modules(path) if ROWS[name] >= row}
    assert set() == wrong


@pytest.mark.parametrize(
    "path", [path for path in MODULES if ROWS[module_name(path)] < ROWS["settings"]], ids=module_name
)
def test_the_core_does_no_input_or_output(path: Path) -> None:
    """Below the edges, nothing reaches for files, processes, the network, the clock or Pelican."""
    tree = ast.parse(path.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    roots = {name.split(".")[0] for name in imported if name}
    assert set() == roots & {"os", "subprocess", "socket", "shutil", "pelican", "click", "logging", "random", "time"}
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert set() == calls & {"open", "print", "input"}
