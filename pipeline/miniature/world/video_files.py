"""Videos as files, with sound or without."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.miniature.world.motions import FRAMES_PER_SECOND

_AAC_BITS = 64_000


def write_mp4(
    path: Path,
    frames: np.ndarray,
    rate: int = FRAMES_PER_SECOND,
    wave: np.ndarray | None = None,
    sampling_rate: int = 16_000,
) -> None:
    """Encodes frames (T, H, W, 3), uint8, with H.264, and a mono wave (S,) with AAC; the same input gives the same bytes."""
    import av

    with av.open(str(path), "w", options={"fflags": "+bitexact", "movflags": "+faststart"}) as container:
        # x264's macroblock tree and more than one thread gave other bytes for the same frames now and then.
        options = {"crf": "20", "x264-params": "mbtree=0:threads=1:lookahead-threads=1"}
        stream = container.add_stream("libx264", rate=Fraction(rate), options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        sound = None if wave is None else _sound_stream(container, sampling_rate)
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
        if sound is not None and wave is not None:
            _write_sound(container, sound, wave, sampling_rate)


def write_avi(path: Path, frames: np.ndarray, rate: int) -> None:
    """Encodes frames (T, H, W, 3), uint8, without loss, so that no frame depends on those around it; equal input, equal bytes."""
    import av

    with av.open(str(path), "w", format="avi", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("ffv1", rate=Fraction(rate), options={"flags": "+bitexact", "slices": "4"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "bgr0"
        stream.thread_count = 1
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _sound_stream(container: Any, sampling_rate: int) -> Any:
    stream = container.add_stream("aac", rate=sampling_rate, options={"flags": "+bitexact", "aac_coder": "fast"})
    stream.layout, stream.format, stream.bit_rate = "mono", "fltp", _AAC_BITS
    return stream


def _write_sound(container: Any, stream: Any, wave: np.ndarray, sampling_rate: int) -> None:
    import av

    size = 1024  # samples of an AAC frame
    for start in range(0, len(wave), size):
        frame = av.AudioFrame.from_ndarray(
            wave[None, start : start + size].astype(np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = sampling_rate, start, Fraction(1, sampling_rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())
