"""Writing one part of an artifact: a file of rows or of rejections, under the name that its place and content give it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stores.address import Location
from stores.commit import make_folder, place
from stores.entries import file_size
from stores.part import Part
from stores.rejection import Rejection, write_rejections
from stores.whole_shards import keys_digest


def write_part(
    folder: Location, section: str, ordinal: int, keys: Sequence[str], write: Callable[[Path], None], suffix: str
) -> Part:
    """Write a part of the artifact in `folder`; the caller flushes the section's folder after the last one."""
    make_folder(folder / section)
    path, digest = place(folder / section, write, lambda digest: part_name(ordinal, digest, suffix))
    return Part(path.name, len(keys), keys[0], keys[-1], file_size(path), digest, keys_digest(keys))


def part_name(ordinal: int, digest: str, suffix: str) -> str:
    """The name of a part: its number, the start of its SHA-256, its kind."""
    return f"{ordinal:06d}-{digest[:16]}.{suffix}"


def next_ordinal(parts: Sequence[Part]) -> int:
    """The number of the part after these: not their count, for a repair may have dropped some."""
    return parts[-1].ordinal + 1 if parts else 0


def rejections_writer(rejected: Sequence[Rejection]) -> Callable[[Path], None]:
    """What writes rejections at a path."""
    return lambda path: write_rejections(path, rejected)
