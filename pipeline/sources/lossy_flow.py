"""Flow as JPEG, a grey picture a frame with u beside v: a fraction of the bytes, and not quite what was computed.

How far it may be off is part of the spec: where a frame's mean error is larger than the bound, its quality is raised until it is
not, up to 100. Dims: K views, T frames, h and w of a picture.
"""

import io
import struct

import numpy as np
from PIL import Image

from pipeline.sources.specs import JpegFlow
from stores import Artifact

_STEP = 2
_BEST = 100
_COUNT = struct.Struct("<5I")


def packed(stored: np.ndarray, spec: JpegFlow) -> bytes:
    """Stored flow, uint8 (K, T, h, w, 2), as one blob: its shape, the length of every JPEG, and these."""
    pictures = np.concatenate([stored[..., 0], stored[..., 1]], axis=-1).reshape(
        -1, stored.shape[2], 2 * stored.shape[3]
    )
    parts = [_jpeg(picture, spec) for picture in pictures]
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    return b"".join([_COUNT.pack(*stored.shape), lengths, *parts])


def unpacked(blob: bytes) -> np.ndarray:
    """What comes back of it, uint8 (K, T, h, w, 2)."""
    views, frames, height, width, channels = _COUNT.unpack_from(blob)
    lengths = struct.unpack_from(f"<{views * frames}I", blob, _COUNT.size)
    start, found = _COUNT.size + 4 * len(lengths), []
    for length in lengths:
        picture = _picture(blob[start : start + length])
        found.append(np.stack([picture[:, :width], picture[:, width:]], -1))
        start += length
    return np.stack(found).reshape(views, frames, height, width, channels)


def source_rows(artifact: Artifact, keys: list[str], name: str) -> np.ndarray:
    """Rows of a stored source (n, ...), unpacked where they are JPEGs.

    Args:
        artifact: of a source.
        keys: of the rows.
        name: of its array.
    """
    if artifact.spec.backend == "blob":
        return np.stack([unpacked(artifact.blob(key)) for key in keys])
    return artifact.arrays(keys, [name])[name]


def _jpeg(picture: np.ndarray, spec: JpegFlow) -> bytes:
    for quality in (*range(spec.quality, _BEST, _STEP), _BEST):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, format="JPEG", quality=quality)
        error = np.abs(_picture(file.getvalue()).astype(np.float64) - picture).mean()
        if error <= spec.bound:
            break
    return file.getvalue()


def _picture(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)
