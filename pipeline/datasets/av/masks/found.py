"""Masks that a method has found in a clip, and what is told of them in numbers. Dims: D segments, S side of a mask."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class MaskArea:
    """What a segment's mask covers.

    Attributes:
        start_s: of the segment.
        end_s: of it.
        area: share of the frame.
        box: left, top, right and bottom of what is masked, shares of the frame's sides; None where nothing is.
    """

    start_s: float
    end_s: float
    area: float
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, eq=False)
class FoundMasks:
    """The masks of a clip.

    Attributes:
        bits: a bit a pixel, uint8 (D, ceil(S * S / 8)).
        size: S.
        segment_s: seconds of a segment.
    """

    bits: NDArray[np.uint8]
    size: int
    segment_s: float

    def __len__(self) -> int:
        """D."""
        return len(self.bits)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same masks."""
        return (
            isinstance(other, FoundMasks)
            and (self.size, self.segment_s) == (other.size, other.segment_s)
            and np.array_equal(self.bits, other.bits)
        )

    def mask(self, segment: int) -> Bools:
        """Where something sounds in a segment, (S, S)."""
        return unpacked(self.bits[segment], self.size)

    @property
    def seconds(self) -> int:
        """Of the clip, of which there is a mask each."""
        return max(1, round(len(self) * self.segment_s))

    def of_second(self, second: int) -> Bools:
        """The mask (S, S) of the middle of a second, from 0."""
        return self.mask(min(int((second + 0.5) / self.segment_s), len(self) - 1))

    @cached_property
    def areas(self) -> tuple[MaskArea, ...]:
        """Of every segment."""
        return tuple(self._areas())

    def _areas(self) -> Iterator[MaskArea]:
        for segment in range(len(self)):
            mask = self.mask(segment)
            start = round(segment * self.segment_s, 3)
            yield MaskArea(start, round((segment + 1) * self.segment_s, 3), float(mask.mean()), _box(mask))


def packed(masks: Bools) -> NDArray[np.uint8]:
    """Masks (..., S, S) as bits, uint8 (..., ceil(S * S / 8))."""
    return np.packbits(masks.reshape(*masks.shape[:-2], -1), axis=-1)


def unpacked(bits: NDArray[np.uint8], size: int) -> Bools:
    """The masks (..., S, S) again."""
    pixels = np.unpackbits(bits, axis=-1, count=size * size)
    return pixels.reshape(*bits.shape[:-1], size, size).astype(np.bool_)


def _box(mask: Bools) -> tuple[float, float, float, float] | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    height, width = mask.shape
    left, top, right, bottom = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return float(left), float(top), float(right), float(bottom)
