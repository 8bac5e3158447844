"""Other people's text on a terminal: it is shown, and moves no cursor, sets no title, hides no line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from stores.text import as_text

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

LONG = 500
"""Rows above which a table is written line by line: laying each cell out for the terminal takes a millisecond a row."""

# Control characters but tab and line feed, and those that turn the direction of what follows.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069]")

_LONGEST_CELL = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    """The text with everything that steers a terminal replaced by a mark, and bytes that are no letters written out."""
    return _UNPRINTABLE.sub("�", as_text(text))


def cut(text: str, most: int) -> str:
    """The text, or its beginning and what was left out: nobody reads a line of a million letters."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def no_formula(cell: str) -> str:
    """A cell that a spreadsheet takes for text: it runs what begins as a formula does, so that gets an apostrophe before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def text_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> "Table":
    """Rows as a table for a terminal; columns of numbers stand right. Cells are text: brackets in them are no markup."""
    from rich.table import Table
    from rich.text import Text

    rows = [list(map(str, row)) for row in rows]
    table = Table(title=None if title is None else Text(printable(title)), title_justify="left")
    for i, name in enumerate(columns):
        numeric = rows and all(_is_number(row[i]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cut(cell, _LONGEST_CELL))) for cell in row))
    return table


def text_line(line: str) -> "Text":
    """A line for a terminal; brackets in it are no markup."""
    from rich.text import Text

    return Text(printable(line))


def long_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> Iterator[str]:
    """The lines of a table of many rows: one a row, nothing folded, so it can be searched and counted.

    Args:
        columns: heads.
        rows: cells as text; those of several lines are written in one.
        numbers: whether columns of numbers stand right.
    """
    from rich.cells import cell_len

    cells = [[printable(cut(cell, _LONGEST_CELL)).replace("\n", ", ") for cell in row] for row in rows]
    widths = [max(cell_len(row[i]) for row in (columns, *cells)) for i in range(len(columns))]
    right = [numbers and all(_is_number(row[i]) for row in cells) for i in range(len(columns))]
    for line in (columns, ["─" * width for width in widths], *cells):
        blanks = [" " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)]
        told = (gap + cell if side else cell + gap for cell, gap, side in zip(line, blanks, right, strict=True))
        yield "  ".join(told).rstrip()


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").strip(" +-").isdigit() or text in ("", "–", "n/a")
