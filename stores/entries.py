"""What lies in a folder, and removing it: the same words for a local folder and for one on object storage."""

import errno
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from stores.address import Location, is_remote
from stores.disk import writing
from stores.reading import reading


def names(folder: Location) -> list[str]:
    """Return the names of what lies directly in a folder, sorted; none if there is no such folder."""
    if is_remote(folder):
        from stores import objects

        return objects.names(folder)
    with reading(folder):
        return sorted(os.listdir(folder)) if folder.is_dir() else []


def is_file(path: Location) -> bool:
    """Tell whether there is such a file."""
    if is_remote(path):
        return path.name in names(path.parent)
    return path.is_file()


def read_bytes(path: Location) -> bytes:
    """Return a file's bytes.

    Raises:
        FileNotFoundError: if there is none.
        UnreadableError: if the machine could not read it.
    """
    if is_remote(path):
        from stores import objects

        return objects.read(path)
    with reading(path):
        return path.read_bytes()


def file_size(path: Location) -> int:
    """Return a file's bytes.

    Raises:
        FileNotFoundError: if there is none.
    """
    if is_remote(path):
        from stores import objects

        return objects.size(path)
    with reading(path):
        return path.stat().st_size


def size(path: Location) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    if is_remote(path):
        from stores import objects

        return sum(objects.below(path).values())
    with reading(path):
        files = [path] if path.is_file() else path.rglob("*")
        return sum(_bytes(file) for file in files)


def _bytes(path: Path) -> int:
    """The bytes of a file; none of a folder, or of what another process has just taken away."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def remove(paths: Iterable[Location]) -> None:
    """Remove files; those that are gone already do not matter."""
    for path in paths:
        if is_remote(path):
            from stores import objects

            objects.delete([path])
        else:
            with writing(path):
                path.unlink(missing_ok=True)


def remove_folder(folder: Location) -> None:
    """Remove a folder and everything below it; one that is gone already does not matter.

    Raises:
        DiskError: it may not be removed.
    """
    if is_remote(folder):
        from stores import objects

        objects.delete(objects.below(folder))
        return
    with writing(folder), suppress(FileNotFoundError):
        try:
            shutil.rmtree(folder)
        except OSError as error:  # a folder that failed to close is closed again, which then is the error
            if error.errno == errno.EBADF and isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
