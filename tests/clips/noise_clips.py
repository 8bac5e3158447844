"""Clips of noise, for what is asked about a user's own files."""

from pathlib import Path

import numpy as np

from pipeline.miniature.world.video_files import write_mp4

RATE = 16_000
"""Samples a second of their sounds."""
BROKEN = b"\0\0\0\x18ftypmp42" + bytes(100)
"""A file that begins as a clip does and holds none."""


def clip(path: Path, seconds: int, sound: bool = True, shape: tuple[int, int] = (64, 64)) -> Path:
    """A clip of noise, two frames a second; equal lengths are equal noise.

    Args:
        path: where it is written.
        seconds: of it.
        sound: whether it has any.
        shape: rows and columns of its frames.
    """
    rng = np.random.default_rng(seconds)
    frames = rng.integers(0, 256, (2 * seconds, *shape, 3), np.uint8)
    wave = rng.normal(0, 0.1, RATE * seconds).astype(np.float32)
    write_mp4(path, frames, 2, wave if sound else None, RATE)
    return path
