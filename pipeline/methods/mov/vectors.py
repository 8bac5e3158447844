"""v of Eq. 1: stored, or made of pictures by the frozen tower while learning."""

import torch
from torch import Tensor

from pipeline.encoders.tower import Tower
from pipeline.methods.base import MethodError


def frame_vectors(video: Tensor, tower: Tower | None) -> Tensor:
    """Vectors (..., F, d) as they are, or of uint8 pictures (..., F, h, w, 3); without a gradient.

    Raises:
        MethodError: pictures came, and no tower that reads them.
    """
    if video.is_floating_point():
        return video
    if tower is None:
        raise MethodError("video: pictures were given, and no frozen tower to read them. Give vectors, or the tower")
    with torch.no_grad():
        return tower.full(video.flatten(0, -4)).unflatten(0, video.shape[:-3])
