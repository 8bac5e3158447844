"""Views of pictures and videos that are made once and stored, cut where a rule or a seed says.

Dims: K = clips x crops views, T = frames. Sizes in pixels.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pipeline.media.specs import Interpolation, Orientation, RgbOrder

Crops = Literal[1, 3, 5]
ClipSampler = Literal["uniform", "strided"]


@dataclass(frozen=True)
class ImageViewsSpec:
    """Crops of one image: uint8 (K, size, size, 3).

    Attributes:
        size: side of the crops.
        short_side: length to which the shorter side is scaled before.
        crops: 1 is the centre; 3 lie along the longer side; 5 are the corners and the centre.
        flip: whether every crop comes mirrored too, after all that are not.
        interpolation: filter of the scaling.
        rgb: whether it becomes RGB "first", as augmented views do, or "last", as of `ImageSpec`.
        orientation: "stored" or "shown", as of `ImageSpec`.
    """

    name: ClassVar = "image_views"
    size: int = 224
    short_side: int = 256
    crops: Crops = 5
    flip: bool = False
    interpolation: Interpolation = "bicubic"
    rgb: RgbOrder = "last"
    orientation: Orientation = "stored"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.crops * (1 + self.flip), self.size, self.size, 3)


@dataclass(frozen=True)
class AugmentedViewsSpec:
    """Random crops of one image, as it is trained on: uint8 (views, size, size, 3). The defaults are CoOp's and ProMPT's.

    Every view is torchvision's RandomResizedCrop, mirrored or not. Which it is follows from the seed, the file's bytes and
    the number of the view, so neither where the file lies nor how many views there are matters.

    Attributes:
        size: side of the views.
        views: how many there are.
        scale: smallest and largest share of the picture's area that is cropped.
        ratio: smallest and largest ratio of a crop's width to its height.
        flip: probability that a view is mirrored.
        interpolation: filter of the scaling.
        seed: other seeds, other views.
    """

    name: ClassVar = "augmented_views"
    size: int = 224
    views: int = 8
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5
    interpolation: Interpolation = "bicubic"
    seed: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.views, self.size, self.size, 3)


@dataclass(frozen=True)
class DrawnViewsSpec:
    """Random clips of one video, as it is trained on: uint8 (views, T, size, size, 3); see `pipeline.sources.drawn_views`.

    Every view has a random start, and a random crop and flip of all its frames. Which they are follows from the seed, the file's
    bytes and the number of the view.

    Attributes:
        frames: frames of a view.
        stride: frames of the file from one to the next; a video that is too short is looped.
        views: how many there are.
        size: side of the crops.
        short_side: length to which the shorter side is scaled before.
        scale: smallest and largest share of the picture's area that is cropped.
        ratio: smallest and largest ratio of a crop's width to its height.
        flip: probability that a view is mirrored.
        interpolation: filter of both scalings.
        seed: other seeds, other views.
        orientation: "stored" or "shown", as of `VideoSpec`.
    """

    name: ClassVar = "drawn_views"
    frames: int = 16
    stride: int = 4
    views: int = 12
    size: int = 224
    short_side: int = 256
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: float = 0.5
    interpolation: Interpolation = "bicubic"
    seed: int = 0
    orientation: Orientation = "stored"

    @property
    def clips(self) -> int:
        """How many pieces of the video are read."""
        return self.views

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.views, self.frames, self.size, self.size, 3)


@dataclass(frozen=True)
class VideoViewsSpec:
    """Clips x crops of one video, clips outer: uint8 (K, T, size, size, 3). The defaults are MOV's test views.

    Attributes:
        frames: frames of a clip.
        sampler: "strided" takes every `stride`-th frame from evenly spread starts, and loops a video that is too
            short; "uniform" spreads the frames of every clip over the whole video.
        stride: frames from one to the next, of "strided".
        clips: temporal views.
        crops: spatial views: 1, 3 or 5, as of an image.
        size: side of the crops.
        short_side: length to which the shorter side is scaled before.
        interpolation: filter of the scaling.
        orientation: "stored" or "shown", as of `VideoSpec`.
    """

    name: ClassVar = "video_views"
    frames: int = 16
    sampler: ClipSampler = "strided"
    stride: int = 4
    clips: int = 4
    crops: Crops = 3
    size: int = 224
    short_side: int = 256
    interpolation: Interpolation = "bicubic"
    orientation: Orientation = "stored"

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one row."""
        return (self.clips * self.crops, self.frames, self.size, self.size, 3)
