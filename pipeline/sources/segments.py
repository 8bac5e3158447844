"""What is stored of a clip whose seconds are learned from: a frame and a spectrogram a segment, as a tower reads them.

Free of torch; the tower is known by the shape of one of its inputs.
"""

from pipeline.media.specs import VideoSpec
from pipeline.sources.specs import FbankSpec

AVE_MEAN, AVE_DEVIATION = -4.984795570373535, 3.7079780101776123
"""Of Kaldi's filter bank of 192 bins over AVE's training clips (LAVISH's code)."""
_HOP_MS, _SIDE = 5.2, 192
_MARGIN = 0.1
"""Of a segment: so much is kept free behind the last one, that it is never short."""


def frames_spec(size: int, segments: int) -> VideoSpec:
    """A frame a segment, from its middle, squashed to a square of `size` pixels: uint8 (segments, size, size, 3)."""
    return VideoSpec(frames=segments, size=size, resize="squash", interpolation="bicubic")


def picture_of_sound(size: int, segments: int, segment_s: float = 1.0) -> FbankSpec:
    """A spectrogram a segment, to be read as a picture: (segments, size, size), time downwards.

    It is LAVISH's and CoPL's at 192 pixels and one second: 5.2 ms from frame to frame, 192 bins, normalised and only then filled
    up with zeros. At other sizes and lengths the segment fills the picture as it does there.
    """
    return FbankSpec(
        bins=size, frames=size, hop_ms=_HOP_MS * _SIDE / size * segment_s, segments=segments, segment_s=segment_s,
        margin_s=_MARGIN * segment_s, mean=AVE_MEAN, scale=2 * AVE_DEVIATION, pad_first=False,
    )  # fmt: skip
