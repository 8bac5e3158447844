"""Tables with a column of sentences and one of labels: CSV and Parquet."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.reading.strange_tables import read_parquet as read_strange
from pipeline.text.errors import TextError
from pipeline.text.files.record import LABEL_NAMES, TEXT_NAMES, BadRecord, Record, of_row

__all__ = ["read_csv", "read_parquet"]


def read_csv(path: Path) -> Iterator[Record | BadRecord]:
    """Read the rows of a CSV file with a head line.

    Raises:
        TextError: A column is missing, or the file is no CSV in UTF-8.
    """
    content = path.read_bytes()
    try:
        # Told as a whole: a broken byte inside quotation marks says nothing about where its row ends.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TextError(f"texts: line {line} of {path} is not UTF-8. Save the table as UTF-8") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    head = [name.strip() for name in next(_until_broken(path, rows), [])]
    _check_columns(path, head)
    start = rows.line_num + 1
    for row in _until_broken(path, rows):
        line, start = start, rows.line_num + 1
        if not any(row):
            continue
        if len(row) != len(head):
            yield BadRecord(line, ",".join(row), f"{len(row)} fields instead of {len(head)}")
        else:
            yield of_row(line, dict(zip(head, row, strict=True)), ",".join(row), divider=";")


def _until_broken(path: Path, rows: Any) -> Iterator[list[str]]:
    try:
        yield from rows
    except csv.Error as error:
        raise TextError(
            f"texts: {path} is no CSV from line {rows.line_num} on: {error}. Look above it for a quotation mark without "
            "its second one"
        ) from error


def read_parquet(path: Path) -> Iterator[Record | BadRecord]:
    """Read the rows of a Parquet file.

    Raises:
        TextError: A column is missing, or the file is no Parquet.
    """
    import pyarrow as pa

    try:
        table = read_strange(path, (*TEXT_NAMES, *LABEL_NAMES))
        _check_columns(path, table.column_names)
        rows = table.to_pylist()
    except (pa.ArrowException, ValueError, OverflowError) as error:  # dates before Christ, and their like
        raise TextError(f"texts: {path} is no Parquet file of texts: {error}") from error
    for line, row in enumerate(rows, 1):
        yield of_row(line, row, str(row), divider=";")


def _check_columns(path: Path, found: list[str]) -> None:
    if not set(TEXT_NAMES) & set(found) or not set(LABEL_NAMES) & set(found):
        raise TextError(
            f"texts: {path} has the columns {', '.join(found) or '(none)'}; a column 'text' (or 'caption', 'sentence') and "
            "a column 'labels' (or 'label') are needed"
        )
