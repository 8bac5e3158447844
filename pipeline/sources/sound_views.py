"""Crops and masks of stored spectrograms, cut in the loop: what is random follows from a seed, the epoch and the file's key.

MOV, section 4.2: a crop of 800 of 1000 frames and SpecAugment, with time masks of up to 192 frames and frequency masks of up to
48 bins; 12 crops at test time. Masks are torchaudio's `FrequencyMasking` and `TimeMasking`. Dims: n frames, m bins.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.sources.errors import SourceError
from pipeline.sources.specs import FbankSpec
from stores import text_key


@dataclass(frozen=True)
class SoundViews:
    """How a stored spectrogram is cut and masked.

    Attributes:
        frames: of a crop.
        time_mask: frames that a mask covers, fewer than so many; 0: none.
        bin_mask: bins that a mask covers, fewer than so many; 0: none.
        mask: "after", as MOV's text has it: normalised, cropped, and then masked, so that masked cells are 0, the mean. "first",
            as AST's code has it: masked before all else, so that masked cells are what normalising makes of 0.
        clips: crops at test time, evenly spread; none of them is masked.
        seed: other seeds, other crops and masks.
    """

    frames: int = 800
    time_mask: int = 192
    bin_mask: int = 48
    mask: Literal["after", "first"] = "after"
    clips: int = 12
    seed: int = 0


def training_view(stored: np.ndarray, key: str, epoch: int, views: SoundViews, spec: FbankSpec) -> np.ndarray:
    """Crop and mask one spectrogram (n, m) as an epoch sees it; float32 (frames, m).

    Args:
        stored: normalised, as `spec` says.
        key: of the file.
        epoch: 1-based.
        views: how.
        spec: of what is stored; says what normalising makes of 0.

    Raises:
        SourceError: it has fewer frames than a crop.
    """
    room = _room(stored, views)
    rng = np.random.Generator(np.random.PCG64(int(text_key(f"sound {views.seed} {key} {epoch}"), 16)))
    start = int(rng.integers(room + 1))
    found = stored.astype(np.float32)
    if views.mask == "first":
        masked(found, rng, views, (0.0 - spec.mean) / spec.scale)
    found = found[start : start + views.frames]
    if views.mask == "after":
        masked(found, rng, views, 0.0)
    return found


def even_crops(stored: np.ndarray, views: SoundViews) -> np.ndarray:
    """Cut the crops of one spectrogram (n, m) for testing; float32 (clips, frames, m).

    Raises:
        SourceError: it has fewer frames than a crop.
    """
    starts = np.linspace(0, _room(stored, views), views.clips).round().astype(int)
    return np.stack([stored[start : start + views.frames] for start in starts]).astype(np.float32)


def masked(spectrogram: np.ndarray, rng: np.random.Generator, views: SoundViews, value: float) -> None:
    """Mask bins, then frames, of a spectrogram (n, m), in place.

    Of two numbers u, w in [0, 1) a mask's width is the whole part of u * widest, its start that of w * (length - u * widest).
    """
    for axis, widest in ((1, views.bin_mask), (0, views.time_mask)):
        if not widest:
            continue
        width = rng.random() * widest
        start = int(max(0.0, rng.random() * (spectrogram.shape[axis] - width)))
        covered = slice(start, start + int(width))
        spectrogram[covered if axis == 0 else (slice(None), covered)] = value


def _room(stored: np.ndarray, views: SoundViews) -> int:
    """Frames that a crop leaves over."""
    room = len(stored) - views.frames
    if room < 0:
        raise SourceError(
            f"a stored spectrogram has {len(stored)} frames, and {views.frames} are to be cropped. Store more of them "
            f"(frames={views.frames} of `FbankSpec`), or crop fewer"
        )
    return room
