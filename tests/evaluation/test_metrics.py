"""Metrics against brute-force derivations and, where definitions agree, against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, top_k_accuracy_score

from pipeline.evaluation.metrics import (
    average_precisions,
    best_positive_rank,
    class_accuracies,
    confusion_matrix,
    mean_average_precision,
    predicted,
    top_k_accuracy,
)


def _ranking(values: np.ndarray) -> list[int]:
    """Indices from best to worst; Python's sort is stable, so the earlier of two equals wins."""
    return sorted(range(len(values)), key=lambda i: -values[i])


def _brute_force_ap(scores: np.ndarray, targets: np.ndarray) -> float:
    hits, total = 0, 0.0
    for k, i in enumerate(_ranking(scores), start=1):
        if targets[i]:
            hits += 1
            total += hits / k
    return total / hits if hits else float("nan")


# Small integers as scores make ties frequent.
_SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 6))
_TABLES = _SHAPES.flatmap(
    lambda shape: st.tuples(
        arrays(np.float32, shape, elements=st.integers(-3, 3).map(float)),
        arrays(bool, shape, elements=st.booleans()),
    )
)


@given(_TABLES)
@settings(deadline=None, max_examples=200)
def test_ranks_accuracy_and_ap_equal_brute_force(table: tuple[np.ndarray, np.ndarray]) -> None:
    scores, targets = table
    n, c = scores.shape
    ranks = [next((r for r, j in enumerate(_ranking(s)) if t[j]), c) for s, t in zip(scores, targets, strict=True)]
    np.testing.assert_array_equal(best_positive_rank(scores, targets), ranks)
    for k in range(1, c + 1):
        assert top_k_accuracy(scores, targets, k) == pytest.approx(sum(r < k for r in ranks) / n)
    expected = np.array([_brute_force_ap(scores[:, j], targets[:, j]) for j in range(c)])
    np.testing.assert_allclose(average_precisions(scores, targets), expected, rtol=1e-12)


@given(_TABLES)
@settings(deadline=None, max_examples=200)
def test_predictions_and_confusion_equal_brute_force(table: tuple[np.ndarray, np.ndarray]) -> None:
    scores, targets = table
    c = scores.shape[1]
    chosen = np.zeros_like(targets)
    confusion = np.zeros((c, c), int)
    for s, t, row in zip(scores, targets, chosen, strict=True):
        row[_ranking(s)[: t.sum()]] = True
        for i in np.flatnonzero(t):
            for j in np.flatnonzero(row):
                confusion[i, j] += 1
    np.testing.assert_array_equal(predicted(scores, targets), chosen)
    np.testing.assert_array_equal(confusion_matrix(scores, targets), confusion)
    support = targets.sum(0)
    recall = [confusion[j, j] / support[j] if support[j] else np.nan for j in range(c)]
    np.testing.assert_allclose(class_accuracies(scores, targets), recall)


def test_agrees_with_scikit_learn_without_ties() -> None:
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=(200, 12)), rng.random((200, 12)) < 0.2
    expected = [average_precision_score(targets[:, c], scores[:, c]) for c in range(12)]
    np.testing.assert_allclose(average_precisions(scores, targets), expected, rtol=1e-12)
    assert mean_average_precision(scores, targets) == pytest.approx(np.mean(expected))
    truth = rng.integers(0, 12, 200)
    for k in (1, 5):
        ours = top_k_accuracy(scores, np.eye(12, dtype=bool)[truth], k)
        assert ours == pytest.approx(top_k_accuracy_score(truth, scores, k=k, labels=range(12)))


def test_ties_go_to_the_earlier_row_and_column() -> None:
    scores = np.zeros((3, 2))
    targets = np.array([[False, True], [False, True], [True, False]])
    np.testing.assert_array_equal(best_positive_rank(scores, targets), [1, 1, 0])
    np.testing.assert_allclose(average_precisions(scores, targets), [1 / 3, 1.0])


def test_a_class_without_a_positive_is_left_out_of_the_mean() -> None:
    scores = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    targets = np.array([[True, False, False], [False, True, False]])
    np.testing.assert_allclose(average_precisions(scores, targets), [1.0, 0.5, np.nan])
    assert mean_average_precision(scores, targets) == 0.75
    assert np.isnan(mean_average_precision(scores, np.zeros_like(targets)))
