"""A toy method of a package of somebody else: one vector is learned, and added to the feature of every image."""

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from pipeline.methods.base import Method
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.task import ClassTexts, Shots, Towers, cosines


class ShiftConfig(FewShotTraining):
    """Options of the toy."""

    method: Literal["toy-shift"] = "toy-shift"
    lr: float = Field(0.01, gt=0)


class Shift(nn.Module):
    """x' = x + v; v (d,) is learned, no tower runs."""

    def __init__(self, config: ShiftConfig, towers: Towers, width: int, seed: int):
        """Start from nought, whatever the seed."""
        super().__init__()
        self._towers = towers
        self.shift = nn.Parameter(torch.zeros(width))

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        return [self._towers.text.logit_scale * cosines(shots.features + self.shift, classes.features)]


METHOD = Method(
    ShiftConfig,
    "toy_shift:Shift",
    learns=lambda config, sizes: {},
    count=lambda config, sizes: sizes.width,
)
