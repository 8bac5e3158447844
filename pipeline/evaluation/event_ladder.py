"""Rungs of a ladder judged on the same clips: figures with intervals, and what one rung has more than another.

Clips are drawn with replacement, the same ones for every rung, and all seeds of a rung together: an interval is about other clips
of the same kind, not about other seeds.

Dims: n = clips, B = draws. Counts (n, 7) are those of `clip_counts`.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import DRAWS, Interval, interval, of_one

FIGURES = ("accuracy", "background_recall", "event_recall", "event_f1")
_SEED = 131
Counts = NDArray[np.int64]


def figures(counts: Mapping[str, Counts], draws: int = DRAWS) -> dict[str, dict[str, Interval]]:
    """Rung -> figure -> value and interval. Counts of several seeds are given as their sum."""
    drawn = _drawn(counts, draws)
    return {
        rung: {
            name: _told(own, float(value[0]), drawn[rung][name]) for name, value in _ratios(own.sum(0)[None]).items()
        }
        for rung, own in counts.items()
    }


def difference(counts: Mapping[str, Counts], rung: str, other: str, figure: str, draws: int = DRAWS) -> Interval:
    """What a rung has more than another, clip by clip."""
    pair = {name: counts[name] for name in (rung, other)}
    drawn, whole = _drawn(pair, draws), {name: _ratios(own.sum(0)[None])[figure] for name, own in pair.items()}
    more = drawn[rung][figure] - drawn[other][figure]
    return _told(counts[rung], float(whole[rung][0] - whole[other][0]), more, least=-1.0)


def _drawn(counts: Mapping[str, Counts], draws: int) -> dict[str, dict[str, NDArray[np.float64]]]:
    clips = len(next(iter(counts.values())))
    rng = np.random.default_rng(_SEED)
    times = np.stack([np.bincount(rng.integers(0, clips, clips), minlength=clips) for _ in range(draws)])
    return {rung: _ratios(times @ own) for rung, own in counts.items()}


def _ratios(totals: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Figures of sums of counts (B, 7)."""
    right, segments, quiet_right, quiet, matched, called, true = totals.T.astype(np.float64)
    parts = (
        (right, segments),
        (quiet_right, quiet),
        (right - quiet_right, segments - quiet),
        (2 * matched, called + true),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            name: np.where(whole > 0, part / whole, np.nan) for name, (part, whole) in zip(FIGURES, parts, strict=True)
        }


def _told(counts: Counts, value: float, drawn: NDArray[np.float64], least: float = 0.0) -> Interval:
    return of_one(value, least) if len(counts) == 1 else Interval(value, *_ends(drawn))


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    return interval(values) if np.isfinite(values).any() else (float("nan"), float("nan"))
