"""Masks of clips out of their stored source, which has a row for every picture of a mask, made as frames are.

Dims: B clips, T segments, S = side of a mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipeline.datasets.rows import MediaRow
from pipeline.media.mask_spec import NO_MASK, MaskSpec
from pipeline.sources.specs import source_name
from stores import Artifact


@dataclass(frozen=True)
class StoredMasks:
    """Masks as a loop reads them.

    Attributes:
        artifact: the stored source, `source_artifact(spec)`, with a row for each mask.
        spec: how they were made.
    """

    artifact: Artifact
    spec: MaskSpec

    @cached_property
    def refused(self) -> frozenset[str]:
        """Keys of pictures that could not be read when masks were made."""
        return frozenset(row.key for row in self.artifact.rejected())

    def of(self, masks: Sequence[Sequence[MediaRow | None]]) -> np.ndarray:
        """Masks of some clips, uint8 (B, T, S, S): 1 where something sounds, 0 elsewhere, `NO_MASK` all over where there is none.

        Args:
            masks: of each clip and segment, as many of all clips.
        """
        flat = [None if mask is None or mask.key in self.refused else mask.key for clip in masks for mask in clip]
        given = {place: key for place, key in enumerate(flat) if key is not None}
        found = np.full((len(flat), *self.spec.shape), NO_MASK, dtype=np.uint8)
        if given:
            name = source_name(self.spec)
            found[list(given)] = self.artifact.arrays(list(given.values()), [name])[name]
        return found.reshape(len(masks), len(flat) // max(len(masks), 1), *self.spec.shape)
