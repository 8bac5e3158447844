"""HTS-AT, transformers' `ClapAudioModel`, run block by block: norms before the branches, biases from a table.

The sublayers are transformers'; what is computed here is only how prompts meet them. Prompts pass the norm that tokens
pass before they become keys and values.

Dims: n rows, L tokens, C width, p prompts.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.attention import (
    LogitBias,
    attend,
    bias_of,
    into_windows,
    join_heads,
    out_of_windows,
    split_heads,
)
from pipeline.encoders.stepped.base import PromptBias, require_shapes
from pipeline.encoders.stepped.shape import BlockShape, TowerShape


class HtsAtTower:
    """See `SteppedTower`.

    Args:
        model: transformers' `ClapAudioModel`, not a fused one, with its weights. It is frozen, moved and converted.
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
        self._encoder = model.audio_encoder
        grids = self._encoder.input_resolutions
        staged = [(stage, layer) for stage, layers in enumerate(self._encoder.layers, 1) for layer in layers.blocks]
        found = tuple(_shape(layer, stage, grids[stage - 1]) for stage, layer in staged)
        if found != shape.blocks:
            raise EncoderError(f"{shape.name}: the model's blocks are {found}, and its shape says {shape.blocks}")
        # Biases are made of tables that nobody has rounded yet.
        self._blocks = [_Block(layer, _bias(layer, grids[stage - 1], bias, device, dtype)) for stage, layer in staged]
        model.to(device, dtype).eval().requires_grad_(False)

    def enter(self, rows: Tensor) -> Tensor:
        """See `SteppedTower.enter`: spectrograms (n, frames, bins) of any number of frames that the picture holds."""
        bins, most = self.shape.input[1], self._encoder.spec_size * self._encoder.freq_ratio
        if rows.dim() != 3 or not rows.is_floating_point() or rows.shape[2] != bins or not 0 < rows.shape[1] <= most:
            raise EncoderError(
                f"{self.shape.name} reads float log mel spectrograms (n, 1 to {most} frames, {bins} bins), and was "
                f"given {str(rows.dtype).removeprefix('torch.')} {tuple(rows.shape)}"
            )
        encoder, x = self._encoder, rows.to(self.device, self.dtype)[:, None]
        x = encoder.batch_norm(x.transpose(1, 3)).transpose(1, 3)  # over mel bins
        embedded: Tensor = encoder.patch_embed(encoder.reshape_mel2img(x))
        return embedded

    def block(self, index: int, tokens: Tensor, prompts: Tensor | None = None) -> Tensor:
        """See `SteppedTower.block`."""
        return self._blocks[index].run(tokens, prompts, require_shapes(self.shape, index, tokens, prompts))

    def between(self, index: int, tokens: Tensor) -> Tensor:
        """See `SteppedTower.between`."""
        if index not in self.shape.starts[1:]:
            return tokens
        before = self.shape.blocks[index - 1]
        merged: Tensor = self._encoder.layers[before.stage - 1].downsample(tokens, before.grid)
        return merged

    def leave(self, tokens: Tensor) -> Tensor:
        """See `SteppedTower.leave`."""
        left: Tensor = self._encoder.norm(tokens)
        return left


@dataclass(frozen=True)
class _Block:
    """One block: transformers' `ClapAudioLayer`, and the biases of its logits."""

    layer: Any
    bias: LogitBias

    def run(self, tokens: Tensor, prompts: Tensor | None, shape: BlockShape) -> Tensor:
        """(n, L, C) -> (n, L, C)."""
        layer, project = self.layer, self.layer.attention.self
        windows = into_windows(layer.layernorm_before(tokens), shape)
        q, k, v = (split_heads(part(windows), shape.heads) for part in (project.query, project.key, project.value))
        own = None
        if prompts is not None:
            normed = layer.layernorm_before(prompts)
            own = (split_heads(project.key(normed), shape.heads), split_heads(project.value(normed), shape.heads))
        mixed = layer.attention.output.dense(join_heads(attend(q, k, v, own, self.bias)))
        tokens = tokens + out_of_windows(mixed, shape)
        left: Tensor = tokens + layer.output(layer.intermediate(layer.layernorm_after(tokens)))
        return left


def _bias(
    layer: Any, grid: tuple[int, int], of_prompts: PromptBias, device: torch.device, dtype: torch.dtype
) -> LogitBias:
    with torch.no_grad():
        project = layer.attention.self
        t = layer.window_size**2
        places = project.relative_position_index.view(t, t)
        table = project.relative_position_bias_table.double()
        mask = layer.get_attn_mask(*grid, table.dtype, table.device)
        return bias_of(table, places, mask, of_prompts, device, dtype)


def _shape(layer: Any, stage: int, grid: tuple[int, int]) -> BlockShape:
    layer.set_shift_and_window_size(grid)
    project = layer.attention.self
    window, shift = (layer.window_size, layer.window_size), (layer.shift_size, layer.shift_size)
    return BlockShape(stage, project.all_head_size, project.num_attention_heads, grid, window, shift)
