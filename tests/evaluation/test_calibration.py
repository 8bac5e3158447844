"""Temperatures and reliability, against brute force and against scores whose temperature is known."""

import numpy as np
import pytest

from pipeline.evaluation.calibration import (
    CAUTION,
    cautious_temperature,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.similarity import softmax


def drawn(temperature, n=20_000, classes=7, seed=0):
    """Scores, and classes drawn from softmax(scores / temperature)."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.2, 0.08, (n, classes))
    uniform = rng.random((n, 1))
    return scores, (softmax(scores, temperature).cumsum(axis=1) < uniform).sum(axis=1).clip(0, classes - 1)


def nll(scores, true, temperature):
    return -np.mean([np.log(np.exp(s[t] / temperature) / np.exp(s / temperature).sum()) for s, t in zip(scores, true)])  # noqa: B905


@pytest.mark.parametrize("temperature", [0.01, 0.04, 0.3])
def test_the_temperature_that_drew_the_classes_is_found(temperature):
    scores, true = drawn(temperature)
    assert fit_temperature(scores, true) == pytest.approx(temperature, rel=0.1)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_temperature_is_likelier(seed):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(200, 4)) * rng.choice([0.01, 1, 50])
    true = np.where(rng.random(200) < 0.6, scores.argmax(1), rng.integers(0, 4, 200))

    def loss(temperature):
        unknown = np.mean([nll(scores, np.full(200, c), temperature) for c in range(4)])
        return nll(scores, true, temperature) + unknown / 200

    found = fit_temperature(scores, true)
    best = loss(found)
    assert best <= min(loss(found * factor) for factor in np.exp(np.linspace(-2, 2, 41))) + 1e-10
    assert negative_log_likelihood(scores, true, found) == pytest.approx(nll(scores, true, found), abs=1e-12)


def test_scores_that_are_always_right_leave_some_doubt_and_less_with_more_files():
    scores = np.eye(3)[[0, 1, 2, 0]] * 0.5
    few = softmax(scores, fit_temperature(scores, np.array([0, 1, 2, 0])))
    more = np.tile(scores, (50, 1))
    many = softmax(more, fit_temperature(more, np.tile([0, 1, 2, 0], 50)))
    # p[true] = a maximises log a + 1/n (log a + 2 log b)/3 with b = (1 - a)/2: a = (3n + 1)/(3n + 3)
    assert few.max() == pytest.approx(13 / 15, abs=1e-4)
    assert many.max() == pytest.approx(601 / 603, abs=1e-4)


def test_scores_that_say_nothing_give_a_finite_temperature():
    scores = np.eye(3)[[0, 1, 2, 0]] * 0.5
    wrong = softmax(scores, fit_temperature(scores, np.array([1, 2, 0, 1])))
    assert wrong.max(1).max() < 1 / 3 + 0.01
    assert np.isfinite(fit_temperature(np.ones((4, 3)), np.array([0, 1, 2, 0])))


def test_a_temperature_changes_no_answer():
    scores, true = drawn(0.05, n=500)
    assert (softmax(scores, fit_temperature(scores, true)).argmax(1) == scores.argmax(1)).all()


def test_without_labels_the_temperature_is_more_careful():
    scores, answers = drawn(0.05, n=500)
    assert cautious_temperature(scores, answers) == pytest.approx(CAUTION * fit_temperature(scores, answers))


@pytest.mark.parametrize("shape", [(0, 3), (4, 1), (4,)])
def test_too_little_to_fit_is_refused_with_what_to_write(shape):
    with pytest.raises(EvaluationError, match="hold_out"):
        fit_temperature(np.zeros(shape), np.zeros(shape[0], int))


def test_reliability_by_hand():
    p = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.55, 0.45]])
    found = reliability(p, np.array([0, 1, 0, 0]), bins=10)  # (0.5, 0.6], (0.8, 0.9], (0.9, 1]
    assert found.files == (0, 0, 0, 0, 0, 2, 0, 0, 1, 1)
    assert found.confidence[5] == pytest.approx(0.575)
    assert found.accuracy[5:] == (1.0, 0.0, 0.0, 1.0, 0.0)
    assert found.error == pytest.approx((2 * 0.425 + 0.1 + 0.95) / 4)


def test_the_error_of_probabilities_that_drew_their_classes_is_small_and_of_sharper_ones_is_not():
    scores, true = drawn(0.05)
    assert reliability(softmax(scores, 0.05), true).error < 0.02
    assert reliability(softmax(scores, 0.01), true).error > 0.15
    assert reliability(np.full((3, 1), 1.0), np.zeros(3, int)).error == 0.0


def test_bins_hold_every_file_once():
    p = softmax(np.random.default_rng(1).normal(size=(999, 5)))
    found = reliability(p, np.zeros(999, int))
    assert sum(found.files) == 999
    sure = p.max(1)
    for b, count in enumerate(found.files):
        assert count == ((sure > b / 15) & (sure <= (b + 1) / 15)).sum()
