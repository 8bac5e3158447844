"""A number of a table of clips by any names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class VideoFigure:
    """One number of a table, percent; None where it was not measured.

    Attributes:
        method: its name in the recipe, or `method: who` of what a modality says by itself.
        measure: base, novel or H, or another data set.
        ours: mean over the seeds of this run.
        paper: of the paper.
    """

    method: str
    measure: str
    ours: float | None
    paper: float | None
