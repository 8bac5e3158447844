import numpy as np
import pytest

from pipeline.report.named_map import in_inches, with_room
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


def test_names_stand_beside_their_points_and_cover_nothing() -> None:
    rng = np.random.default_rng(0)
    places = in_inches(rng.normal(size=(60, 2)))
    names = ["x" * rng.integers(3, 16) for _ in range(60)]
    found = with_room(places, names)
    assert 30 < len(found) < 60  # some find no room
    boxes = list(found.values())
    for i, (left, low, right, high) in found.items():
        x, y = places[i]
        assert max(left - x, x - right, 0) <= 0.061 and max(low - y, y - high, 0) <= 0.061
        assert 0 <= left and right <= 11 and 0 <= low and high <= 5.6
        for j, (a, b) in enumerate(places):
            assert i == j or not (left < a < right and low < b < high)
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart
    assert list(with_room(in_inches(np.array([[0.0, 0.0], [1, 1]])), ["a", "b"])) == [0, 1]
    assert np.isfinite(in_inches(np.ones((4, 2)))).all()
