"""Pictures of masks: what they hold, and which of their pixels sound. Dims: H x W pixels."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from pipeline.media.image import open_image
from pipeline.media.mask_spec import Foreground, MaskSpec

Values = Literal["plain", "ones", "odd"]
"""What pixels hold: 0 and 255 alone; 0 and 1 alone; something else."""
_HALF = 128


@dataclass(frozen=True)
class MaskLook:
    """What is known of the picture of a mask.

    Attributes:
        width: pixels.
        height: pixels.
        values: what its pixels hold.
    """

    width: int
    height: int
    values: Values


def decode_mask(path: str, spec: MaskSpec) -> np.ndarray:
    """Decode one mask to uint8 (size, size), 0 and 1.

    A pixel of the result is the one of the mask that lies nearest to its centre, so nothing between 0 and 1 appears.

    Raises:
        MediaError: the file is missing, empty, not an image, truncated or too large.
    """
    with open_image(path) as image:
        sounding = foreground_of(image, spec.foreground)
    rows, columns = (_nearest(length, spec.size) for length in sounding.shape)
    return sounding[rows[:, None], columns].astype(np.uint8)


def look_at_mask(path: str) -> MaskLook:
    """Read one mask and tell what it holds.

    Raises:
        MediaError: as `decode_mask`.
    """
    with open_image(path) as image:
        values = np.unique(_values(image))
        width, height = image.size
    inside = {int(value) for value in values}
    return MaskLook(width, height, "plain" if inside <= {0, 255} else "ones" if inside <= {0, 1} else "odd")


def foreground_of(image: Image.Image, foreground: Foreground) -> np.ndarray:
    """Which pixels count, bool (H, W); see `MaskSpec`."""
    if foreground == "half":
        return np.asarray(image.convert("L")) >= _HALF
    return _values(image) != 0


def _values(image: Image.Image) -> np.ndarray:
    """A number a pixel, uint8 (H, W): of a palette the entry's number, of colours the largest, 0 where it is transparent."""
    if image.mode in ("P", "L"):
        return np.asarray(image)
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8) * 255
    colours = np.asarray(image.convert("RGBA"))
    return np.where(colours[..., 3] == 0, 0, colours[..., :3].max(axis=2))


def _nearest(length: int, size: int) -> np.ndarray:
    """Which of `length` pixels lies nearest to the centre of each of `size`, (size,)."""
    return np.minimum(((2 * np.arange(size) + 1) * length) // (2 * size), length - 1)
