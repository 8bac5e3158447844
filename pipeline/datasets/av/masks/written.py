"""Masks that were found, written as files: pictures of masks that can be corrected and learned from, and overlays."""

import io
import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.av.masks.found import FoundMasks
from pipeline.datasets.av.probe import frame_size, span_of
from pipeline.media.errors import MediaError
from pipeline.media.isolation import decode_many
from pipeline.media.overlay import painted, resized, resized_mask
from pipeline.media.parts import part_path
from pipeline.media.specs import VideoSpec
from stores.commit import replace_bytes

SOUNDING = (255, 214, 10)
"""The colour of what sounds in an overlay."""
LARGEST = 1280
"""Pixels of an overlay's longer side."""
_AT_ONCE = 8
"""Seconds whose frames are in memory together."""


def write_mask_pictures(path: str, found: FoundMasks, folder: Path) -> int:
    """`folder/0001.png` and on, one a second from 1: 255 where something sounds, 0 elsewhere, as large as the clip's frames.

    That is how own masks are read, so what was found can be corrected and learned from. Returns how many there are.

    Raises:
        MediaError: the clip's frames cannot be read any more.
        MachineFault: the machine failed while they were.
    """
    size = _size_of(path) or (found.size, found.size)
    folder.mkdir(parents=True, exist_ok=True)
    for second in range(found.seconds):
        mask = resized_mask(found.of_second(second), size)
        _save(mask.astype(np.uint8) * 255, folder / _name(second))
    return found.seconds


def write_overlays(path: str, found: FoundMasks, folder: Path) -> int:
    """`folder/0001.png` and on: the frame in the middle of every second, what sounds coloured. Returns how many there are.

    Seconds that have sound alone, behind the last frame, are left out.

    Raises:
        MediaError: the clip has no frames that can be read.
        MachineFault: the machine failed while they were read.
    """
    width, height = frame_size(path)
    scale = min(1.0, LARGEST / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    end = span_of(path, "video").end
    count = max(1, min(found.seconds, round(end)))
    folder.mkdir(parents=True, exist_ok=True)
    for second, frame in enumerate(_frames(path, count, end, max(size))):
        mask = resized_mask(found.of_second(second), size)
        _save(painted(resized(frame, size), {SOUNDING: mask}), folder / _name(second))
    return count


def _frames(path: str, count: int, end_s: float, side: int) -> Iterator[NDArray[np.uint8]]:
    """So many frames of a file that ends then, each from the middle of its share: uint8 (side, side, 3); some at a time."""
    whole, rest = divmod(count, _AT_ONCE)
    edges = [end_s * place / count for place in (*range(0, count, _AT_ONCE), count)]
    parts = [part_path(path, (round(a, 3), round(b, 3))) for a, b in itertools.pairwise(edges)]
    for some, frames in ((parts[:whole], _AT_ONCE), (parts[whole:], rest)):
        if not some:
            continue
        spec = VideoSpec(frames=frames, size=side, resize="squash", interpolation="bicubic")
        with closing(decode_many([path] if len(parts) == 1 else some, spec, workers=1, ahead=1)) as stream:
            for decoded in stream:
                made = decoded.require_verdict()
                if made.array is None:
                    raise MediaError(made.reason)
                yield from made.array


def _size_of(path: str) -> tuple[int, int] | None:
    """Width and height of the clip's frames; None of one without pictures."""
    try:
        return frame_size(path)
    except MediaError:
        return None


def _name(second: int) -> str:
    return f"{second + 1:04d}.png"


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    replace_bytes(path, buffer.getvalue())
