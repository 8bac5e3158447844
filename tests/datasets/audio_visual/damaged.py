"""Clips that are damaged as clips of the wild are, each in its own way."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile

from pipeline.miniature.world.video_files import write_mp4

FRAMES = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
WAVE = (0.1 * np.random.default_rng(1).standard_normal(160_000)).astype(np.float32)

REASONS = {
    "no audio": "no audio stream",
    "no video": "no video stream",
    "cut": "truncated",
    "cut before its index": "truncated",
    "drifted": "pictures and sound are not together: pictures 0.0 to 10.0 s, sound 2.9 to 1",
    "sound that ends early": "pictures and sound are not together: pictures 0.0 to 10.0 s, sound 0.0 to 6.0 s",
    "another length": "6.0 s",
    "empty file": "empty file",
    "text file": "not a video",
    "a folder": "not a file",
}
"""Damage -> how its reason begins, or what is in it."""


def write_good(path: Path) -> None:
    """Ten seconds with pictures and sound."""
    write_mp4(path, FRAMES, 2, WAVE)


def write_damaged(path: Path, how: str) -> None:
    """A file, or what stands in its place, that is damaged so."""
    match how:
        case "no audio":
            write_mp4(path, FRAMES, 2)
        case "no video":
            soundfile.write(path.with_suffix(".wav"), WAVE, 16_000)
            path.with_suffix(".wav").rename(path)
        case "cut":
            write_good(path)
            path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        case "cut before its index":
            _remux(path, faststart=False)
            path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        case "drifted":
            _remux(path, late_s=3)
        case "sound that ends early":
            write_mp4(path, FRAMES, 2, WAVE[:96_000])
        case "another length":
            write_mp4(path, FRAMES[:12], 2, WAVE[:96_000])
        case "empty file":
            path.write_bytes(b"")
        case "text file":
            path.write_text("This video is not available in your country.\n" * 40)
        case "a folder":
            path.mkdir()
        case _:
            raise AssertionError(how)


def _remux(path: Path, late_s: int = 0, faststart: bool = True) -> None:
    """The good clip with its sound later, or with its index at the end."""
    good = path.with_suffix(".good.mp4")
    write_good(good)
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(good)) as source, av.open(str(path), "w", options=options) as target:
        streams = {
            stream: target.add_stream_from_template(stream) for stream in (*source.streams.video, *source.streams.audio)
        }
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "audio" and packet.time_base is not None:
                packet.pts += int(late_s / Fraction(packet.time_base))
                packet.dts += int(late_s / Fraction(packet.time_base))
            packet.stream = streams[packet.stream]
            target.mux(packet)
    good.unlink()
