"""Ensembles with an external model whose scores come as a file (TaAM-CPT, section 4.3).

The file is a CSV or Parquet table: a column `path` or `key`, and a column of numbers named for each class.
P_I = P_S + P_T, where P_S are the external model's probabilities and P_T = softmax(cosine / temperature).

Dims: n rows, C classes.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.similarity import Floats, softmax
from pipeline.labels.errors import AmbiguousName
from pipeline.labels.names import Names
from pipeline.reading.strange_tables import NotATable, read_parquet, require_honest_packing

_TOLERANCE = 1e-3  # a table printed with four digits still sums to one within this


@dataclass(frozen=True)
class ExternalScores:
    """Another model's probabilities for our rows and classes.

    Attributes:
        name: the file's stem, which names the model in tables.
        probabilities: (n, C), rows sum to one.
        note: how the numbers of the file were read.
    """

    name: str
    probabilities: NDArray[np.float64]
    note: str


def ensemble_scores(external: Floats, cosines: Floats, temperature: float) -> NDArray[np.float64]:
    """P_S + P_T.

    Args:
        external: (n, C) probabilities of the other model.
        cosines: (n, C) cosines of ours.
        temperature: of our softmax.
    """
    return np.asarray(external, np.float64) + softmax(cosines, temperature)


def read_external_scores(path: Path, rows: Sequence[MediaRow], labels: Sequence[str]) -> ExternalScores:
    """Read the scores of an external model for these rows and classes; further rows of the file are not used.

    Rows are matched by `key` where the file has one, otherwise by `path`: the whole path, relative ones also
    from the file's own folder, or the bare file name where it is unique on both sides.

    Raises:
        EvaluationError: no such table, or rows, classes or numbers are missing, doubled or not numbers.
    """
    table = _named(path, _load(path), labels)
    _check_columns(path, table, labels)
    order = _match(path, table, rows, by_key="key" in set(table.column_names) - set(labels))
    values = np.stack([_numbers(path, table, label) for label in labels], axis=1)[order]
    if not np.isfinite(values).all():
        row = rows[int(np.flatnonzero(~np.isfinite(values).all(axis=1))[0])]
        raise EvaluationError(
            f"ensemble: {path} has an empty or infinite score for {row.path}. Expected finite numbers."
        )
    sums = values.sum(axis=1)
    if (values >= 0).all() and (np.abs(sums - 1) <= _TOLERANCE).all():
        return ExternalScores(path.stem, values / sums[:, None], "rows sum to one: read as probabilities")
    return ExternalScores(path.stem, softmax(values), "rows do not sum to one: read as logits, softmax taken")


def _load(path: Path) -> pa.Table:
    from pyarrow import csv

    if not path.is_file():
        raise EvaluationError(
            f"ensemble: there is no table {path}. Give a .csv or .parquet file with a column 'path' and one per class."
        )
    try:
        if path.suffix.lower() == ".parquet":
            return read_parquet(path)
        require_honest_packing(path)
        return csv.read_csv(path)
    except (pa.ArrowException, NotATable, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"ensemble: {path} cannot be read as a table: {error}. Expected CSV or Parquet."
        ) from error


def _named(path: Path, table: pa.Table, labels: Sequence[str]) -> pa.Table:
    """The table with its classes' columns called as the run calls the classes."""
    names = Names(labels)
    try:
        called = [name if name in ("path", "key") else names.find(name) or name for name in table.column_names]
    except AmbiguousName as error:
        raise EvaluationError(f"ensemble: {path}: the column {error}") from error
    return table.rename_columns(called)


def _check_columns(path: Path, table: pa.Table, labels: Sequence[str]) -> None:
    found = table.column_names
    problems = []
    doubled = [name for name, count in Counter(found).items() if count > 1]
    if doubled:
        problems.append(f"{_some(doubled)} more than once")
    if not {"path", "key"} & set(found):
        problems.append("neither column 'path' nor 'key'")
    missing = [label for label in labels if label not in found]
    if missing:
        problems.append(f"no column for {len(missing)} of {len(labels)} classes: {_some(missing)}")
    stray = [name for name in found if name not in {"path", "key", *labels}]
    if stray:  # another class's column would make the rows look like logits
        problems.append(f"{len(stray)} columns that are no class: {_some(stray)}")
    if problems:
        raise EvaluationError(
            f"ensemble: {path} has {'; '.join(problems)}. "
            f"Expected: path (or key) and one column for each of the {len(labels)} classes ({_some(labels)})."
        )


def _match(path: Path, table: pa.Table, rows: Sequence[MediaRow], by_key: bool) -> list[int]:
    lookups, wanted = (_by_key if by_key else _by_path)(path, table, rows)
    hits = [
        next((lookup[name] for lookup, name in zip(lookups, names, strict=True) if name in lookup), None)
        for names in wanted
    ]
    missing = [row.path for row, hit in zip(rows, hits, strict=True) if hit is None]
    if missing:
        raise EvaluationError(
            f"ensemble: {path} has no scores for {len(missing)} of {len(rows)} files: {_some(missing)}. "
            f"Found: {table.num_rows} rows, matched by {'key' if by_key else 'path, or file name where unique'}."
        )
    return [hit for hit in hits if hit is not None]


_Lookups = tuple[list[dict[str, int]], list[tuple[str, ...]]]  # ways to find a row, and each row's name for each way


def _by_key(path: Path, table: pa.Table, rows: Sequence[MediaRow]) -> _Lookups:
    return [_positions(path, [str(key) for key in table["key"].to_pylist()])], [(row.key,) for row in rows]


def _by_path(path: Path, table: pa.Table, rows: Sequence[MediaRow]) -> _Lookups:
    theirs = [Path(str(name)) for name in table["path"].to_pylist()]
    ours = [Path(row.path) for row in rows]
    lookups = [
        _positions(path, [_whole(name, path.parent) for name in theirs]),
        {_whole(name, Path()): i for i, name in enumerate(theirs)},
        _unique([name.name for name in theirs], [name.name for name in set(ours)]),
    ]
    return lookups, [(_whole(name, Path()), _whole(name, Path()), name.name) for name in ours]


def _whole(path: Path, base: Path) -> str:
    return str((base / path).resolve())


def _unique(theirs: list[str], ours: list[str]) -> dict[str, int]:
    count_theirs, count_ours = Counter(theirs), Counter(ours)
    return {name: i for i, name in enumerate(theirs) if count_theirs[name] == count_ours[name] == 1}


def _positions(path: Path, names: list[str]) -> dict[str, int]:
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        raise EvaluationError(
            f"ensemble: {path} has {len(doubled)} files in more than one row: {_some(doubled)}. "
            "Expected one row a file."
        )
    return {name: i for i, name in enumerate(names)}


def _numbers(path: Path, table: pa.Table, label: str) -> NDArray[np.float64]:
    try:
        return np.asarray(table[label].cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except pa.ArrowInvalid as error:
        raise EvaluationError(f"ensemble: column '{label}' of {path} does not hold numbers: {error}.") from error


def _some(names: Sequence[str], limit: int = 3) -> str:
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "")
