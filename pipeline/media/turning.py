"""Turning pictures as they are meant to be shown: by the orientation in their EXIF, by the display matrix of a video."""

import struct
from typing import Any

from PIL import ExifTags, Image

Turn = Image.Transpose

_BY_EXIF = {
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_270,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_90,
}
"""By EXIF's number; 1 is as stored. PIL counts anticlockwise."""
_BY_MATRIX = {
    (-1, 0, 0, 1): Turn.FLIP_LEFT_RIGHT,
    (-1, 0, 0, -1): Turn.ROTATE_180,
    (1, 0, 0, -1): Turn.FLIP_TOP_BOTTOM,
    (0, 1, 1, 0): Turn.TRANSPOSE,
    (0, 1, -1, 0): Turn.ROTATE_270,
    (0, -1, -1, 0): Turn.TRANSVERSE,
    (0, -1, 1, 0): Turn.ROTATE_90,
}
"""By signs (a, b, c, d): what lies at (x, y), y downwards, is shown at (a x + c y, b x + d y)."""


def exif_turn(image: Image.Image) -> Turn | None:
    """What the EXIF, or the XMP, of a loaded picture says is to be done to show it; None is nothing.

    PIL turns a TIFF itself when it loads it, and takes the word away.
    """
    try:
        return _BY_EXIF.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # broken EXIF raises whatever it likes, and is no fault of the picture
        return None


def matrix_turn(frame: Any) -> Turn | None:
    """What the display matrix of a decoded frame says is to be done to show it; None is nothing.

    Of a matrix that turns by less than quarters the nearest quarter is taken.
    """
    data = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return None
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data))
    upright = abs(a) + abs(d) >= abs(b) + abs(c)
    signs = (_sign(a), 0, 0, _sign(d)) if upright else (0, _sign(b), _sign(c), 0)
    return _BY_MATRIX.get(signs)


def turned(image: Image.Image, turn: Turn | None) -> Image.Image:
    """The picture after a turn."""
    return image if turn is None else image.transpose(turn)


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
