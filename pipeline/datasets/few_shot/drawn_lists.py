"""The list of the shots that were drawn, as plain JSON: published beside a result, it can be drawn from again without the seed.

{"data_set": …, "shots": …, "seed": …, "classes": [name, …], "train": [[path, label, name], …], "val": as train, or null}.
Paths start from the folder of the data set's images, so the file is the same on every machine.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.drawing import Shots
from pipeline.datasets.few_shot.rows import Row, Split
from pipeline.datasets.few_shot.split_files import load_lists, rows_of
from pipeline.labels.names import composed
from stores.commit import replace_bytes
from stores.text import as_json_text

_KEYS = ("data_set", "shots", "seed", "classes", "train", "val")


def write_shots(file: Path, shots: Shots) -> None:
    """Write the list; equal draws are equal bytes, one image a line."""
    parts = {
        "data_set": json.dumps(shots.data_set),
        "shots": json.dumps(shots.shots),
        "seed": json.dumps(shots.seed),
        "classes": _lines(shots.train.classes),
        "train": _lines(shots.train.rows),
        "val": "null" if shots.val is None else _lines(shots.val.rows),
    }
    text = ",\n".join(f'"{key}": {value}' for key, value in parts.items())
    replace_bytes(file, f"{{\n{text}\n}}\n".encode())


def read_shots(file: Path, data_set: str, root: Path) -> Shots:
    """Read a list back.

    Args:
        file: as `write_shots` has written it.
        data_set: the one it has to be of.
        root: the folder that its paths start from (`Split.root` of the data set).

    Raises:
        DatasetError: the file is no such list, is of another data set, or names files outside `root`.
    """
    content = load_lists(file, _KEYS)
    if content["data_set"] != data_set:
        raise DatasetError(
            f"data: {file} lists shots of '{content['data_set']}', not of '{data_set}'. Give the list of this one."
        )
    classes, numbers = content["classes"], (content["shots"], content["seed"])
    named = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    if not named or any(type(number) is not int for number in numbers):
        raise DatasetError(f"data: {file}: 'classes' are names, 'shots' and 'seed' whole numbers. Draw the list again.")
    classes = list(map(composed, classes))
    parts = {
        key: None if key == "val" and content[key] is None else _split(content[key], root, classes, f"{file}, {key}")
        for key in ("train", "val")
    }
    train = parts["train"]
    assert train is not None, "only val may be null"
    return Shots(data_set, *numbers, train, parts["val"])


def _split(entries: Any, root: Path, classes: list[str], where: str) -> Split:
    rows = tuple(rows_of(entries, root, where))
    for number, row in enumerate(rows, start=1):
        if row.label >= len(classes) or classes[row.label] != row.name:
            raise DatasetError(f"data: {where}, entry {number}: label {row.label} is not '{row.name}' in 'classes'.")
    return Split(root, tuple(classes), rows)


def _lines(values: Sequence[str | Row]) -> str:
    return "[\n" + ",\n".join(as_json_text(json.dumps(value, ensure_ascii=False)) for value in values) + "\n]"
