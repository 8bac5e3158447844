"""Base and novel accuracy over several drawn halves of the classes, with intervals over halves.

H is that of the averages over halves. Halves are few, so an interval is Student's, of the jackknife's values: for a mean it is
the usual one, and H gets one by the same formula. Base and novel of a half belong together, and so do those of two methods.

Dims: D halves.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.base_novel import BASE, NOVEL, Compared, H, harmonic
from pipeline.evaluation.intervals import LEVEL, Interval

Accuracies = Mapping[Any, NDArray[np.float64]]
"""Base and novel -> accuracy of each half (D,)."""


def over_halves(accuracies: Mapping[str, Accuracies], first: str) -> dict[str, Compared]:
    """Method -> its figures, means over halves, and H of the means.

    Args:
        accuracies: of every method, two halves or more.
        first: the method that all others are compared with.
    """
    told: dict[str, Compared] = {}
    others = _stacked(accuracies[first])
    for name, found in accuracies.items():
        own = _stacked(found)
        both = np.concatenate([own, others], axis=1)
        figures = {what: _jackknife(own, of) for what, of in _FIGURES.items()}
        over = {what: _jackknife(both, _less(of)) for what, of in _FIGURES.items()}
        told[name] = Compared(figures, {} if name == first else over)
    return told


Figure = Callable[[NDArray[np.float64]], float]
_FIGURES: dict[str, Figure] = {
    BASE: lambda means: float(means[0]),
    NOVEL: lambda means: float(means[1]),
    H: lambda means: float(harmonic(means[0], means[1])),
}


def _less(of: Figure) -> Figure:
    """A figure of the first two means less that of the last two."""
    return lambda means: of(means[:2]) - of(means[2:])


def _stacked(found: Accuracies) -> NDArray[np.float64]:
    """(D, 2)."""
    return np.stack([found[BASE], found[NOVEL]], axis=1)


def _jackknife(rows: NDArray[np.float64], of: Figure) -> Interval:
    """A figure of the means of rows (D, k), and its interval."""
    from scipy.special import stdtrit  # type: ignore[import-untyped]  # plans do without it

    count, whole = len(rows), of(rows.mean(0))
    without = np.array([of(np.delete(rows, half, axis=0).mean(0)) for half in range(count)])
    spread = np.std(count * whole - (count - 1) * without, ddof=1) / np.sqrt(count)
    wide = float(stdtrit(count - 1, (1 + LEVEL) / 2) * spread)
    return Interval(whole, whole - wide, whole + wide)
