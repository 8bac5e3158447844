"""Random views of a video, as it is trained on, made once: start, crop and flip follow from a seed and the file's bytes.

RGB and flow of view k share all three. A crop is torchvision's RandomResizedCrop, of the picture scaled to the short side, the
same for all frames; what is cropped is scaled to the size by PIL and mirrored or not.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageOps

from pipeline.media.image import scale_short_side
from pipeline.media.video import read_frames
from pipeline.sources.augmented import generator_of, sample_box
from pipeline.sources.view_specs import DrawnViewsSpec
from stores import file_key


@dataclass(frozen=True)
class Place:
    """Where a view lies in its picture.

    Attributes:
        box: top, left, height, width, pixels of the scaled picture.
        mirrored: whether it comes mirrored.
    """

    box: tuple[int, int, int, int]
    mirrored: bool


@dataclass(frozen=True)
class Drawing:
    """The views of one file; each is drawn by a generator of its own, so it is the same however many there are.

    Attributes:
        key: of the file.
        spec: of the views.
    """

    key: str
    spec: DrawnViewsSpec

    @classmethod
    def of(cls, path: str, spec: DrawnViewsSpec) -> "Drawing":
        """Of a file."""
        return cls(file_key(path), spec)

    @cached_property
    def shares(self) -> list[float]:
        """Where each view starts, as a share of what it can: drawn first, so that box and flip depend on no length."""
        return [float(self._generator(view).random()) for view in range(self.spec.views)]

    def indices(self, count: int) -> np.ndarray:
        """Frames of every view of a video of `count` frames (views, frames); a short one is looped."""
        spec = self.spec
        room = max(0, count - ((spec.frames - 1) * spec.stride + 1))
        starts = np.array([min(int(share * (room + 1)), room) for share in self.shares])
        return (starts[:, None] + spec.stride * np.arange(spec.frames)) % count

    def place(self, view: int, height: int, width: int) -> Place:
        """Where a view lies in a scaled picture of height x width pixels."""
        rng = self._generator(view)
        rng.random()  # the start
        box = sample_box(rng, height, width, self.spec)
        return Place(box, bool(rng.random() < self.spec.flip))

    def _generator(self, view: int) -> np.random.Generator:
        return generator_of(self.spec.seed, self.key, view)


def drawn_views(path: str, spec: DrawnViewsSpec) -> np.ndarray:
    """Cut random views from one video file; returns uint8 (views, T, size, size, 3).

    Raises:
        MediaError: the file cannot be decoded.
    """

    def prepare(image: Image.Image) -> np.ndarray:
        return np.asarray(scale_short_side(image, spec.short_side, spec.interpolation).convert("RGB"))

    drawing = Drawing.of(path, spec)
    found = read_frames(path, lambda count: drawing.indices(count).ravel().tolist(), prepare, spec.orientation)
    return cut_views(found, drawing)


def cut_views(pictures: list[np.ndarray], drawing: Drawing) -> np.ndarray:
    """Crop, scale and mirror pictures (height, width, channels), those of one view after the other's; uint8 (views, T, ...)."""
    spec, height, width = drawing.spec, *pictures[0].shape[:2]
    places = [drawing.place(view, height, width) for view in range(spec.views)]
    cut = [_cut(picture, places[number // spec.frames], spec) for number, picture in enumerate(pictures)]
    return np.stack(cut).reshape(spec.views, spec.frames, *cut[0].shape)


def _cut(picture: np.ndarray, place: Place, spec: DrawnViewsSpec) -> np.ndarray:
    top, left, down, across = place.box
    crop = picture[top : top + down, left : left + across]
    return np.stack([_channel(crop[..., channel], place, spec) for channel in range(crop.shape[2])], -1)


def _channel(plane: np.ndarray, place: Place, spec: DrawnViewsSpec) -> np.ndarray:
    """One channel (size, size): PIL scales each by itself in any case, and flow has two of them."""
    found = Image.fromarray(plane).resize((spec.size, spec.size), Image.Resampling[spec.interpolation.upper()])
    return np.asarray(ImageOps.mirror(found) if place.mirrored else found)
