"""Learning one method with one seed, and saying what it makes of clips."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.datasets.av import AvClip
from pipeline.evaluation.events import event_scores
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import EventsLearner
from pipeline.runs.work import Unit
from pipeline.tasks.av.batches import in_order
from pipeline.tasks.av.learning import device_of, learn_clips, loaded
from pipeline.tasks.av.towers import Towers
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_events.batches import StoredClips, stored_clips
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import truth_of
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import answering, read_back


def learn(bound: BoundAvEvents, unit: Unit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    The epoch that answers is the one that is best on the clips of val, in all their seconds.

    Raises:
        AvError: there is nothing to learn from, or something is not stored yet.
        MmptError: options and towers do not fit.
    """
    learner = _learner(bound, unit)
    return learn_clips(bound, unit, learner, stored_clips, lambda clips, size: accuracy_on(learner, clips, size))


def learner_of(
    towers: Towers, options: CoplOptions, seed: int, segments: int, classes: Sequence[str], device: str, compute: str
) -> EventsLearner:
    """A method before it has learned, on its frozen towers."""
    visual, audio = loaded(towers, device, compute)
    return EventsLearner(options, visual, audio, segments, len(classes) + 1, seed)


def _learner(bound: BoundAvEvents, unit: Unit) -> EventsLearner:
    clips, compute = bound.clips, bound.recipe.cache.compute
    return learner_of(bound.towers, unit.config, unit.seed, clips.segments, clips.classes, bound.device, compute)


def accuracy_on(learner: EventsLearner, clips: StoredClips, size: int) -> float:
    """Share of all seconds that are right, of a method that goes on learning afterwards."""
    with answering(learner):
        labels = np.asarray(answers_on(learner, clips, size).argmax(-1), np.int64)
    truth = truth_of(clips.clips)
    return event_scores(labels, truth, int(learner.head.answer.out_features) - 1).accuracy


def answers_on(learner: EventsLearner, clips: StoredClips, size: int) -> NDArray[np.float32]:
    """Probabilities (n, T, K + 1) of clips."""
    parts = [learner.answers(batch).float().cpu() for batch in in_order(clips, size, device_of(learner))]
    return np.asarray(torch.cat(parts).numpy(), np.float32)


def answered(bound: BoundAvEvents, unit: Unit, clips: Sequence[AvClip]) -> tuple[NDArray[np.float32], int]:
    """What a learned method says of clips (n, T, K + 1), and the epoch that says it."""
    learner = _learner(bound, unit)
    epoch = read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    stored = stored_clips(bound, clips, unit.config, sides_of(bound))
    return answers_on(learner, stored, unit.config.fit.batch_of(len(clips))), epoch
