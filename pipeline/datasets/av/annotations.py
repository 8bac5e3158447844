"""AVE's lists: rows of Category&VideoID&Quality&StartTime&EndTime, their splits, and the label of every second.

The list comes with a first line of names in AVE.zip and without one in the repositories; taken for a row, or passed over where it
is a row, it would shift every label by one. Where labels.h5 and *_order.h5 lie beside it they count; without them labels are
rebuilt from start and end, and splits from trainSet.txt, valSet.txt and testSet.txt, which give the same.

Dims: n = rows, T = segments, C = classes.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.clips import SPLITS, Split
from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.reading import reading

SEGMENTS = 10
_NAMES = ("Category", "VideoID", "Quality", "StartTime", "EndTime")


@dataclass(frozen=True)
class AveRow:
    """One line of a list; times in seconds."""

    category: str
    video: str
    start: int
    end: int


def read_annotations(path: Path) -> list[AveRow]:
    """The rows of a list, in its order; a first line of names is told from a row by its times, which are no numbers.

    Raises:
        DatasetError: a line has other than five parts, or times that are none.
    """
    rows = []
    for number, line in enumerate(text_lines(path), 1):
        parts = [part.strip() for part in line.split("&")]
        if number == 1 and len(parts) == len(_NAMES) and not any(part.isdecimal() for part in parts[3:]):
            continue
        if len(parts) != len(_NAMES) or not all(part.isdecimal() for part in parts[3:]):
            raise DatasetError(
                f"data: {path}, line {number}: expected {'&'.join(_NAMES)} with whole seconds, found {line[:80]!r}. "
                "Take the list as its publisher gives it."
            )
        rows.append(AveRow(parts[0], parts[1], int(parts[3]), int(parts[4])))
    if not rows:
        raise DatasetError(f"data: {path} has no row. Download it again.")
    return rows


def class_order(rows: Sequence[AveRow]) -> tuple[str, ...]:
    """Classes in the order in which they first appear, which is that of the numbers in labels.h5."""
    return tuple(dict.fromkeys(row.category for row in rows))


def rebuilt_labels(rows: Sequence[AveRow], classes: Sequence[str]) -> NDArray[np.int64]:
    """Labels (n, T): a row's class from its start to before its end, background elsewhere."""
    number = {name: index for index, name in enumerate(classes)}
    seconds = np.arange(SEGMENTS)
    return np.stack(
        [
            np.where((row.start <= seconds) & (seconds < row.end), number[row.category], len(classes)).astype(np.int64)
            for row in rows
        ]
    )


def stored_labels(path: Path, rows: int, classes: int) -> NDArray[np.int64]:
    """Labels (n, T) of labels.h5, which holds one-hot rows (n, T, C + 1) with background last.

    Raises:
        DatasetError: the file holds something else.
    """
    one_hot = _dataset(path, "avadataset")
    if one_hot.ndim != 3 or one_hot.shape[0] != rows or one_hot.shape[2] != classes + 1:
        raise DatasetError(
            f"data: {path} holds labels of shape {one_hot.shape}; the list beside it has {rows} rows and {classes} classes, "
            f"so ({rows}, {SEGMENTS}, {classes + 1}) is expected. Take both from one place."
        )
    if not ((one_hot == 0) | (one_hot == 1)).all() or not (one_hot.sum(axis=2) == 1).all():
        raise DatasetError(f"data: {path} has segments without exactly one label. Download it again.")
    return one_hot.argmax(axis=2).astype(np.int64)


def row_splits(folder: Path, rows: Sequence[AveRow], annotations: Path) -> list[Split | None]:
    """The split of every row, None for rows of no split.

    Raises:
        DatasetError: neither kind of split lists is there, or one names what the list of all rows has not.
    """
    splits: list[Split | None] = [None] * len(rows)
    for split, numbers in _numbers(folder, rows, annotations).items():
        for number in numbers:
            if splits[number] is not None:
                raise DatasetError(
                    f"data: {folder}: row {number} is in {splits[number]} and in {split}. Download the lists again."
                )
            splits[number] = split
    return splits


def _numbers(folder: Path, rows: Sequence[AveRow], annotations: Path) -> dict[Split, list[int]]:
    orders = {split: folder / f"{split}_order.h5" for split in SPLITS}
    lists = {split: folder / f"{split}Set.txt" for split in SPLITS}
    if all(path.is_file() for path in orders.values()):
        return {split: _order(path, len(rows)) for split, path in orders.items()}
    if not all(path.is_file() for path in lists.values()):
        raise DatasetError(
            f"data: {folder} has no splits: neither {', '.join(path.name for path in orders.values())} nor "
            f"{', '.join(path.name for path in lists.values())} are all there. They come in AVE.zip; put them beside"
            f" {annotations.name}."
        )
    free: dict[AveRow, deque[int]] = defaultdict(deque)  # a row may stand in the list twice
    for number, row in enumerate(rows):
        free[row].append(number)
    return {split: [_taken(free, row, path) for row in read_annotations(path)] for split, path in lists.items()}


def _taken(free: dict[AveRow, deque[int]], row: AveRow, path: Path) -> int:
    if not free[row]:
        raise DatasetError(
            f"data: {path} names {row.video} ({row.category}, {row.start} to {row.end} s), which the list of all rows has not"
        )
    return free[row].popleft()


def _order(path: Path, rows: int) -> list[int]:
    order = _dataset(path, "order")
    if order.ndim != 1 or order.dtype.kind not in "iu" or (order.size and not 0 <= order.min() <= order.max() < rows):
        raise DatasetError(
            f"data: {path} must hold numbers of rows from 0 to {rows - 1}. Take it from where the list of rows comes from."
        )
    return [int(number) for number in order]


def _dataset(path: Path, name: str) -> NDArray[np.generic]:
    import h5py

    try:
        with reading(path), h5py.File(path, "r") as file:
            return np.asarray(file[name][()])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(
            f"data: {path} cannot be read as an HDF5 file with '{name}': {error}. Download it again."
        ) from error
