"""timm's ViT run block by block: norms before the branches, one window, a class token first.

The sublayers are timm's. Prompts pass the norm that tokens pass before they become keys and values; places are learned at the
input, so logits have no bias.

Dims: n rows, L tokens, C width, p prompts.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.attention import attend, join_heads, split_heads
from pipeline.encoders.stepped.base import require_shapes
from pipeline.encoders.stepped.rows import HALF, pictures
from pipeline.encoders.stepped.shape import BlockShape, TowerShape


class VitTower:
    """See `SteppedTower`.

    Args:
        model: timm's `VisionTransformer` with its weights. It is frozen, moved and converted.
        shape: its sizes.
        device: where it runs.
        dtype: what it computes in.

    Raises:
        EncoderError: the model has other blocks than the shape says.
    """

    def __init__(self, model: Any, shape: TowerShape, device: torch.device, dtype: torch.dtype) -> None:
        self.shape, self.device, self.dtype = shape, device, dtype
        grid = tuple(model.patch_embed.grid_size)
        extra = model.pos_embed.shape[1] - grid[0] * grid[1]
        found = tuple(BlockShape(1, model.embed_dim, b.attn.num_heads, grid, grid, extra=extra) for b in model.blocks)
        if found != shape.blocks or extra != 1:
            raise EncoderError(f"{shape.name}: the model's blocks are {found}, and its shape says {shape.blocks}")
        self._model = model.to(device, dtype).eval().requires_grad_(False)

    def enter(self, rows: Tensor) -> Tensor:
        """See `SteppedTower.enter`."""
        model, x = self._model, pictures(rows, self.shape, self.device, self.dtype, HALF, HALF)
        patches = model.patch_embed(x)
        tokens = torch.cat([model.cls_token.expand(len(patches), -1, -1), patches], dim=1) + model.pos_embed
        entered: Tensor = model.norm_pre(tokens)
        return entered

    def block(self, index: int, tokens: Tensor, prompts: Tensor | None = None) -> Tensor:
        """See `SteppedTower.block`."""
        shape, block = require_shapes(self.shape, index, tokens, prompts), self._model.blocks[index]
        weight, bias = block.attn.qkv.weight, block.attn.qkv.bias
        q, k, v = (
            split_heads(x, shape.heads)[:, None] for x in F.linear(block.norm1(tokens), weight, bias).chunk(3, dim=-1)
        )
        own = None
        if prompts is not None:
            c = shape.width
            both = F.linear(block.norm1(prompts), weight[c:], None if bias is None else bias[c:])
            own_k, own_v = (split_heads(x, shape.heads) for x in both.chunk(2, dim=-1))
            own = (own_k, own_v)
        mixed = block.attn.proj(join_heads(attend(q, k, v, own, bias=None)[:, 0]))
        tokens = tokens + block.ls1(mixed)
        left: Tensor = tokens + block.ls2(block.mlp(block.norm2(tokens)))
        return left

    def between(self, index: int, tokens: Tensor) -> Tensor:
        """See `SteppedTower.between`: nothing, because there is one stage."""
        return tokens

    def leave(self, tokens: Tensor) -> Tensor:
        """See `SteppedTower.leave`."""
        left: Tensor = self._model.norm(tokens)
        return left
