"""A tiny frozen tower of plain attention blocks in two stages, with weights from a seed; and rows for it."""

import torch
from torch import nn
from torch.nn import functional as F

from pipeline.encoders.stepped.shape import BlockShape, TowerShape


def shape_of(name="toy", width=8, depths=(2, 2), side=4, heads=2):
    """Maps of side x side, halved and doubled in width between stages."""
    blocks = []
    for stage, depth in enumerate(depths, 1):
        scale = 2 ** (stage - 1)
        grid = (side // scale, side // scale)
        blocks += [BlockShape(stage, width * scale, heads, grid, grid)] * depth
    return TowerShape(name, "swin-v2", tuple(blocks), (2 * side, 2 * side, 3), 2, 2.0)


class ToyTower(nn.Module):
    """Pre-norm blocks whose prompts pass the norm and are further keys and values; the tower's own numbers take no gradient."""

    def __init__(self, shape=None, seed=0, dtype=torch.float32):
        super().__init__()
        self.shape = shape or shape_of()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            first = self.shape.blocks[0].width
            self.patches = nn.Linear(self.shape.patch**2 * 3, first)
            self.qkv, self.proj, self.up, self.down = (nn.ModuleList() for _ in range(4))
            for block in self.shape.blocks:
                c, inside = block.width, round(self.shape.mlp_ratio * block.width)
                for held, into, out in (
                    (self.qkv, c, 3 * c),
                    (self.proj, c, c),
                    (self.up, c, inside),
                    (self.down, inside, c),
                ):
                    held.append(nn.Linear(into, out))
            self.merge = nn.ModuleDict()
            for start in self.shape.starts[1:]:
                width = self.shape.blocks[start].width
                self.merge[str(start)] = nn.Linear(2 * width, width, bias=False)
        self.to(dtype).eval().requires_grad_(False)

    @property
    def device(self):
        return self.patches.weight.device

    @property
    def dtype(self):
        return self.patches.weight.dtype

    def enter(self, rows):
        pictures = rows.to(self.dtype) / 255 if rows.dtype == torch.uint8 else rows[..., None].expand(-1, -1, -1, 3)
        side, patch = self.shape.blocks[0].grid[0], self.shape.patch
        cut = pictures.reshape(len(rows), side, patch, side, patch, 3).transpose(2, 3)
        return self.patches(cut.reshape(len(rows), side * side, -1).to(self.dtype))

    def between(self, index, tokens):
        if str(index) not in self.merge:
            return tokens
        side = self.shape.blocks[index].grid[0]
        cut = tokens.reshape(len(tokens), side, 2, side, 2, -1).transpose(2, 3)
        return self.merge[str(index)](cut.reshape(len(tokens), side * side, -1))

    def block(self, index, tokens, prompts=None):
        heads, width = self.shape.blocks[index].heads, tokens.shape[-1]
        normed = F.layer_norm(tokens, (width,))
        seen = normed if prompts is None else torch.cat([F.layer_norm(prompts, (width,)), normed], 1)
        q, k, v = (
            part.unflatten(-1, (heads, -1)).transpose(1, 2)
            for part in F.linear(seen, self.qkv[index].weight, self.qkv[index].bias).chunk(3, -1)
        )
        attended = F.scaled_dot_product_attention(q[:, :, -tokens.shape[1] :], k, v).transpose(1, 2).flatten(2)
        tokens = tokens + self.proj[index](attended)
        return tokens + self.down[index](F.gelu(self.up[index](F.layer_norm(tokens, (width,)))))

    def leave(self, tokens):
        return F.layer_norm(tokens, tokens.shape[-1:])


def rows_of(clips, segments, shape, seed=0):
    """Pictures (B, T, h, w, 3) and spectrograms (B, T, h, w)."""
    numbers = torch.Generator().manual_seed(seed)
    size = (clips, segments, *shape.input)
    pictures = torch.randint(0, 256, size, generator=numbers, dtype=torch.uint8)
    return pictures, torch.randn(size[:-1], generator=numbers)
