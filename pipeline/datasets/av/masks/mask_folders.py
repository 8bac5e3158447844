"""Folders of own masks and the clips that are called as they are: which mask is of which second."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.walk import files_below, files_in, is_folder, listed
from pipeline.media.formats import EXTENSIONS

_NUMBER = re.compile(r"(?:.*_)?(\d+)$")
"""The number of a second: all of a mask's name, or what stands behind its last underscore, as AVSBench names them."""


@dataclass
class FileMasks:
    """A folder of masks, and the clip that is called as it.

    Attributes:
        name: of the clip, its path below the folder of the clips.
        masks: second, numbered from 1 -> its picture.
        problem: why they cannot be used.
    """

    name: str
    masks: dict[int, Path] = field(default_factory=dict)
    problem: str = ""


def read_mask_folders(clips: Path, masks: Path) -> tuple[list[FileMasks], tuple[str, ...]]:
    """A row for every folder of masks, sorted, and the names of clips and pictures that belong to none.

    Raises:
        DatasetError: one of both folders is not there, or no mask is in them.
    """
    for option, folder in (("root", clips), ("masks", masks)):
        if not folder.is_dir():
            raise DatasetError(
                f"data: there is no folder {folder}. Give the folder of the {_KINDS[option]}: {option}: DIR"
            )
    by_stem: dict[str, list[str]] = {}
    for path in files_below(clips):
        if path.suffix.lower() in EXTENSIONS["video"] and not path.name.startswith("."):
            name = path.relative_to(clips)
            by_stem.setdefault(name.with_suffix("").as_posix(), []).append(name.as_posix())
    rows, strange = [], []
    for folder, stem in _folders(masks, ""):
        row, odd = _row(folder, by_stem.get(stem, [f"{stem}.mp4"]))
        strange += [f"{masks.name}/{stem}/{name}" for name in odd]
        if row.masks or row.problem:
            rows.append(row)
    if not rows:
        raise DatasetError(
            f"data: {masks} holds no mask. Put those of {clips.name}/a.mp4 into {masks.name}/a, a picture a second called after "
            "its number: 0001.png is of the first."
        )
    known = {row.name for row in rows}
    return rows, (*(name for names in by_stem.values() for name in names if name not in known), *strange)


_KINDS = {"root": "clips", "masks": "masks"}


def _folders(folder: Path, place: str) -> Iterator[tuple[Path, str]]:
    """All folders below, with their paths, sorted."""
    for entry in listed(folder):
        if is_folder(entry) and not entry.name.startswith("."):
            yield Path(entry.path), f"{place}{entry.name}"
            if not entry.is_symlink():  # one may lead in a circle
                yield from _folders(Path(entry.path), f"{place}{entry.name}/")


def _row(folder: Path, names: Sequence[str]) -> tuple[FileMasks, list[str]]:
    """The masks of a folder by their seconds, from 1, and the names of what is no mask."""
    row, odd = FileMasks(names[0]), list[str]()
    if len(names) > 1:
        row.problem = f"several clips are called so: {', '.join(names)}"
    for path in files_in(folder):
        number = _NUMBER.match(path.stem)
        if path.name.startswith(".") or path.suffix.lower() not in EXTENSIONS["image"] or number is None:
            odd.append(path.name)
            continue
        second = int(number[1])
        if second < 1:
            row.problem = row.problem or f"mask {path.name}: seconds are numbered from 1"
        elif second in row.masks:
            row.problem = row.problem or f"two masks of second {second}: {row.masks[second].name}, {path.name}"
        else:
            row.masks[second] = path
    return row, odd
