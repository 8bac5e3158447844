"""Documents that are replaced on object storage, where nothing can be renamed: numbered versions, the newest counts.

Version n+1 is created under its own name on condition that the name is free (S3: If-None-Match), so of all who read
version n and changed it one succeeds, and the others are told. No lock is needed for that, no clock and no rename.

Old versions are removed, or listings would grow for ever, and that takes care: once versions n and n+1 are gone, a
writer that read version n and then slept could create n+1 a second time. So the newest and the one before it always
stay, and whoever has created a version looks again: if his is not the newest, or the one it was made from is gone, he
takes his own away and is told. His was never the newest in anybody's eyes, except where everything had been removed.
"""

import re
from typing import TYPE_CHECKING

from stores import objects
from stores.errors import PublishError, StorageError

if TYPE_CHECKING:
    from upath import UPath

_ATTEMPTS = 10


def newest(folder: "UPath", stem: str) -> tuple[int, bytes]:
    """Return number and content of the newest version of a document; 0 and nothing if there is none."""
    for _ in range(_ATTEMPTS):
        number = highest(folder, stem)
        if not number:
            return 0, b""
        try:
            return number, objects.read(folder / _name(stem, number))
        except FileNotFoundError:  # two newer ones came between the two requests
            continue
    raise StorageError(f"{folder / _name(stem, number)} is listed but not there, {_ATTEMPTS} times. Run this again.")


def highest(folder: "UPath", stem: str) -> int:
    """Return the number of the newest version, 0 if there is none."""
    return max(_versions(folder, stem), default=0)


def is_version(name: str, stem: str) -> bool:
    """Tell whether a file's name is that of a version of the document."""
    return re.fullmatch(rf"{re.escape(stem)}-\d{{6,}}\.json", name) is not None


def create_next(folder: "UPath", stem: str, base: int, content: bytes) -> None:
    """Create the version after `base`, from which it was made, and remove those before `base`.

    Raises:
        PublishError: if somebody else has, or everything was removed meanwhile; then nothing has changed.
    """
    path = folder / _name(stem, base + 1)
    try:
        objects.create(path, content)
    except FileExistsError:
        raise _overtaken(path) from None
    there = _versions(folder, stem)
    if max(there, default=0) != base + 1 or (base and base not in there):
        objects.delete([path])
        raise _overtaken(path)
    objects.delete(folder / _name(stem, number) for number in there if number < base)


def _versions(folder: "UPath", stem: str) -> list[int]:
    return sorted(int(re.findall(r"\d+", name)[-1]) for name in objects.names(folder) if is_version(name, stem))


def _name(stem: str, number: int) -> str:
    return f"{stem}-{number:06d}.json"


def _overtaken(path: "UPath") -> PublishError:
    return PublishError(
        f"{path} was published by another process while this one was at work, so this one's was not. What the other "
        "published is safe. Run the same command again: it makes only what is still missing."
    )
