"""From activations to the arrays that a store keeps, and the clock that says where the time goes."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from torch import Tensor

Arrays = dict[str, np.ndarray]


def to_arrays(acts: dict[str, Tensor], dtype: str) -> Arrays:
    """Copy activations to numpy; floating ones become `dtype`, pixels and token ids stay whole numbers."""
    arrays = {name: x.detach().cpu().numpy() for name, x in acts.items()}
    return {name: x.astype(dtype) if x.dtype.kind == "f" else x for name, x in arrays.items()}


def concatenate(parts: Sequence[Arrays]) -> Arrays:
    """Join the rows of batches."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class Clock:
    """Adds up where the time goes: `decode` and `encode`, seconds."""

    def __init__(self) -> None:
        """Start at nought."""
        self.decode = self.encode = 0.0

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Count the block as decoding."""
        start = time.perf_counter()
        yield
        self.decode += time.perf_counter() - start

    @contextmanager
    def encoding(self) -> Iterator[None]:
        """Count the block as encoding."""
        start = time.perf_counter()
        yield
        self.encode += time.perf_counter() - start

    def split(self) -> str:
        """Say which is the wall: `decode 60 % encode 40 %`."""
        total = max(self.decode + self.encode, 1e-9)
        return f"decode {100 * self.decode / total:.0f} % encode {100 * self.encode / total:.0f} %"
