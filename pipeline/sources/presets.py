"""Sources by the names of the systems that read them, with the figures of their papers and code."""

from pipeline.sources.specs import ClapMelSpec, FbankSpec, FlowSpec, SourceSpec
from pipeline.sources.view_specs import ImageViewsSpec, VideoViewsSpec


def _lavish(
    segments: int, segment_s: float, hop_ms: float, frames: int, bins: int, mean: float, std: float
) -> FbankSpec:
    """Spectrograms as LAVISH's loaders make them, which CoPL shares: each piece leaves a tenth of a second at the end."""
    return FbankSpec(
        bins=bins, hop_ms=hop_ms, frames=frames, segments=segments, segment_s=segment_s, margin_s=0.1,
        mean=mean, scale=2 * std, pad_first=False,
    )  # fmt: skip


PRESETS: dict[str, SourceSpec] = {
    "image-five-crops": ImageViewsSpec(),
    "video-views": VideoViewsSpec(),
    "flow": FlowSpec(),
    "ast": FbankSpec(),
    # MOV divides by the deviation, not by twice of it; the figures of VGGSound are CAV-MAE's.
    "mov-audio": FbankSpec(frames=1000, mean=-5.081, scale=4.4849),
    # To the letter of its section 4.1, which says Hamming where AST's code has hanning; the two frames that Kaldi leaves open of
    # ten seconds are the mean here, and 1.1329 above it in the other two.
    "mov-audio-hamming": FbankSpec(window="hamming", frames=1000, mean=-5.081, scale=4.4849, pad_first=False),
    "mov-audio-ast": FbankSpec(frames=1000, mean=-5.081, scale=2 * 4.4849),
    "copl-ave": _lavish(10, 1.0, 5.2, 192, 192, -4.984795570373535, 3.7079780101776123),
    "copl-ave-vit": _lavish(10, 1.0, 10.0, 102, 128, -4.1426, 3.2001),
    "copl-avs": _lavish(5, 1.95, 10.0, 192, 192, -5.210531711578369, 3.5918314456939697),
    "copl-avqa": _lavish(10, 1.95, 10.0, 192, 192, -5.385333061218262, 3.5928637981414795),
    # What the miniature's Swin-V2 and HTS-AT have learned from, `pipeline.miniature.train.fbank`.
    "copl-miniature": _lavish(10, 1.0, 15.4, 64, 64, -3.28, 3.48),
    "copl-miniature-hts-at": _lavish(10, 1.0, 7.65, 128, 32, -2.37, 3.4),
    "clap": ClapMelSpec(),
}
