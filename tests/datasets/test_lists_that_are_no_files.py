"""Lists of published data that are pipes, devices or folders: told at once, not waited for and not read for ever."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.datasets import read_rows
from pipeline.datasets.csv_rows import csv_rows, text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.few_shot.split_files import load_lists
from pipeline.recipe.data import CocoData


def coco(path: Path) -> object:
    return read_rows(CocoData(layout="coco", root=path.parent, annotations=path), "image", ["cat"], path.parent)


READ: dict[str, Callable[[Path], object]] = {
    "coco": coco,
    "rows": lambda path: list(csv_rows(path, ["a"])),
    "lines": text_lines,
    "split": lambda path: load_lists(path, ["train"]),
}
THINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (os.mkfifo, "not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "a folder": (Path.mkdir, "a folder, not a file"),
    "a circle": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("list_", READ)
def test_it_is_told_at_once(tmp_path: Path, list_: str, kind: str) -> None:
    make, told = THINGS[kind]
    make(tmp_path / "list")
    start = time.monotonic()
    with pytest.raises(DatasetError) as caught:
        READ[list_](tmp_path / "list")
    assert told in str(caught.value) and str(tmp_path / "list") in str(caught.value)
    assert time.monotonic() - start < 10
