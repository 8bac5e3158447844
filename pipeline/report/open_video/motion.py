"""Pictures of what is read of a clip: frames, flow as colours, spectrograms.

Of flow the hue is the direction (red: right, and on through yellow-green: down, cyan: left, violet: up), white is rest.
"""

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import hsv_to_rgb
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
_REST = 127.5
_FULL = 48.0
"""Distance from rest, in stored steps, at which a colour is full."""


def strip(pictures: NDArray[np.generic]) -> Pixels:
    """Pictures (F, h, w, 3) side by side (h, F w + gaps, 3), white between them."""
    white = np.full((pictures.shape[1], 2, 3), 255, np.uint8)
    parts = [part for picture in pictures for part in (picture.astype(np.uint8), white)]
    return np.concatenate(parts[:-1], axis=1)


def flow_colours(stored: NDArray[np.generic]) -> Pixels:
    """Stored flow, uint8 (..., 2), as colours (..., 3)."""
    moved = stored.astype(np.float64) - _REST
    strength = np.clip((np.hypot(moved[..., 0], moved[..., 1]) - 1) / _FULL, 0, 1)  # rest lies half a step beside 127.5
    hue = (np.arctan2(moved[..., 1], moved[..., 0]) / (2 * np.pi)) % 1
    found = hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], -1))
    return np.asarray(np.rint(255 * found), np.uint8)


def spectrogram(stored: NDArray[np.generic]) -> Pixels:
    """A spectrogram (frames, bins) as colours (bins, frames, 3), low sounds below."""
    values = stored.astype(np.float64).T[::-1]
    low, high = np.percentile(values, [2, 99.5])
    shown = np.clip((values - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray(np.rint(255 * colormaps["magma"](shown)[..., :3]), np.uint8)
