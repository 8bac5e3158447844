"""Normalisation of decoded pictures, with the operations of torchvision's ToTensor and Normalize."""

from collections.abc import Sequence

import torch
from torch import Tensor


def normalise_pixels(pixels: Tensor, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> Tensor:
    """Map uint8 (..., height, width, 3) to normalised (..., 3, height, width) in `dtype`."""
    scaled = pixels.movedim(-1, -3).contiguous().float().div(255)
    shift, scale = (torch.tensor(values, device=pixels.device).view(3, 1, 1) for values in (mean, std))
    return scaled.sub(shift).div(scale).to(dtype)
