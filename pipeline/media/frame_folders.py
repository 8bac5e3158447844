"""A folder of pictures in place of a video: its frames in the order of their names, as LAVISH and AVSBench lay clips out."""

import os
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from pipeline.media.errors import MediaError
from pipeline.media.formats import EXTENSIONS
from pipeline.media.image import as_rgb, open_image
from pipeline.media.specs import Orientation
from pipeline.reading import reading


def read_folder_frames(
    path: str,
    choose: Callable[[int], Sequence[int]],
    prepare: Callable[[Image.Image], np.ndarray],
    orientation: Orientation,
) -> list[np.ndarray]:
    """Read chosen frames of a folder; see `pipeline.media.video.read_frames`.

    Raises:
        MediaError: it holds no pictures, or a chosen one cannot be read.
    """
    with reading(path):
        names = sorted(name for name in os.listdir(path) if os.path.splitext(name)[1].lower() in EXTENSIONS["image"])
    if not names:
        raise MediaError("not a file")
    wanted, pictures = choose(len(names)), {}
    for index in set(wanted):
        with open_image(os.path.join(path, names[index]), orientation) as picture:
            pictures[index] = prepare(as_rgb(picture))
    return [pictures[index] for index in wanted]
