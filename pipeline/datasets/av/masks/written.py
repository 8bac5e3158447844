"""Masks that were found, written as files: pictures of masks that can be corrected and learned from, and overlays."""

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.av.masks.found import FoundMasks
from pipeline.datasets.av.probe import frame_size
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

    Raises:
        MediaError: the clip has no frames that can be read.
        MachineFault: the machine failed while they were read.
    """
    width, height = frame_size(path)
    scale = min(1.0, LARGEST / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    folder.mkdir(parents=True, exist_ok=True)
    for second, frame in enumerate(_frames(path, found, size)):
        mask = resized_mask(found.of_second(second), size)
        _save(painted(frame, {SOUNDING: mask}), folder / _name(second))
    return found.seconds


def _frames(path: str, found: FoundMasks, size: tuple[int, int]) -> Iterator[NDArray[np.uint8]]:
    """The frame in the middle of every second, uint8 (height, width, 3); some seconds at a time are decoded."""
    whole = len(found) * found.segment_s / found.seconds
    for first in range(0, found.seconds, _AT_ONCE):
        count = min(_AT_ONCE, found.seconds - first)
        spec = VideoSpec(frames=count, size=max(size), resize="squash", interpolation="bicubic")
        part = part_path(path, (round(first * whole, 3), round((first + count) * whole, 3)))
        with closing(decode_many([path if count == found.seconds else part], spec, workers=1, ahead=1)) as stream:
            made = next(stream).require_verdict()
        if made.array is None:
            raise MediaError(made.reason)
        yield from (resized(frame, size) for frame in made.array)


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
