import numpy as np
import pytest

from pipeline.report.projections import evenly, layouts


def test_evenly_keeps_first_and_last_without_repeats() -> None:
    assert evenly([3, 1, 2], 5) == [3, 1, 2]
    assert evenly(range(101), 5) == [0, 25, 50, 75, 100]
    assert len(set(evenly(range(9), 8))) == 8


def test_equal_points_stay_one_point_and_groups_part() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.eye(4, 8) * 10, 10, axis=0) + rng.normal(size=(40, 8)) * 0.1
    first, last = layouts([np.ones((40, 8), np.float32), groups])
    np.testing.assert_array_equal(first, np.zeros((40, 2)))
    distance = np.linalg.norm(last[:, None] - last[None], axis=2)
    same = np.kron(np.eye(4, dtype=bool), np.ones((10, 10), bool))
    assert distance[same].max() < distance[~same].min()


@pytest.mark.parametrize("shape", [(5, 1), (5, 2), (6, 30)])
def test_small_sets_have_a_finite_and_repeatable_layout(shape: tuple[int, int]) -> None:
    points = np.random.default_rng(1).normal(size=shape)
    once, again = layouts([points, points * 2]), layouts([points, points * 2])
    assert np.isfinite(once).all() and np.ptp(once) > 0
    np.testing.assert_array_equal(once, again)
