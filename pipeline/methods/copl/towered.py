"""What CoPL's variants give, and how they compare both sides (Eq. 10).

Dims: B clips, T segments, L tokens, C width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.counts import is_pooled


@dataclass(frozen=True)
class Towered:
    """What both towers make of clips, with prompts inside.

    Attributes:
        visual: tokens (B, T, L_v, C_v) behind the final norm.
        audio: (B, T, L_a, C_a).
        stages: of every stage that was run, first to last, the visual tower's last map (B, T, L, C); the last of them behind the
            norm, and only that where the others are not wanted.
        consistency: L_con, a number; 0 where the options have none.
    """

    visual: Tensor
    audio: Tensor
    stages: tuple[Tensor, ...]
    consistency: Tensor


class Consistency(nn.Module):
    """L_con (Eq. 10): mean squared error between both sides' tokens, place by place.

    Or between their means, the audio side's through a learned linear map.
    """

    def __init__(self, options: PromptOptions, visual: int, audio: int, alike: bool):
        """Draw the map where there is one.

        Args:
            options: of the method.
            visual: width of the visual tower's tokens.
            audio: of the audio tower's.
            alike: whether both towers have the same blocks.
        """
        super().__init__()
        self._there, self._reduction = options.has_consistency, "sum" if options.consistency_sum else "mean"
        pooled = options.has_consistency and is_pooled(options, alike)
        self.map = nn.Linear(audio, visual) if pooled else None

    def forward(self, visual: Tensor, audio: Tensor) -> Tensor:
        """L_con of tokens (..., L, C) behind the final norm."""
        if not self._there:
            return torch.zeros((), device=visual.device)
        if self.map is not None:
            visual, audio = visual.mean(-2), self.map(audio.mean(-2))
        return F.mse_loss(visual, audio, reduction=self._reduction)
