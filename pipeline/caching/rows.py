"""From activations to the arrays that a store keeps, and the clock that says where the time goes."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from torch import Tensor

from stores.errors import MmptError

Arrays = dict[str, np.ndarray]


class NotFinite(MmptError):
    """Numbers became too large for the type that they are computed or stored in."""


def to_arrays(acts: dict[str, Tensor], dtype: str) -> Arrays:
    """Copy activations to numpy; floating ones become `dtype`, pixels and token ids stay whole numbers.

    Raises:
        NotFinite: a number is infinite or none, as computed or in `dtype`.
    """
    return {name: _stored(x, dtype) if x.is_floating_point() else x.cpu().numpy() for name, x in acts.items()}


def _stored(x: Tensor, dtype: str) -> np.ndarray:
    computed = x.detach().float().cpu().numpy()  # numpy has no bfloat16
    with np.errstate(over="ignore"):  # told below, with what to do about it
        stored = computed.astype(dtype)
    finite = np.isfinite(stored).reshape(len(stored), -1).all(axis=1)
    if not finite.all():
        held = np.isfinite(computed).all()
        problem = (
            f"in {str(x.dtype).removeprefix('torch.')}, in which they are computed. Write cache: {{compute: float32}}"
            if not held
            else f"in {dtype}, in which they are stored. Write cache: {{dtype: float32}}"
        )
        raise NotFinite(f"cache: the features of {(~finite).sum()} of {len(finite)} rows are not finite {problem}")
    return stored


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

    def add(self, decode_s: float, encode_s: float) -> None:
        """Count what another clock measured."""
        self.decode += decode_s
        self.encode += encode_s

    def split(self) -> str:
        """Say which is the wall: `decode 60 % encode 40 %`."""
        total = max(self.decode + self.encode, 1e-9)
        return f"decode {100 * self.decode / total:.0f} % encode {100 * self.encode / total:.0f} %"
