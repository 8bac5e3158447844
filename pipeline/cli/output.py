"""How results reach standard output: a table for people, JSON for programs."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from stores.text import as_json_text


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(as_json_text(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def say(*lines: object) -> None:
    """Print lines of text; names of folders, files and classes in them are shown, and steer no terminal."""
    from pipeline.printable import printable

    print(*(printable(str(line)) for line in lines), sep="\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print rows as a table, see `text_table`; many rows line by line, see `long_table`."""
    from pipeline.printable import LONG, long_table, printable, text_table

    rows = [list(map(str, row)) for row in rows]
    if len(rows) <= LONG:
        print_rich(text_table(columns, rows, title))
        return
    print(*filter(None, [title and printable(title)]), *long_table(columns, rows), sep="\n")


def print_rich(*renderables: Any) -> None:
    """Print rich renderables; in a pipe they keep a readable width and carry no colour."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=120, no_color=True)
    for renderable in renderables:
        console.print(renderable)


def size_text(count: float) -> str:
    """`0 B`, `12.3 kB`, `1.0 GB`: thousands, one digit after the point."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def time_text(seconds: float) -> str:
    """`40 s`, `12 min`, `3.4 h`."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"
