"""Stamps: times and sizes of files, which tell whether anything that a build reads or wrote was touched since.

Rule: a stamp is taken before a file is read. Equal stamps mean the same files; unequal ones may mean the same as well,
after a checkout for one, and a digest of the contents tells.
"""

import marshal
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, time, timedelta, tzinfo
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import Any

Stamp = tuple[int, int]
"""Size in bytes, and time of the last change in nanoseconds."""
StampedFile = tuple[str, int, int]
"""Path of a file and its stamp."""
DIGESTED_BYTES = 8_000_000
"""Some 10 ms. A larger file of a folder, a film, is known by its stamp alone."""


def stamp_file(path: str | Path, within: int | None = None) -> Stamp | None:
    """Return the stamp of a file; None where there is none. A path may be relative to a folder of which this is the descriptor."""
    try:
        found = os.stat(path, dir_fd=within)  # a third of the time of Path.stat, for every file of a site
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def find_changed(folder: Path, files: Iterable[StampedFile]) -> str | None:
    """Return the path of the first of some files, relative to a folder, that is another now or gone; None where none is."""
    try:
        within = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return next((path for path, *_ in files), None)
    try:
        return next((path for path, size, time in files if stamp_file(path, within) != (size, time)), None)
    finally:
        os.close(within)


def stamp_files(folder: Path, skip: Callable[[str], bool] = lambda _: False) -> Iterator[tuple[str, Stamp]]:
    """Yield the files below a folder with their stamps, by path relative to it, folders that `skip` names left out.

    `skip` is given absolute paths. A folder that cannot be read, or a link to itself, is passed over, as Pelican does.
    """
    waiting = [str(folder)]
    start = len(str(folder)) + 1
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    if not skip(entry.path):
                        waiting.append(entry.path)
                elif (stamp := stamp_file(entry.path)) is not None:
                    yield entry.path[start:], stamp


def stamp_tree(folder: Path, skip: Callable[[str], bool] = lambda _: False) -> str:
    """Return one stamp of all files below a folder, or of a single file; a name for what is not there."""
    return _digest_rows(stamp_files(folder, skip)) if folder.is_dir() else repr(stamp_file(folder))


def digest_file(path: str | Path, *, at_most: int | None = None) -> str:
    """Return a digest of what is in a file; empty where that is more than `at_most` bytes, or cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            is_small = at_most is None or os.fstat(file.fileno()).st_size <= at_most
            return _digest(file.read()) if is_small else ""
    except OSError:
        return ""


def digest_tree(folder: Path, skip: Callable[[str], bool] = lambda _: False) -> str:
    """Return one digest of all files below a folder, or of a single file; of those that have none it has the stamps."""
    if not folder.is_dir():
        return digest_file(folder)
    return _digest_rows(
        (path, digest_file(f"{folder}/{path}", at_most=DIGESTED_BYTES) or stamp)
        for path, stamp in stamp_files(folder, skip)
    )


def digest_packages() -> str:
    """Return a digest of Python's own version and of what is installed, which can have more than modules."""
    found = {platform.python_version()}
    for folder in map(Path, dict.fromkeys(sys.path)):
        with suppress(OSError):
            found |= {path.name for path in folder.iterdir() if path.suffix in {".dist-info", ".egg-info"}}
    return _digest("\n".join(sorted(found)).encode("utf-8", "surrogateescape"))


def _digest_rows(rows: Iterable[tuple[str, object]]) -> str:
    """Return a digest of what is known of some files, by path, in whatever order."""
    return _digest(marshal.dumps(sorted(rows, key=itemgetter(0)), 2))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def stamp_code() -> dict[str, Stamp]:
    """Return the stamps of all modules loaded from outside Python's own library, settings files among them, by path."""
    own = str(Path(os.__file__).parent) + os.sep
    files = {str(getattr(module, "__file__", None) or "") for module in list(sys.modules.values())}
    found = {path: stamp_file(path) for path in sorted(files) if path and _is_foreign(path, own)}
    return {path: stamp for path, stamp in found.items() if stamp is not None}


def _is_foreign(path: str, own: str) -> bool:
    return not path.startswith(own) or "-packages" in path[len(own) :]


def describe_settings(settings: Mapping[str, object], leave_out: Iterable[str] = ()) -> dict[str, str]:
    """Return what each setting says, in 16 hexadecimal digits; functions, classes and objects of these by their names."""
    names = settings.keys() - set(leave_out)
    return {
        name: blake2b(_describe(settings[name]).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        for name in sorted(names)
    }


def _describe(value: object, within: tuple[object, ...] = ()) -> str:
    """Return what a value says; `within` are the values that it is in."""
    if value is None or isinstance(value, str | bytes | int | float | PurePath | date | time | timedelta | tzinfo):
        return repr(value)
    if any(value is one for one in within):
        return "<itself>"
    within = (*within, value)
    held = _list_fields(value)
    if held is not None:
        return f"{{{', '.join(f'{_describe(key, within)}: {_describe(item, within)}' for key, item in held.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_describe(item, within) for item in value)}]"
    if isinstance(value, set | frozenset):
        return f"({', '.join(sorted(_describe(item, within) for item in value))})"
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    pattern = getattr(value, "pattern", "")  # of a regular expression
    return f"<{getattr(value, '__module__', None) or type(value).__module__}.{name} {pattern!r}>"


def _list_fields(value: object) -> Mapping[Any, object] | None:
    """Return what a mapping, or an object that does nothing but hold values, has by name; None for another one."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, SimpleNamespace):
        return vars(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None
