"""Paired bootstrap intervals: what one method has more than another on the same files, and how sure that is.

Files are drawn again with replacement, the same ones for every method. Of top-1 a draw is a product of counts with hits. Of mAP
it is the average precision of files that count several times, in one order of the scores a class; that costs draws x files x
classes, so draws are cut down to `CELLS` of these, and to no fewer than `FEWEST`.

n: files, C: classes, B: draws.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.metrics import Bools, best_positive_rank
from pipeline.evaluation.similarity import Floats

DRAWS, FEWEST, CELLS = 1000, 100, 2 * 10**8
LEVEL = 0.95
_SEED = 202
_BLOCK = 2**24
"""Counts that are held at once."""


@dataclass(frozen=True)
class Interval:
    """A figure, or a difference of two, with its 95 percent interval; fractions, NaN where nothing can be said."""

    value: float
    low: float
    high: float

    @property
    def excludes_nothing(self) -> bool:
        """Whether the interval of a difference lies on one side of 0."""
        return self.low > 0 or self.high < 0


def of_one(value: float, least: float) -> Interval:
    """Of one file alone, which says nothing of others: whatever is possible, from the least value to 1."""
    return Interval(value, *([least, 1.0] if value == value else [value, value]))


def draws_of(files: int, classes: int, metric: str) -> int:
    """How many draws there are of a metric."""
    return DRAWS if metric == "top1" else max(FEWEST, min(DRAWS, CELLS // max(files * classes, 1)))


def drawn_metrics(scores: Mapping[str, Floats], targets: Bools, metric: str) -> dict[str, NDArray[np.float64]]:
    """Method -> its metric on every draw, (B,), the draws being the same for all.

    Args:
        scores: (n, C) of every method.
        targets: (n, C).
        metric: "top1" or "mAP".
    """
    files, classes = targets.shape
    count = draws_of(files, classes, metric)
    if metric == "top1":
        return drawn_means({name: best_positive_rank(s, targets) < 1 for name, s in scores.items()})
    parts = [{name: _drawn_map(s, targets, times) for name, s in scores.items()} for times in _counts(files, count)]
    return {name: np.concatenate([part[name] for part in parts]) for name in scores}


def drawn_means(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    """Method -> the mean of its values, one a file (n,), on every draw (B,), the draws being the same for all."""
    numbers = {name: np.asarray(found, np.float64) for name, found in values.items()}
    files = len(next(iter(numbers.values())))
    parts = [{name: found @ times / files for name, found in numbers.items()} for times in _counts(files, DRAWS)]
    return {name: np.concatenate([part[name] for part in parts]) for name in numbers}


def interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 percent of differences over draws; draws that say nothing (no class had a file) are left out."""
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(differences, [tail, 100 - tail])
    return float(low), float(high)


def _counts(files: int, count: int) -> Iterator[NDArray[np.float32]]:
    """How often each file is in each draw (n, B), some draws at once; float32 holds such counts and their sums exactly."""
    rng, size = np.random.default_rng(_SEED), max(_BLOCK // max(files, 1), 1)
    for start in range(0, count, size):
        rows = min(size, count - start)
        drawn = rng.integers(0, files, (rows, files))
        drawn += np.arange(rows)[:, None] * files
        yield np.bincount(drawn.ravel(), minlength=rows * files).reshape(rows, files).T.astype(np.float32)


def _drawn_map(scores: Floats, targets: Bools, times: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mAP of each draw (B,): copies of a file share its rank; classes without a file in a draw are left out of it."""
    total, known = np.zeros(times.shape[1]), np.zeros(times.shape[1])
    for c in np.flatnonzero(targets.any(axis=0)):
        order = np.argsort(-scores[:, c], kind="stable")
        counted, places = times[order], np.flatnonzero(targets[order, c])
        ranks = np.cumsum(counted, axis=0)[places].astype(np.float64)
        found = counted[places].astype(np.float64)
        precision = np.cumsum(found, axis=0) / np.maximum(ranks, 1)
        positives = found.sum(axis=0)
        there = positives > 0
        total[there] += ((found * precision).sum(axis=0) / np.maximum(positives, 1))[there]
        known += there
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)
