"""A study's results: a table for people, plain values for programs."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from pipeline.studies.figures import Figure
from pipeline.studies.run import RowResult

if TYPE_CHECKING:
    from pipeline.studies.few_shot.run import FewShotFigure, FewShotRow

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


def study_values(
    name: str, title: str, rows: "Sequence[RowResult] | Sequence[FewShotRow]", compared: bool = True
) -> dict[str, Any]:
    """The same as values for JSON, of any study; the difference only where the two may be compared."""
    return {
        "study": name,
        "title": title,
        "rows": [
            {
                "name": row.name,
                "problem": row.problem or None,
                "figures": [
                    {**vars(figure), "difference": _difference(figure) if compared else None} for figure in row.figures
                ],
            }
            for row in rows
        ],
    }


def _measure(figure: Figure) -> str:
    part = f", {figure.part} classes" if figure.part else ""
    among = f" among {figure.among}" if figure.among else ""
    return f"{figure.modality} {figure.metric}{part}{among}"


def _cells(figure: Figure, compared: bool) -> tuple[str, ...]:
    difference = _difference(figure) if compared else None
    shown = "–" if difference is None else f"{difference:+.1f}"
    return (
        _number(figure.ours), _number(figure.paper), shown, _number(figure.zero_shot), _number(figure.paper_zero_shot)
    )  # fmt: skip


def _difference(figure: "Figure | FewShotFigure") -> float | None:
    return None if figure.ours is None or figure.paper is None else figure.ours - figure.paper


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
