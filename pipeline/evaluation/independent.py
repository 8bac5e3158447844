"""Probabilities where a file shows several classes: each class by itself, and the threshold from which it is named.

p_ic = sigmoid(a s_ic + b_c): one slope for the run, one offset a class, fitted to held-out files by

    min sum_ic CE(p_ic, y_ic) + 1/2 sum_c (b_c - b)^2

The second term holds classes with few files near the offset b of all (a Gaussian prior of width 1 in log odds); it is convex.
Thresholds are those of the best F1 on the same files: a class's own where enough files show it, else the one for all.

Dims: n files, C classes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.metrics import Bools
from pipeline.evaluation.similarity import Floats

ENOUGH = 5
"""Held-out files that must show a class, and as many that must not, before it gets a threshold of its own."""


@dataclass(frozen=True)
class Independent:
    """How probable each class is by itself.

    Attributes:
        slope: a.
        offsets: (C,) b_c.
        thresholds: (C,) probabilities from which a class is named.
    """

    slope: float
    offsets: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    def probabilities(self, scores: Floats) -> NDArray[np.float64]:
        """Of scores (n, C): (n, C) between 0 and 1; rows need not sum to one."""
        shares: NDArray[np.float64] = _sigmoid(self.slope * np.asarray(scores, np.float64) + self.offsets)
        return shares


def fit_independent(scores: Floats, targets: Bools) -> Independent:
    """Fit slope, offsets and thresholds to files whose classes are known.

    Args:
        scores: (n, C).
        targets: (n, C) which file shows which class.

    Raises:
        EvaluationError: no class is shown by one file and not by another.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped]  # plans do without it

    s, y = np.asarray(scores, np.float64), np.asarray(targets, np.float64)
    if why := why_unfit(targets):
        raise EvaluationError(f"calibration: {why}. Hold out more files: data: {{hold_out: 0.2}}")
    spread = float(s.std()) or 1.0

    def loss(packed: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        slope, middle, offsets = packed[0] / spread, packed[1], packed[2:]
        z = slope * s + offsets
        # log(1 + e^z) - y z, and its derivative sigmoid(z) - y
        value = float((np.logaddexp(0, z) - y * z).sum() + ((offsets - middle) ** 2).sum() / 2)
        wrong = _sigmoid(z) - y
        to_offsets = wrong.sum(axis=0) + (offsets - middle)
        return value, np.r_[(wrong * s).sum() / spread, (middle - offsets).sum(), to_offsets]

    start = np.r_[1.0, np.zeros(1 + s.shape[1])]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-12, "gtol": 1e-8}).x
    slope, offsets = float(found[0] / spread), found[2:]
    return Independent(slope, offsets, _thresholds(_sigmoid(slope * s + offsets), targets))


def why_unfit(targets: Bools) -> str:
    """Why nothing can be fitted to files that show classes (n, C); empty where something can."""
    files, classes = targets.shape
    shown = targets.any(axis=1).sum()
    if not shown:
        return f"none of the {files:,} held-out files shows a class of the run"
    if not (targets.any(axis=0) & ~targets.all(axis=0)).any():
        return f"none of the {classes:,} classes is shown by some of the {files:,} held-out files and not by others"
    return ""


def _thresholds(shares: NDArray[np.float64], targets: Bools) -> NDArray[np.float64]:
    common = best_threshold(shares.ravel(), targets.ravel())
    positives = targets.sum(axis=0)
    own = (positives >= ENOUGH) & (len(targets) - positives >= ENOUGH)
    return np.array([best_threshold(shares[:, c], targets[:, c]) if own[c] else common for c in range(len(own))])


def best_threshold(shares: NDArray[np.float64], shown: Bools) -> float:
    """The probability from which naming a class gives the best F1 = 2 TP / (2 TP + FP + FN), the higher one of equals.

    It lies half-way between two probabilities that occur, so that neighbours of the best are told apart the same way.

    Args:
        shares: (n,) probabilities.
        shown: (n,) whether the class is there; True somewhere.
    """
    order = np.argsort(-shares, kind="stable")
    ranked, hits = shares[order], np.cumsum(shown[order])
    named = np.arange(1, len(ranked) + 1)
    f1 = 2 * hits / (named + hits[-1])
    last = np.r_[ranked[:-1] != ranked[1:], True]  # equal probabilities are named together
    best = int(np.argmax(np.where(last, f1, -1.0)))
    below = float(ranked[best + 1]) if best + 1 < len(ranked) else 0.0
    return (float(ranked[best]) + below) / 2


def _sigmoid(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-np.logaddexp(0, -z))
