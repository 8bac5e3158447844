"""What lies in a folder, and removing it: the same words for a local folder and for one on object storage."""

import shutil
from collections.abc import Iterable

from stores.address import Location, is_remote


def names(folder: Location) -> list[str]:
    """Return the names of what lies directly in a folder, sorted; none if there is no such folder."""
    if is_remote(folder):
        from stores import objects

        return objects.names(folder)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def is_file(path: Location) -> bool:
    """Tell whether there is such a file."""
    if is_remote(path):
        return path.name in names(path.parent)
    return path.is_file()


def read_bytes(path: Location) -> bytes:
    """Return a file's bytes.

    Raises:
        FileNotFoundError: if there is none.
    """
    if is_remote(path):
        from stores import objects

        return objects.read(path)
    return path.read_bytes()


def file_size(path: Location) -> int:
    """Return a file's bytes.

    Raises:
        FileNotFoundError: if there is none.
    """
    if is_remote(path):
        from stores import objects

        return objects.size(path)
    return path.stat().st_size


def size(path: Location) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    if is_remote(path):
        from stores import objects

        return sum(objects.below(path).values())
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def remove(paths: Iterable[Location]) -> None:
    """Remove files; those that are gone already do not matter."""
    for path in paths:
        if is_remote(path):
            from stores import objects

            objects.delete([path])
        else:
            path.unlink(missing_ok=True)


def remove_folder(folder: Location) -> None:
    """Remove a folder and everything below it."""
    if is_remote(folder):
        from stores import objects

        objects.delete(objects.below(folder))
    else:
        shutil.rmtree(folder)
