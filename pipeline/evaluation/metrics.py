"""Accuracy and average precision, as fractions from 0 to 1.

Ties are resolved in stable order everywhere: of two equal scores the one that comes first (lower column in a
row, lower row in a column) ranks higher. So the figures depend on neither sorting algorithm nor machine.

Dims: n rows, C classes; scores (n, C), targets (n, C) true where the row shows the class.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.similarity import Floats

Bools = NDArray[np.bool_]


def best_positive_rank(scores: Floats, targets: Bools) -> NDArray[np.int64]:
    """Rank (0 is the best) of the best-scored positive of every row; C where a row has no positive."""
    best = np.where(targets, scores, -np.inf).max(axis=1, keepdims=True)
    first = np.argmax(targets & (scores == best), axis=1)[:, None]
    earlier_ties = (scores == best) & (np.arange(scores.shape[1]) < first)
    rank = (scores > best).sum(axis=1) + earlier_ties.sum(axis=1)
    return np.where(targets.any(axis=1), rank, scores.shape[1])


def top_k_accuracy(scores: Floats, targets: Bools, k: int) -> float:
    """Share of the rows that have at least one positive among their k best classes."""
    return float((best_positive_rank(scores, targets) < k).mean())


def average_precisions(scores: Floats, targets: Bools) -> NDArray[np.float64]:
    """Average precision of every class: the mean over its positives of hits@k / k, not interpolated.

    This is the paper's definition without two accidents of its code: sorting is stable, and a class without a
    positive is NaN here instead of 0, since nothing can be said about it.

    Returns:
        (C,) with NaN for classes without a positive.
    """
    values = np.full(scores.shape[1], np.nan)
    for c in np.flatnonzero(targets.any(axis=0)):  # one column at a time: an (n, C) table of ranks is 8 bytes a cell
        hits = targets[np.argsort(-scores[:, c], kind="stable"), c]
        ranks = np.flatnonzero(hits) + 1
        values[c] = (np.arange(1, len(ranks) + 1) / ranks).mean()
    return values


def mean_average_precision(scores: Floats, targets: Bools) -> float:
    """Mean of the average precisions over the classes that have a positive; NaN if none has."""
    values = average_precisions(scores, targets)
    return float(np.mean(values[~np.isnan(values)])) if (~np.isnan(values)).any() else float("nan")


def class_accuracies(scores: Floats, targets: Bools) -> NDArray[np.float64]:
    """Recall of every class: the share of its rows that have it among their |labels| best classes.

    Returns:
        (C,) with NaN for classes without a positive.
    """
    found = (predicted(scores, targets) & targets).sum(axis=0)
    support = targets.sum(axis=0)
    return np.where(support > 0, found / np.maximum(support, 1), np.nan)


def predicted(scores: Floats, targets: Bools) -> Bools:
    """The |labels of the row| best classes of every row: its best class where a row has one label."""
    counts = targets.sum(axis=1)
    result = np.zeros_like(targets)
    one = np.flatnonzero(counts == 1)
    result[one, scores[one].argmax(axis=1)] = True  # the first of equal ones, as a stable sort would have it
    for row in np.flatnonzero(counts > 1):  # one row at a time: an (n, C) table of ranks is 8 bytes a cell
        result[row, np.argsort(-scores[row], kind="stable")[: counts[row]]] = True
    return result


def f1_scores(named: Bools, targets: Bools) -> NDArray[np.float64]:
    """F1 of every class: 2 TP / (2 TP + FP + FN), (C,); NaN for classes that no row shows."""
    right, all_of_them = (named & targets).sum(axis=0), named.sum(axis=0) + targets.sum(axis=0)
    return np.where(targets.any(axis=0), 2 * right / np.maximum(all_of_them, 1), np.nan)


def micro_f1(named: Bools, targets: Bools) -> float:
    """F1 of all rows and classes at once; NaN where nothing is shown."""
    return 2 * float((named & targets).sum()) / float(named.sum() + targets.sum()) if targets.any() else float("nan")


def confusions(scores: Floats, targets: Bools) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of a true and a predicted class that occur, and how often; in a time that does not grow with C x C.

    A row of several labels counts for every pair of a true and a predicted class: a co-occurrence of the two.

    Returns:
        pairs (P, 2) of true and predicted class, ascending; counts (P,).
    """
    guessed = predicted(scores, targets)
    row, true = np.nonzero(targets)
    _, guess = np.nonzero(guessed)
    counts = guessed.sum(axis=1)
    first = np.cumsum(counts) - counts
    repeats = counts[row]
    place = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats) + np.repeat(first[row], repeats)
    codes, found = np.unique(np.repeat(true, repeats) * scores.shape[1] + guess[place], return_counts=True)
    return np.stack(np.divmod(codes, scores.shape[1]), axis=1), found


def confusion_matrix(scores: Floats, targets: Bools) -> NDArray[np.int64]:
    """How often class i was true (row) while class j was predicted (column), (C, C); see `confusions`."""
    pairs, counts = confusions(scores, targets)
    matrix = np.zeros((scores.shape[1], scores.shape[1]), np.int64)
    matrix[pairs[:, 0], pairs[:, 1]] = counts
    return matrix
