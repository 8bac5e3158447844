"""The CSV lists that data sets come with."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.reading import reading
from pipeline.reading.regular import require_regular


def csv_rows(path: Path, columns: Sequence[str], header: bool = True) -> Iterator[dict[str, str]]:
    """The rows of a CSV file as column -> text.

    Args:
        path: of the file.
        columns: that it must have; others are given as well.
        header: whether its first line names the columns; else they are these, in this order.

    Raises:
        DatasetError: the file is no CSV text, lacks a column, or has a row of another length.
    """
    try:
        with reading(path):
            require_regular(path)
        with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, None if header else columns, restkey="", restval=None)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                raise DatasetError(
                    f"data: {path} has no column {', '.join(missing)}. Found: {found}. Expected: {', '.join(columns)}. "
                    "Take the file as its publisher gives it, with its first line."
                )
            for row in reader:
                if "" in row or None in row.values():
                    raise DatasetError(
                        f"data: {path}, line {reader.line_num}: {len(reader.fieldnames or ())} columns expected. "
                        "Download the file again; it may be cut off."
                    )
                yield row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"data: {path} cannot be read as a CSV list: {error}. Download it again.") from error


def text_lines(path: Path) -> list[str]:
    """The lines of a text list without their ends; blank lines are dropped.

    Raises:
        DatasetError: the file is no text.
    """
    try:
        with reading(path):
            require_regular(path)
            lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"data: {path} cannot be read as a list: {error}. Download it again.") from error
    return [text for line in lines if (text := line.strip())]
