"""Inputs: everything but comments that a build's result depends on, as it was when the build began.

Rule: what cannot be compared counts as changed. Files count by their stamps; only where these are others, by their contents.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from pelican import plugins
from pelican.log import FatalLogger

from ..building.stamps import (
    Stamp,
    describe_settings,
    digest_file,
    digest_packages,
    digest_tree,
    stamp_code,
    stamp_file,
    stamp_tree,
)  # fmt: skip
from ..configuration import Settings
from ..rendering.templating import OWN_CATALOGUES, OWN_TEMPLATES

VARYING = ("DEBUG", "OUTPUT_PATH", "conversation_build", "conversation_recording")
"""What does not reach the output: what is logged; where it stands, for a full build is made beside it first; what the plugin puts
among the settings."""
CONTENT, PACKAGES = "the content", "the packages"
_READ = ("ARTICLE_PATHS", "PAGE_PATHS", "STATIC_PATHS")
_NOT_CONTENT = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a build began with."""

    settings: Mapping[str, str]
    """What each of Pelican's settings said, by its name, see `describe_found`."""
    trees: Mapping[str, str]
    """A stamp of each folder or file, by what it is to the blogger."""
    code: Mapping[str, Stamp]
    """Of every module that was loaded, settings files and plugins too, by path."""
    contents: Mapping[str, str]
    """A digest of what was in each of the trees and modules, by the same names; not of those that changed while the build ran."""


def find_fatal_level() -> int:
    """Return the level, as Python's `logging` numbers them, from which a message ends a build, as Pelican's `--fatal` says."""
    if hasattr(FatalLogger, "fatal_lvl"):
        return int(FatalLogger.fatal_lvl)
    if FatalLogger.warnings_fatal:  # Pelican 4.11
        return logging.WARNING
    return logging.ERROR if FatalLogger.errors_fatal else logging.CRITICAL + 1


class ChangeError(ValueError):
    """Something that a build has read is another now; the message says what."""


def take_inputs(found: Mapping[str, Any], settings: Settings, *, described: Mapping[str, str] | None = None) -> Inputs:
    """Return the inputs as they are now; `found` are Pelican's settings, `described` what they said before any plugin."""
    code, trees = stamp_code(), _find_trees(found, settings)
    stamps = {name: tree.stamp() for name, tree in trees.items()}
    contents = {name: tree.digest() for name, tree in trees.items()} | {path: digest_file(path) for path in code}
    if found.get("DEFAULT_DATE") == "fs":
        del contents[CONTENT]  # the times of its files are the dates of posts
    return Inputs(described or describe_found(found), stamps, code, {PACKAGES: digest_packages(), **contents})


def describe_found(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what each of Pelican's settings says, whether it has loaded the plugins yet or not.

    It then names them as modules: `pelican.plugins.sitemap` for `sitemap`, and all there are where nothing is said.
    """
    spaced = [name for _, name, is_package in iter_modules(plugins.__path__, "pelican.plugins.") if is_package]
    said = found["PLUGINS"]
    names = [one.__name__ if isinstance(one, ModuleType) else one for one in (spaced if said is None else said)]
    full = [long if (long := f"pelican.plugins.{name}") in spaced else name for name in names]
    return describe_settings({**found, "PLUGINS": full}, VARYING)


def settle_inputs(inputs: Inputs, found: Mapping[str, Any], settings: Settings, began: int) -> Inputs:
    """Return the inputs of a build that began at `began` (ns since 1970) once it has ended, with the modules loaded since.

    Of what was changed meanwhile nobody knows which text was read. A module of these counts as changed.
    """
    now, trees = stamp_code(), _find_trees(found, settings)
    later = {path: stamp if stamp[1] < began else (-1, -1) for path, stamp in now.items() if path not in inputs.code}
    same = {path for path, stamp in inputs.code.items() if now.get(path) == stamp}
    same |= {name for name, stamp in inputs.trees.items() if name in trees and trees[name].stamp() == stamp}
    contents = {name: digest for name, digest in inputs.contents.items() if name in same or name == PACKAGES}
    contents |= {path: digest_file(path) for path, stamp in later.items() if stamp[1] > 0}
    return replace(inputs, code={**inputs.code, **later}, contents=contents)


def renew_inputs(before: Inputs, found: Mapping[str, Any], settings: Settings, *, with_trees: bool = True) -> Inputs:
    """Return the inputs with the stamps of now; without trees, of code alone. Raises ChangeError if anything is another."""
    now = describe_found(found)
    changed = sorted(name for name in before.settings.keys() | now.keys() if before.settings.get(name) != now.get(name))
    if changed:
        raise ChangeError(
            f"the settings have changed ({', '.join(changed[:3])}{', and more' if len(changed) > 3 else ''})"
        )
    code: dict[str, Stamp] = {}
    for path, stamp in before.code.items():
        found_stamp = stamp_file(path)
        if found_stamp is None or (found_stamp != stamp and not _is_same(before, path, digest_file(path))):
            raise ChangeError(f"the code has changed ({path})")
        code[path] = found_stamp
    trees = _find_trees(found, settings) if with_trees else {}
    stamps = {name: tree.stamp() for name, tree in trees.items()} if with_trees else before.trees
    for name, one in before.trees.items():
        if stamps.get(name) != one and not (name in trees and _is_same(before, name, trees[name].digest())):
            raise ChangeError(f"{name} has changed")
    if code == before.code and stamps == before.trees:
        return before
    if not _is_same(before, PACKAGES, digest_packages()):
        raise ChangeError("what is installed has changed")
    return replace(before, code=code, trees=stamps)


def _is_same(before: Inputs, name: str, digest: str) -> bool:
    return bool(digest) and before.contents.get(name) == digest


@dataclass(frozen=True, slots=True)
class _Tree:
    """Folders and files that are one thing to the blogger."""

    places: tuple[Path, ...]
    skip: Callable[[str], bool] = lambda _: False

    def stamp(self) -> str:
        return " ".join(stamp_tree(place, self.skip) for place in self.places)

    def digest(self) -> str:
        """Return a digest of the contents; empty where it is not known of every place that is there."""
        found = [digest_tree(place, self.skip) if place.exists() else "-" for place in self.places]
        return " ".join(found) if all(found) else ""


def _find_trees(found: Mapping[str, Any], settings: Settings) -> Mapping[str, _Tree]:
    content = Path(found["PATH"]).absolute()
    apart = {str(path) for path in _list_apart(found, settings)}

    def is_apart(path: str) -> bool:
        return path in apart or path.rpartition("/")[2] in _NOT_CONTENT or Path(path, "pyvenv.cfg").exists()

    outside = [one for one in _list_places(found, *_READ) if not one.is_relative_to(content)]
    overrides = [Path(folder) for folder in found["THEME_TEMPLATES_OVERRIDES"]]
    theme = (Path(found["THEME"]), *overrides, *(folder.parent / "translations" for folder in overrides))
    return {
        CONTENT: _Tree((content, *outside), is_apart),
        "the theme": _Tree(tuple(folder.absolute() for folder in theme), is_apart),
        "the list of keys": _Tree((settings.allowed_signers,)),
        "this plugin": _Tree((OWN_TEMPLATES, OWN_CATALOGUES)),
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
