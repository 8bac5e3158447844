"""Masks of clips out of the store, and what is usual in training; free of torch. Dims: T segments, S side of a mask."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.masks import MaskClip
from pipeline.evaluation.mask_priors import MeanMask
from pipeline.sources.masks import StoredMasks
from pipeline.tasks.av.errors import NotCached
from pipeline.tasks.av_masks.bound import MASKS, BoundAvMasks


def stored_masks(bound: BoundAvMasks, clips: Sequence[MaskClip]) -> StoredMasks:
    """The masks of clips.

    Raises:
        NotCached: they are not there yet.
    """
    need = bound.mask_input.need
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    wanted = {mask.key for clip in clips for mask in clip.masks if mask is not None}
    absent = artifact.missing(wanted)
    if absent:
        raise NotCached(
            f"{len(absent)} of {len(wanted)} {MASKS} are not in {artifact.spec.name} yet. "
            "Make them first: mmpt-pipeline cache-features RECIPE"
        )
    return StoredMasks(artifact, bound.mask_spec)


def truths(bound: BoundAvMasks, clips: Sequence[MaskClip]) -> Iterator[NDArray[np.uint8]]:
    """Masks (T, S, S) of clips, one after the other; see `StoredMasks.of`."""
    stored = stored_masks(bound, clips)
    for clip in clips:
        yield stored.of([clip.masks])[0]


def usual_mask(bound: BoundAvMasks, clips: Sequence[MaskClip]) -> NDArray[np.float32]:
    """How often each pixel sounds in the masks of clips, (S, S).

    Raises:
        EvaluationError: they have none.
    """
    mean = MeanMask()
    for masks in truths(bound, clips):
        mean.add(masks[None])
    return mean.mean()
