"""A CSV or Parquet table of paths and labels: columns `path` and `labels` (several labels divided by `;`)."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.datasets.errors import DatasetError


def read_table(path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of every row; relative paths start from the table's folder.

    Raises:
        DatasetError: no such table, or a column is missing.
    """
    table = _load(path)
    missing = [name for name in ("path", "labels") if name not in table.column_names]
    if missing:
        raise DatasetError(
            f"data: {path} has no column {' and '.join(map(repr, missing))}. Found: {', '.join(table.column_names)}. "
            "Expected: path,labels with several labels divided by ';'."
        )
    for row in table.select(["path", "labels"]).to_pylist():
        yield path.parent / str(row["path"]), tuple(_names(row["labels"]))


def _names(labels: object) -> list[str]:
    found = labels if isinstance(labels, list) else "" if labels is None else str(labels).split(";")
    return [str(name).strip() for name in found if str(name).strip()]


def _load(path: Path) -> pa.Table:
    from pyarrow import csv, parquet

    if not path.is_file():
        raise DatasetError(f"data: there is no table {path}. Give a .csv or .parquet file with columns path,labels.")
    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path)
        # As text: a class may be named 007.
        as_text = csv.ConvertOptions(column_types={"path": pa.string(), "labels": pa.string()})
        return csv.read_csv(path, convert_options=as_text)
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise DatasetError(f"data: {path} cannot be read as a table: {error}. Expected CSV or Parquet.") from error
