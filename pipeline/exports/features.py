"""A run's cached features as plain files: an array a table of rows, for whoever goes on without this package.

Dims: n rows of an input.
"""

import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.caching.needs import Input
from pipeline.exports.errors import ExportError
from pipeline.exports.written import export_folder
from pipeline.runs.bound import Bound
from pipeline.tasks.base import Task
from stores import Artifact, text_key

FILES = ("npy", "parquet", "safetensors")
_ROWS = 4096
"""Rows that are held at once, of .npy and Parquet."""


@dataclass(frozen=True)
class Written:
    """The files of one input.

    Attributes:
        name: of the input, as plans call it.
        rows: that were written.
        lacking: rows without features: files that could not be read.
        paths: the arrays' files, then the table of rows.
    """

    name: str
    rows: int
    lacking: int
    paths: tuple[Path, ...]


def export_features(task: Task[Any], bound: Bound[Any], form: str, folder: Path, only: str | None) -> list[Written]:
    """Write what every encoder of a run made, each input by itself.

    Beside the arrays lies `NAME.csv`: row by row what it is of, its key, and its labels.

    Args:
        task: of the run.
        bound: the run's recipe, bound to where it ran.
        form: one of `FILES`.
        folder: where the files go; what is of the same name is replaced.
        only: the one input that is written, by its name.

    Raises:
        ExportError: there is no such form or input, or something is not encoded yet.
    """
    if form not in FILES:
        raise ExportError(f"export: --form is '{form}'. Take one of {', '.join(FILES)}")
    inputs = [each for each in task.inputs(bound) if each.need.card is not None or each.need.source is not None]
    names = [each.name for each in inputs]
    if only is not None and only not in names:
        raise ExportError(f"export: --input is '{only}'. This run has {', '.join(repr(name) for name in names)}")
    export_folder(folder)
    return [_write(bound, each, form, folder) for each in inputs if only in (None, each.name)]


def _write(bound: Bound[Any], wanted: Input, form: str, folder: Path) -> Written:
    artifact = bound.store.artifact(wanted.need.spec(bound.recipe.cache))
    told = _rows_of(wanted)
    if missing := artifact.missing(list(told)):
        raise ExportError(
            f"export: {len(missing):,} of {len(told):,} rows of '{wanted.name}' have no features yet. Encode them first: "
            "mmpt-pipeline cache-features RECIPE"
        )
    rejected = {row.key for row in artifact.rejected()}
    keys = [key for key in told if key not in rejected]
    stem = folder / re.sub(r"[^A-Za-z0-9.-]+", "-", wanted.name).strip("-")
    paths = _WRITERS[form](artifact, keys, stem, _facts(artifact, wanted))
    table = stem.with_name(f"{stem.name}.csv")
    _replaced(table, lambda path: _write_rows(path, told, keys))
    return Written(wanted.name, len(keys), len(told) - len(keys), (*paths, table))


def _rows_of(wanted: Input) -> dict[str, tuple[str, Sequence[str]]]:
    """Key -> the file or the text, and its labels; each once."""
    found: dict[str, tuple[str, Sequence[str]]] = {}
    for row in (*wanted.rows, *wanted.labelled):
        found.setdefault(row.key, (row.path, row.labels))
    for text in wanted.texts:
        found.setdefault(text_key(text), (text, ()))
    return found


def _facts(artifact: Artifact, wanted: Input) -> dict[str, str]:
    """What the arrays are of; it travels in Parquet's and safetensors' metadata."""
    card = wanted.need.card
    return {
        "input": wanted.name, "encoder": card.name if card is not None else "", "cut": wanted.need.cut if card else "",
        "artifact": artifact.spec.fingerprint,
    }  # fmt: skip


def _blocks(artifact: Artifact, keys: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for start in range(0, len(keys), _ROWS):
        yield start, artifact.arrays(keys[start : start + _ROWS])


def _write_npy(artifact: Artifact, keys: Sequence[str], stem: Path, facts: dict[str, str]) -> list[Path]:
    paths = []
    for name, first in artifact.arrays(keys[:1]).items():
        path = stem.with_name(f"{stem.name}.{name}.npy")

        def write(temporary: Path, name: str = name, first: Any = first) -> None:
            shape = (len(keys), *first.shape[1:])
            out = np.lib.format.open_memmap(temporary, mode="w+", dtype=first.dtype, shape=shape)
            for start in range(0, len(keys), _ROWS):
                out[start : start + _ROWS] = artifact.arrays(keys[start : start + _ROWS], [name])[name]
            out.flush()

        _replaced(path, write)
        paths.append(path)
    return paths


def _write_parquet(artifact: Artifact, keys: Sequence[str], stem: Path, facts: dict[str, str]) -> list[Path]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def table(start: int, arrays: dict[str, Any]) -> Any:
        columns = {"key": pa.array(list(keys[start : start + _ROWS]))}
        for name, values in arrays.items():
            width = int(np.prod(values.shape[1:], dtype=np.int64))
            flat = pa.array(np.ascontiguousarray(values).reshape(-1))
            columns[name] = pa.FixedSizeListArray.from_arrays(flat, width)
        shapes = {f"shape of {name}": json.dumps(values.shape[1:]) for name, values in arrays.items()}
        return pa.table(columns).replace_schema_metadata({**facts, **shapes})

    def write(temporary: Path) -> None:
        writer = None
        try:
            for start, arrays in _blocks(artifact, keys) if keys else [(0, artifact.arrays([]))]:
                made = table(start, arrays)
                writer = writer or pq.ParquetWriter(temporary, made.schema)
                writer.write_table(made)
        finally:
            if writer is not None:
                writer.close()

    path = stem.with_name(f"{stem.name}.parquet")
    _replaced(path, write)
    return [path]


def _write_safetensors(artifact: Artifact, keys: Sequence[str], stem: Path, facts: dict[str, str]) -> list[Path]:
    from safetensors.numpy import save_file

    path = stem.with_name(f"{stem.name}.safetensors")
    arrays = {name: np.ascontiguousarray(values) for name, values in artifact.arrays(keys).items()}
    _replaced(path, lambda temporary: save_file(arrays, temporary, metadata=facts))
    return [path]


_WRITERS: dict[str, Callable[[Artifact, Sequence[str], Path, dict[str, str]], list[Path]]] = {
    "npy": _write_npy, "parquet": _write_parquet, "safetensors": _write_safetensors,
}  # fmt: skip


def _write_rows(path: Path, told: dict[str, tuple[str, Sequence[str]]], keys: Sequence[str]) -> None:
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        table = csv.writer(file)
        table.writerow(["row", "of", "labels", "key"])
        table.writerows([i, told[key][0], "|".join(told[key][1]), key] for i, key in enumerate(keys))


def _replaced(path: Path, write: Callable[[Path], Any]) -> None:
    """The file appears whole: it is written under another name first."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        write(temporary)
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ExportError(
            f"export: {path} cannot be written ({error.strerror or error}). Give another folder: --out FOLDER"
        ) from error
