"""Clips longer than those learned: windows that overlap by half, and the mean of what they say."""

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.tasks.av.strides import averaged, put_together, segments_of, windows


@pytest.mark.parametrize(("seconds", "expected"), [(3.0, 10), (10.0, 10), (10.4, 10), (10.6, 11), (25.0, 25)], ids=str)
def test_a_clip_has_the_segments_it_was_learned_with_or_one_a_second(seconds: float, expected: int) -> None:
    assert segments_of(seconds, 10, 1.0) == expected


@pytest.mark.parametrize(
    ("count", "starts"), [(10, [0]), (11, [0, 1]), (20, [0, 5, 10]), (23, [0, 5, 10, 13])], ids=str
)
def test_windows_cover_a_clip_and_the_last_one_ends_with_it(count: int, starts: list[int]) -> None:
    assert windows(count, 10) == starts


def test_a_segment_is_the_mean_of_the_windows_that_saw_it() -> None:
    first, second = np.full((4, 2), 0.2, np.float32), np.full((4, 2), 0.6, np.float32)
    found = put_together([first, second], [0, 2], 6)
    assert found[:, 0].tolist() == pytest.approx([0.2, 0.2, 0.4, 0.4, 0.6, 0.6])


def test_clips_of_one_segment_are_read_one_by_one() -> None:
    assert windows(3, 1) == [0, 1, 2]


def test_segments_come_as_soon_as_their_windows_have_spoken() -> None:
    """Of masks (T, 2, 2): each segment is the mean of the windows that hold it, and none waits for windows behind it."""
    starts, rng = windows(23, 10), np.random.default_rng(0)
    said = rng.random((len(starts), 10, 2, 2)).astype(np.float32)
    asked = []

    def speaking() -> Iterator[np.ndarray]:
        for place, share in enumerate(said):
            asked.append(place)
            yield share

    found, behind = [], []
    for segment in averaged(speaking(), starts):
        found.append(segment)
        behind.append(len(asked))
    for segment in range(23):
        own = [share[segment - start] for share, start in zip(said, starts, strict=True) if 0 <= segment - start < 10]
        np.testing.assert_allclose(found[segment], np.mean(own, axis=0), rtol=1e-6)
    assert (behind[0], behind[5], behind[-1]) == (2, 3, 4)
    assert np.array_equal(np.stack(found), put_together(list(said), starts, 23))
