"""Dropout that is a function of (seed, epoch, step), so that a run that was killed goes on to the same bytes.

Torch's own draws from one stream that nothing stores. Here a step's masks come from a number of its own, drawn on the CPU: they
are the same on every device, and whatever came before.
"""

import hashlib

import torch
from torch import Tensor


def draw_of(seed: int, epoch: int, step: int) -> int:
    """A step's number, of 63 bits.

    Args:
        seed: of what is learned.
        epoch: 1-based.
        step: of the epoch; of a step that is run in parts, the number of the part among all of the epoch.
    """
    told = f"dropout {seed} {epoch} {step}".encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big") >> 1


class Drops:
    """The masks of one step, one after the other."""

    def __init__(self, draw: int):
        """Begin.

        Args:
            draw: the step's number.
        """
        self._numbers = torch.Generator().manual_seed(draw)

    def __call__(self, x: Tensor, share: float) -> Tensor:
        """Set a share of numbers to 0 and divide the others by what is left, so that the mean stays."""
        kept = torch.rand(x.shape, generator=self._numbers) >= share
        return x * (kept.to(x.device, x.dtype) / (1 - share))


def dropped(x: Tensor, share: float, drops: Drops | None) -> Tensor:
    """The numbers as a step has them; as they are where nothing is dropped."""
    return x if drops is None or not share else drops(x, share)
