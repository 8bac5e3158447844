"""Generators: two-layer networks from features to prompts (ProMPT, Eq. 8 and 10).

Dims: B images, J layers, a prompts a layer, d width of the features, h = d/16, c width of a prompt.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Generator(nn.Module):
    """G^T, which is CoCoOp's meta-net: Linear(d -> d/16), ReLU, Linear(d/16 -> c)."""

    def __init__(self, width: int, prompt_width: int):
        """Draw the weights."""
        super().__init__()
        self.into = nn.Linear(width, width // 16)
        self.out = nn.Linear(width // 16, prompt_width)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (..., d) to prompts (..., c)."""
        return self.out(F.relu(self.into(features)))

    def silence(self) -> None:
        """Make it answer zeros, until it has learned."""
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)


class LayeredGenerator(nn.Module):
    """G^V: one such network a layer; the weights are shared, the biases are each layer's own.

    Drawn as `nn.Linear` draws them: uniform up to 1/sqrt of the layer's inputs.
    """

    def __init__(self, width: int, prompt_width: int, layers: int, own_hidden_biases: bool = True):
        """Make it for `layers` layers."""
        super().__init__()
        hidden = width // 16
        self.layers = layers
        self.weight_in = _drawn(width, hidden, width)
        self.bias_in = _drawn(width, layers if own_hidden_biases else 1, hidden)
        self.weight_out = _drawn(hidden, prompt_width, hidden)
        self.bias_out = _drawn(hidden, layers, prompt_width)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (B, a, d) to prompts (B, J, a, c)."""
        into = F.linear(features, self.weight_in)[:, None]  # the same for all layers: B 1 a h
        hidden = F.relu(into + self.bias_in[:, None]).expand(-1, self.layers, -1, -1)
        return F.linear(hidden, self.weight_out) + self.bias_out[:, None]

    def silence(self) -> None:
        """Make it answer zeros, until it has learned."""
        nn.init.zeros_(self.weight_out)
        nn.init.zeros_(self.bias_out)


def _drawn(inputs: int, *shape: int) -> nn.Parameter:
    bound = 1 / math.sqrt(inputs)
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
