"""Writing: files of an output, each replaced whole by a rename, so that a reader gets the old one or the new one.

Rule: nothing is written in place, and nothing is left half done that the next run would not find.
"""

import errno
import filecmp
import os
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from ..building.stamps import Stamp, stamp_file, stamp_files


def write_files(output: Path, files: Mapping[str, bytes | None], *, staging: Path) -> dict[str, Stamp]:
    """Write files by path relative to the output, None for a file that goes; return the stamps of those that stay.

    All are on the disk of `staging` before the first is renamed. Raises OSError.
    """
    clear(staging)
    staging.mkdir(parents=True)
    new: list[tuple[Path, str]] = []
    for number, (path, data) in enumerate(files.items()):
        if data is not None:
            place = staging / str(number)
            place.write_bytes(data)
            new.append((place, path))
    for place, path in new:
        (output / path).parent.mkdir(parents=True, exist_ok=True)
        _replace(place, output / path)
    remove_files(output, (path for path, data in files.items() if data is None))
    clear(staging)
    return {path: stamp for _, path in new if (stamp := stamp_file(output / path)) is not None}


def move_files(staging: Path, output: Path) -> dict[str, Stamp]:
    """Rename every file of a staged build into the output; one that is the same stays. Return the stamps of all.

    What pages refer to comes before the pages. Raises OSError.
    """
    paths = sorted((path for path, _ in stamp_files(staging)), key=lambda path: (path.endswith(".html"), path))
    for path in paths:
        target = output / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)  # what was a page with a folder is a page without
        if not (target.is_file() and filecmp.cmp(staging / path, target, shallow=False)):
            target.parent.mkdir(parents=True, exist_ok=True)
            _replace(staging / path, target)
    clear(staging)
    return {path: stamp for path in paths if (stamp := stamp_file(output / path)) is not None}


def _replace(source: Path, target: Path) -> None:
    """Put a file in another one's place at once, from another file system too, as an output can be one of its own."""
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.new")
        shutil.copy2(source, beside)
        beside.replace(target)
        source.unlink()


def remove_files(output: Path, paths: Iterable[str]) -> None:
    """Remove files of an output, and the folders that they leave empty."""
    for path in paths:
        target = output / path
        target.unlink(missing_ok=True)
        for folder in target.parents:
            if folder == output or folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()


def list_others(output: Path, built: Collection[str]) -> Iterator[str]:
    """Yield the files and links of an output that were not built, by path relative to it.

    No link is followed, as what is behind it is not in the output; one that leads to what was built stays.
    """
    kept = {*built, *(str(folder) for path in built for folder in PurePosixPath(path).parents)}
    for place, folders, files in os.walk(output):
        links = [name for name in folders if Path(place, name).is_symlink()]
        paths = (Path(place, name).relative_to(output).as_posix() for name in (*links, *files))
        yield from (path for path in paths if path not in kept)


def is_inside(path: str) -> bool:
    """Whether a relative path stays in the folder that it is relative to."""
    return not path.startswith("/") and ".." not in path.split("/")


def clear(folder: Path) -> None:
    """Remove what a run that died has left."""
    if folder.exists():
        shutil.rmtree(folder)
