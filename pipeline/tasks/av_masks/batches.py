"""Clips with their masks as the loop reads them. Dims: B clips of a batch, T segments, S side of a mask."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.datasets.av.masks import MaskClip
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MaskBatch
from pipeline.sources.masks import StoredMasks
from pipeline.tasks.av.batches import StoredRows, stored_rows
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.truth import stored_masks


@dataclass(frozen=True)
class StoredClips:
    """Clips as a method reads them.

    Attributes:
        clips: in order.
        rows: what is read of them.
        masks: of all clips.
    """

    clips: Sequence[MaskClip]
    rows: StoredRows
    masks: StoredMasks

    def batch(self, rows: Sequence[int], device: torch.device) -> MaskBatch:
        """Some of the clips."""
        visual, audio = self.rows.at([self.clips[row] for row in rows], device)
        return MaskBatch(visual, audio, torch.from_numpy(self.truth(rows)).to(device))

    def truth(self, rows: Sequence[int]) -> NDArray[np.uint8]:
        """Masks (B, T, S, S) of some clips."""
        return self.masks.of([self.clips[row].masks for row in rows])


def stored_clips(bound: BoundAvMasks, clips: Sequence[MaskClip], options: MasksOptions, sides: Sides) -> StoredClips:
    """Clips as a method reads them.

    Raises:
        NotCached: frames, spectrograms, activations or masks are not there yet.
    """
    return StoredClips(clips, stored_rows(bound, clips, options, sides), stored_masks(bound, clips))
