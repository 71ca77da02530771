"""Compiled templates kept between processes."""

import os
import tempfile
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from pelican.plugins.conversation.rendering.template_cache import TemplateCache, open_template_cache


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of temporary files for this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def render(source: str = "{{ 1 + 1 }}") -> str:
    """Return what a template says, in an environment of its own."""
    environment = Environment(loader=DictLoader({"a.html": source}), bytecode_cache=open_template_cache(), autoescape=True)  # fmt: skip
    return environment.get_template("a.html").render()


def list_kept(folder: Path) -> list[Path]:
    """Return the files of the cache."""
    return [path for path in folder.rglob("conversation-*") if path.is_file()]


def test_a_template_is_kept_and_found(temporary: Path) -> None:
    """What was compiled once is read, and another source under the same name is not taken for it."""
    assert "2" == render()
    (kept,) = list_kept(temporary)
    before = kept.stat().st_mtime_ns
    assert "2" == render()
    assert before == kept.stat().st_mtime_ns
    assert "3" == render("{{ 1 + 2 }}")
    assert "2" == render()


def test_nobody_else_can_write_there(temporary: Path) -> None:
    """The folder is its owner's; one that is a link, as another user could put there, is not used."""
    render()
    (kept,) = list_kept(temporary)
    assert 0o700 == kept.parent.stat().st_mode & 0o777
    kept.unlink()
    kept.parent.rename(temporary / "elsewhere")
    kept.parent.symlink_to(temporary / "elsewhere")
    assert open_template_cache() is None
    assert "2" == render()
    assert [] == list_kept(temporary)


@pytest.mark.parametrize("keep", [0, 1, 3, 10, 20, 60])
def test_a_damaged_file_is_made_anew(temporary: Path, keep: int) -> None:
    """Cut short anywhere, or with other bytes behind a good beginning, it is compiled again."""
    assert "2" == render()
    (kept,) = list_kept(temporary)
    whole = kept.read_bytes()
    for data in (whole[:keep], whole[:keep] + b"\x00\xff(." * 40):
        kept.write_bytes(data)
        assert "2" == render()
    assert whole == kept.read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(temporary: Path) -> None:
    """It costs the time and nothing else."""
    temporary.chmod(0o500)
    assert "2" == render()
    temporary.chmod(0o700)
    assert [] == list_kept(temporary)


def test_a_full_disk(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be written is not there, and the template is rendered."""
    monkeypatch.setattr(TemplateCache, "_get_cache_filename", lambda *_: str(temporary / "missing" / "a"))
    assert "2" == render()
