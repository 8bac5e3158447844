"""Making files appear whole or not at all.

A file is written under a temporary name in the folder it is meant for, flushed to disk, renamed, and the
folder is flushed: whoever looks, at any moment and after any kill, sees the old file or the new one. Renaming
before flushing could leave an empty file under the final name after a power cut; without flushing the folder
the name itself could be lost.

On object storage an object appears whole or not at all by itself, and there are no folders; a part is built on this
machine and uploaded.
"""

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from stores.address import Location, is_remote
from stores.disk import TEMPORARY, flush, sha256, writing
from stores.errors import WorkspaceError
from stores.reading import reading


def replace_bytes(path: Location, data: bytes, mode: int | None = None) -> None:
    """Replace a file by one with this content, and flush its folder.

    Args:
        path: the file.
        data: its new content.
        mode: who may do what with it; as for any new file by default. Of no matter on object storage.

    Raises:
        DiskError: the disk does not take it; the old file is there as before.
    """
    if is_remote(path):
        from stores import objects

        objects.put(path, data)
        return
    temporary = path.with_name(TEMPORARY + path.name)
    with writing(path, temporary):
        temporary.write_bytes(data)
        if mode is not None:
            temporary.chmod(mode)
        flush(temporary)
        os.replace(temporary, path)
        flush(path.parent)


def place(folder: Location, write: Callable[[Path], None], name: Callable[[str], str]) -> tuple[Location, str]:
    """Write a file that is named after its own content; the caller flushes the folder after the last one.

    Args:
        folder: where it goes.
        write: writes the file at the path given.
        name: makes the file's name from the hexadecimal SHA-256 of its bytes.

    Returns:
        the path and the SHA-256.

    Raises:
        DiskError: the disk does not take it; nothing is left of it.
    """
    if is_remote(folder):
        from stores.local_copy import place_remote

        return place_remote(folder, write, name)
    temporary = folder / f"{TEMPORARY}{uuid4().hex}"  # workers of a cluster write into one folder at the same time
    with writing(folder, temporary):
        write(temporary)
        flush(temporary)
        digest = sha256(temporary)
        path = folder / name(digest)
        os.replace(temporary, path)
    return path, digest


def rename(folder: Location, old: str, new: str) -> None:
    """Give a part that no manifest names yet another name; the caller flushes the folder."""
    if is_remote(folder):
        from stores.local_copy import rename_remote

        rename_remote(folder, old, new)
        return
    with writing(folder / new):
        (folder / old).rename(folder / new)


def make_folder(path: Location) -> None:
    """Make a folder and those above it, each flushed into the one that holds it."""
    if is_remote(path):
        return
    with reading(path):
        there = path.is_dir()
    if there:
        return
    make_folder(path.parent)
    try:
        with writing(path):
            path.mkdir(exist_ok=True)
            flush(path.parent)
    except FileExistsError as error:
        told = f"{path} is a file, and a folder is to be made there. Use a folder, e.g. --workspace ./workspace"
        raise WorkspaceError(told) from error
