"""Sound files, and the sound of video files, to mono float32 of a fixed length.

Channels are averaged, then resampled with soxr's HQ setting, as librosa does. A clip shorter than the window is
repeated as often as it fits and zero-padded ("repeatpad"); of a longer one the centre is taken, where LAION-CLAP
crops at random (nothing random may happen below a cut), or as much as the spec lets the tower hear.
"""

import re
from typing import Any, BinaryIO

import av
import numpy as np
import soundfile
import soxr

from pipeline.media.containers import decoder_of, open_container, packets_of
from pipeline.media.errors import MediaError
from pipeline.media.opened import open_media
from pipeline.media.specs import AudioSpec

LONGEST_S = 1200.0
"""Longest clip that is decoded, seconds. A window of ten seconds says little about a longer one."""
LOUDEST = 32_768.0
"""Largest sample; 1 is full scale. Some write whole numbers of 16 bits as floats; beyond are bits that were flipped."""


def decode_audio(path: str, spec: AudioSpec) -> np.ndarray:
    """Decode one file to float32 (samples,), mono; up to (most_samples,) where the spec keeps more than a window.

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or holds no sound.
    """
    return window(read_wave(path, spec.sampling_rate), spec.samples, spec.most_samples)


def read_wave(path: str, sampling_rate: int) -> np.ndarray:
    """Read all of one file as float32 (samples,), mono, at `sampling_rate` Hz.

    Raises:
        MediaError: the file is missing, empty, truncated, too long, or holds no sound.
    """
    wave, rate = _read(path)
    if len(wave) == 0:
        raise MediaError("no samples")
    if not np.isfinite(wave).all():
        raise MediaError("not sound: samples are not finite")
    loudest = float(np.abs(wave).max())
    if loudest > LOUDEST:
        raise MediaError(f"not sound: samples up to {loudest:.0e}, at most {LOUDEST:.0f}")
    return soxr.resample(wave, rate, sampling_rate)


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


def _read(path: str) -> tuple[np.ndarray, int]:
    """Read by libsndfile where it knows the format, else by FFmpeg (mp4, m4a, aac, webm)."""
    with open_media(path) as file:
        try:
            info = soundfile.info(file, verbose=True)
        except soundfile.LibsndfileError:
            info = None
        if info is not None:
            file.seek(0)
            return _read_sound(file, info)
    return _read_container(path)


def _read_sound(file: BinaryIO, info: Any) -> tuple[np.ndarray, int]:
    if info.samplerate < 1 or info.channels < 1:  # libsndfile trusts the name of a file: garbage.flac is FLAC to it
        raise MediaError("not sound: a header without rate or channels")
    _require_length(info.frames / info.samplerate)
    try:
        size = max(1, (1 << 18) // info.channels)  # a header may declare a thousand channels
        blocks = soundfile.blocks(file, blocksize=size, dtype="float32", always_2d=True)
        with np.errstate(all="ignore"):  # samples that are not finite are found below
            wave = _concatenate([block.mean(axis=1) for block in blocks])
    except soundfile.LibsndfileError as error:
        reason = "truncated" if "lost sync" in str(error) else f"not sound: {error}"
        raise MediaError(reason) from None
    if _is_cut(info, len(wave)):
        raise MediaError("truncated")
    return wave, info.samplerate


def _is_cut(info: Any, frames: int) -> bool:
    """Tell whether the header promises more than the file holds; libsndfile itself only shortens the sound."""
    # An MP3's length is an estimate, so it says nothing about where the file should end.
    if info.format == "MP3":
        return False
    promised = re.search(r"^\s*data : (\d+) \(should be (\d+)\)", info.extra_info, re.MULTILINE)
    # Streaming writers leave 0 or the largest number as the length because they cannot go back and fill it in.
    cut = promised is not None and int(promised[2]) < int(promised[1]) < 0x7FFFFF00
    return cut or frames < info.frames


def _read_container(path: str) -> tuple[np.ndarray, int]:
    with open_container(path, "not sound") as container:
        if not container.streams.audio:
            raise MediaError("no audio stream")
        stream = container.streams.audio[0]
        if stream.duration is not None and stream.time_base is not None:
            _require_length(float(stream.duration * stream.time_base))
        rate = decoder_of(stream, "not sound").sample_rate
        if rate < 1:
            raise MediaError("not sound: a header without rate or channels")
        resampler = av.AudioResampler(format="fltp")
        parts: list[np.ndarray] = []
        length = 0
        for packet in packets_of(container, stream, "not sound"):
            for frame in packet.decode():
                for planar in resampler.resample(frame):
                    parts.append(planar.to_ndarray().mean(axis=0))
                    length += len(parts[-1])
            _require_length(length / rate)
    return _concatenate(parts), rate


def _concatenate(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _require_length(seconds: float) -> None:
    if seconds > LONGEST_S:
        raise MediaError(f"too long: {seconds:.0f} s, at most {LONGEST_S:.0f} s")
