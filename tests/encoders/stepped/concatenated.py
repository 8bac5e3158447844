"""Blocks with prompts as literal tokens of every window, whose outputs are dropped: written plainly, a window at a time.

Nothing of ours is called. A window's tokens are found by counting; biases are made pair by pair; whatever a block does to a token
in attention it does to a prompt, too.

Dims: t tokens of a window, p prompts, h heads, d width of a head.
"""

import math

import torch


def swin_block(block, tokens, prompts, grid, bias):
    """timm's block; `bias` is what prompts have beside the network's biases."""
    attn = block.attn

    def mixed(x, own, pairs, mask):
        both = torch.cat([own, x])
        q, k, v = heads_of(both @ attn.qkv.weight.T + qkv_bias(attn), attn.num_heads)
        q, k = q / q.norm(dim=-1, keepdim=True), k / k.norm(dim=-1, keepdim=True)
        scale = attn.logit_scale.clamp(max=math.log(100)).exp()
        table = 16 * torch.sigmoid(attn.cpb_mlp(coordinates(pairs, block.window_size[0]))).movedim(-1, 0)
        of_prompts = (
            whole_table(attn, block.window_size[0]).mean(dim=0) if bias == "mean" else torch.zeros(attn.num_heads)
        )
        return (
            attention(q, k, v, scale, extended(table + mask, of_prompts, len(own))) @ attn.proj.weight.T
            + attn.proj.bias
        )

    out = in_windows(tokens, prompts, grid, block.window_size[0], block.shift_size[0], mixed)
    x = tokens + block.norm1(out)
    return x + block.norm2(block.mlp(x))


def hts_at_block(layer, tokens, prompts, grid, bias):
    """transformers' block."""
    own_of, w = layer.attention.self, layer.window_size

    def mixed(x, own, pairs, mask):
        both = torch.cat([own, x])
        q, k, v = (split(part(both), own_of.num_attention_heads) for part in (own_of.query, own_of.key, own_of.value))
        rows = (pairs[..., 0] + w - 1) * (2 * w - 1) + pairs[..., 1] + w - 1
        table = own_of.relative_position_bias_table
        of_prompts = table.mean(dim=0) if bias == "mean" else torch.zeros(table.shape[1])
        logits = extended(table[rows].movedim(-1, 0) + mask, of_prompts, len(own))
        return layer.attention.output.dense(attention(q, k, v, q.shape[-1] ** -0.5, logits))

    before = layer.layernorm_before
    x = tokens + in_windows(before(tokens), before(prompts), grid, w, layer.shift_size, mixed)
    return x + layer.output.dense(layer.intermediate(layer.layernorm_after(x)))


def vit_block(block, tokens, prompts, grid, bias):
    """timm's block: prompts stand before all tokens, and are cut off behind the attention."""
    p = prompts.shape[1]
    x = tokens + block.attn(block.norm1(torch.cat([prompts, tokens], dim=1)))[:, p:]
    return x + block.mlp(block.norm2(x))


def in_windows(tokens, prompts, grid, w, shift, mixed):
    """Row by row and window by window; the window's tokens are those that lie there after the map was moved."""
    rows, columns = grid
    out = torch.zeros_like(tokens)
    for row in range(len(tokens)):
        for top in range(0, rows, w):
            for left in range(0, columns, w):
                cells = [(top + y, left + x) for y in range(w) for x in range(w)]
                places = torch.tensor([((y + shift) % rows) * columns + (x + shift) % columns for y, x in cells])
                pairs = torch.tensor([[(a[0] - b[0], a[1] - b[1]) for b in cells] for a in cells])
                # What only the shift brought together: one of two has gone around an edge, the other has not.
                around = [(y + shift >= rows, x + shift >= columns) for y, x in cells]
                mask = torch.tensor([[0.0 if a == b else -100.0 for b in around] for a in around])
                out[row, places] = mixed(tokens[row, places], prompts[row], pairs, mask)[prompts.shape[1] :]
    return out


def extended(bias, of_prompts, p):
    """(h, t, t) -> (h, p + t, p + t); rows of prompts are dropped later, so that what they have does not matter."""
    h, t, _ = bias.shape
    whole = of_prompts.to(bias.dtype).view(h, 1, 1).expand(h, p + t, p + t).clone()
    whole[:, p:, p:] = bias
    return whole


def attention(q, k, v, scale, bias):
    """(h, s, d) -> (s, h d)."""
    shares = torch.softmax(scale * q @ k.transpose(1, 2) + bias, dim=-1)
    return (shares @ v).transpose(0, 1).flatten(1)


def qkv_bias(attn):
    return torch.cat([attn.q_bias, torch.zeros_like(attn.q_bias), attn.v_bias])


def heads_of(qkv, heads):
    return (split(part, heads) for part in qkv.split(qkv.shape[-1] // 3, dim=-1))


def split(x, heads):
    """(s, h d) -> (h, s, d)."""
    return x.view(len(x), heads, -1).transpose(0, 1)


def coordinates(pairs, w):
    """Distances in a window as the network of Swin-V2 reads them: published code makes them in float32."""
    share = pairs.float() / max(w - 1, 1) * 8
    return (share.sign() * torch.log2(share.abs() + 1) / math.log2(8)).double()


def whole_table(attn, w):
    """Biases of all distances that there are, (places, h)."""
    steps = torch.arange(1 - w, w)
    return 16 * torch.sigmoid(attn.cpb_mlp(coordinates(torch.cartesian_prod(steps, steps), w)))


BLOCKS = {"swin-v2": swin_block, "hts-at": hts_at_block, "vit": vit_block}
