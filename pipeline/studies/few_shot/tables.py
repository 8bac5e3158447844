"""A few-shot study's results as the papers print them, theirs beside or below ours; values for JSON are those of every study."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.table import Table

from pipeline.datasets.few_shot import FEW_SHOT
from pipeline.studies.base import RowResult
from pipeline.studies.few_shot.schema import AVERAGE, HALVED

_SHORT = {
    "caltech101": "Caltech",
    "oxford-flowers": "Flowers",
    "oxford-pets": "O-Pets",
    "stanford-cars": "S-Cars",
    "fgvc-aircraft": "Aircraft",
    "ucf101-midframes": "UCF101",
}
"""Twelve columns stand side by side."""


def few_shot_study_table(title: str, rows: Sequence[RowResult]) -> Table:
    """Base, novel and H: a block a data set, a line a method. Accuracies: a line a method, a column a data set."""
    halved = any(figure.measure in HALVED for row in rows for figure in row.figures)
    return _blocks(title, rows) if halved else _lines(title, rows)


def _blocks(title: str, rows: Sequence[RowResult]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("data set", overflow="fold")
    table.add_column("method")
    for measure in HALVED:
        table.add_column(measure, justify="right")
        table.add_column("paper", justify="right")
    for row in rows:
        shown = _title(row)
        for method in dict.fromkeys(figure.method for figure in row.figures):
            numbers = [_number(x) for f in row.figures if f.method == method for x in (f.ours, f.paper)]
            table.add_row(shown, method, *numbers)
            shown = ""
        if not row.figures:
            table.add_row(shown, *("–" for _ in range(1 + 2 * len(HALVED))))
        table.add_section()
    return table


def _lines(title: str, rows: Sequence[RowResult]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("method", no_wrap=True)
    for row in rows:
        table.add_column(_SHORT.get(row.name, _title(row)), justify="right", overflow="fold")
    for method in dict.fromkeys(figure.method for row in rows for figure in row.figures):
        found = [next((f for f in row.figures if f.method == method), None) for row in rows]
        table.add_row(method, *(_number(figure.ours if figure else None) for figure in found))
        table.add_row("  paper", *(_number(figure.paper if figure else None) for figure in found))
    return table


def _title(row: RowResult) -> str:
    name = AVERAGE if row.name == AVERAGE else FEW_SHOT[row.name].title
    return f"{name} (not run)" if row.problem else name


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
