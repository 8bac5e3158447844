"""What is stored of a clip whose seconds are learned from: a frame and a spectrogram a segment, as a tower reads them.

Free of torch; the tower is known by the shape of one of its inputs.
"""

from dataclasses import replace

from pipeline.encoders.stepped.sizes import Mel
from pipeline.media.specs import VideoSpec
from pipeline.sources.presets import PRESETS
from pipeline.sources.specs import ClapMelSpec, ClapSegmentsSpec, FbankSpec

_PAPER, _SIDE = "copl-ave", 192


def frames_spec(size: int, segments: int) -> VideoSpec:
    """A frame a segment, from its middle, squashed to a square of `size` pixels: uint8 (segments, size, size, 3)."""
    return VideoSpec(frames=segments, size=size, resize="squash", interpolation="bicubic")


def picture_of_sound(size: int, segments: int, segment_s: float = 1.0) -> FbankSpec:
    """A spectrogram a segment, to be read as a picture: (segments, size, size), time downwards.

    At 192 pixels and one second it is LAVISH's and CoPL's of AVE; the miniature's tower has its own; at other sizes, and of longer
    segments, the segment fills the picture as it does there.
    """
    found = PRESETS[_PAPER]
    assert isinstance(found, FbankSpec)
    if size != _SIDE:
        found = replace(found, bins=size, frames=size, hop_ms=found.hop_ms * _SIDE / size)
    if segment_s != 1:
        found = replace(found, segment_s=segment_s, hop_ms=found.hop_ms * segment_s, margin_s=found.margin_s * segment_s)
    return replace(found, segments=segments)


def sound_spec(mel: Mel, segments: int, segment_s: float = 1.0) -> ClapSegmentsSpec:
    """A spectrogram a segment as an HTS-AT reads it: (segments, frames, bins); the segment is repeated until it fills the window."""
    one = ClapMelSpec(
        sampling_rate=mel.sampling_rate, seconds=mel.seconds, fft=mel.fft, hop=mel.hop, bins=mel.bins,
        low_hz=mel.low_hz, high_hz=mel.high_hz,
    )  # fmt: skip
    return ClapSegmentsSpec(one, segments, segment_s)
