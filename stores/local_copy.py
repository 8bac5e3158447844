"""Copies of remote shards on this machine: arrays are read by memory map, which needs a file.

A shard is immutable and named after its content, so a copy is never out of date. It is checked against the manifest's
SHA-256 when it is fetched. Copies may be deleted at any time, by `rm -r` of the cache folder, see `address.cache_folder`;
`copies_limit` says how much room they may take.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from stores import objects
from stores.address import local_side, shown
from stores.commit import TEMPORARY, flush, sha256
from stores.copies_limit import COPIES, is_usable, make_room
from stores.disk import writing
from stores.errors import ShardError, StorageError

if TYPE_CHECKING:
    from upath import UPath

    from stores.manifest import Part


def copy_path(path: "UPath") -> Path:
    """Return where the copy of `<workspace>/<kind>/<fingerprint>/<section>/<file>` lies, or would lie."""
    return local_side(path.parents[3]) / COPIES / Path(*path.parts[-4:])


def workspace_of(artifact: Path) -> str:
    """Return the workspace of an artifact, given its folder or that of its copies, as the user named it."""
    root = artifact.parent.parent
    return shown(root.parent) if root.name == COPIES and shown(root.parent) != str(root.parent) else str(root)


def fetch(path: "UPath", part: "Part", again: bool = False) -> Path:
    """Return the local copy of a shard, fetched if it is not here or no longer whole, or if asked for again.

    Raises:
        ShardError: if the shard is gone, or its bytes are not those of the manifest.
        StorageError: if it could not be fetched.
        DiskError: if the copy could not be written.
    """
    copy = copy_path(path)
    if not again and is_usable(copy, part.size) and _is_whole(copy, part):
        return copy
    there = _check_there(path, copy)
    if there != part.size:
        raise ShardError(copy, f"has {there} bytes instead of {part.size}")
    temporary = copy.with_name(f"{TEMPORARY}{uuid4().hex}")
    with writing(copy, temporary):
        copy.parent.mkdir(parents=True, exist_ok=True)
        _download(path, temporary, copy)
        found = sha256(temporary)
        if found != part.sha256:
            raise ShardError(copy, f"has the SHA-256 {found[:12]}… instead of {part.sha256[:12]}…")
        os.replace(temporary, copy)
    make_room()
    return copy


def place_remote(folder: "UPath", write: Callable[[Path], None], name: Callable[[str], str]) -> "tuple[UPath, str]":
    """Build a file on this machine, upload it whole, and keep it as the copy; see `stores.commit.place`."""
    copies = copy_path(folder / "any").parent
    copies.mkdir(parents=True, exist_ok=True)
    temporary = copies / f"{TEMPORARY}{uuid4().hex}"
    try:
        write(temporary)
        digest = sha256(temporary)
        path = folder / name(digest)
        objects.upload(temporary, path)
        os.replace(temporary, copies / path.name)
    finally:
        temporary.unlink(missing_ok=True)
    make_room()
    return path, digest


def rename_remote(folder: "UPath", old: str, new: str) -> None:
    """Give a part another name, which object storage does by copying it there."""
    objects.copy(folder / old, folder / new)
    objects.delete([folder / old])
    if copy_path(folder / old).is_file():
        os.replace(copy_path(folder / old), copy_path(folder / new))


def _is_whole(copy: Path, part: "Part") -> bool:
    """Tell whether a copy still holds what was fetched; one that does not is fetched again, for the shard may well be whole."""
    from stores.compared import compare_once

    try:
        compare_once(copy, part)
    except ShardError:
        return False
    return True


def _download(path: "UPath", temporary: Path, copy: Path) -> None:
    try:
        objects.download(path, temporary)
    except FileNotFoundError:
        _check_there(path, copy)  # unless the folder of copies has been taken away meanwhile, the shard is gone
        raise StorageError(f"{path} could not be fetched into {copy.parent}. Type the same command again.") from None
    flush(temporary)


def _check_there(path: "UPath", copy: Path) -> int:
    try:
        return objects.size(path)
    except FileNotFoundError:
        raise ShardError(copy, "is gone") from None
