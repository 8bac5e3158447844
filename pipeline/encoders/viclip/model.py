"""ViCLIP, both towers, with the parameter names of the authors' checkpoint.

`ViCLIP(config).state_dict()` has `temp`, `vision_encoder.*` and `text_encoder.*`, so a published checkpoint's
`model` entry loads strictly.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.text import TextEncoder
from pipeline.encoders.viclip.vision import VisionEncoder


class ViCLIP(nn.Module):
    """Video and text towers and the learned temperature of their contrastive loss."""

    def __init__(self, config: ViCLIPConfig) -> None:
        """Make both towers with fresh weights."""
        super().__init__()
        self.config = config
        self.temp = nn.Parameter(torch.tensor(0.01))
        self.vision_encoder = VisionEncoder(config)
        self.text_encoder = TextEncoder(config)

    def encode_video(self, frames: Tensor) -> Tensor:
        """Map normalised frames (b, t, 3, height, width) to embeddings (b, d), not normalised."""
        return self.vision_encoder(frames)

    def encode_text(self, ids: Tensor) -> Tensor:
        """Map token ids (b, s) to embeddings (b, d), not normalised."""
        return self.text_encoder(ids)
