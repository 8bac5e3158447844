"""How the levels of the head of masks become one, and one becomes a mask (after MiDaS's decoder, which AVSBench took over).

Dims: n frames, W channels, s side of a level, S side of a mask.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Residual(nn.Module):
    """r + K_2 relu(K_1 r), r = relu(x). The published code rectifies in place, so that what is added is rectified, too."""

    def __init__(self, width: int):
        """Draw both 3 x 3 convolutions.

        Args:
            width: W.
        """
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """(n, W, s, s) -> the same."""
        x = x.relu()
        return x + self.second(self.first(x).relu())


class Joining(nn.Module):
    """What came from below and a level, at twice the side. At the smallest level nothing comes from below."""

    def __init__(self, width: int, joins: bool):
        """Draw it.

        Args:
            width: W.
            joins: whether something comes from below.
        """
        super().__init__()
        self.own = Residual(width) if joins else None
        self.both = Residual(width)

    def forward(self, x: Tensor, level: Tensor | None = None) -> Tensor:
        """(n, W, s, s) -> (n, W, 2s, 2s).

        Args:
            x: what came from below; at the smallest level that level.
            level: (n, W, s, s).
        """
        if self.own is not None and level is not None:
            x = x + self.own(level)
        return F.interpolate(self.both(x), scale_factor=2, mode="bilinear", align_corners=True)


class Answer(nn.Module):
    """(n, W, S/2, S/2) -> logits (n, S, S)."""

    def __init__(self, width: int):
        """Draw it.

        Args:
            width: W.
        """
        super().__init__()
        self.first = nn.Conv2d(width, width // 2, 3, padding=1)
        self.second = nn.Conv2d(width // 2, width // 8, 3, padding=1)
        self.last = nn.Conv2d(width // 8, 1, 1)

    @property
    def dtype(self) -> torch.dtype:
        """What the head computes in."""
        return self.last.weight.dtype

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        x = F.interpolate(self.first(x), scale_factor=2, mode="bilinear", align_corners=False)
        return self.last(self.second(x).relu())[:, 0]
