"""Methods judged on the same questions: figures by kind with intervals, and what one method has more than another.

Videos are drawn with replacement, each with all of its questions and the same ones for every method: questions about one video
are no independent witnesses. All seeds of a method count together.

Dims: V = videos, G = kinds of questions, B = draws. Counts (V, G, 2) are of questions answered rightly, and of all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import DRAWS, Interval, interval, of_one

_SEED = 133
Counts = NDArray[np.int64]
Groups = Mapping[str, Sequence[int]]
"""Name of a figure -> numbers of the kinds that it is of."""


def kind_counts(right: NDArray[np.bool_], kinds: Sequence[int], videos: Sequence[int]) -> Counts:
    """What figures are ratios of.

    Args:
        right: (n,) whether a question is answered rightly.
        kinds: (n,) number of its kind.
        videos: (n,) number of its video.
    """
    counts = np.zeros((max(videos, default=-1) + 1, max(kinds, default=-1) + 1, 2), np.int64)
    for good, kind, video in zip(right.tolist(), kinds, videos, strict=True):
        counts[video, kind] += (int(good), 1)
    return counts


def figures(counts: Mapping[str, Counts], groups: Groups, draws: int = DRAWS) -> dict[str, dict[str, Interval]]:
    """Method -> figure -> value and interval. Counts of several seeds are given as their sum."""
    drawn = _drawn(counts, groups, draws)
    return {
        method: {
            name: _told(own, float(value[0]), drawn[method][name])
            for name, value in _ratios(own.sum(0)[None], groups).items()
        }
        for method, own in counts.items()
    }


def difference(
    counts: Mapping[str, Counts], method: str, other: str, kinds: Sequence[int], draws: int = DRAWS
) -> Interval:
    """What a method has more than another over some kinds, video by video."""
    groups, pair = {"": kinds}, {name: counts[name] for name in (method, other)}
    drawn = _drawn(pair, groups, draws)
    whole = {name: float(_ratios(own.sum(0)[None], groups)[""][0]) for name, own in pair.items()}
    return _told(counts[method], whole[method] - whole[other], drawn[method][""] - drawn[other][""], least=-1.0)


def _drawn(counts: Mapping[str, Counts], groups: Groups, draws: int) -> dict[str, dict[str, NDArray[np.float64]]]:
    videos = len(next(iter(counts.values())))
    rng = np.random.default_rng(_SEED)
    times = np.stack([np.bincount(rng.integers(0, videos, videos), minlength=videos) for _ in range(draws)])
    return {name: _ratios(np.tensordot(times, own, 1), groups) for name, own in counts.items()}


def _ratios(totals: Counts, groups: Groups) -> dict[str, NDArray[np.float64]]:
    """Figures of sums of counts (B, G, 2)."""
    found = {}
    for name, kinds in groups.items():
        right, asked = totals[:, list(kinds)].sum(1).T.astype(np.float64)
        found[name] = np.divide(right, asked, out=np.full(len(right), np.nan), where=asked > 0)
    return found


def _told(counts: Counts, value: float, drawn: NDArray[np.float64], least: float = 0.0) -> Interval:
    return of_one(value, least) if len(counts) == 1 else Interval(value, *_ends(drawn))


def _ends(values: NDArray[np.float64]) -> tuple[float, float]:
    return interval(values) if np.isfinite(values).any() else (float("nan"), float("nan"))
