"""A step of CoPL written straightforwardly: prompts are tokens of every window, and what becomes of them is thrown away.

timm's blocks are followed line by line, as published adapters of Swin do: prompts are copied into each window, go through
attention and MLP with its tokens, averaged over windows between the two, and are cut off behind the block. Biases by position are
made by their network in every call, pictures and spectrograms run one after the other.

Dims: n rows, L tokens, C width, w windows, t tokens of a window, h heads, p prompts.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Step = Callable[[], tuple[float, dict[str, Tensor]]]
"""Makes a step, and tells its loss and the gradients of what is learned."""


class PlainCopl:
    """Both sides through one Swin-V2, with modal-specific prompts in every block.

    Args:
        model: timm's `SwinTransformerV2`.
        own: learned tensors by their names in `EventsLearner`.
        weight: lambda.
    """

    def __init__(self, model: Any, own: Mapping[str, Tensor], weight: float):
        self._model, self._own, self._weight = model, own, weight

    def loss(self, visual: Tensor, audio: Tensor, labels: Tensor) -> Tensor:
        """Of rows (B, T, 3, height, width) and labels (B, T)."""
        tokens = [self.tower(rows, side) for side, rows in (("visual", visual), ("audio", audio))]
        pooled = torch.cat([each.mean(2) for each in tokens], -1)
        hidden = F.linear(pooled, self._own["head.hidden.weight"], self._own["head.hidden.bias"])
        logits = F.linear(hidden, self._own["head.answer.weight"], self._own["head.answer.bias"])
        wanted = F.one_hot(labels, logits.shape[-1]).to(logits.dtype)
        return F.binary_cross_entropy(logits.softmax(-1), wanted) + self._weight * F.mse_loss(*tokens)

    def tower(self, rows: Tensor, side: str) -> Tensor:
        """Tokens (B, T, L, C) of one side behind the last norm; rows (B, T, 3, height, width)."""
        clips, segments = rows.shape[:2]
        x = self._model.patch_embed(rows.flatten(0, 1))  # n, rows, columns, C
        number = 0
        for layer in self._model.layers:
            x = layer.downsample(x)
            for block in layer.blocks:
                whole = self._own[f"prompts.{side}.whole.{number}"].expand(clips * segments, -1, -1)
                frame = self._own[f"prompts.{side}.frame.{number}"][:, None].repeat(clips, 1, 1)
                x = _block(block, x, torch.cat([whole, frame], 1))
                number += 1
        return self._model.norm(x).flatten(1, 2).unflatten(0, (clips, segments))


def _block(block: Any, x: Tensor, prompts: Tensor) -> Tensor:
    (rows, columns), (high, wide), (down, right) = block.input_resolution, block.window_size, block.shift_size
    n, p, c = prompts.shape
    moved = x.roll((-down, -right), (1, 2)) if down or right else x
    cut = moved.view(n, rows // high, high, columns // wide, wide, c).permute(0, 1, 3, 2, 4, 5)
    windows = cut.reshape(-1, high * wide, c)
    copies = len(windows) // n
    mixed = _attention(block, torch.cat([prompts.repeat_interleave(copies, 0), windows], 1), p)
    after = mixed[:, :p].unflatten(0, (n, copies)).mean(1)
    back = mixed[:, p:].view(n, rows // high, columns // wide, high, wide, c).permute(0, 1, 3, 2, 4, 5)
    back = back.reshape(n, rows, columns, c)
    back = back.roll((down, right), (1, 2)) if down or right else back
    both = torch.cat([prompts + block.norm1(after), (x + block.norm1(back)).flatten(1, 2)], 1)
    both = both + block.norm2(block.mlp(both))
    return both[:, p:].view(n, rows, columns, c)


def _attention(block: Any, x: Tensor, p: int) -> Tensor:
    attn = block.attn
    bias = torch.cat([attn.q_bias, torch.zeros_like(attn.q_bias), attn.v_bias])
    qkv = F.linear(x, attn.qkv.weight, bias).unflatten(-1, (3, attn.num_heads, -1)).permute(2, 0, 3, 1, 4)
    q, k, v = qkv.unbind()
    scale = attn.logit_scale.clamp(max=math.log(100)).exp()
    scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT * scale
    scores = scores + _bias(attn, x.shape[1] - p, p)
    if block.attn_mask is not None:
        mask = F.pad(block.attn_mask, (p, 0, p, 0))
        scores = (scores.unflatten(0, (-1, len(mask))) + mask[:, None]).flatten(0, 1)
    return attn.proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


def _bias(attn: Any, t: int, p: int) -> Tensor:
    """(h, p + t, p + t), with the heads' means where a prompt is asked for or asks."""
    table = 16 * attn.cpb_mlp(attn.relative_coords_table).view(-1, attn.num_heads).sigmoid()
    of_tokens = table[attn.relative_position_index.view(-1)].view(t, t, -1).permute(2, 0, 1)
    whole = table.mean(0)[:, None, None].repeat(1, p + t, p + t)
    whole[:, p:, p:] = of_tokens
    return whole


def pictures(rows: Tensor, mean: Sequence[float], std: Sequence[float]) -> Tensor:
    """Rows as the network reads them: of uint8 (..., height, width, 3) normalised, of spectrograms three equal channels."""
    if rows.dtype == torch.uint8:
        return ((rows.float() / 255 - torch.tensor(mean)) / torch.tensor(std)).movedim(-1, -3)
    return rows[..., None, :, :].expand(*rows.shape[:-2], 3, -1, -1)


def step_of(learner: nn.Module, loss_of: Callable[[], Tensor]) -> Step:
    """A step with Adam that tells its loss and gradients."""
    optimiser = torch.optim.Adam(learner.parameters(), lr=1e-3)

    def step() -> tuple[float, dict[str, Tensor]]:
        optimiser.zero_grad()
        loss = loss_of()
        loss.backward()
        optimiser.step()
        return loss.item(), {name: parameter.grad for name, parameter in learner.named_parameters()}

    return step
