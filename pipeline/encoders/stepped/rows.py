"""Rows of a data set as a tower of pictures reads them."""

import torch
from torch import Tensor

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.stepped.known import IMAGENET_MEAN, IMAGENET_STD
from pipeline.encoders.stepped.shape import TowerShape

HALF = (0.5, 0.5, 0.5)
"""Mean and deviation with which the ViTs of "How to train your ViT" were trained: pixels from -1 to 1."""


def pictures(
    rows: Tensor, shape: TowerShape, device: torch.device, dtype: torch.dtype, mean: tuple[float, ...] = IMAGENET_MEAN,
    std: tuple[float, ...] = IMAGENET_STD,
) -> Tensor:  # fmt: skip
    """Make (n, 3, height, width) of uint8 pictures (n, height, width, 3), or of normalised spectrograms (n, height, width).

    A spectrogram is three equal channels, and gets no mean and deviation of pixels.

    Raises:
        EncoderError: rows have another shape.
    """
    if rows.dtype == torch.uint8 and rows.shape[1:] == shape.input:
        return normalise_pixels(rows.to(device), mean, std, dtype)
    if rows.is_floating_point() and rows.shape[1:] == shape.input[:2]:
        return rows.to(device, dtype)[:, None].expand(-1, 3, -1, -1)
    height, width, _ = shape.input
    raise EncoderError(
        f"{shape.name} reads uint8 pictures (n, {height}, {width}, 3) or float spectrograms (n, {height}, {width}), and was "
        f"given {str(rows.dtype).removeprefix('torch.')} {tuple(rows.shape)}. Decode pictures to this size; make spectrograms "
        f"of {height} frames and {width} bins"
    )
