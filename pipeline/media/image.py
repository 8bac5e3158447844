"""Images to square uint8 RGB, byte for byte as torchvision's transforms (and so open_clip's) do it from PIL.

EXIF orientation is not applied, the first picture of an animation is taken, and the picture is resized before it is
converted to RGB: all three as the published encoders were evaluated.
"""

import struct
import warnings
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from pipeline.media.errors import MediaError, require_content
from pipeline.media.specs import ImageSpec

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def decode_image(path: str, spec: ImageSpec) -> np.ndarray:
    """Decode one image file to uint8 (size, size, 3).

    Raises:
        MediaError: the file is missing, empty, not an image, truncated or too large.
    """
    require_content(path)
    try:
        with warnings.catch_warnings():
            # PIL warns of large pictures and of odd metadata; only what it refuses is an error here.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                image.load()
                return fit(image, spec)
    except UnidentifiedImageError:
        raise MediaError("not an image") from None
    except Image.DecompressionBombError:
        raise MediaError("too large: more pixels than PIL opens") from None
    except (OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError) as error:
        raise MediaError(_reason(error)) from None


def fit(image: Image.Image, spec: ImageSpec) -> np.ndarray:
    """Scale, crop and convert one picture to uint8 (size, size, 3)."""
    resampling = _FILTERS[spec.interpolation]
    if spec.resize == "squash":
        image = image.resize((spec.size, spec.size), resampling)
    else:
        image = _crop_centre(image.resize(_shortest_edge(image.size, spec.size), resampling), spec.size)
    return np.array(image.convert("RGB"))


def _shortest_edge(size: tuple[int, int], target: int) -> tuple[int, int]:
    """Scale (width, height) so that the shorter side is `target`; the longer is rounded down as in torchvision."""
    width, height = size
    if width <= height:
        return target, int(target * height / width)
    return int(target * width / height), target


def _crop_centre(image: Image.Image, size: int) -> Image.Image:
    left = int(round((image.width - size) / 2.0))
    top = int(round((image.height - size) / 2.0))
    return image.crop((left, top, left + size, top + size))


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if "truncated" in text or "unexpected end" in text:
        return "truncated"
    return f"not an image: {type(error).__name__}: {error}"
