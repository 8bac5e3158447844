"""How media become arrays: every field can change the bytes of what is decoded, and nothing else can.

Importing this loads no decoder, so that plans and fingerprints cost nothing.
"""

from dataclasses import dataclass
from typing import Literal

ResizeMode = Literal["squash", "shortest_edge"]
Interpolation = Literal["bicubic", "bilinear"]
Sampler = Literal["middle", "stride"]


@dataclass(frozen=True)
class ImageSpec:
    """How an image becomes an array.

    Attributes:
        size: side of the square result, pixels.
        resize: "squash" scales both sides to `size`; "shortest_edge" scales the shorter one and crops the centre.
        interpolation: filter of the scaling.
    """

    size: int = 224
    resize: ResizeMode = "shortest_edge"
    interpolation: Interpolation = "bicubic"

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
    """

    sampling_rate: int = 48_000
    seconds: float = 10.0

    @property
    def samples(self) -> int:
        """Length of the window, samples."""
        return round(self.sampling_rate * self.seconds)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one decoded clip."""
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
    """

    frames: int = 8
    size: int = 224
    resize: ResizeMode = "squash"
    interpolation: Interpolation = "bicubic"
    sampler: Sampler = "middle"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one decoded video."""
        return (self.frames, self.size, self.size, 3)


MediaSpec = ImageSpec | AudioSpec | VideoSpec
