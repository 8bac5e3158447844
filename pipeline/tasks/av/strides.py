"""Clips of any length cut into windows of the length that was learned, and what is said of each window put together again.

Dims: D segments of a clip, T of a window.
"""

from collections.abc import Sequence

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
    inside = shares[0].shape[1:]
    total, times = np.zeros((count, *inside), np.float64), np.zeros((count, *(1 for _ in inside)))
    for said, start in zip(shares, starts, strict=True):
        total[start : start + len(said)] += said
        times[start : start + len(said)] += 1
    return np.asarray(total / times, np.float32)
