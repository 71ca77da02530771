"""Layers: a module imports only from the rows below its own."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "plugins" / "conversation"

LAYERS = (
    # values
    {"model", "errors"},
    {"configuration"},
    # core: values in, values out
    {"comments.flat_lines"},
    {
        "comments.allowed_signers",
        "comments.flat_yaml",
        "rendering.identicons",
        "rendering.inlining",
        "importers.export",
        "importers.markdown_text",
        "importers.paragraph",
        "comments.lookalikes",
        "inbox.seal",
        "text",
        "comments.threads",
        "rendering.translations",
    },
    {
        "comments.comment_header",
        "comments.front_matter",
        "importers.html_tags",
        "importers.wordpress",
        "building.calls",
        "building.newest",
        "inbox.values",
        "rendering.doors",
        "comments.markup",
        "comments.pages",
        "comments.signatures",
    },
    {"comments.comment_file", "importers.thread_choice"},
    {
        "importers.earlier_files",
        "moderation.candidates",
        "moderation.public_threads",
        "rendering.feed_values",
        "importers.tidy_html",
        "inbox.sync",
        "comments.reading",
        "comments.thread_record",
        "inbox.submission",
        "rendering.views",
    },
    {
        "moderation.decisions",
        "rendering.feeds",
        "rendering.form_view",
        "importers.html_to_markdown",
        "rendering.list_paging",
        "rendering.paging",
        "rendering.structured_data",
    },
    {
        "moderation.awaiting",
        "importers.plan",
        "rendering.latest",
        "rendering.neighbours",
        "moderation.planning",
        "moderation.session_log",
    },
    {"importers.tally", "rendering.regions", "moderation.undoing"},
    # edges: files, other programs, Pelican's settings
    {"comments.listing", "git.command", "reporting", "settings"},
    {
        "inbox.lock",
        "receiver.rate_limits",
        "receiver.secret_file",
        "building.addresses",
        "building.article_lists",
        "building.fingerprint",
        "building.reused_markdown",
        "building.shelf",
        "building.stamps",
        "comments.ssh",
        "comments.store",
        "rendering.template_cache",
    },
    {
        "building.thread_reader",
        "comments.comment_writer",
        "git.repository",
        "building.site",
        "rendering.templating",
    },
    {"publishing.collecting", "publishing.inputs", "publishing.region_tables", "publishing.writing"},
    {"publishing.record"},
    {"publishing.folder_look"},
    {"building.conversations", "building.shelved_regions", "git.remote", "git.work_tree", "inbox.reading"},
    {
        "inbox.writing",
        "receiver.site_build",
        "receiver.thread_index",
        "moderation.replying",
        "moderation.site_repository",
    },
    {"inbox.keeping", "inbox.twins"},
    {"inbox.housekeeping", "inbox.remote"},
    {"inbox.pusher", "moderation.exchange"},
    {"moderation.moderating"},
    # entry points: glue
    {"building.site_feeds", "publishing.splicing", "publishing.stale", "publishing.update"},
    {
        "cli.check",
        "cli.editor",
        "cli.import_report",
        "cli.local_server",
        "cli.picking",
        "cli.session_end",
        "cli.shown",
        "cli.site_files",
        "cli.watching",
        "building.feed_writing",
        "building.page_regions",
        "receiver.decision_form",
        "receiver.incoming",
        "receiver.passes",
        "receiver.published",
        "receiver.session_report",
        "receiver.sign_in_links",
        "receiver.signing",
        "receiver.tries",
        "receiver.visitors",
    },
    {
        "cli.deciding",
        "cli.import_",
        "cli.listing",
        "building.part_writing",
        "publishing.recording",
        "receiver.previews",
        "receiver.queue_view",
        "receiver.sent",
    },
    {"publishing.list_planning", "receiver.inbox_probe"},
    {"plugin", "publishing.feed_planning", "publishing.page_planning"},
    {"publishing.planning"},
    {"publishing.publisher"},
    {
        "cli.approve",
        "cli.await_",
        "cli.edit",
        "cli.publish",
        "cli.queue",
        "cli.reject",
        "cli.remove",
        "cli.reply",
        "cli.show",
        "cli.spam",
        "cli.undo",
        "receiver.context",
    },
    {"receiver.answers", "receiver.desk", "receiver.health"},
    {"receiver.answering", "receiver.sign_in", "receiver.writing"},
    {"receiver.queue_pages", "receiver.sending"},
    {"receiver.moderator", "receiver.state_pages"},
    {"receiver.app"},
    {"receiver.assembly"},
    {"receiver.__init__"},
    {"cli.local_receiver", "cli.sign_in"},
    {"cli.serve"},
    {"cli.__init__"},
)
"""From the ground up; modules of one row do not import each other."""

ROWS = {module: row for row, modules in enumerate(LAYERS) for module in modules}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or module_name(path) in ROWS)
"""A package's own file counts where it is more than a docstring."""


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that `path` imports, lazily too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parent
            for _ in range(node.level - 1):
                base = base.parent
            names = [node.module] if node.module else [alias.name for alias in node.names]
            for name in names:
                target = base / name.replace(".", "/")
                if not target.with_suffix(".py").exists():  # the package itself, or what its first lines define
                    target = (target if target.is_dir() else base) / "__init__"
                found.add(".".join(target.relative_to(PACKAGE).parts))
    return found


def test_a_package_left_out_says_what_it_is_and_no_more() -> None:
    """Only the files of packages that hold a docstring are without a row, and `register`, which Pelican looks for."""
    for path in set(PACKAGE.rglob("*.py")) - {*MODULES, PACKAGE / "__init__.py"}:
        assert len(ast.parse(path.read_text("utf-8")).body) == 1, path


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_down(path: Path) -> None:
    """Every import of our own goes to a lower row."""
    row = ROWS[module_name(path)]
    wrong = {name for name in imported_modules(path) if ROWS[name] >= row}
    assert set() == wrong


def test_every_exception_is_caught_where_others_wrote_what_runs() -> None:
    """And at the one boundary of the command line."""
    caught = {
        module_name(path) for path in MODULES for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name) and node.type.id == "Exception"
    }  # fmt: skip
    assert {"building.site", "cli.__init__", "publishing.publisher"} == caught


def test_every_package_has_a_rule() -> None:
    """The one that a newcomer would break."""
    packages = [path for path in PACKAGE.glob("*/__init__.py") if path.parent.name != "__pycache__"]
    assert [] == [
        path for path in packages if "\n\nRule: " not in (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "")
    ]


def test_git_is_started_in_one_module() -> None:
    """With the environment, the time limit and the descriptors that it makes sure of."""
    texts = {
        path: {n.value for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Constant)}
        for path in MODULES
    }
    assert ["git.command"] == [module_name(path) for path, found in texts.items() if "git" in found]


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
