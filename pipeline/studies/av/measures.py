"""What a finished run of clips with two frozen towers says of a measure of the paper's tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.studies.av.schema import Measure
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.result import AvResult

SCORES: Mapping[Measure, str] = {
    "seconds right": "accuracy",
    "mIoU": "miou",
    "AQ": "Audio",
    "VQ": "Visual",
    "AVQ": "Audio-Visual",
    "Avg": "all questions",
}
"""Measure -> the figure of a result, a share."""


@dataclass(frozen=True)
class Measured:
    """A run that is finished.

    Attributes:
        bound: its recipe.
        result: what came of it.
    """

    bound: BoundAv[Any, Any]
    result: AvResult[Any]

    def of(self, method: str, measure: Measure) -> float | None:
        """A figure in the unit of its measure; None where the run has none such."""
        if measure == "learned, M":
            numbers = self.result.of(method).numbers
            return sum(count for part, count in numbers.items() if part != "head") / 1e6
        if measure == "GB of a step":
            return self.bound.price_of(self.bound.recipe.methods[method], 1).kept / 1e9
        score = self.result.of(method).scores.get(SCORES[measure])
        return None if score is None else 100 * score.value
