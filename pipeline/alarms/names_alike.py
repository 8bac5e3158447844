"""Class names that the encoder cannot tell apart, and whose sentences do not help.

The distance of two names is one minus the cosine of their ensembles of templates. How far names lie from each other
differs from encoder to encoder, so distances are compared with the median over all pairs. Two names are alike below
0.15 of it. Measured with MiniLM: a plural, "car" and "automobile", "bike" and "bicycle", "airplane" and "plane" lie
between 0.07 and 0.15 of the median, "pull ups" and "push ups" at 0.16, two kinds of crop land at 0.19, "cat" and "dog"
at 0.5. Names of which the encoder makes one vector (signs that it does not know) are alike however few classes there are.

Sentences may say what names do not: an encoder that has never met two words puts both in one place, and finds the
things by their colours. So pairs are told only where the means of their sentences lie below a sixth of the median of
all means, too, or where one of them has fewer than four. What chance adds to a mean is taken out of its length: |μ|²
is (|Σx|² − n)/(n(n − 1)) for n unit vectors. With sentences written apart from each other, "car" and "automobile"
come to 0.13 and "bike" and "bicycle" to 0.16; the miniature's names that no caption uses to 0.19 and more.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms.alarm import Alarm

SHARE = 0.15
SENTENCES_SHARE = 1 / 6
SAME = 1e-3
"""Distance of two names that are one text to the encoder; features in half precision are exact to about that."""
LEAST = 4
"""Sentences below which their mean says nothing."""
_PAIRS = 5
_ROWS = 512  # of the matrix of all pairs at once
_SAMPLE = 2000  # classes whose pairs give the median

Floats = NDArray[np.floating]


def names_alike(
    modality: str,
    labels: Sequence[str],
    names: Floats,
    sums: Floats,
    counts: Sequence[int],
    encoder: str,
    remedy: str,
    *,
    share: float = SHARE,
) -> Iterator[Alarm]:
    """One alarm for all pairs that are alike.

    Args:
        modality: of the classes.
        labels: the C class names.
        names: (C, d) what the encoder makes of each name, over all templates.
        sums: (C, d) the sum of the unit features of each class's sentences.
        counts: how many sentences that were.
        encoder: its name.
        remedy: what to type.
        share: of the usual distance of two names, below which they are alike; 0 leaves those that are one to the encoder.
    """
    means = _means(sums, counts)
    far = SENTENCES_SHARE * (1 - _typical(means[[count >= LEAST for count in counts]]))
    found = [
        (i, j, cosine)
        for i, j, cosine in alike(names, share)
        if min(counts[i], counts[j]) < LEAST or 1 - means[i] @ means[j] < far
    ]
    if not found:
        return
    shown = "; ".join(f"'{labels[i]}' and '{labels[j]}' (cosine {cosine:.3f})" for i, j, cosine in found[:_PAIRS])
    more = f"; and {len(found) - _PAIRS:,} pairs more" if len(found) > _PAIRS else ""
    places = dict.fromkeys(place for i, j, _ in found for place in (i, j))
    nor = ", nor do their sentences" if any(counts) else ""
    told = (
        f"{encoder} can hardly tell these names apart{nor}: {shown}{more}, where two other names have "
        f"{_typical(_unit(names)):.2f}; files of one will be taken for the other"
    )
    yield Alarm("names-alike", modality, tuple(labels[place] for place in places), told, remedy)


def alike(names: Floats, share: float = SHARE) -> list[tuple[int, int, float]]:
    """(i, j, cosine) of pairs of names (C, d) that are alike, whatever sentences say; the nearest first."""
    unit, found = _unit(names), []
    limit = max(share * (1 - _typical(unit)) if len(unit) > 2 else 0.0, SAME)
    for start in range(0, len(unit), _ROWS):
        cosines = unit[start : start + _ROWS] @ unit.T
        for i, j in zip(*np.nonzero(cosines > 1 - limit), strict=True):
            if start + i < j:
                found.append((int(start + i), int(j), float(cosines[i, j])))
    return sorted(found, key=lambda pair: (-pair[2], pair[:2]))


def _typical(rows: Floats) -> float:
    """The median cosine of two rows; 0 where there are no two."""
    some = rows[:: -(-len(rows) // _SAMPLE) or 1]
    return float(np.median((some @ some.T)[np.triu_indices(len(some), 1)])) if len(some) > 1 else 0.0


def _means(sums: Floats, counts: Sequence[int]) -> Floats:
    """(C, d) means whose scalar products are cosines without what chance adds; zeros where there are fewer than two."""
    number = np.array(counts, dtype=np.float64)[:, None]
    wide = sums.astype(np.float64)
    squared = ((wide**2).sum(axis=1, keepdims=True) - number) / np.maximum(number * (number - 1), 1)
    length = np.sqrt(np.maximum(squared, 1e-12))
    return np.where(number > 1, wide / np.maximum(number, 1) / length, 0.0)


def _unit(vectors: Floats) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-30)
