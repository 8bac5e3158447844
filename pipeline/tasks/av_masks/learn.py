"""Learning one method with one seed, and saying what it makes of clips. Dims: T segments, S side of a mask."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.masks import MaskClip
from pipeline.evaluation.masks import MaskTally
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.learner import MasksLearner
from pipeline.runs.work import Unit
from pipeline.tasks.av.batches import in_order
from pipeline.tasks.av.learning import device_of, learn_clips, loaded
from pipeline.tasks.av.towers import Towers
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_masks.batches import StoredClips, stored_clips
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import read_back


def learn(bound: BoundAvMasks, unit: Unit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    The epoch that answers is the one whose mIoU is best on the clips of val.

    Raises:
        AvError: there is nothing to learn from, or something is not stored yet.
        MmptError: options and towers do not fit.
    """
    learner = _learner(bound, unit)
    return learn_clips(bound, unit, learner, stored_clips, lambda clips, size: miou_on(learner, clips, size))


def learner_of(
    towers: Towers, options: MasksOptions, seed: int, segments: int, device: str, compute: str
) -> MasksLearner:
    """A method before it has learned, on its frozen towers."""
    visual, audio = loaded(towers, device, compute)
    return MasksLearner(options, visual, audio, segments, seed)


def _learner(bound: BoundAvMasks, unit: Unit) -> MasksLearner:
    compute = bound.recipe.cache.compute
    return learner_of(bound.towers, unit.config, unit.seed, bound.clips.segments, bound.device, compute)


def miou_on(learner: MasksLearner, clips: StoredClips, size: int) -> float:
    """Mean intersection over union of clips."""
    tally = MaskTally()
    for said, truth in answers_on(learner, clips, size):
        tally.add(said, truth)
    return tally.scores().miou


def answers_on(
    learner: MasksLearner, clips: StoredClips, size: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Probabilities (T, S, S) of clips beside their masks, one after the other: all of a data set would be many gigabytes."""
    for batch in in_order(clips, size, device_of(learner)):
        said, truth = learner.answers(batch).float().cpu().numpy(), batch.masks.cpu().numpy()
        yield from zip(said, truth, strict=True)


def answered(
    bound: BoundAvMasks, unit: Unit, clips: Sequence[MaskClip]
) -> tuple[Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]], int]:
    """What a learned method says of clips, see `answers_on`, and the epoch that says it."""
    learner = _learner(bound, unit)
    epoch = read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    stored = stored_clips(bound, clips, unit.config, sides_of(bound))
    return answers_on(learner, stored, unit.config.fit.batch_of(len(clips))), epoch
