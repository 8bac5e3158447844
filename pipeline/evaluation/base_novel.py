"""Base and novel accuracy of methods that were judged on the same clips, with intervals over clips.

Clips are drawn with replacement, those of each exam by themselves and the same ones for every method; all seeds of a method
together: an interval is about other clips of the same kind, not about other seeds. H is that of the two means.

Dims: n clips of an exam.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import Interval, drawn_means, interval

Right = NDArray[np.float64]
"""(n,) share of the seeds that have a clip right."""
BASE, NOVEL, H = "base", "novel", "H"


@dataclass(frozen=True)
class Compared:
    """A method beside the others.

    Attributes:
        figures: "base", "novel" and "H" -> value and interval.
        over: the same, of what it has more than the method that all are compared with, clip by clip; empty for that one.
    """

    figures: Mapping[str, Interval]
    over: Mapping[str, Interval]


def compared(right: Mapping[str, Mapping[str, Right]], first: str) -> dict[str, Compared]:
    """Method -> its figures.

    Args:
        right: method -> exam -> share of the seeds that have each clip right.
        first: the method that all others are compared with.
    """
    exams = (BASE, NOVEL)
    drawn = {exam: drawn_means({name: found[exam] for name, found in right.items()}) for exam in exams}
    told: dict[str, tuple[dict[str, float], dict[str, NDArray[np.float64]]]] = {}
    for name, found in right.items():
        values = {exam: float(found[exam].mean()) for exam in exams}
        draws = {exam: drawn[exam][name] for exam in exams}
        values[H] = float(harmonic(np.array(values[BASE]), np.array(values[NOVEL])))
        draws[H] = harmonic(draws[BASE], draws[NOVEL])
        told[name] = values, draws
    result = {}
    for name, (values, draws) in told.items():
        figures = {what: Interval(values[what], *interval(draws[what])) for what in values}
        over = {
            what: Interval(values[what] - told[first][0][what], *interval(draws[what] - told[first][1][what]))
            for what in values
        }
        result[name] = Compared(figures, {} if name == first else over)
    return result


def harmonic(base: NDArray[np.float64], novel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harmonic means; 0 where both are 0."""
    whole = base + novel
    found: NDArray[np.float64] = np.where(whole > 0, 2 * base * novel / np.where(whole > 0, whole, 1), 0.0)
    return found
