"""Decoded files to one array: a batch of an encoder."""

from collections.abc import Sequence

import numpy as np


def stack_media(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Stack arrays of one shape, or float32 clips (samples,) of several lengths, with NaN after the end of the shorter."""
    if len({array.shape for array in arrays}) == 1:
        return np.stack(arrays)
    batch = np.full((len(arrays), max(len(array) for array in arrays)), np.nan, np.float32)
    for row, array in zip(batch, arrays, strict=True):
        row[: len(array)] = array
    return batch
