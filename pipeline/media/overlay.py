"""Masks painted over pictures. Dims: n pictures, S pixels along a side."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Color = tuple[int, int, int]
_STRENGTH = 0.6
"""How much of a masked pixel is the mask's colour."""
_DIMMED = 0.65
"""How bright a pixel is that lies in no mask."""
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def painted(
    picture: NDArray[np.uint8], masks: Mapping[Color, NDArray[np.bool_]], grey: bool = False
) -> NDArray[np.uint8]:
    """A picture with masks in their colours, each with a bright edge; what lies in none of them is dimmed.

    Args:
        picture: uint8 (height, width, 3).
        masks: colour -> where it is, bool (height, width).
        grey: whether the picture's own colours are taken from it first, so that those of masks are told apart.
    """
    shown = picture.astype(np.float32)
    shown = np.repeat((shown @ _GREY)[..., None], 3, -1) if grey else shown
    found = shown * _DIMMED
    for color, mask in masks.items():
        paint = np.array(color, np.float32)
        found[mask] = (1 - _STRENGTH) * shown[mask] + _STRENGTH * paint
        found[_edge(mask)] = paint
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def _edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a mask that have one outside of it beside, above or below them."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask & ~inside


def resized(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture (height, width, 3) with another width and height."""
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))


def resized_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask (height, width) with another width and height, by the nearest pixel."""
    whole = Image.fromarray(mask.astype(np.uint8) * 255).resize(size, Image.Resampling.NEAREST)
    return np.asarray(whole) > 0
