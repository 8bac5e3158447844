"""How media become arrays: every field can change the bytes of what is decoded, and nothing else can.

Importing this loads no decoder, so that plans and fingerprints cost nothing.
"""

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

ResizeMode = Literal["squash", "shortest_edge"]
Interpolation = Literal["bicubic", "bilinear"]
Sampler = Literal["middle", "stride"]
AudioWindow = Literal["centre", "mean", "fusion"]
AudioLength = Literal["exact", "librosa"]
RgbOrder = Literal["first", "last"]
Orientation = Literal["stored", "shown"]

MOST_WINDOWS = 6
"""Of a clip longer than this many windows the centre is heard: batches of whole clips must fit into memory."""


@dataclass(frozen=True)
class ImageSpec:
    """How an image becomes an array.

    Attributes:
        size: side of the square result, pixels.
        resize: "squash" scales both sides to `size`; "shortest_edge" scales the shorter one and crops the centre.
        interpolation: filter of the scaling.
        rgb: whether it becomes RGB "first" and is scaled then (Dassl, CoOp, TaAM-CPT's code), or is scaled as it is and becomes
            RGB "last" (open_clip, OpenAI). They differ for palettes, transparency and black and white.
        orientation: "stored" takes the pixels as they lie in the file, "shown" turns them as its EXIF says.
    """

    size: int = 224
    resize: ResizeMode = "shortest_edge"
    interpolation: Interpolation = "bicubic"
    rgb: RgbOrder = "last"
    orientation: Orientation = "stored"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one decoded image."""
        return (self.size, self.size, 3)


@dataclass(frozen=True)
class AudioSpec:
    """How a sound becomes an array.

    Attributes:
        sampling_rate: Hz.
        seconds: length of the window.
        window: how a clip longer than that is heard: "centre" takes its middle; of "mean" and "fusion" decoding keeps
            `MOST_WINDOWS` windows, and the tower averages over windows, or looks at the whole clip as a fused CLAP does.
        length: of the resampled clip. "exact" is what the resampler gives; "librosa" is librosa's, as in LAION's and TaAM-CPT's
            code: rounded up after a rounding error, so that 5 s at 44.1 kHz are 240,001 samples, which fit into 10 s only once.
    """

    sampling_rate: int = 48_000
    seconds: float = 10.0
    window: AudioWindow = "centre"
    length: AudioLength = "exact"

    @property
    def samples(self) -> int:
        """Length of the window, samples."""
        return round(self.sampling_rate * self.seconds)

    @property
    def most_samples(self) -> int:
        """Longest decoded clip, samples."""
        return self.samples if self.window == "centre" else MOST_WINDOWS * self.samples

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one decoded clip; of the shortest, where longer ones are kept."""
        return (self.samples,)


@dataclass(frozen=True)
class VideoSpec:
    """How a video becomes an array.

    Attributes:
        frames: frames taken; a shorter video repeats its last one.
        size: side of the square frames, pixels.
        resize: "squash" or "shortest_edge", as for images.
        interpolation: filter of the scaling.
        sampler: "middle" takes the middle of equal intervals (InternVideo's evaluation); "stride" takes every
            (n // frames)-th frame from the first (TaAM-CPT's code).
        orientation: "stored" takes frames as they lie in the file, "shown" turns them as its display matrix says.
    """

    frames: int = 8
    size: int = 224
    resize: ResizeMode = "squash"
    interpolation: Interpolation = "bicubic"
    sampler: Sampler = "middle"
    orientation: Orientation = "stored"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one decoded video."""
        return (self.frames, self.size, self.size, 3)


MediaSpec = ImageSpec | AudioSpec | VideoSpec


_LATER = ("window", "length", "rgb", "orientation", "raft", "jpeg")
"""Fields that came when there were stores already: what has their default keeps the name that it had before."""


def spec_fields(spec: Any) -> dict[str, Any]:
    """Fields of a spec as fingerprints hold them."""
    named = [each for each in fields(spec) if each.metadata.get("named", True)]  # where a file lies changes nothing
    kept = [each for each in named if each.name not in _LATER or getattr(spec, each.name) != each.default]
    values = {each.name: getattr(spec, each.name) for each in kept}
    return {name: spec_fields(value) if is_dataclass(value) else value for name, value in values.items()}
