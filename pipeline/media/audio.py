"""Sound files, and the sound of video files, to mono float32 of a fixed length.

Channels are averaged, then resampled with soxr's HQ setting, as librosa does; its number of samples can be asked for, too. A
clip shorter than the window is repeated as often as it fits and zero-padded ("repeatpad"); of a longer one the centre is taken,
where LAION-CLAP crops at random (nothing random may happen below a cut), or as much as the spec lets the tower hear.
"""

import math

import numpy as np
import soxr

from pipeline.media.errors import MediaError
from pipeline.media.parts import part_of
from pipeline.media.sound_files import read_sound
from pipeline.media.specs import AudioLength, AudioSpec

LONGEST_S = 1200.0
"""Longest clip that is decoded, seconds. A window of ten seconds says little about a longer one."""
LOUDEST = 32_768.0
"""Largest sample; 1 is full scale. Some write whole numbers of 16 bits as floats; beyond are bits that were flipped."""


def decode_audio(path: str, spec: AudioSpec) -> np.ndarray:
    """Decode one file to float32 (samples,), mono; up to (most_samples,) where the spec keeps more than a window.

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or holds no sound.
    """
    return window(read_wave(path, spec.sampling_rate, spec.length), spec.samples, spec.most_samples)


def read_wave(path: str, sampling_rate: int, length: AudioLength = "exact") -> np.ndarray:
    """Read all of one file, or a part of it, as float32 (samples,), mono, at `sampling_rate` Hz.

    Args:
        path: the file; or a part of one, see `pipeline.media.parts`.
        sampling_rate: Hz.
        length: how many samples there are, as of `AudioSpec`.

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or holds no sound.
    """
    path, part = part_of(path)
    wave, rate = read_sound(path, LONGEST_S)
    if part is not None:
        wave = wave[round(part[0] * rate) : round(part[1] * rate)]
    if len(wave) == 0:
        raise MediaError("no samples")
    if not np.isfinite(wave).all():
        raise MediaError("not sound: samples are not finite")
    loudest = float(np.abs(wave).max())
    if loudest > LOUDEST:
        raise MediaError(f"not sound: samples up to {loudest:.0e}, at most {LOUDEST:.0f}")
    resampled: np.ndarray = soxr.resample(wave, rate, sampling_rate)
    return (
        resampled if length == "exact" or rate == sampling_rate else _as_long(resampled, len(wave), rate, sampling_rate)
    )


def _as_long(resampled: np.ndarray, before: int, rate: int, sampling_rate: int) -> np.ndarray:
    """Cut or zero-pad to the number of samples that librosa makes of `before`: its order of operations gives its rounding."""
    wanted = math.ceil(before * (float(sampling_rate) / rate))
    return np.pad(resampled[:wanted], (0, max(0, wanted - len(resampled))))


def window(wave: np.ndarray, samples: int, most: int = 0) -> np.ndarray:
    """Repeat and zero-pad, or take the centre of, a mono wave; returns float32 (samples,), or as it is up to (most,)."""
    if len(wave) == 0:
        raise MediaError("no samples")
    if len(wave) > samples:
        kept = min(len(wave), max(samples, most))
        start = (len(wave) - kept) // 2
        return np.ascontiguousarray(wave[start : start + kept], dtype=np.float32)
    repeated = np.tile(wave, samples // len(wave))
    return np.pad(repeated, (0, samples - len(repeated))).astype(np.float32, copy=False)
