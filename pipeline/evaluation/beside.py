"""Two runs beside each other: what one has more than the other on the examples that both have judged.

Examples are known by their keys, which come of their bytes: runs of two workspaces, with other encoders, classes or methods, are
compared on the files that they share. Examples are drawn with replacement, the same ones for both.

Dims: n = examples of a run, C = its classes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.intervals import drawn_means, drawn_metrics, interval
from pipeline.evaluation.metrics import Bools, mean_average_precision
from pipeline.evaluation.similarity import Floats

BETTER, WORSE, ALIKE, UNKNOWN = "better", "worse", "no measurable difference", "not to be told"
FEWEST = 2
"""Examples of which an interval can be drawn: of one all draws are the same, and it would be sure of anything."""


@dataclass(frozen=True)
class Ranking:
    """Scores of files that show several classes.

    Attributes:
        labels: the C classes.
        scores: (n, C).
        targets: (n, C) whether a file shows a class.
    """

    labels: tuple[str, ...]
    scores: Floats
    targets: Bools


@dataclass(frozen=True)
class Answered:
    """How well a run's published answers fit, example by example.

    Attributes:
        method: what answers.
        measure: what is measured of an example, as tables call it.
        keys: (n,) of the examples, each once.
        truth: (n,) what is right, as plain values; examples that two runs know otherwise are not compared.
        values: (n,) from 0 to 1; empty where there is a ranking.
        ranking: where files show several classes: the measure is mAP then, which no single file has.
    """

    method: str
    measure: str
    keys: Sequence[str]
    truth: Sequence[Any]
    values: NDArray[np.float64]
    ranking: Ranking | None = None


@dataclass(frozen=True)
class Beside:
    """Two runs on the examples of an exam.

    Attributes:
        exam: "image", "test", "novel", …
        measure: what is measured.
        methods: what answers, of each run.
        examples: that both have judged.
        only: examples that one alone has judged, of each run.
        otherwise: examples of both whose truth they know differently; they are left out.
        figures: of each run, on the shared examples; NaN where there are none.
        difference: the second's figure less the first's.
        low: lower end of its 95 percent interval; NaN where fewer than `FEWEST` examples are shared.
        high: upper end, likewise.
    """

    exam: str
    measure: str
    methods: tuple[str, str]
    examples: int
    only: tuple[int, int]
    otherwise: int
    figures: tuple[float, float]
    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """What the second run is, beside the first."""
        if np.isnan(self.low):
            return UNKNOWN
        if self.low > 0:
            return BETTER
        return WORSE if self.high < 0 else ALIKE


def side_by_side(first: Mapping[str, Answered], second: Mapping[str, Answered]) -> list[Beside]:
    """Every exam that both runs have, in the order of the first.

    Raises:
        EvaluationError: there is none, they share no example, or they measure an exam differently.
    """
    shared = [exam for exam in first if exam in second]
    if not shared:
        raise EvaluationError(
            f"compare: the first run judges {', '.join(first) or 'nothing'}, the second {', '.join(second) or 'nothing'}: no "
            "exam is of both. Compare runs that were judged on the same files"
        )
    found = [_beside(exam, first[exam], second[exam]) for exam in shared]
    if not any(each.examples for each in found):
        otherwise = sum(each.otherwise for each in found)
        known = f"; {otherwise:,} are in both, and are labelled otherwise in each" if otherwise else ""
        raise EvaluationError(
            f"compare: both runs judge {', '.join(shared)}, and no example is of both{known}. Files are known by their bytes. "
            "Compare runs that were judged on the same files with the same labels"
        )
    return found


def _beside(exam: str, first: Answered, second: Answered) -> Beside:
    if (first.measure, first.ranking is None) != (second.measure, second.ranking is None):
        raise EvaluationError(
            f"compare: {exam}: one run is measured by {first.measure}, the other by {second.measure}. Compare runs that were "
            "judged on the same files with the same labels"
        )
    mine, theirs = ({key: i for i, key in enumerate(found.keys)} for found in (first, second))
    shared = [key for key in first.keys if key in theirs]
    alike = [key for key in shared if first.truth[mine[key]] == second.truth[theirs[key]]]
    rows = ([mine[key] for key in alike], [theirs[key] for key in alike])
    figures, differences = _measured(exam, first, second, rows) if alike else ((np.nan, np.nan), None)
    low, high = (np.nan, np.nan) if differences is None or len(alike) < FEWEST else interval(differences)
    return Beside(
        exam, first.measure, (first.method, second.method), len(alike),
        (len(first.keys) - len(shared), len(second.keys) - len(shared)), len(shared) - len(alike),
        figures, figures[1] - figures[0], low, high,
    )  # fmt: skip


def _measured(
    exam: str, first: Answered, second: Answered, rows: tuple[list[int], list[int]]
) -> tuple[tuple[float, float], NDArray[np.float64]]:
    """Both figures, and the difference of every draw."""
    if first.ranking is None or second.ranking is None:
        values = {"first": first.values[rows[0]], "second": second.values[rows[1]]}
        drawn = drawn_means(values)
        return (float(values["first"].mean()), float(values["second"].mean())), drawn["second"] - drawn["first"]
    if first.ranking.labels != second.ranking.labels:
        raise EvaluationError(
            f"compare: {exam}: files show several classes, and the runs know others or another order of them: their mAP answer "
            "different questions. Compare runs with the same class names"
        )
    scores = {"first": first.ranking.scores[rows[0]], "second": second.ranking.scores[rows[1]]}
    targets = first.ranking.targets[rows[0]]
    drawn = drawn_metrics(scores, targets, "mAP")
    one, two = (mean_average_precision(found, targets) for found in scores.values())
    return (one, two), drawn["second"] - drawn["first"]
