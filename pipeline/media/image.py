"""Images to square uint8 RGB, byte for byte as torchvision's transforms (and so open_clip's) do it from PIL.

By default EXIF orientation is not applied, the first picture of an animation is taken, and the picture is resized before it is
converted to RGB: all three as the published encoders were evaluated. Grey pictures of more than 8 bits are scaled by their
range, where those transforms make them white or black.
"""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from pipeline.media.errors import MediaError
from pipeline.media.formats import unread
from pipeline.media.grey import with_8_bits
from pipeline.media.kinds import unread_format
from pipeline.media.opened import open_media
from pipeline.media.specs import ImageSpec, Interpolation, Orientation
from pipeline.media.turning import exif_turn, turned

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "JPEG2000", "AVIF", "ICO", "PCX")
"""What is opened. PIL knows fifty more: some start other programs (EPS), some take any bytes for a picture (TGA)."""
Image.init()  # PIL loads the rarer of these only when it has failed with the others, and not if they are asked for by name
PngImagePlugin.MAX_TEXT_CHUNK = (
    PngImagePlugin.MAX_TEXT_MEMORY
)  # programs that draw write megabytes of words beside a picture
MOST_SCALED_PIXELS = 1 << 26
"""Largest picture after scaling; only one some thousand times as long as wide is larger."""
_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def decode_image(path: str, spec: ImageSpec) -> np.ndarray:
    """Decode one image file to uint8 (size, size, 3).

    Raises:
        MediaError: the file is missing, empty, not an image, truncated or too large.
    """
    with open_image(path, spec.orientation) as image:
        return fit(image, spec)


@contextmanager
def open_image(path: str, orientation: Orientation = "stored") -> Iterator[Image.Image]:
    """Open and read a whole image file, with 8 bits a channel; PIL's errors, also inside the block, become short reasons.

    Args:
        path: the file.
        orientation: "stored" as its pixels lie, "shown" turned as its EXIF says.

    Raises:
        MediaError: the file is missing, empty, not an image, truncated or too large.
        MachineFault: the machine failed while the file was read.
    """
    with open_media(path) as file, _short_reasons(path), warnings.catch_warnings():
        # PIL warns of large pictures and of odd metadata; only what it refuses is an error here.
        warnings.simplefilter("ignore")
        with Image.open(file, formats=FORMATS) as image:
            image.load()
            turn = exif_turn(image) if orientation == "shown" else None
            yield turned(with_8_bits(image), turn)


@contextmanager
def _short_reasons(path: str) -> Iterator[None]:
    try:
        yield
    except UnidentifiedImageError:
        known = unread_format(path)
        raise MediaError(unread(known) if known else "not an image") from None
    except Image.DecompressionBombError:
        raise MediaError("too large: more pixels than PIL opens") from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError) as error:
        raise MediaError(_reason(error)) from None


def fit(image: Image.Image, spec: ImageSpec) -> np.ndarray:
    """Scale, crop and convert one picture to uint8 (size, size, 3).

    Raises:
        MediaError: it is so slender that scaling its shorter side makes it too large.
    """
    if spec.rgb == "first":
        image = as_rgb(image)
    if spec.resize == "squash":
        image = image.resize((spec.size, spec.size), _FILTERS[spec.interpolation])
    else:
        image = _crop_centre(scale_short_side(image, spec.size, spec.interpolation), spec.size)
    return np.array(as_rgb(image))


def as_rgb(image: Image.Image) -> Image.Image:
    """Convert to RGB as PIL does: what is transparent takes its own colour, whatever lies behind.

    Raises:
        MediaError: PIL cannot convert it.
    """
    if image.mode == "LAB":
        raise MediaError("colours of no known kind: LAB. Save the picture as RGB")
    return image.convert("RGB")


def scale_short_side(image: Image.Image, target: int, interpolation: Interpolation) -> Image.Image:
    """Scale the shorter side to `target` pixels; the longer is rounded down as in torchvision.

    Raises:
        MediaError: it is so slender that the result would be too large.
    """
    width, height = image.size
    size = (target, int(target * height / width)) if width <= height else (int(target * width / height), target)
    if size[0] * size[1] > MOST_SCALED_PIXELS:
        raise MediaError(f"too large: {width} x {height} pixels would be scaled to {size[0]} x {size[1]}")
    return image.resize(size, _FILTERS[interpolation])


def _crop_centre(image: Image.Image, size: int) -> Image.Image:
    left = int(round((image.width - size) / 2.0))
    top = int(round((image.height - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if "truncated" in text or "unexpected end" in text:
        return "truncated"
    return f"not an image: {type(error).__name__}: {error}"
