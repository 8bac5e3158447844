"""Blocks of a tower, run for no more tokens than somebody reads.

`run_for` is for any tokens. The rest is for a causal tower's prefix that many endings share. What an ending's tokens see
is the prefix and their own past. So the prefix runs once, and the endings attend to its keys and values where they
are: softmax([q kp^T, q k^T + mask]) [vp; v], equal to a run over [prefix, ending] of each.

open_clip's sublayers do the work. Dims: b prefixes, p tokens of a prefix, T tokens of all endings, n endings of a length l,
h heads, e width of a head, c = h e; s tokens of a whole sequence, r of them read.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.encoders.prompted.classes import Group, Packed

KeysValues = tuple[Tensor, Tensor]
Block = Any  # open_clip's ResidualAttentionBlock, which torch types as a Module of unknown parts


def run_for(block: Block, x: Tensor, read: int) -> Tensor:
    """Run a block without a mask for the first r tokens of x (b, s, c); they attend to all.

    Where all are read it pays, too: open_clip's call projects a transposed view, for which torch finds no single product.

    Returns:
        (b, r, c).
    """
    if not isinstance(block.attn, nn.MultiheadAttention):
        return block(x)[:, :read]
    normed = block.ln_1(x)
    keys, values = _project(block, normed, "kv")
    (queries,) = _project(block, normed[:, :read].contiguous(), "q")  # no single product either, if strided
    return _finish(block, x[:, :read], F.scaled_dot_product_attention(queries, keys, values))


def run_prefix(blocks: Sequence[Block], x: Tensor, deeper: Tensor) -> list[KeysValues]:
    """Run the prefix (b, p, c); nothing but every block's keys and values (b, h, p, e) is wanted of it.

    Args:
        blocks: of the tower.
        x: the prefix as it enters the first block.
        deeper: prompts (b, J-1, q, c) that replace the prefix's last q tokens at the blocks after the first.
    """
    kept = []
    for layer, block in enumerate(blocks):
        if 0 < layer <= deeper.shape[1]:
            own = x.shape[1] - deeper.shape[2]
            x = torch.cat([x[:, :own], deeper[:, layer - 1]], dim=1)
        queries, keys, values = _project(block, block.ln_1(x), "qkv")
        kept.append((keys, values))
        if layer < len(blocks) - 1:  # what the last block makes of the prefix, nobody reads
            x = _finish(block, x, F.scaled_dot_product_attention(queries, keys, values, is_causal=True))
    return kept


def run_endings(
    blocks: Sequence[Block], prefix: Sequence[KeysValues], packed: Packed, x: Tensor, mask: Tensor
) -> Tensor:
    """Run all endings behind each prefix.

    Args:
        blocks: of the tower.
        prefix: what `run_prefix` kept.
        packed: the endings.
        x: their tokens (b, T, c), positions added.
        mask: causal, to be added to scores; at least as long as the longest ending.

    Returns:
        What the last block leaves of each ending's last token (b, K, c).
    """
    groups, ends = packed.groups(), packed.ends()
    for block, shared in zip(blocks[:-1], prefix[:-1], strict=True):
        queries, keys, values = _project(block, block.ln_1(x), "qkv")
        x = _finish(block, x, _attend(queries, keys, values, shared, mask, groups, [g.tokens for g in groups]))
    block, normed = blocks[-1], blocks[-1].ln_1(x)
    keys, values = _project(block, normed, "kv")
    (queries,) = _project(block, normed[:, ends], "q")
    attended = _attend(queries, keys, values, prefix[-1], mask, groups, [g.classes for g in groups])
    return _finish(block, x[:, ends], attended)


def _attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    shared: KeysValues,
    mask: Tensor,
    groups: Sequence[Group],
    rows: Sequence[slice],
) -> Tensor:
    """Attend to the prefix and to the own ending; the queries are of all tokens, or of the last r of each ending.

    Args:
        queries: (b, h, R, e).
        keys: (b, h, T, e), as are `values`.
        values: of the endings.
        shared: keys and values of the prefix.
        mask: causal.
        groups: endings of equal length.
        rows: the queries of each group.

    Returns:
        (b, h, R, e).
    """
    prefix = shared[0].shape[2]
    scale = queries.shape[-1] ** -0.5
    to_prefix = queries @ shared[0].mT
    weights, own = [], []
    for group, row in zip(groups, rows, strict=True):
        each = (group.count, (row.stop - row.start) // group.count)
        split = (group.count, group.length)
        scores = queries[:, :, row].unflatten(2, each) @ keys[:, :, group.tokens].unflatten(2, split).mT
        scores = scores + mask[group.length - each[1] : group.length, : group.length]
        joint = (torch.cat([to_prefix[:, :, row].unflatten(2, each), scores], -1) * scale).softmax(-1)
        weights.append(joint[..., :prefix].flatten(2, 3))
        own.append((joint[..., prefix:] @ values[:, :, group.tokens].unflatten(2, split)).flatten(2, 3))
    return torch.cat(weights, 2) @ shared[1] + torch.cat(own, 2)


def _project(block: Block, normed: Tensor, wanted: str) -> Sequence[Tensor]:
    """Queries, keys or values (b, h, T, e) of the norm's output, by the rows of the one matrix that makes all three."""
    attn = block.attn
    rows = slice("qkv".index(wanted[0]) * attn.embed_dim, ("qkv".index(wanted[-1]) + 1) * attn.embed_dim)
    made = F.linear(normed, attn.in_proj_weight[rows], attn.in_proj_bias[rows])
    made = made.unflatten(-1, (len(wanted), attn.num_heads, attn.head_dim))
    return made.permute(2, 0, 3, 1, 4).unbind()


def _finish(block: Block, x: Tensor, attended: Tensor) -> Tensor:
    """The rest of a block, after its attention (b, h, T, e)."""
    x = x + block.ls_1(block.attn.out_proj(attended.transpose(1, 2).flatten(2)))
    return x + block.ls_2(block.mlp(block.ln_2(x)))
