"""The published splits `split_zhou_NAME.json`: {"train" | "val" | "test": [[path, label, class name], …]}.

The authors of CoOp made them, in part by chance, and every later paper takes them. Another draw would hold other images, so none
is made where the file is absent.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.few_shot_set import FewShotSet
from pipeline.datasets.few_shot.rows import Row, Split, spoken
from pipeline.datasets.inside import require_inside
from pipeline.labels.names import visible
from pipeline.reading import reading
from pipeline.reading.regular import require_regular

PARTS = ("train", "val", "test")


def read_split_file(one: FewShotSet, home: Path, split: str) -> Split:
    """The images of a split, in the order of the file; its classes are those of all three splits.

    Raises:
        DatasetError: the file is absent, or is not a split file.
    """
    file, root = home / one.split_file, home / one.base
    if not file.is_file():
        raise DatasetError(
            f"data: {home} lacks {one.split_file}, the published split of {one.title} into train, val and test. A fresh random "
            "split would hold other images, and its results would not be comparable, so none is made. Download the file as "
            f"CoOp's DATASETS.md (github.com/KaiyangZhou/CoOp) says under '{one.title}', and put it at {file}"
        )
    content = load_lists(file, PARTS)
    rows = {part: list(rows_of(content[part], root, f"{file}, {part}")) for part in PARTS}
    return Split(root, class_names([row for part in PARTS for row in rows[part]], file), tuple(rows[split]))


def load_lists(file: Path, keys: Sequence[str]) -> dict[str, Any]:
    """The JSON object of a file.

    Raises:
        DatasetError: the file is no JSON object, or lacks one of the keys.
    """
    try:
        with reading(file):
            require_regular(file)
            text = file.read_text("utf-8-sig")
        content = json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"data: {file} cannot be read as JSON: {error}. Download it again.") from error
    found = list(content) if isinstance(content, dict) else [type(content).__name__]
    if not isinstance(content, dict) or any(key not in content for key in keys):
        raise DatasetError(f"data: {file} holds {', '.join(found[:8]) or 'nothing'}. Expected: {', '.join(keys)}.")
    return content


def rows_of(entries: Any, root: Path, where: str) -> Iterator[Row]:
    """The rows of a list of [path, label, class name].

    Raises:
        DatasetError: an entry is none of these, or its path leaves the root; it names the entry, counted from 1.
    """
    if not isinstance(entries, list):
        raise DatasetError(f"data: {where}: a list of [path, label, class name] expected, found {entries!r:.80}.")
    for number, entry in enumerate(entries, start=1):
        match entry:
            case [str(path), int(label), str(name)] if label >= 0 and not isinstance(label, bool) and _is_name(name):
                found = require_inside(root, path, f"{where}, entry {number}")
                yield Row(found.relative_to(root).as_posix() if "\\" in path else path, label, spoken(name))
            case _:
                raise DatasetError(
                    f"data: {where}, entry {number}: [path, label, class name] expected, found {entry!r:.80}."
                )


def _is_name(name: str) -> bool:
    """Whether somebody can read it: no blanks only, no letters that nobody sees only, no half letters."""
    return bool(visible(spoken(name)).strip()) and not any("\ud800" <= sign <= "\udfff" for sign in name)


def class_names(rows: Sequence[Row], file: Path) -> tuple[str, ...]:
    """The class names by label.

    Raises:
        DatasetError: a label has two names, a number between 0 and the highest has none, or there is no row.
    """
    names: dict[int, str] = {}
    if not rows:
        raise DatasetError(f"data: {file} names no image. Download it again.")
    for row in rows:
        if names.setdefault(row.label, row.name) != row.name:
            raise DatasetError(f"data: {file} calls label {row.label} both '{names[row.label]}' and '{row.name}'.")
    if sorted(names) != list(range(len(names))):
        raise DatasetError(
            f"data: {file} has {len(names)} labels from {min(names)} to {max(names)}. Expected: 0 to {len(names) - 1}, none "
            "left out. Download it again."
        )
    return tuple(names[label] for label in range(len(names)))
