"""A CSV or Parquet table of paths or texts and their labels: columns `path` or `text`, and `labels`.

Several labels of one row are divided by `;`, or are a list where the table is Parquet.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.listed_paths import listed_path
from pipeline.reading import reading
from pipeline.reading.strange_tables import NotATable, read_parquet, require_honest_packing


def read_table(path: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of every row; relative paths start from the table's folder.

    Raises:
        DatasetError: no such table, or a column is missing.
    """
    for value, labels in read_labelled(path, "path"):
        yield listed_path(path.parent, value), labels


def read_labelled(path: Path, column: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(value, labels) of every row; `column` is the one that holds the values, "path" or "text".

    Raises:
        DatasetError: no such table, or a column is missing.
    """
    table = _load(path, column)
    if column == "text" and column in table.column_names and "labels" not in table.column_names:
        table = table.append_column(
            "labels", pa.array([""] * len(table), pa.string())
        )  # texts that nobody has labelled
    missing = [name for name in (column, "labels") if name not in table.column_names]
    if missing:
        raise DatasetError(
            f"data: {path} has no column {' and '.join(map(repr, missing))}. Found: {', '.join(table.column_names)}. "
            f"Expected: {column},labels with several labels divided by ';'."
        )
    twice = [name for name in (column, "labels") if table.column_names.count(name) > 1]
    if twice:
        raise DatasetError(
            f"data: {path} has the column {' and '.join(map(repr, twice))} more than once, so nobody knows which one counts. "
            "Call the others otherwise."
        )
    try:
        rows = table.select([column, "labels"]).to_pylist()
    except UnicodeDecodeError as error:  # Parquet's writers do not look
        raise DatasetError(f"data: {path} holds text that is not UTF-8: {error}. Write it again.") from error
    except (pa.ArrowException, ValueError, OverflowError) as error:  # dates before Christ, and their like
        raise DatasetError(f"data: {path} cannot be read as a table: {error}. Write its columns as text.") from error
    for row in rows:
        try:
            yield _text(row[column]), tuple(_names(row["labels"]))
        except UnicodeDecodeError as error:
            raise DatasetError(f"data: {path} holds text that is not UTF-8: {error}. Write it again.") from error


def _names(labels: object) -> list[str]:
    found = labels if isinstance(labels, list) else _text(labels).split(";")
    return [name for name in (_text(each).strip() for each in found) if name]


def _text(value: object) -> str:
    """A value of a table as text; nothing is no text, and some writers store text as bytes."""
    return "" if value is None else value.decode("utf-8") if isinstance(value, bytes) else str(value)


def _load(path: Path, column: str) -> pa.Table:
    from pyarrow import csv

    if not path.is_file():
        raise DatasetError(
            f"data: there is no table {path}. Give a .csv or .parquet file with columns {column},labels."
        )
    # As text: a class may be named 007. A quoted text may have several lines.
    as_text = csv.ConvertOptions(column_types={column: pa.string(), "labels": pa.string()}, strings_can_be_null=False)
    try:
        with reading(path):
            if path.suffix.lower() == ".parquet":
                return read_parquet(path)
            require_honest_packing(path)
            return csv.read_csv(path, parse_options=csv.ParseOptions(newlines_in_values=True), convert_options=as_text)
    except (pa.ArrowException, NotATable, UnicodeDecodeError) as error:
        raise DatasetError(f"data: {path} cannot be read as a table: {error}. Expected CSV or Parquet.") from error
