"""A number of a table whose lines are methods."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MethodFigure:
    """One number of a table, percent unless its measure names a unit; None where it was not measured.

    Attributes:
        method: its name in the recipe, or `method: who` of what a modality says by itself.
        measure: what is counted, as the table's column has it.
        ours: mean over the seeds of this run.
        paper: of the paper.
    """

    method: str
    measure: str
    ours: float | None
    paper: float | None
