"""Masks as bits. Dims: T segments, S side of a mask."""

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.masks import CUT


def packed(probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A bit a pixel of masks (T, S, S): uint8 (T, ceil(S * S / 8)), set where the probability is above a half."""
    return np.packbits((probabilities > CUT).reshape(len(probabilities), -1), axis=1)


def unpacked(bits: NDArray[np.uint8], size: int) -> NDArray[np.bool_]:
    """The masks (T, S, S) again."""
    pixels = np.unpackbits(bits, axis=-1, count=size * size)
    return pixels.reshape(*bits.shape[:-1], size, size).astype(np.bool_)
