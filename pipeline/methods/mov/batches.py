"""Batches of a size that fits into memory, so that the steps made of them are those of whole batches.

The mean over a step's batches is what the loop gives the optimiser. Batches of a step may be unequal; each is weighted by its
share, so the mean is that over the clips, whatever their number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.methods.mov.config import VideoTraining
from stores import text_key


@dataclass(frozen=True)
class Slice:
    """One batch.

    Attributes:
        rows: numbers of its clips.
        share: its clips over the mean number of clips of its step's batches.
    """

    rows: np.ndarray
    share: float


def order_of(clips: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch's clips (1-based), a function of seed and epoch."""
    return np.random.Generator(np.random.PCG64(int(text_key(f"mov {seed} {epoch}"), 16))).permutation(clips)


def slices(order: np.ndarray, batch: int, micro: int) -> list[Slice]:
    """Cut an epoch into steps of `batch` clips, the last of what is left, and each step into batches of `micro`."""
    found = []
    for start in range(0, len(order), batch):
        step = order[start : start + batch]
        count = -(-len(step) // micro)
        for first in range(0, len(step), micro):
            rows = step[first : first + micro]
            found.append(Slice(rows, len(rows) * count / len(step)))
    return found


@dataclass(frozen=True)
class MovBatches:
    """The batches of an epoch, for the loop; together with the options' `fit`.

    Attributes:
        clips: how many there are to learn from.
        options: say how large steps and batches are.
        seed: of the order.
        load: (numbers of clips, epoch) -> a `MovBatch`; which view an epoch sees is its matter, (epoch - 1) modulo K by custom.
    """

    clips: int
    options: VideoTraining
    seed: int
    load: Callable[[np.ndarray, int], Any]

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self._slices(1))

    def epoch(self, epoch: int) -> Iterator[Any]:
        """The batches of one epoch (1-based)."""
        for part in self._slices(epoch):
            yield replace(self.load(part.rows, epoch), share=part.share)

    def _slices(self, epoch: int) -> list[Slice]:
        return slices(order_of(self.clips, self.seed, epoch), self.options.batch_size, self.options.micro)
