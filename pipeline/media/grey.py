"""Grey pictures of more than 8 bits to 8 bits, by their range: PIL cuts off at 255, which leaves them white, floats black.

- 16 bits: 65535 is white, whatever the picture holds. That a camera filled only 12 of them cannot be known; it stays dark.
- Whole numbers of 32 bits and floats have no white of their own. It is 255 where no pixel is above that, else 65535; of floats
  1 where no pixel is above that. Negative numbers, larger ones and NaN are refused.
"""

import numpy as np
from PIL import Image

from pipeline.media.errors import MediaError

_SIXTEEN = ("I;16", "I;16L", "I;16B", "I;16N")
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0  # tags of TIFF


def with_8_bits(image: Image.Image) -> Image.Image:
    """Scale a loaded grey picture of 16 or 32 bits or of floats to 8 bits; any other is returned as it is.

    Raises:
        MediaError: it has numbers of which nobody knows what white is.
    """
    if image.mode not in (*_SIXTEEN, "I", "F"):
        return image
    values = np.asarray(image)
    scaled = _scaled(values, _white(image, float(values.min()), float(values.max())))
    # Which end is white PIL knows for 8 bits only.
    return Image.fromarray(255 - scaled if _tag(image, _PHOTOMETRIC) == _WHITE_IS_ZERO else scaled)


def _white(image: Image.Image, low: float, high: float) -> int:
    """The number that is white."""
    bits = _tag(image, _BITS)
    if image.mode in _SIXTEEN:
        return 4095 if bits == (12,) else 65_535
    if not (low >= 0 and high <= 65_535):  # NaN is neither
        raise MediaError(
            f"numbers of no known range: pixels from {low:g} to {high:g}; known are 0 to 1 of floats, 0 to 255 and 0 to 65535. "
            "Save the picture with 8 or 16 bits"
        )
    if image.mode == "F" and high <= 1:
        return 1
    if image.format == "PPM" and image.mode == "I":  # PIL has scaled them
        return 65_535
    if bits == (16,):  # with a sign
        return 32_767
    return 255 if high <= 255 else 65_535


def _scaled(values: np.ndarray, white: int) -> np.ndarray:
    """Map 0..white to 0..255, rounded; of whole numbers exactly."""
    if values.dtype.kind == "f":
        return np.rint(values * np.float32(255 / white)).astype(np.uint8)
    wide = values.astype(np.uint32)
    wide *= 255
    wide += white // 2
    wide //= white
    return wide.astype(np.uint8)


def _tag(image: Image.Image, number: int) -> object:
    return image.tag_v2.get(number) if hasattr(image, "tag_v2") else None
