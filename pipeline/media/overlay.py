"""Masks painted over pictures. Dims: n pictures, S pixels along a side."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Color = tuple[int, int, int]
STRENGTH = 0.55
"""How much of a masked pixel is the mask's colour."""
_DIMMED = 0.6
"""How bright a pixel is that lies in no mask."""


def painted(picture: NDArray[np.uint8], masks: Mapping[Color, NDArray[np.bool_]]) -> NDArray[np.uint8]:
    """A picture with masks in their colours; what lies in none of them is dimmed.

    Args:
        picture: uint8 (height, width, 3).
        masks: colour -> where it is, bool (height, width).
    """
    found = picture.astype(np.float32) * _DIMMED
    for color, mask in masks.items():
        found[mask] = (1 - STRENGTH) * picture[mask] + STRENGTH * np.array(color, np.float32)
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def fitted(pictures: NDArray[np.uint8] | NDArray[np.bool_], side: int) -> NDArray[np.uint8] | NDArray[np.bool_]:
    """Pictures (n, S, S, 3), or masks bool (n, S, S), as squares of another side; masks by the nearest pixel."""
    return np.stack([resized(each, (side, side)) for each in pictures])


def resized(
    picture: NDArray[np.uint8] | NDArray[np.bool_], size: tuple[int, int]
) -> NDArray[np.uint8] | NDArray[np.bool_]:
    """A picture, or a mask by the nearest pixel, with another width and height."""
    if picture.dtype == np.bool_:
        whole = Image.fromarray(picture.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
        return np.asarray(whole) > 0
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))
