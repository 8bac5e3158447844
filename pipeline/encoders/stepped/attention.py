"""Attention within windows whose keys and values begin with prompts, and the windows themselves.

Dims: n rows, w windows of a map, t tokens of a window, h heads, d width of a head, p prompts, C = h d.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.encoders.stepped.base import PromptBias
from pipeline.encoders.stepped.shape import BlockShape

Keys = tuple[Tensor, Tensor]
"""Keys and values of prompts, (n, h, p, d) each."""


class LogitBias:
    """What is added to logits: for tokens by their places in a window, for prompts a number a head. It is computed once.

    Args:
        tokens: (1 or w, h, t, t); of a shifted block each window has its own, which keeps apart what only the shift brought
            together.
        prompts: (h,).
    """

    def __init__(self, tokens: Tensor, prompts: Tensor) -> None:
        self.windows = len(tokens)
        self._tokens, self._prompts = tokens, prompts
        self._joined = (0, tokens.reshape(1, -1, *tokens.shape[2:]))

    def of(self, count: int) -> Tensor:
        """The bias (1, h or w h, t, p + t) for `count` prompts; that of the last count is kept."""
        if self._joined[0] != count:
            windows, heads, t, _ = self._tokens.shape
            prompts = self._prompts.view(1, heads, 1, 1).expand(windows, heads, t, count)
            joined = torch.cat([prompts, self._tokens], dim=3)
            self._joined = (count, joined.reshape(1, windows * heads, t, count + t))
        return self._joined[1]


def bias_of(
    table: Tensor, places: Tensor, mask: Tensor | None, of_prompts: PromptBias, device: torch.device, dtype: torch.dtype
) -> LogitBias:
    """Look a window's biases up.

    Args:
        table: (relative positions, h).
        places: whole numbers (t, t), the relative position of each pair of tokens.
        mask: (w, t, t), added where the block is shifted.
        of_prompts: what prompts have: the mean of a head's table, or nothing.
        device: where the block runs.
        dtype: what it computes in.
    """
    tokens = table[places].movedim(2, 0)[None]
    tokens = tokens if mask is None else tokens + mask[:, None].to(tokens.dtype)
    prompts = table.mean(dim=0) if of_prompts == "mean" else torch.zeros_like(table[0])
    return LogitBias(tokens.to(device, dtype).contiguous(), prompts.to(device, dtype))


def attend(
    q: Tensor, k: Tensor, v: Tensor, prompts: Keys | None, bias: LogitBias | None, scale: float | None = None
) -> Tensor:
    """Mix values: q, k, v (n, w, h, t, d) -> (n, w, h, t, d).

    Args:
        q: queries, of tokens only: what prompts would see is never used.
        k: keys of tokens.
        v: values of tokens.
        prompts: further keys and values of each row, which all its windows share.
        bias: added to the logits.
        scale: logits are multiplied by it before; None is 1/sqrt(d).
    """
    n, w, h, t, d = q.shape
    if prompts is not None:
        k, v = (torch.cat([_in_windows(own, w), x], dim=3) for own, x in zip(prompts, (k, v), strict=True))
    # Where windows differ in their bias they stand beside the heads; else beside the rows. Either way row by row.
    lead = (n, w * h) if bias is not None and bias.windows > 1 else (n * w, h)
    q, k, v = (x.reshape(*lead, *x.shape[3:]) for x in (q, k, v))
    mask = None if bias is None else bias.of(k.shape[2] - t)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale).reshape(n, w, h, t, d)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(..., t, C) -> (..., h, t, d)."""
    return x.unflatten(-1, (heads, -1)).transpose(-2, -3)


def join_heads(x: Tensor) -> Tensor:
    """(..., h, t, d) -> (..., t, C)."""
    return x.transpose(-2, -3).flatten(-2)


def into_windows(tokens: Tensor, block: BlockShape) -> Tensor:
    """Move and cut a map: (n, L, C) -> (n, w, t, C)."""
    x = tokens.unflatten(1, block.grid)
    if any(block.shift):
        x = x.roll((-block.shift[0], -block.shift[1]), dims=(1, 2))
    rows, columns = block.window
    x = x.unflatten(2, (-1, columns)).unflatten(1, (-1, rows))  # n, window rows, rows, window columns, columns, C
    return x.transpose(2, 3).flatten(3, 4).flatten(1, 2)


def out_of_windows(x: Tensor, block: BlockShape) -> Tensor:
    """Put a map together and move it back: (n, w, t, C) -> (n, L, C)."""
    rows, columns = block.window
    x = x.unflatten(2, block.window).unflatten(1, (block.grid[0] // rows, block.grid[1] // columns))
    x = x.transpose(2, 3).flatten(3, 4).flatten(1, 2)
    return (x.roll(block.shift, dims=(1, 2)) if any(block.shift) else x).flatten(1, 2)


def _in_windows(own: Tensor, windows: int) -> Tensor:
    """What a row's prompts have, for each of its windows: (n, h, p, d) -> (n, w, h, p, d)."""
    return own[:, None].expand(-1, windows, -1, -1, -1)
