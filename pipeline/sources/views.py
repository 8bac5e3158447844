"""Several crops of an image, several clips and crops of a video, as they are averaged at test time.

Scaling is that of `pipeline.media.image`: the shorter side by PIL's filter, the longer rounded down, as torchvision's.
Three crops lie at the start, the middle and the end of the longer side (SlowFast's); five are torchvision's FiveCrop.
"""

import numpy as np
from PIL import Image, ImageOps

from pipeline.media.image import as_rgb, open_image, scale_short_side
from pipeline.media.video import read_frames
from pipeline.sources.sampling import clip_indices
from pipeline.sources.view_specs import Crops, ImageViewsSpec, VideoViewsSpec


def image_views(path: str, spec: ImageViewsSpec) -> np.ndarray:
    """Crop one image file; returns uint8 (K, size, size, 3).

    Raises:
        MediaError: the file cannot be decoded.
    """
    with open_image(path, spec.orientation) as image:
        whole = as_rgb(image) if spec.rgb == "first" else image
        whole = as_rgb(scale_short_side(whole, spec.short_side, spec.interpolation))
    straight = crops_of(np.asarray(whole), spec.crops, spec.size)
    if not spec.flip:
        return np.stack(straight)
    mirrored = crops_of(np.asarray(ImageOps.mirror(whole)), spec.crops, spec.size)
    return np.stack([*straight, *mirrored])


def video_views(path: str, spec: VideoViewsSpec) -> np.ndarray:
    """Cut clips and crops from one video file; returns uint8 (clips * crops, T, size, size, 3), clips outer.

    Raises:
        MediaError: the file cannot be decoded.
    """

    def prepare(image: Image.Image) -> np.ndarray:
        whole = scale_short_side(image, spec.short_side, spec.interpolation).convert("RGB")
        return np.stack(crops_of(np.asarray(whole), spec.crops, spec.size))

    found = read_frames(path, lambda count: clip_indices(count, spec).ravel().tolist(), prepare, spec.orientation)
    return arrange(np.stack(found), spec)


def arrange(frames: np.ndarray, spec: VideoViewsSpec) -> np.ndarray:
    """Reorder crops of frames, (clips * T, crops, ...), to views, (clips * crops, T, ...)."""
    split = frames.reshape(spec.clips, spec.frames, *frames.shape[1:])
    return np.ascontiguousarray(split.swapaxes(1, 2)).reshape(-1, *split.shape[1:2], *split.shape[3:])


def crops_of(picture: np.ndarray, crops: Crops, size: int) -> list[np.ndarray]:
    """Cut squares from a picture (height, width, ...)."""
    down, right = picture.shape[0] - size, picture.shape[1] - size
    middle = (round(down / 2), round(right / 2))
    corners = {
        1: [middle],
        3: [(middle[0], 0), middle, (middle[0], right)]
        if right >= down
        else [(0, middle[1]), middle, (down, middle[1])],
        5: [(0, 0), (0, right), (down, 0), (down, right), middle],
    }
    return [picture[top : top + size, left : left + size] for top, left in corners[crops]]
