"""Masks that need no model: nothing, everything, and what is usual in training. They stand beside every result.

Dims: B clips, T segments, S = side of a mask.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.media.mask_spec import NO_MASK

NOTHING, EVERYTHING, USUAL = "nothing sounds", "the whole frame sounds", "the mean mask of train"


@dataclass
class MeanMask:
    """The mean of masks, as they come.

    Attributes:
        total: of all masks added, (S, S); None before the first.
        count: how many.
    """

    total: NDArray[np.float64] | None = None
    count: int = 0

    def add(self, masks: NDArray[np.uint8]) -> None:
        """Add masks (B, T, S, S); segments of which none is given (`NO_MASK` all over) are passed over."""
        frames = masks.reshape(-1, *masks.shape[-2:])
        given = frames[~(frames == NO_MASK).all(axis=(1, 2))]
        total = given.sum(axis=0, dtype=np.float64)
        self.total = total if self.total is None else self.total + total
        self.count += len(given)

    def mean(self) -> NDArray[np.float32]:
        """How often each pixel sounds, (S, S).

        Raises:
            EvaluationError: no mask has been added.
        """
        if self.total is None or not self.count:
            raise EvaluationError("masks: no clip of train has a mask, so none is usual. Give masks for some of them")
        return (self.total / self.count).astype(np.float32)


def mask_priors(usual: NDArray[np.float32], segments: int) -> dict[str, NDArray[np.float32]]:
    """Probabilities (T, S, S) of rules that look at no clip, by what they say.

    Args:
        usual: `MeanMask.mean` of the clips of train, (S, S).
        segments: T.
    """
    rules = {NOTHING: np.zeros_like(usual), EVERYTHING: np.ones_like(usual), USUAL: usual}
    return {name: np.repeat(rule[None], segments, axis=0) for name, rule in rules.items()}
