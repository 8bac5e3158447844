"""Independent probabilities: parameters that drew the labels, scikit-learn's regression, and F1 by brute force."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.independent import best_threshold, fit_independent


def drawn(slope, offsets, n=20_000, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.2, 0.1, (n, len(offsets)))
    return scores, rng.random(scores.shape) < 1 / (1 + np.exp(-(slope * scores + offsets)))


def test_the_slope_and_offsets_that_drew_the_labels_are_found():
    offsets = np.array([-4.0, -3.5, -5.0])
    found = fit_independent(*drawn(20.0, offsets))
    assert found.slope == pytest.approx(20, rel=0.05)
    np.testing.assert_allclose(found.offsets, offsets, atol=0.2)


def test_it_is_the_minimum_of_what_it_says():
    scores, targets = drawn(12.0, np.array([-2.0, -4.0, -1.0, -3.0]), n=60, seed=3)

    def loss(slope, middle, offsets):
        p = 1 / (1 + np.exp(-(slope * scores + offsets)))
        return -(np.where(targets, np.log(p), np.log(1 - p))).sum() + ((offsets - middle) ** 2).sum() / 2

    found = fit_independent(scores, targets)
    best = loss(found.slope, found.offsets.mean(), found.offsets)  # the mean is the best middle
    rng = np.random.default_rng(0)
    for size in (1e-3, 1e-2, 0.3):
        for _ in range(50):
            other = loss(
                found.slope * (1 + size * rng.normal()),
                found.offsets.mean() + size * rng.normal(),
                found.offsets + size * rng.normal(size=4),
            )
            assert other >= best - 1e-7


def test_with_one_class_it_is_a_plain_logistic_regression():
    scores, targets = drawn(9.0, np.array([-2.0]), n=500, seed=5)
    theirs = LogisticRegression(C=np.inf, tol=1e-10).fit(scores, targets[:, 0])  # one offset has nothing to shrink to
    found = fit_independent(scores, targets)
    assert found.slope == pytest.approx(theirs.coef_[0, 0], rel=1e-3)
    assert found.offsets[0] == pytest.approx(theirs.intercept_[0], rel=1e-3)


def test_a_class_that_no_held_out_file_shows_is_improbable_and_finite():
    scores, targets = drawn(15.0, np.array([-3.0, -3.0, -3.0]), n=200)
    targets[:, 1] = False
    found = fit_independent(scores, targets)
    assert np.isfinite(found.offsets).all() and found.offsets[1] < found.offsets[[0, 2]].min() - 1
    assert found.thresholds[1] not in (found.thresholds[0], found.thresholds[2])  # that for all


@pytest.mark.parametrize("targets", [np.zeros((4, 2), bool), np.ones((4, 2), bool), np.zeros((0, 2), bool)])
def test_labels_that_say_nothing_are_refused_with_what_to_write(targets):
    with pytest.raises(EvaluationError, match="hold_out"):
        fit_independent(np.zeros(targets.shape), targets)


def test_the_threshold_has_the_best_f1_of_all():
    rng = np.random.default_rng(2)
    for _ in range(200):
        shares = rng.integers(0, 8, 12) / 8
        shown = rng.random(12) < 0.4
        if not shown.any():
            continue

        def f1(threshold, shares=shares, shown=shown):
            named = shares >= threshold
            return 2 * (named & shown).sum() / (named.sum() + shown.sum())

        found = best_threshold(shares, shown)
        assert f1(found) == pytest.approx(max(f1(t) for t in np.linspace(0, 1, 41)))
