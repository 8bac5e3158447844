"""Clips with their labels as the loop reads them. Dims: B clips of a batch, T segments."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from pipeline.datasets.av import AvClip
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import AvBatch
from pipeline.tasks.av.batches import StoredRows, stored_rows
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av_events.bound import BoundAvEvents


@dataclass(frozen=True)
class StoredClips:
    """Clips as a method reads them.

    Attributes:
        clips: in order.
        rows: what is read of them.
    """

    clips: Sequence[AvClip]
    rows: StoredRows

    @cached_property
    def labels(self) -> Tensor:
        """int64 (n, T)."""
        return torch.tensor([clip.labels for clip in self.clips])

    def batch(self, rows: Sequence[int], device: torch.device) -> AvBatch:
        """Some of the clips."""
        visual, audio = self.rows.at([self.clips[row] for row in rows], device)
        return AvBatch(visual, audio, self.labels[list(rows)].to(device))


def stored_clips(bound: BoundAvEvents, clips: Sequence[AvClip], options: CoplOptions, sides: Sides) -> StoredClips:
    """Clips as a method reads them.

    Raises:
        NotCached: frames, spectrograms or activations are not there yet.
    """
    return StoredClips(clips, stored_rows(bound, clips, options, sides))
