"""Files of none of the classes: centres and threshold by hand, leaving out by brute force, and clusters that are known."""

import numpy as np
import pytest

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.strangers import familiar, rejection_curve


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def world(seed=0, n=200, classes=4, d=32, noise=0.15):
    """Unit files around unit names, and their classes."""
    rng = np.random.default_rng(seed)
    names = unit(rng.normal(size=(classes, d)))
    true = rng.integers(0, classes, n)
    return names, unit(names[true] + noise * rng.normal(size=(n, d))), true


def test_centres_and_threshold_are_those_of_a_loop_that_leaves_each_file_out():
    names, x, true = world()
    soft = np.random.default_rng(1).dirichlet(np.ones(4), len(x))
    for belongs in (np.eye(4)[true], soft):
        found = familiar(names, x, belongs, kept=0.8)
        usual = []
        for i in range(len(x)):
            others = np.delete(np.arange(len(x)), i)
            centres = unit(5 * names + belongs[others].T @ x[others])
            usual.append(max(float(x[i] @ centre) for centre in centres))
        assert found.threshold == pytest.approx(np.quantile(usual, 0.2), abs=1e-9)
        np.testing.assert_allclose(found.centres, unit(5 * names + belongs.T @ x), atol=1e-6)


def test_the_wanted_share_of_new_files_is_kept_and_files_of_other_places_are_told():
    names, x, true = world(n=600)
    found = familiar(names, x[:300], np.eye(4)[true[:300]], kept=0.9)
    assert (~found.strangers(x[300:])).mean() == pytest.approx(0.9, abs=0.05)
    strangers = unit(np.random.default_rng(9).normal(size=(300, 32)))
    assert found.strangers(strangers).mean() > 0.95


def test_lengths_of_features_do_not_matter():
    names, x, true = world()
    one = familiar(names, x, np.eye(4)[true])
    other = familiar(3 * names, x * np.linspace(1, 9, len(x))[:, None], np.eye(4)[true])
    assert other.threshold == pytest.approx(one.threshold)
    np.testing.assert_array_equal(other.strangers(7 * x), one.strangers(x))


def test_a_class_without_files_is_its_name():
    names, x, true = world()
    belongs = np.eye(4)[true] * (np.arange(4) != 2)
    np.testing.assert_allclose(familiar(names, x, belongs).centres[2], names[2], atol=1e-6)


def test_too_few_files_are_refused_with_what_to_do():
    names, x, true = world(n=9)
    with pytest.raises(EvaluationError, match=r"9 files .* data:"):
        familiar(names, x, np.eye(4)[true])


def test_the_curve_by_hand():
    kept, told = rejection_curve(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 0.5, 3.5, 9.0]), points=5)
    assert kept == [0, 0.25, 0.5, 0.75, 1]
    assert told == [0.75, 0.5, 0.5, 0.5, 0.25]  # below 4, 3, 2, 1 and 0
