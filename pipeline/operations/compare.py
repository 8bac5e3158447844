"""Two finished runs beside each other, on the examples that both have judged."""

import math
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation.beside import Beside, side_by_side
from pipeline.operations.of_run import open_run
from stores.address import Location


@dataclass(frozen=True)
class Compared:
    """Two runs.

    Attributes:
        names: of their recipes.
        exams: that both have judged.
    """

    names: tuple[str, str]
    exams: tuple[Beside, ...]

    def values(self) -> dict[str, Any]:
        """For JSON: fractions, null where no example is shared."""
        return {"runs": list(self.names), "exams": [_values(each) for each in self.exams]}


def compare(first: str, second: str, workspace: Location) -> Compared:
    """What the second run has more than the first.

    Args:
        first: a recipe's name, or its run's folder.
        second: the same.
        workspace: where they ran, if they are named.

    Raises:
        RunError: there is no such run, or it is not trained.
        MmptError: one of them is not judged, or they share nothing.
    """
    (one, mine), (other, theirs) = (open_run(run, workspace) for run in (first, second))
    names = (mine.recipe.name, theirs.recipe.name)
    return Compared(names, tuple(side_by_side(one.answered(mine), other.answered(theirs))))


def _values(found: Beside) -> dict[str, Any]:
    told = {**vars(found), "verdict": found.verdict, "figures": [_number(each) for each in found.figures]}
    return told | {name: _number(told[name]) for name in ("difference", "low", "high")}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
