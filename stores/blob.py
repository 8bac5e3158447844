"""Blobs: one file a key, for what has a format of its own, such as a checkpoint or a report."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from stores.backend import Piece
from stores.compared import check_keys_of
from stores.errors import PublishError
from stores.manifest import Part

SUFFIX = "bin"


def layout(keys: Sequence[str], data: Sequence[bytes]) -> dict[str, str]:
    """Check the blobs; they have no columns. See `Backend.layout`."""
    if not isinstance(data, list | tuple) or not all(isinstance(blob, bytes) for blob in data):
        raise PublishError(f"a blob artifact stores a list of bytes, found {_describe(data)}.")
    if len(data) != len(keys):
        raise PublishError(f"{len(keys)} keys come with {len(data)} blobs; pass one key a blob.")
    return {}


def pieces(keys: Sequence[str], data: Sequence[bytes]) -> Iterator[Piece]:
    """Write each blob to a file of its own."""
    for key, blob in zip(keys, data, strict=True):
        yield Piece([key], partial(_write, blob=blob))


def read_keys(path: Path, part: Part) -> list[str]:
    """Return the one key, which only the manifest knows."""
    check_keys_of(path, part, [part.first_key])
    return [part.first_key]


def _write(path: Path, blob: bytes) -> None:
    path.write_bytes(blob)


def _describe(data: object) -> str:
    if not isinstance(data, list | tuple):
        return type(data).__name__
    return f"a {type(data).__name__} of " + ", ".join(sorted({type(blob).__name__ for blob in data}))
