"""What is made of a media file once and stored: every field can change the bytes, and nothing else can.

Importing this loads no decoder. Dims: K = clips x crops views, T = frames, S = segments. Sizes in pixels.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pipeline.media import AudioSpec, ImageSpec, MediaSpec, VideoSpec
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.specs import AudioLength, spec_fields
from pipeline.sources.view_specs import AugmentedViewsSpec, DrawnViewsSpec, ImageViewsSpec, VideoViewsSpec
from stores import ArtifactSpec

StoredType = Literal["float16", "float32"]

CODE_VERSION = 1
"""Raise it when a change of our code changes the bytes of a source."""


@dataclass(frozen=True)
class TvL1:
    """Parameters of TV-L1 optical flow; the defaults are OpenCV's, which are those of Sánchez et al. (IPOL 2013).

    Attributes:
        tau: time step.
        attachment: weight of brightness constancy (lambda).
        theta: tightness of the coupling.
        scales: levels of the pyramid.
        warps: warps of a level.
        epsilon: change per pixel at which a warp ends.
        inner: iterations between two medians, at most.
        outer: medians of a warp, at most.
        scale_step: ratio of two levels.
        median: side of the median filter; 1 is none.
    """

    tau: float = 0.25
    attachment: float = 0.15
    theta: float = 0.3
    scales: int = 5
    warps: int = 5
    epsilon: float = 0.01
    inner: int = 30
    outer: int = 10
    scale_step: float = 0.8
    median: int = 5


@dataclass(frozen=True)
class Raft:
    """RAFT of torchvision's, from a weights file.

    Attributes:
        weights: path of the file; it names nothing.
        digest: of its content.
        updates: of the flow.
    """

    weights: str = field(metadata={"named": False})
    digest: str
    updates: int = 12


@dataclass(frozen=True)
class JpegFlow:
    """Flow stored as JPEG, see `pipeline.sources.lossy_flow`.

    Attributes:
        quality: PIL's, from 1 to 100; raised for frames that would be off by more than the bound.
        bound: mean error of a frame, steps of the stored bytes, at most; of quality 100, which may not keep it, as it is.
    """

    quality: int = 90
    bound: float = 1.0


@dataclass(frozen=True)
class FlowSpec:
    """TV-L1 or RAFT flow at the frames of `views`: uint8 (K, T, size, size, 2), horizontal then vertical.

    The flow at a frame is that to the next frame of the file, whatever the stride; at the last, the one before. It is
    computed at `views.short_side`, clipped to [-bound, bound] and mapped to 0..255 (MOV section 4.1). Views that are drawn are
    cropped, scaled and mirrored like pictures: what is stored of a mirrored view moves as it did before ("directly treating it as
    images").

    Attributes:
        views: which frames and crops.
        tv_l1: the algorithm's parameters.
        bound: largest displacement kept.
        raft: instead of TV-L1.
        jpeg: how it is stored, if not as it is.
    """

    name: ClassVar = "flow"
    views: VideoViewsSpec | DrawnViewsSpec = VideoViewsSpec(interpolation="bilinear")
    tv_l1: TvL1 = TvL1()
    bound: float = 20.0
    raft: Raft | None = None
    jpeg: JpegFlow | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (*self.views.shape[:-1], 2)


@dataclass(frozen=True)
class FbankSpec:
    """Kaldi's log mel filter bank: (S, frames, bins). The defaults are those of AST on AudioSet.

    Attributes:
        sampling_rate: Hz; channels are averaged.
        bins: mel bins from 20 Hz to half the rate.
        window: of frames of 25 ms.
        hop_ms: from frame to frame, milliseconds.
        frames: frames kept of a segment; zeros after them if there are fewer.
        segments: pieces of the file, evenly spread.
        segment_s: length of a piece, seconds; None is the whole file.
        margin_s: seconds that the last piece keeps from the end, so that it is never short.
        mean: subtracted.
        scale: divided by, after that; AST divides by twice the standard deviation.
        pad_first: whether zeros are appended before mean and scale (AST) or after (LAVISH, CoPL).
    """

    name: ClassVar = "fbank"
    sampling_rate: int = 16_000
    bins: int = 128
    window: Literal["hanning", "hamming"] = "hanning"
    hop_ms: float = 10.0
    frames: int = 1024
    segments: int = 1
    segment_s: float | None = None
    margin_s: float = 0.0
    mean: float = -4.2677393
    scale: float = 2 * 4.5689974
    pad_first: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.segments, self.frames, self.bins)


@dataclass(frozen=True)
class ClapMelSpec:
    """LAION-CLAP's log mel spectrogram of one window, decibels: (frames, bins).

    Attributes:
        sampling_rate: Hz.
        seconds: length of the window; a shorter clip is repeated and padded, of a longer one the centre is taken.
        fft: samples of a frame.
        hop: samples from frame to frame.
        bins: mel bins.
        low_hz: where they begin.
        high_hz: where they end.
        length: of the resampled clip, as of `AudioSpec`.
    """

    name: ClassVar = "clap_mel"
    sampling_rate: int = 48_000
    seconds: float = 10.0
    fft: int = 1024
    hop: int = 480
    bins: int = 64
    low_hz: float = 50.0
    high_hz: float = 14_000.0
    length: AudioLength = "exact"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (1 + round(self.sampling_rate * self.seconds) // self.hop, self.bins)


@dataclass(frozen=True)
class ClapSegmentsSpec:
    """Log mel spectrograms of pieces of a sound, each repeated until it fills the window: (S, frames, bins), decibels.

    Attributes:
        mel: of one window.
        segments: pieces of the file, evenly spread.
        segment_s: length of a piece, seconds.
    """

    name: ClassVar = "clap_segments"
    mel: ClapMelSpec = ClapMelSpec(sampling_rate=32_000, hop=320)
    segments: int = 10
    segment_s: float = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.segments, *self.mel.shape)


SourceSpec = (
    MediaSpec
    | ImageViewsSpec
    | AugmentedViewsSpec
    | VideoViewsSpec
    | DrawnViewsSpec
    | FlowSpec
    | FbankSpec
    | ClapMelSpec
    | ClapSegmentsSpec
    | MaskSpec
)
SPECTROGRAMS = (FbankSpec, ClapMelSpec, ClapSegmentsSpec)
"""Sources that are no pictures: their rows end with frames and bins."""

_PLAIN = {ImageSpec: "image", AudioSpec: "audio", VideoSpec: "video"}


def source_artifact(spec: SourceSpec, dtype: StoredType = "float16") -> ArtifactSpec:
    """Describe the stored source; `dtype` is that of what is not whole numbers."""
    fields = spec_fields(spec)
    made = {"source": source_name(spec), "spec": fields, "dtype": stored_type(spec, dtype), "code": CODE_VERSION}
    lossy = isinstance(spec, FlowSpec) and spec.jpeg is not None
    return ArtifactSpec(kind="sources", fields=made, backend="blob" if lossy else "hdf5")


def source_name(spec: SourceSpec) -> str:
    """Name of the kind of source, which is also that of the array in the store."""
    return _PLAIN[type(spec)] if isinstance(spec, MediaSpec) else spec.name


def item_dims(spec: SourceSpec) -> int:
    """How many dimensions the things have that a row is made of: pictures and flow 3, spectrograms and masks 2, waves 1."""
    if isinstance(spec, (*SPECTROGRAMS, MaskSpec)):
        return 2
    return 1 if isinstance(spec, AudioSpec) else 3


def stored_type(spec: SourceSpec, dtype: StoredType) -> str:
    """Type of the stored array: pictures, masks and flow are uint8 whatever is asked."""
    return dtype if isinstance(spec, (AudioSpec, *SPECTROGRAMS)) else "uint8"
