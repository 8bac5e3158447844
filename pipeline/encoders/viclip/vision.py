"""ViCLIP's video tower: a ViT over single-frame tubes with joint space-time attention (InternVid, section 4).

Dims: b batch, t frames, n patches of a frame, c channels, d output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.encoders.viclip.config import ViCLIPConfig
from pipeline.encoders.viclip.transformer import Transformer


class VisionEncoder(nn.Module):
    """Frames to one vector: `head(transformer(embed(frames)))`."""

    def __init__(self, config: ViCLIPConfig) -> None:
        """Make the tower with fresh weights."""
        super().__init__()
        width, patch = config.width, config.patch_size
        self.frames = config.frames
        self.conv1 = nn.Conv3d(3, width, kernel_size=(1, patch, patch), stride=(1, patch, patch), bias=False)
        self.class_embedding = nn.Parameter(width**-0.5 * torch.randn(width))
        self.positional_embedding = nn.Parameter(width**-0.5 * torch.randn(1 + config.patches, width))
        self.temporal_positional_embedding = nn.Parameter(torch.zeros(1, config.frames, width))
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, config.layers, config.heads, causal=False)
        self.ln_post = nn.LayerNorm(width)
        self.proj = nn.Parameter(width**-0.5 * torch.randn(width, config.embed_dim))

    def forward(self, frames: Tensor) -> Tensor:
        """Map normalised frames (b, t, 3, height, width) to embeddings (b, d), not normalised."""
        return self.head(self.transformer(self.embed(frames)))

    def embed(self, frames: Tensor) -> Tensor:
        """Map frames (b, t, 3, height, width) to the tokens (b, 1 + n*t, c) that enter the first block."""
        b, t = frames.shape[:2]
        # One frame deep, so the 3-d convolution is a 2-d one over each frame, which is much faster on a CPU.
        kernel = self.conv1.weight[:, :, 0]
        patches = F.conv2d(frames.flatten(0, 1), kernel, stride=kernel.shape[-2:]).flatten(2)  # (b t) c n
        patches = patches.view(b, t, *patches.shape[1:]).permute(0, 3, 1, 2)  # b n t c
        patches = patches + self.positional_embedding[1:, None] + self._temporal(t)
        # All frames' CLS tokens are the same vector; the authors' code keeps one of them.
        cls = (self.class_embedding + self.positional_embedding[0]).expand(b, 1, -1)
        return self.ln_pre(torch.cat([cls, patches.flatten(1, 2)], dim=1))

    def head(self, tokens: Tensor) -> Tensor:
        """Map the last block's tokens (b, 1 + n*t, c) to embeddings (b, d)."""
        return self.ln_post(tokens[:, 0]) @ self.proj

    def _temporal(self, t: int) -> Tensor:
        """Temporal positions of t frames; a still gets their mean, as in the authors' code."""
        if t == 1:
            return self.temporal_positional_embedding.mean(dim=1, keepdim=True)
        if t != self.frames:
            raise ValueError(f"this ViCLIP takes {self.frames} frames (or 1), not {t}")
        return self.temporal_positional_embedding
