"""What is stored of a clip whose seconds are learned from: a frame and a spectrogram a segment, as a tower reads them.

Free of torch; the tower is known by the shape of one of its inputs.
"""

from dataclasses import replace

from pipeline.encoders.stepped.sizes import Mel
from pipeline.media.specs import VideoSpec
from pipeline.sources.errors import SourceError
from pipeline.sources.presets import PRESETS
from pipeline.sources.specs import ClapMelSpec, ClapSegmentsSpec, FbankSpec

_SIDE = 192
_PRESETS = {(192, 192): "copl-ave", (64, 64): "copl-miniature", (128, 32): "copl-miniature-hts-at"}
"""(frames, bins) that a tower reads -> what it was trained with, or the paper reads."""


def frames_spec(size: int, segments: int) -> VideoSpec:
    """A frame a segment, from its middle, squashed to a square of `size` pixels: uint8 (segments, size, size, 3)."""
    return VideoSpec(frames=segments, size=size, resize="squash", interpolation="bicubic")


def picture_of_sound(size: int, segments: int, segment_s: float = 1.0, papers: str = "") -> FbankSpec:
    """A spectrogram a segment, to be read as a picture: (segments, size, size), time downwards.

    At 192 pixels and one second it is LAVISH's and CoPL's of AVE; the miniature's tower has its own; at other sizes, and of other
    lengths, the segment fills the picture as it does there.

    Args:
        size: of the picture.
        segments: of a clip.
        segment_s: seconds of one.
        papers: the preset that LAVISH and CoPL have for such segments, which is taken at its size and length.
    """
    own = PRESETS.get(papers)
    if isinstance(own, FbankSpec) and (own.frames, own.bins, own.segment_s) == (size, size, segment_s):
        return replace(own, segments=segments)
    found = _preset(size, size)
    if found is None:
        paper = _preset(_SIDE, _SIDE)
        assert paper is not None, "the paper's is there"
        found = replace(paper, bins=size, frames=size, hop_ms=paper.hop_ms * _SIDE / size)
    return _of_segments(found, segments, segment_s)


def sound_spec(
    frames: int, bins: int, mel: Mel | None, segments: int, segment_s: float = 1.0
) -> FbankSpec | ClapSegmentsSpec:
    """A spectrogram a segment as an HTS-AT reads it: (segments, frames, bins).

    Args:
        frames: of one input of the tower.
        bins: of it.
        mel: LAION-CLAP's, which it was trained with, of the segment repeated until it fills the window; None where it was trained
            with Kaldi's filter bank, as the miniature's was.
        segments: of a clip.
        segment_s: seconds of one.

    Raises:
        SourceError: it was trained with spectrograms that nobody here knows.
    """
    if mel is None:
        found = _preset(frames, bins)
        if found is None:
            raise SourceError(
                f"sources: a tower of {frames} frames and {bins} bins was trained with spectrograms that are none of CLAP's and "
                f"no preset ({', '.join(_PRESETS.values())}). Take a tower whose configuration says them: docs/encoders.md"
            )
        return _of_segments(found, segments, segment_s)
    one = ClapMelSpec(
        sampling_rate=mel.sampling_rate, seconds=mel.seconds, fft=mel.fft, hop=mel.hop, bins=mel.bins,
        low_hz=mel.low_hz, high_hz=mel.high_hz,
    )  # fmt: skip
    return ClapSegmentsSpec(one, segments, segment_s)


def _preset(frames: int, bins: int) -> FbankSpec | None:
    found = PRESETS.get(_PRESETS.get((frames, bins), ""))
    return found if isinstance(found, FbankSpec) else None


def _of_segments(spec: FbankSpec, segments: int, segment_s: float) -> FbankSpec:
    if segment_s != 1:
        spec = replace(spec, segment_s=segment_s, hop_ms=spec.hop_ms * segment_s, margin_s=spec.margin_s * segment_s)
    return replace(spec, segments=segments)
