"""A linear probe on frozen features: what of the classes they hold in straight lines.

Dims: n rows, d features, k classes.
"""

import numpy as np
from numpy.typing import NDArray

Known = tuple[NDArray[np.generic], NDArray[np.int64]]
"""Features (n, d) and the numbers of their classes (n,)."""

_RIDGE = 1e-3


def probe_accuracy(seen: Known, judged: Known) -> float:
    """Share of the judged rows whose class a least-squares classifier names, which has learned from the seen ones."""
    return float((probe(*seen, judged[0]) == judged[1]).mean())


def probe(features: NDArray[np.generic], labels: NDArray[np.int64], judged: NDArray[np.generic]) -> NDArray[np.int64]:
    """Classes (n,) of judged features: ridge regression of one-hot labels on standardised features and 1."""
    known = np.unique(labels)
    mean, scale = features.mean(axis=0), features.std(axis=0) + 1e-6
    rows = np.column_stack([(features - mean) / scale, np.ones(len(features))])
    targets = (labels[:, None] == known).astype(np.float64)
    weights = np.linalg.solve(rows.T @ rows + _RIDGE * len(rows) * np.eye(rows.shape[1]), rows.T @ targets)
    scores = np.column_stack([(judged - mean) / scale, np.ones(len(judged))]) @ weights
    return known[scores.argmax(axis=1)]
