"""Inputs: everything but comments that a build's result depends on, as it was when the build began.

Rule: what cannot be compared counts as changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from typing import Any

from ..building.stamps import Stamp, describe_settings, stamp_code, stamp_file, stamp_tree
from ..configuration import Settings
from ..rendering.templating import OWN_CATALOGUES, OWN_TEMPLATES

VARYING = ("DEBUG", "OUTPUT_PATH", "conversation_build", "conversation_recording")
"""What does not reach the output: what is logged; where it stands, for a full build is made beside it first; what the plugin puts
among the settings."""
_READ = ("ARTICLE_PATHS", "PAGE_PATHS", "STATIC_PATHS")
_NOT_CONTENT = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build began with."""

    settings: Mapping[str, str]
    """What each of Pelican's settings said, by its name, see `describe_settings`."""
    trees: Mapping[str, str]
    """A stamp of each folder or file, by what it is to the blogger."""
    code: Mapping[str, Stamp]
    """Of every module that was loaded, settings files and plugins too, by path."""


def take_inputs(found: Mapping[str, Any], settings: Settings, *, described: Mapping[str, str] | None = None) -> Inputs:
    """Return the inputs as they are now; `found` are Pelican's settings, `described` what they said before any plugin."""
    return Inputs(described or describe_settings(found, VARYING), _stamp_trees(found, settings), stamp_code())


def add_code(inputs: Inputs, began: int) -> Inputs:
    """Return inputs with the modules that were loaded since, in a build that began at `began` (ns since 1970).

    One that was changed meanwhile counts as changed: nobody knows which text of it ran.
    """
    later = {path: stamp for path, stamp in stamp_code().items() if path not in inputs.code}
    changed = {path: (-1, -1) for path, (_, time_ns) in later.items() if time_ns >= began}
    return replace(inputs, code={**inputs.code, **later, **changed})


def explain_change(
    before: Inputs, found: Mapping[str, Any], settings: Settings, *, with_trees: bool = True
) -> str | None:
    """Return in words what has changed since, None where nothing has; without trees, of settings and code alone."""
    now = describe_settings(found, VARYING)
    changed = sorted(name for name in before.settings.keys() | now.keys() if before.settings.get(name) != now.get(name))
    if changed:
        return f"the settings have changed ({', '.join(changed[:3])}{', and more' if len(changed) > 3 else ''})"
    for path, stamp in before.code.items():
        if stamp_file(path) != stamp:
            return f"the code has changed ({path})"
    trees = _stamp_trees(found, settings) if with_trees else before.trees
    return next((f"{name} has changed" for name in before.trees if before.trees[name] != trees.get(name)), None)


def _stamp_trees(found: Mapping[str, Any], settings: Settings) -> Mapping[str, str]:
    content = Path(found["PATH"]).absolute()
    apart = {str(path) for path in _list_apart(found, settings)}

    def is_apart(path: str) -> bool:
        return path in apart or path.rpartition("/")[2] in _NOT_CONTENT or Path(path, "pyvenv.cfg").exists()

    outside = [one for one in _list_places(found, *_READ) if not one.is_relative_to(content)]
    overrides = [Path(folder) for folder in found["THEME_TEMPLATES_OVERRIDES"]]
    theme = (Path(found["THEME"]), *overrides, *(folder.parent / "translations" for folder in overrides))
    return {
        "the content": " ".join(stamp_tree(folder, is_apart) for folder in (content, *outside)),
        "the theme": " ".join(stamp_tree(folder.absolute(), is_apart) for folder in theme),
        "the list of keys": stamp_tree(settings.allowed_signers),
        "this plugin": " ".join(stamp_tree(folder) for folder in (OWN_TEMPLATES, OWN_CATALOGUES)),
    }


def _list_places(found: Mapping[str, Any], *names: str) -> list[Path]:
    """Return the places that some of Pelican's settings list, absolute; they may lie outside of the content."""
    content = Path(found["PATH"]).absolute()
    return [Path(normpath(content / path)) for name in names for path in found[name]]


def is_copied(found: Mapping[str, Any], folder: Path) -> bool:
    """Whether Pelican copies a folder into the output as it is, being below a static path."""
    is_static, is_excluded = (
        any(map(folder.is_relative_to, _list_places(found, name))) for name in ("STATIC_PATHS", "STATIC_EXCLUDES")
    )
    return is_static and not is_excluded


def _list_apart(found: Mapping[str, Any], settings: Settings) -> Iterator[Path]:
    """Yield folders that may lie in the content and are none of it."""
    yield settings.path
    yield settings.inbox
    yield settings.secret.parent
    yield Path(found["OUTPUT_PATH"]).absolute()
    yield settings.root / found["CACHE_PATH"]
    yield staging_path(Path(found["OUTPUT_PATH"]).absolute())


def staging_path(output: Path) -> Path:
    """Return where files stand until they are renamed into an output folder: beside it, on the same file system."""
    return output.with_name(f".{output.name}.new")
