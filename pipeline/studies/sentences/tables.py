"""The results of a study whose recipes learn from sentences, as a table for people."""

from collections.abc import Iterable

from rich.table import Table

from pipeline.studies.base import RowResult, difference
from pipeline.studies.sentences.figures import Figure

_COLUMNS = ("ours", "paper", "difference", "zero-shot", "paper's zero-shot")


def study_table(title: str, rows: Iterable[RowResult], compared: bool = True) -> Table:
    """Ours beside the paper's, percent; the difference only where the two may be compared."""
    table = Table(title=title, title_justify="left")
    table.add_column("row", overflow="fold")
    table.add_column("metric")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        for number, figure in enumerate(row.figures):
            table.add_row("" if number else row.name, _measure(figure), *_cells(figure, compared))
        if not row.figures:
            table.add_row(row.name, "not run", *("–" for _ in _COLUMNS))
        table.add_section()
    return table


def _measure(figure: Figure) -> str:
    part = f", {figure.part} classes" if figure.part else ""
    among = f" among {figure.among}" if figure.among else ""
    return f"{figure.modality} {figure.metric}{part}{among}"


def _cells(figure: Figure, compared: bool) -> tuple[str, ...]:
    gained = difference(figure) if compared else None
    shown = "–" if gained is None else f"{gained:+.1f}"
    return (
        _number(figure.ours), _number(figure.paper), shown, _number(figure.zero_shot), _number(figure.paper_zero_shot)
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
