"""Reading parts and comparing them with the manifest's SHA-256.

What is small is read at once, compared and then parsed, so what is parsed is what was compared. What is mapped into memory is
compared when a process maps it first, up to `WHOLE_UP_TO` bytes; above that its keys are, by their own digest, and its rows
are not: `store verify` compares those.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from stores.commit import sha256
from stores.errors import ShardError, StoreError
from stores.manifest import Part
from stores.reading import not_understood, reading, refusal
from stores.whole_shards import keys_digest

WHOLE_UP_TO = 32 * 2**20
"""Bytes of a mapped shard up to which all of it is compared: 20 to 90 ms of a core (benchmarks/first_reading.py)."""

_compared: dict[str, tuple[object, ...]] = {}
_guard = threading.Lock()


def part_bytes(path: Path, part: Part) -> bytes:
    """Return the bytes of a part.

    Raises:
        ShardError: if it is gone, or its bytes are not those of the manifest.
        UnreadableError: if the machine could not read it.
    """
    try:
        with reading(path):
            data = path.read_bytes()
    except FileNotFoundError:
        raise ShardError(path, "is gone") from None
    _check(path, part, hashlib.sha256(data).hexdigest())
    return data


def compare(path: Path, part: Part) -> None:
    """Compare all bytes of a part, read from the disk; errors as of `part_bytes`."""
    try:
        with reading(path):
            found = sha256(path)
    except FileNotFoundError:
        raise ShardError(path, "is gone") from None
    _check(path, part, found)


def compare_once(path: Path, part: Part, whole: bool = False) -> None:
    """Compare a part that is going to be mapped, unless this process has done so since the file changed last.

    Args:
        path: of the file.
        part: what the manifest says of it.
        whole: whether to compare it also if it is larger than `WHOLE_UP_TO`.

    Raises:
        ShardError: if it is gone, or its bytes are not those of the manifest.
        UnreadableError: if the machine could not read it.
    """
    if part.size > WHOLE_UP_TO and not whole:
        return
    state = _state(path, part)
    with _guard:
        if _compared.get(str(path)) == state:
            return
    compare(path, part)
    with _guard:
        _compared[str(path)] = state


def check_keys_of(path: Path, part: Part, keys: Sequence[str]) -> None:
    """Check the keys that were read from a shard.

    Raises:
        ShardError: if they are not those of the manifest.
    """
    are_texts = all(type(key) is str for key in keys)  # a flipped byte may make another type of a column
    if len(keys) != part.rows or not are_texts or part.keys not in ("", keys_digest(keys)):
        compare(path, part)
        raise ShardError(path, other_rows(part, keys))


def other_rows(part: Part, keys: Sequence[str]) -> str:
    """What is wrong with a part of other keys than the manifest says."""
    return f"holds {len(keys)} rows that are not the {part.rows} of the manifest"


@contextmanager
def parsing(path: Path, part: Part, *kinds: type[Exception]) -> Iterator[None]:
    """Tell what went wrong while a library opened or read a part.

    Args:
        path: of the file.
        part: what the manifest says of it.
        kinds: errors by which the library says that it does not understand the file, beside `OSError`.

    Raises:
        ShardError: if the part is gone, or its bytes are not those of the manifest.
        UnreadableError: if the machine could not read it, or its bytes are whole and the library still failed.
    """
    caught: tuple[type[BaseException], ...] = (OSError, MemoryError, *kinds)
    try:
        yield
    except StoreError:
        raise
    except caught as error:
        if (refused := refusal(path, error)) is not None:
            raise refused from error
        compare(path, part)
        raise not_understood(path, error) from error


def _check(path: Path, part: Part, found: str) -> None:
    if found != part.sha256:
        raise ShardError(path, f"has the SHA-256 {found[:12]}… instead of {part.sha256[:12]}…")


def _state(path: Path, part: Part) -> tuple[object, ...]:
    try:
        with reading(path):
            stat = path.stat()
    except FileNotFoundError:
        raise ShardError(path, "is gone") from None
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, part.sha256
