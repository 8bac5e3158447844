"""How a question reads the seconds of one side. Dims: Q questions, T seconds, d width, h heads."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.training.dropout import Drops, dropped


class Reading(nn.Module):
    """LN(x + MLP(x)) with x = attention of the question over the seconds; without positions, so their order is not known.

    The attention is that of `nn.MultiheadAttention`, drawn as it draws; its MLP is Linear, ReLU, Linear.
    """

    def __init__(self, width: int, heads: int, dropout: float):
        """Draw all as torch does.

        Args:
            width: d.
            heads: h.
            dropout: share of weights, and of numbers inside and behind the MLP, that a step leaves out.
        """
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.in_weight = nn.Parameter(nn.init.xavier_uniform_(torch.empty(3 * width, width)))
        self.in_bias = nn.Parameter(torch.zeros(3 * width))
        self.out = nn.Linear(width, width)
        nn.init.zeros_(self.out.bias)
        self.into, self.back = nn.Linear(width, width), nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, question: Tensor, seconds: Tensor, drops: Drops | None) -> tuple[Tensor, Tensor]:
        """What is read (Q, d), and the weights of all seconds (Q, T), the mean over heads, before any is left out.

        Args:
            question: (Q, d).
            seconds: (Q, T, d).
            drops: what the step leaves out; nothing where there is none.
        """
        width = question.shape[-1]
        query = F.linear(question, self.in_weight[:width], self.in_bias[:width])[:, None]
        keys, values = F.linear(seconds, self.in_weight[width:], self.in_bias[width:]).chunk(2, -1)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (query, keys, values))
        weights = (q @ k.mT * q.shape[-1] ** -0.5).softmax(-1)  # Q, h, 1, T
        read = self.out((dropped(weights, self.dropout, drops) @ v).transpose(1, 2).flatten(1))
        more = self.back(dropped(self.into(read).relu(), self.dropout, drops))
        return self.norm(read + dropped(more, self.dropout, drops)), weights.mean(1).squeeze(1)
