"""The results of a study whose lines are methods as a table, the paper's figures beside ours."""

from collections.abc import Sequence

from rich.table import Table

from pipeline.studies.base import RowResult
from pipeline.studies.method_figure import MethodFigure


def method_study_table(title: str, rows: Sequence[RowResult]) -> Table:
    """A block a recipe, a line a method; of each measure ours, and the paper's in brackets."""
    table = Table(title=title, title_justify="left")
    table.add_column("recipe", overflow="fold")
    table.add_column("method", overflow="fold")
    measures = list(dict.fromkeys(figure.measure for row in rows for figure in row.figures))
    for measure in measures:
        table.add_column(f"{measure} (paper)", justify="right", overflow="fold")
    for row in rows:
        shown = f"{row.name} (not run)" if row.problem else row.name
        for method in dict.fromkeys(figure.method for figure in row.figures):
            known = {figure.measure: figure for figure in row.figures if figure.method == method}
            cells = [_both(known.get(measure)) for measure in measures]
            table.add_row(shown, method, *cells)
            shown = ""
        table.add_section()
    return table


def _both(figure: MethodFigure | None) -> str:
    return "" if figure is None else f"{_number(figure.ours)} ({_number(figure.paper)})"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2g}" if 0 < value < 1 else f"{value:.1f}"  # millions and gigabytes of the miniature are small
