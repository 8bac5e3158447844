"""Learning one method with one seed, and saying what it makes of clips."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.datasets.av import AvClip
from pipeline.encoders.stepped.base import SteppedTower
from pipeline.encoders.stepped.load import load_stepped
from pipeline.evaluation.events import event_scores
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import EventsLearner
from pipeline.runs.timing import TimedBatches, remember_seconds
from pipeline.runs.work import Unit
from pipeline.tasks.av_events.batches import ClipBatches, StoredClips, stored_clips
from pipeline.tasks.av_events.bound import BoundAvEvents, Towers
from pipeline.tasks.av_events.result import truth_of
from pipeline.tasks.av_events.work import sides_of
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of


def learn(bound: BoundAvEvents, unit: Unit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    The epoch that answers is the one that is best on the clips of val, in all their seconds.

    Raises:
        AvEventsError: there is nothing to learn from, or something is not stored yet.
        MmptError: options and towers do not fit.
    """
    options, sides = unit.config, sides_of(bound)
    learner = learner_of(
        bound.towers,
        options,
        unit.seed,
        bound.clips.segments,
        bound.clips.classes,
        bound.device,
        bound.recipe.cache.compute,
    )
    learned = stored_clips(bound, sides.usable(bound.of("train")), options, sides)
    chosen = stored_clips(bound, sides.usable(bound.of(bound.chooses_on)), options, sides)
    how, device = options.fit, device_of(learner)
    batches = ClipBatches(learned, how.batch_of(len(learned.clips)), unit.seed, device)
    with bound.store.artifact(unit.spec).writer() as writer:
        checkpoints = Checkpoints(bound.store.artifact(unit.spec), writer)
        before = checkpoints.last_epoch() or 0
        timed = TimedBatches(batches, remember_seconds(bound, unit.spec.fingerprint))
        fit(
            learner, learned_of(learner, how), timed, how, checkpoints, bound.progress,
            figure=(lambda: accuracy_on(learner, chosen, how.batch_of(len(chosen.clips)))) if chosen.clips else None,
        )  # fmt: skip
    return how.epochs - before


def learner_of(
    towers: Towers, options: CoplOptions, seed: int, segments: int, classes: Sequence[str], device: str, compute: str
) -> EventsLearner:
    """A method before it has learned, on its frozen towers."""
    loaded: dict[str, SteppedTower] = {"visual": load_stepped(towers.cards["visual"], device, compute)}
    loaded["audio"] = loaded["visual"] if towers.shared else load_stepped(towers.cards["audio"], device, compute)
    return EventsLearner(options, loaded["visual"], loaded["audio"], segments, len(classes) + 1, seed)


def device_of(learner: EventsLearner) -> torch.device:
    """Where it computes."""
    return next(learner.parameters()).device


def read_back(learner: EventsLearner, checkpoints: Checkpoints) -> int:
    """Give a method what it has learned, ready to answer; returns the epoch."""
    epoch, own = checkpoints.answer(), learner.state_dict()
    tensors = checkpoints.tensors(epoch)
    learner.load_state_dict({name: tensors[name] for name in own})
    learner.eval()
    return epoch


def accuracy_on(learner: EventsLearner, clips: StoredClips, size: int) -> float:
    """Share of all seconds that are right, of a method that goes on learning afterwards."""
    learner.eval()
    try:
        labels = np.asarray(answers_on(learner, clips, size).argmax(-1), np.int64)
    finally:
        learner.train()
    truth = truth_of(clips.clips)
    return event_scores(labels, truth, int(learner_classes(learner)) - 1).accuracy


def answers_on(learner: EventsLearner, clips: StoredClips, size: int) -> NDArray[np.float32]:
    """Probabilities (n, T, K + 1) of clips."""
    device, parts = device_of(learner), []
    for start in range(0, len(clips.clips), size):
        rows = range(start, min(start + size, len(clips.clips)))
        parts.append(learner.answers(clips.batch(rows, device)).float().cpu())
    return np.asarray(torch.cat(parts).numpy(), np.float32)


def learner_classes(learner: EventsLearner) -> int:
    """K + 1."""
    return int(learner.head.answer.out_features)


def answered(bound: BoundAvEvents, unit: Unit, clips: Sequence[AvClip]) -> tuple[NDArray[np.float32], int]:
    """What a learned method says of clips (n, T, K + 1), and the epoch that says it."""
    sides = sides_of(bound)
    learner = learner_of(
        bound.towers,
        unit.config,
        unit.seed,
        bound.clips.segments,
        bound.clips.classes,
        bound.device,
        bound.recipe.cache.compute,
    )
    epoch = read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    return answers_on(
        learner, stored_clips(bound, clips, unit.config, sides), unit.config.fit.batch_of(len(clips))
    ), epoch
