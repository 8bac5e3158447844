"""Means over files with paired intervals."""

import numpy as np
import pytest

from pipeline.evaluation.intervals import drawn_means
from pipeline.evaluation.means import mean_difference, mean_figure


def test_a_difference_is_taken_file_by_file() -> None:
    """Files differ a lot, methods by a constant: the interval of the difference has no width, those of the methods have."""
    rng = np.random.default_rng(0)
    values = {"a": rng.random(40)}
    values["b"] = values["a"] + 0.125
    one, more = mean_figure(values, "a"), mean_difference(values, "b", "a")
    assert one.value == pytest.approx(values["a"].mean()) and one.high - one.low > 0.1
    assert one.low < one.value < one.high
    assert (more.value, more.low, more.high) == pytest.approx((0.125, 0.125, 0.125))
    wanted = np.percentile(drawn_means(values)["a"], [2.5, 97.5])
    assert (one.low, one.high) == pytest.approx(tuple(wanted))


def test_without_a_file_nothing_can_be_said() -> None:
    empty = {"a": np.zeros(0), "b": np.zeros(0)}
    for found in (mean_figure(empty, "a"), mean_difference(empty, "a", "b")):
        assert np.isnan([found.value, found.low, found.high]).all()
