"""Temporal pixel-wise audio-visual interaction, TPAVI (Zhou et al., ECCV 2022, Eq. 2): every place meets every second's sound.

Dims: B clips, T segments, P places of a map, C its channels, c = C / 2, A width of a sound.
"""

import torch
from torch import Tensor, nn


class Tpavi(nn.Module):
    """z = LayerNorm(x + BatchNorm(W (theta(x) M))), M = 1/N sum_j phi(a_j) g(x_j)^T over all N = T P places j of a clip.

    AVSBench makes theta(x_i) . phi(a_j) for all pairs of places, which is 246 million numbers a clip at the first level. There is
    no softmax, so that the sum over j comes first, and the sound of a second is one for all its places: 1/T sum_t phi(a_t)
    g(mean_p x_tp)^T. BatchNorm begins with zeros, and then the map passes as it is. W has no bias: BatchNorm takes the mean away,
    and with it every constant, so that a bias could not learn.
    """

    def __init__(self, width: int, audio: int):
        """Draw it.

        Args:
            width: C, even.
            audio: A.
        """
        super().__init__()
        self.align = nn.Linear(audio, width)
        self.theta, self.phi, self.g = (nn.Linear(width, width // 2) for _ in range(3))
        self.back = nn.Linear(width // 2, width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        nn.init.zeros_(self.norm.weight)
        self.after = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, sounds: Tensor) -> tuple[Tensor, Tensor]:
        """Places (B, T, P, C) as they were and with the sound, and sounds (B, T, A) brought to (B, T, C)."""
        aligned: Tensor = self.align(sounds)
        met = torch.einsum("btc,btd->bcd", self.phi(aligned), self.g(tokens.mean(2))) / tokens.shape[1]
        mixed = self.back(self.theta(tokens) @ met[:, None])
        normed = self.norm(mixed.flatten(0, 2)).view_as(mixed)
        return self.after(tokens + normed), aligned
