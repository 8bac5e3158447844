"""timm's Swin-V2 run block by block: cosine attention, biases from a small network, norms after the branches.

The sublayers are timm's; what is computed here is only how prompts meet them. A test holds every block and the whole network
without prompts equal to timm's own forward.

Dims: n rows, L tokens, C width, w windows, t tokens of a window, h heads, d width of a head, p prompts.
"""

import copy
import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.attention import (
    Keys,
    LogitBias,
    attend,
    bias_of,
    into_windows,
    join_heads,
    out_of_windows,
    split_heads,
)
from pipeline.encoders.stepped.base import PromptBias, require_shapes
from pipeline.encoders.stepped.rows import pictures
from pipeline.encoders.stepped.shape import BlockShape, TowerShape

_LARGEST_SCALE = math.log(100)
_LARGEST_BIAS = 16


class SwinTower:
    """See `SteppedTower`.

    Args:
        model: timm's `SwinTransformerV2` with its weights. It is frozen, moved and converted.
        shape: its sizes.
        device: where it runs.
        dtype: what it computes in.
        bias: what is added to the logits of prompts.

    Raises:
        EncoderError: the model has other blocks than the shape says.
    """

    def __init__(
        self, model: Any, shape: TowerShape, device: torch.device, dtype: torch.dtype, bias: PromptBias = "mean"
    ) -> None:
        self.shape, self.device, self.dtype = shape, device, dtype
        found = tuple(_shape(block, stage) for stage, layer in enumerate(model.layers, 1) for block in layer.blocks)
        if found != shape.blocks:
            raise EncoderError(f"{shape.name}: the model's blocks are {found}, and its shape says {shape.blocks}")
        # Scales and biases are made of weights that nobody has rounded yet.
        made = [_derived(block, bias, device, dtype) for layer in model.layers for block in layer.blocks]
        self._model = model.to(device, dtype).eval().requires_grad_(False)
        blocks = (block for layer in model.layers for block in layer.blocks)
        self._blocks = [_Block(block, *parts) for block, parts in zip(blocks, made, strict=True)]

    def enter(self, rows: Tensor) -> Tensor:
        """See `SteppedTower.enter`."""
        embedded: Tensor = self._model.patch_embed(pictures(rows, self.shape, self.device, self.dtype))
        return embedded.flatten(1, 2)

    def block(self, index: int, tokens: Tensor, prompts: Tensor | None = None) -> Tensor:
        """See `SteppedTower.block`."""
        return self._blocks[index].run(tokens, prompts, require_shapes(self.shape, index, tokens, prompts))

    def between(self, index: int, tokens: Tensor) -> Tensor:
        """See `SteppedTower.between`."""
        if index not in self.shape.starts[1:]:
            return tokens
        before, block = self.shape.blocks[index - 1], self.shape.blocks[index]
        merged: Tensor = self._model.layers[block.stage - 1].downsample(tokens.unflatten(1, before.grid))
        return merged.flatten(1, 2)

    def leave(self, tokens: Tensor) -> Tensor:
        """See `SteppedTower.leave`."""
        left: Tensor = self._model.norm(tokens)
        return left


@dataclass(frozen=True)
class _Block:
    """One block: timm's, and what follows from its weights alone.

    Attributes:
        timm: `SwinTransformerV2Block`.
        scale: (h, 1, 1), what cosines are multiplied by.
        bias: added to the logits.
    """

    timm: Any
    scale: Tensor
    bias: LogitBias

    def run(self, tokens: Tensor, prompts: Tensor | None, shape: BlockShape) -> Tensor:
        """(n, L, C) -> (n, L, C)."""
        attention = self.timm.attn
        weight, bias = attention.qkv.weight, self._qkv_bias()
        windows = F.linear(into_windows(tokens, shape), weight, bias)  # n w t 3C
        q, k, v = (split_heads(x, shape.heads) for x in windows.chunk(3, dim=-1))
        own = None if prompts is None else self._keys(prompts, weight, bias, shape)
        q, k = F.normalize(q, dim=-1) * self.scale, F.normalize(k, dim=-1)
        mixed = attention.proj(join_heads(attend(q, k, v, own, self.bias, scale=1.0)))
        tokens = tokens + self.timm.norm1(out_of_windows(mixed, shape))
        left: Tensor = tokens + self.timm.norm2(self.timm.mlp(tokens))
        return left

    def _keys(self, prompts: Tensor, weight: Tensor, bias: Tensor | None, shape: BlockShape) -> Keys:
        """Keys and values of prompts: once a row, not once a window."""
        c = shape.width
        both = F.linear(prompts, weight[c:], None if bias is None else bias[c:])
        k, v = (split_heads(x, shape.heads) for x in both.chunk(2, dim=-1))
        return F.normalize(k, dim=-1), v

    def _qkv_bias(self) -> Tensor | None:
        attention = self.timm.attn
        if attention.q_bias is None:
            return None
        return torch.cat([attention.q_bias, torch.zeros_like(attention.q_bias), attention.v_bias])


def _derived(block: Any, of_prompts: PromptBias, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, LogitBias]:
    """A block's scale and biases, made in float64."""
    with torch.no_grad():
        attention = block.attn
        scale = attention.logit_scale.double().clamp(max=_LARGEST_SCALE).exp()
        network = copy.deepcopy(attention.cpb_mlp).double()
        table = network(attention.relative_coords_table.double()).view(-1, attention.num_heads)
        table = _LARGEST_BIAS * table.sigmoid()
        bias = bias_of(table, attention.relative_position_index, block.attn_mask, of_prompts, device, dtype)
        return scale.to(device, dtype), bias


def _shape(block: Any, stage: int) -> BlockShape:
    sizes = (tuple(block.window_size), tuple(block.shift_size))
    return BlockShape(stage, block.dim, block.num_heads, tuple(block.input_resolution), *sizes)
