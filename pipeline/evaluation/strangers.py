"""None of these: files that show none of a run's classes, told by how little they resemble the files that do.

Every class gets a centre S_c = k z_c + sum_i r_ic x_i of its name z_c, worth k files, and of the files x_i that belong to it by
r_ic: their labels where there are any, else what they get where they are assigned together. How familiar a file is, is the
cosine with the nearest centre. A file below the threshold is a stranger; the threshold is the quantile that keeps the wanted
share of the run's own files, each of them compared with centres that it is left out of.

Dims: n files, C classes, d width of the embedding space, u strangers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.similarity import Floats, cosine_scores, unit_rows

NAME_WORTH = 5.0
"""Files that a class's name is worth in its centre, as it is worth five sentences in a classifier."""

_FEWEST = 10


@dataclass(frozen=True)
class Familiar:
    """What a run's own files look like.

    Attributes:
        centres: (C, d) unit rows.
        threshold: files below it are strangers.
        kept: the share of the run's own files that the threshold was set to keep.
    """

    centres: Floats
    threshold: float
    kept: float

    def scores(self, features: Floats) -> Floats:
        """Cosine of each file (n, d) with its nearest centre, (n,)."""
        nearest: Floats = cosine_scores(features, self.centres).max(axis=1)
        return nearest

    def strangers(self, features: Floats) -> NDArray[np.bool_]:
        """Which of the files (n, d) show none of the classes, (n,)."""
        strange: NDArray[np.bool_] = self.scores(features) < self.threshold
        return strange


def familiar(names: Floats, features: Floats, belongs: Floats, kept: float = 0.9) -> Familiar:
    """Centres of the run's own files, and the threshold that keeps a share of them.

    Args:
        names: (C, d) the classes' names in the shared space.
        features: (n, d) of files that show the classes.
        belongs: (n, C) how much each file belongs to each class, rows sum to at most one.
        kept: share of such files to keep, between 0 and 1.

    Raises:
        EvaluationError: there are too few files to tell what is usual.
    """
    if len(features) < _FEWEST:
        raise EvaluationError(
            f"none of these: {len(features)} files do not show what is usual; at least {_FEWEST} are needed. "
            "Give more files under data:, or leave none_of_these out"
        )
    x, r = unit_rows(np.asarray(features, np.float64)), np.asarray(belongs, np.float64)
    sums = NAME_WORTH * unit_rows(np.asarray(names, np.float64)) + r.T @ x
    usual = _left_out(x, r, sums).max(axis=1)
    return Familiar(unit_rows(sums).astype(np.float32), float(np.quantile(usual, 1 - kept)), kept)


def rejection_curve(own: Floats, strange: Floats, points: int = 101) -> tuple[list[float], list[float]]:
    """How many strangers are told where a share of the run's own files is kept.

    Args:
        own: (n,) how familiar files of the classes are.
        strange: (u,) how familiar strangers are.
        points: of the curve.

    Returns:
        shares of own files kept, from 0 to 1, and the share of strangers below each of those thresholds.
    """
    kept = np.linspace(0, 1, points)
    thresholds = np.quantile(own, 1 - kept)
    return kept.tolist(), [float((strange < threshold).mean()) for threshold in thresholds]


def _left_out(x: Floats, r: Floats, sums: Floats) -> Floats:
    """Cosine of every file with every centre that its own part is taken out of, (n, C).

    cos(x, S - r x) = (x.S - r) / |S - r x| and |S - r x|^2 = |S|^2 - 2 r x.S + r^2, as |x| = 1: no (n, C, d) is needed.
    """
    dots = x @ sums.T
    lengths = np.sqrt(np.maximum((sums**2).sum(axis=1) - 2 * r * dots + r**2, 1e-12))
    cosines: Floats = (dots - r) / lengths
    return cosines
