"""The parts of MOV's head: attention, the temporal layers phi, the audio MLP, and the layers that read the other modality.

All of them start as CLIP's transformers do. Dims: B clips, n queries, m keys, d width, h heads.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.mov.config import MovOptions


class Attention(nn.Module):
    """Multi-head attention, softmax(q k^T / sqrt(d/h)) v: MSA of Eq. 2 where x = y, MCA of Eq. 5 and 7 elsewhere."""

    def __init__(self, width: int, heads: int, layers: int):
        """Weights of q, k and v lie in one matrix, as CLIP's."""
        super().__init__()
        self.heads = heads
        self.in_weight = nn.Parameter(torch.randn(3 * width, width) * width**-0.5)
        self.in_bias = nn.Parameter(torch.zeros(3 * width))
        self.out = linear(width, width, (2 * width * layers) ** -0.5)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """Queries of x (B, n, d), keys and values of y (B, m, d), or of x; (B, n, d)."""
        width = x.shape[-1]
        if y is None:
            made = F.linear(x, self.in_weight, self.in_bias).chunk(3, -1)
        else:
            keys = F.linear(y, self.in_weight[width:], self.in_bias[width:])
            made = (F.linear(x, self.in_weight[:width], self.in_bias[:width]), *keys.chunk(2, -1))
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in made)
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class Mlp(nn.Module):
    """Linear, GELU, Linear."""

    def __init__(self, width: int, ratio: int, layers: int):
        """Hidden numbers are `ratio` widths."""
        super().__init__()
        self.into = linear(width, ratio * width, (2 * width) ** -0.5)
        self.out = linear(ratio * width, width, (2 * width * layers) ** -0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(..., d)."""
        return self.out(F.gelu(self.into(x)))


class Layer(nn.Module):
    """Eq. 2 and 3: y = MSA(LN(z)) + z; MLP(LN(y)) + y."""

    def __init__(self, width: int, heads: int, ratio: int, layers: int):
        """One of `layers`."""
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.mlp = Attention(width, heads, layers), Mlp(width, ratio, layers)

    def forward(self, z: Tensor) -> Tensor:
        """(B, n, d)."""
        y = self.attention(self.ln_1(z)) + z
        return self.mlp(self.ln_2(y)) + y


class Temporal(nn.Module):
    """phi of Eq. 4. Without positions it does not know the order of frames; positions start at 0."""

    def __init__(self, options: MovOptions, width: int, heads: int):
        """L layers."""
        super().__init__()
        known = options.positions == "learned"
        self.positions = nn.Parameter(torch.zeros(options.frames, width)) if known else None
        layers = [Layer(width, heads, options.mlp_ratio, options.layers) for _ in range(options.layers)]
        self.layers = nn.ModuleList(layers)

    def forward(self, z: Tensor) -> Tensor:
        """(B, F, d)."""
        if self.positions is not None:
            z = z + self.positions
        for layer in self.layers:
            z = layer(z)
        return z


class AudioMlp(nn.Module):
    """a_t = MLP(a) of Eq. 4, or MLP(a) + a."""

    def __init__(self, options: MovOptions, width: int):
        """One hidden layer."""
        super().__init__()
        self.mlp, self.residual = Mlp(width, options.mlp_ratio, 1), options.audio_residual

    def forward(self, a: Tensor) -> Tensor:
        """(B, m, d)."""
        return self.mlp(a) + a if self.residual else self.mlp(a)


class Reads(nn.Module):
    """Eq. 5 and 6, 7 and 8: x' = MCA(LN(x), LN(y)) + x; AvgPool(MLP(LN(x')) + x'). Queries and keys have norms of their own."""

    def __init__(self, width: int, heads: int, ratio: int):
        """One decoder layer without self-attention."""
        super().__init__()
        self.ln_query, self.ln_key, self.ln_2 = (nn.LayerNorm(width) for _ in range(3))
        self.attention, self.mlp = Attention(width, heads, 1), Mlp(width, ratio, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Pooled (B, d) of x (B, n, d), which reads y (B, m, d)."""
        x = self.attention(self.ln_query(x), self.ln_key(y)) + x
        return (self.mlp(self.ln_2(x)) + x).mean(1)


class ReadsOne(nn.Module):
    """The same where y is one vector: a softmax over one key is 1, so x' = x + W_o W_v LN(y); W_q, W_k and LN_q are left out."""

    def __init__(self, width: int, ratio: int):
        """What a gradient can reach."""
        super().__init__()
        self.ln_key, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.value, self.out = linear(width, width, width**-0.5), linear(width, width, (2 * width) ** -0.5)
        self.mlp = Mlp(width, ratio, 1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Pooled (B, d) of x (B, n, d), which reads y (B, 1, d)."""
        x = self.out(self.value(self.ln_key(y))) + x
        return (self.mlp(self.ln_2(x)) + x).mean(1)


def linear(inputs: int, outputs: int, deviation: float) -> nn.Linear:
    """Weights N(0, deviation^2), biases 0."""
    made = nn.Linear(inputs, outputs)
    nn.init.normal_(made.weight, std=deviation)
    nn.init.zeros_(made.bias)
    return made
