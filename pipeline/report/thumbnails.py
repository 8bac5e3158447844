"""Small pictures of media files: an image, a strip of video frames, the spectrogram of a sound with a player.

A file that is gone or cannot be decoded any more gives None: the report does without its picture. Where the machine fails, the
report is not drawn: the next command draws it whole. Of a text the beginning is shown.
"""

import base64
import io
import textwrap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media import AudioSpec, ImageSpec, MediaError, VideoSpec
from pipeline.media.specs import Orientation
from pipeline.reading import reading
from pipeline.reading.regular import read_bytes
from pipeline.report.html import Markup, tag

_SIDE = 136  # pixels; shown at half of it on dense screens
_FRAMES = 4
_LETTERS = 240
_SECONDS = 10.0
_RATE = 16_000
_SOUND_TYPES = {".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}


def picture_of(path: str, modality: str, orientation: Orientation = "stored") -> Markup | None:
    """A picture of the file, None if it cannot be made; of the modality "text", the beginning of the text itself."""
    if modality == "text":
        return tag("div", textwrap.shorten(path, _LETTERS, placeholder=" …"), cls="thumb words")
    try:
        pixels = _pixels(path, modality, orientation)
    except (MediaError, OSError, ValueError):
        return None
    return tag("img", src=_data_uri("image/jpeg", _jpeg(pixels)), alt="", cls=f"thumb {modality}")


def picture_element(pixels: NDArray[np.uint8], alt: str) -> Markup:
    """A picture made here, uint8 (h, w, 3)."""
    return tag("img", src=_data_uri("image/jpeg", _jpeg(pixels)), alt=alt)


def player_of(path: str, largest: int) -> Markup | None:
    """A player with the sound inside it, None where the file is larger than `largest` bytes or of another type."""
    file = Path(path)
    kind = _SOUND_TYPES.get(file.suffix.lower())
    try:
        with reading(file):
            if kind is None or file.stat().st_size > largest:
                return None
            return tag("audio", controls="", preload="none", src=_data_uri(kind, read_bytes(file)))
    except OSError:
        return None


def _pixels(path: str, modality: str, orientation: Orientation) -> NDArray[np.uint8]:
    if modality == "audio":
        return _spectrogram(path)
    return _image(path, orientation) if modality == "image" else _strip(path, orientation)


def _image(path: str, orientation: Orientation) -> NDArray[np.uint8]:
    from pipeline.media.image import decode_image

    return decode_image(path, ImageSpec(size=_SIDE, resize="shortest_edge", orientation=orientation))


def _strip(path: str, orientation: Orientation) -> NDArray[np.uint8]:
    from pipeline.media.video import decode_video

    spec = VideoSpec(frames=_FRAMES, size=_SIDE, resize="shortest_edge", orientation=orientation)
    frames = decode_video(path, spec)
    gap = np.full((_SIDE, 4, 3), 255, np.uint8)
    return np.concatenate([part for frame in frames for part in (frame, gap)][:-1], axis=1)


def _spectrogram(path: str) -> NDArray[np.uint8]:
    """Log power over time (left to right) and log frequency (bottom to top), loudest 70 dB."""
    from matplotlib import colormaps

    from pipeline.media.audio import decode_audio

    wave = decode_audio(path, AudioSpec(sampling_rate=_RATE, seconds=_duration(path)))
    width, bins = 320, 1024
    starts = np.linspace(0, max(len(wave) - bins, 0), width).astype(int)
    padded = np.pad(wave, (0, max(bins - len(wave), 0)))
    windows = padded[starts[:, None] + np.arange(bins)] * np.hanning(bins)
    power = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    rows = np.geomspace(4, bins // 2, 110).round().astype(int)  # from 60 Hz, five rows a third of an octave
    decibels = 10 * np.log10(power[:, rows].T[::-1] + 1e-10)
    shown = np.clip((decibels - decibels.max()) / 70 + 1, 0, 1)
    pixels: NDArray[np.uint8] = (255 * colormaps["magma"](shown)[..., :3]).astype(np.uint8)
    return pixels


def _duration(path: str) -> float:
    import soundfile

    from pipeline.media.opened import open_media

    try:
        with open_media(path) as file:
            return float(np.clip(soundfile.info(file).duration, 0.1, _SECONDS))
    except (soundfile.LibsndfileError, TypeError):  # a container that only FFmpeg reads; a name that ends in .raw
        return _SECONDS


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
