"""Random crops of an image, as it is trained on, made once: what is random follows from a seed and the file's bytes.

Boxes are those of torchvision's RandomResizedCrop, in the order in which it draws them; a flip follows, as in the transforms
of CoOp and ProMPT. Those convert to RGB before anything else (`rgb: first` of the test views beside them): it matters for
pictures with a palette, whose colours cannot be averaged before.
"""

import math

import numpy as np
from PIL import Image, ImageOps

from pipeline.media.image import as_rgb, open_image
from pipeline.sources.view_specs import AugmentedViewsSpec, DrawnViewsSpec
from stores import file_key, text_key

_TRIES = 10


def augmented_views(path: str, spec: AugmentedViewsSpec) -> np.ndarray:
    """Crop, scale and mirror one image file; returns uint8 (views, size, size, 3).

    Raises:
        MediaError: the file cannot be decoded.
    """
    with open_image(path) as image:
        picture = as_rgb(image)
    key = file_key(path)
    return np.stack([_view(picture, generator_of(spec.seed, key, view), spec) for view in range(spec.views)])


def sample_box(
    rng: np.random.Generator, height: int, width: int, spec: "AugmentedViewsSpec | DrawnViewsSpec"
) -> tuple[int, int, int, int]:
    """Draw a box of a picture of height x width pixels; returns top, left, height, width.

    A share of the area, uniform in `scale`, and a ratio of width to height, uniform in its logarithm, are drawn until the box
    is no larger than the picture; then its place, uniform. After ten boxes too large it is the largest in the centre
    whose ratio is in `ratio`.
    """
    low, high = (math.log(bound) for bound in spec.ratio)
    for _ in range(_TRIES):
        area = height * width * rng.uniform(*spec.scale)
        ratio = math.exp(rng.uniform(low, high))
        down, across = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
        if 0 < down <= height and 0 < across <= width:
            return int(rng.integers(height - down + 1)), int(rng.integers(width - across + 1)), down, across
    return _central_box(height, width, spec.ratio)


def _central_box(height: int, width: int, bounds: tuple[float, float]) -> tuple[int, int, int, int]:
    """Take as much of the picture as has a ratio within the bounds."""
    down, across = height, width
    if width / height < bounds[0]:
        down = round(width / bounds[0])
    elif width / height > bounds[1]:
        across = round(height * bounds[1])
    return (height - down) // 2, (width - across) // 2, down, across


def _view(picture: Image.Image, rng: np.random.Generator, spec: AugmentedViewsSpec) -> np.ndarray:
    """Make one view, uint8 (size, size, 3)."""
    top, left, down, across = sample_box(rng, picture.height, picture.width, spec)
    # PIL's resize(box=...) would let pixels outside the box into the filter's edges; torchvision crops first.
    crop = picture.crop((left, top, left + across, top + down))
    view = crop.resize((spec.size, spec.size), Image.Resampling[spec.interpolation.upper()])
    return np.asarray(ImageOps.mirror(view) if rng.random() < spec.flip else view)


def generator_of(seed: int, key: str, view: int) -> np.random.Generator:
    """Make the generator of one view; PCG64 by name, because numpy may change its default."""
    return np.random.Generator(np.random.PCG64(int(text_key(f"{seed} {key} {view}"), 16)))
