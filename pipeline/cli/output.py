"""How results reach standard output: a table for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print rows as a table; columns that hold only numbers stand right. Cells are text: brackets in them are no markup."""
    from rich.table import Table
    from rich.text import Text

    from pipeline.printable import printable

    rows = [list(map(str, row)) for row in rows]
    table = Table(title=None if title is None else Text(printable(title)), title_justify="left")
    for i, name in enumerate(columns):
        numeric = rows and all(_is_number(row[i]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    print_rich(table)


def print_rich(*renderables: Any) -> None:
    """Print rich renderables; in a pipe they keep a readable width and carry no colour."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=120, no_color=True)
    for renderable in renderables:
        console.print(renderable)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "").replace("%", "").strip(" +-").isdigit() or text in ("", "–")
