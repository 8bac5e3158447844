"""The CSV lists that data sets come with."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from pipeline.datasets.errors import DatasetError
from pipeline.reading import reading
from pipeline.reading.regular import require_regular

_OWN_DELIMITERS = ",;\t"
_PUBLISHED, _OWN = "Download it again.", "Save it as CSV in UTF-8, divided by commas."


def csv_rows(
    path: Path, columns: Sequence[str], header: bool = True, own: bool = False
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file: the number of the line that a row ends in, from 1, and column -> text.

    Blank lines are no rows, and a text in quotes may have several lines: whoever counts rows does not know lines.

    Args:
        path: of the file.
        columns: that it must have; others are given as well.
        header: whether its first line names the columns; else they are these, in this order.
        own: somebody has written it, no publisher: semicolons or tabs may divide it, as spreadsheets save it, and messages tell
            how to save it.

    Raises:
        DatasetError: the file is no CSV text, lacks a column, or has a row of another length.
    """
    try:
        with reading(path):
            require_regular(path)
        with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
            delimiter = _delimiter(file, columns) if own else ","
            reader = csv.DictReader(file, None if header else columns, restkey="", restval=None, delimiter=delimiter)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                remedy = (
                    f"Begin the table with the line {','.join(columns)}."
                    if own
                    else "Take the file as its publisher gives it, with its first line."
                )
                raise DatasetError(
                    f"data: {path} has no column {', '.join(missing)}. Found: {found}. Expected: {', '.join(columns)}. {remedy}"
                )
            for row in reader:
                if own and not any(text and text.strip() for text in row.values() if isinstance(text, str)):
                    continue  # spreadsheets save empty rows as rows of commas
                if "" in row or None in row.values():
                    remedy = (
                        "Put a text that holds commas into double quotes, and leave no column out."
                        if own
                        else "Download the file again; it may be cut off."
                    )
                    raise DatasetError(
                        f"data: {path}, line {reader.line_num}: {len(reader.fieldnames or ())} columns expected. {remedy}"
                    )
                yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        remedy = _OWN if own else _PUBLISHED
        raise DatasetError(f"data: {path} cannot be read as a CSV list: {error}. {remedy}") from error


def _delimiter(file: TextIO, columns: Sequence[str]) -> str:
    """What divides the first line into the columns; a comma where nothing does."""
    line = file.readline().rstrip("\r\n")
    file.seek(0)
    divided = {each: next(csv.reader([line], delimiter=each), []) for each in _OWN_DELIMITERS}
    return next((each for each, names in divided.items() if set(columns) <= set(names)), ",")


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
