"""Batches through a frozen tower, so that the device is not kept waiting.

While a GPU works on one batch, this process brings the next one and takes the one before to the host: what a batch made
is fetched when the next one was started. A batch that does not fit into the device's memory is halved, as is every batch
after it. On the CPU nothing runs beside this process, and every batch is whole.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import torch

from pipeline.caching.rows import Arrays, concatenate, to_arrays
from pipeline.encoders.tower import Activations, Inputs, Tower

T = TypeVar("T")

_ROWS = {"cpu": 32}
_ROWS_ELSEWHERE = 256
"""An H200, ViT-B-32 in bfloat16, images a second: 6,200 in batches of 32, 12,800 of 64, 30,600 of 256, 33,100 of 1,024."""


def rows_a_batch(device: torch.device) -> int:
    """How many files or images a batch has where nobody asked for another size."""
    return _ROWS.get(device.type, _ROWS_ELSEWHERE)


def one_behind(shards: Iterable[T], device: torch.device) -> Iterator[T]:
    """Hand shards on one late, so that the device works on the next while one is fetched and published; not on the CPU."""
    held: list[T] = []
    for shard in shards:
        held.append(shard)
        if device.type == "cpu" or len(held) > 1:
            yield held.pop(0)
    yield from held


class Lowering:
    """The rows of one shard on their way through a tower.

    Args:
        tower: frozen.
        cut: where it is cut.
        dtype: stored type.
    """

    def __init__(self, tower: Tower, cut: str, dtype: str) -> None:
        self._tower, self._cut, self._dtype = tower, cut, dtype
        self._running: Activations | None = None
        self._parts: list[Arrays] = []
        self._fits: int | None = None

    def put(self, inputs: Inputs) -> None:
        """Start a batch, then fetch what the one before it made.

        Raises:
            torch.OutOfMemoryError: not even one row fits.
        """
        start = 0
        while start < len(inputs):
            part = inputs[start : start + (self._fits or len(inputs))]
            acts = self._lowered(part)
            if acts is None:
                self._fits = len(part) // 2
                continue
            self._fetch()
            self._running = acts
            start += len(part)

    def arrays(self) -> Arrays | None:
        """Rows of all batches; None if there were none."""
        self._fetch()
        return concatenate(self._parts) if self._parts else None

    def _lowered(self, inputs: Inputs) -> Activations | None:
        """What the tower makes of them; None if they do not fit and there is more than one."""
        try:
            return self._tower.lower(inputs, self._cut)
        except torch.OutOfMemoryError:
            if len(inputs) == 1:
                raise
        self._fetch()  # what is there already makes room
        torch.cuda.empty_cache()
        return None

    def _fetch(self) -> None:
        if self._running is not None:
            self._parts.append(to_arrays(self._running, self._dtype))
            self._running = None
