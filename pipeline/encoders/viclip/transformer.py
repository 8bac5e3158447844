"""Pre-norm transformer of both ViCLIP towers, with the parameter names of OpenAI's CLIP.

Dims: b batch, s tokens, c channels, h heads.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class QuickGELU(nn.Module):
    """OpenAI's cheap GELU: x * sigmoid(1.702 x)."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to each element."""
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    """Multi-head self-attention whose parameters are named as in `nn.MultiheadAttention`."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        """Make the projections; `causal` hides later tokens from earlier ones."""
        super().__init__()
        self.heads = heads
        self.causal = causal
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Attend among the tokens of x (b, s, c)."""
        b, s, c = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(b, s, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)  # each b h s c/h
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out_proj(mixed.transpose(1, 2).reshape(b, s, c))


class MLP(nn.Module):
    """Two layers, four times as wide inside."""

    def __init__(self, width: int) -> None:
        """Make the layers."""
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.gelu = QuickGELU()
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, s, c) to (b, s, c)."""
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    """One pre-norm block: attention, then an MLP."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        """Make the sublayers."""
        super().__init__()
        self.attn = Attention(width, heads, causal)
        self.ln_1 = nn.LayerNorm(width)
        self.mlp = MLP(width)
        self.ln_2 = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, s, c) to (b, s, c)."""
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))

    def initialise(self, branch: float) -> None:
        """Draw fresh weights as CLIP does; `branch` is the deviation of the layers that add to the residual."""
        width = self.ln_1.normalized_shape[0]
        nn.init.normal_(self.attn.in_proj_weight, std=width**-0.5)
        nn.init.normal_(self.mlp.c_fc.weight, std=(2 * width) ** -0.5)
        nn.init.zeros_(self.mlp.c_fc.bias)
        for layer in (self.attn.out_proj, self.mlp.c_proj):
            nn.init.normal_(layer.weight, std=branch)
            nn.init.zeros_(layer.bias)


class Transformer(nn.Module):
    """A stack of blocks."""

    def __init__(self, width: int, layers: int, heads: int, causal: bool) -> None:
        """Make `layers` blocks and initialise them as CLIP does."""
        super().__init__()
        self.resblocks = nn.ModuleList(Block(width, heads, causal) for _ in range(layers))
        # Residual branches start smaller the deeper the stack, as in CLIP's released code.
        for block in self.blocks:
            block.initialise(branch=width**-0.5 * (2 * layers) ** -0.5)

    @property
    def blocks(self) -> list[Block]:
        """The blocks, first to last."""
        return cast(list[Block], list(self.resblocks))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, s, c) to (b, s, c)."""
        for block in self.blocks:
            x = block(x)
        return x
