"""Clips of any length cut into windows of the length that was learned, and what is said of each window put together again.

Dims: D segments of a clip, T of a window.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def segments_of(seconds: float, segments: int, segment_s: float) -> int:
    """D: as many as were learned of a clip that is no longer, else one every `segment_s`."""
    return max(segments, round(seconds / segment_s))


def windows(count: int, size: int) -> list[int]:
    """Where the windows of a clip begin: every half window, and one that ends with the clip."""
    if count <= size:
        return [0]
    stride = max(size // 2, 1)
    return sorted({*range(0, count - size, stride), count - size})


def put_together(shares: Sequence[Floats], starts: Sequence[int], count: int) -> Floats:
    """What is said of a clip (D, ...): the mean of what its windows (T, ...) say of each segment."""
    found = np.stack(list(averaged(shares, starts)))
    assert len(found) == count, "the windows cover the clip"
    return found


def averaged(shares: Iterable[Floats], starts: Sequence[int]) -> Iterator[Floats]:
    """The same segment by segment, each as soon as all of its windows have spoken: no more than a few are held.

    Args:
        shares: what windows say (T, ...), in order.
        starts: where they begin.
    """
    open_ones: list[tuple[NDArray[np.float64], int]] = []
    done = 0
    for said, start in zip(shares, starts, strict=True):
        for total, times in open_ones[: start - done]:
            yield np.asarray(total / times, np.float32)
        open_ones, done = open_ones[start - done :], start
        for place, share in enumerate(said):
            if place == len(open_ones):
                open_ones.append((share.astype(np.float64), 1))
            else:
                total, times = open_ones[place]
                open_ones[place] = (total + share, times + 1)
    for total, times in open_ones:
        yield np.asarray(total / times, np.float32)
