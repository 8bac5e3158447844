"""Learning one method with one seed, to its last epoch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.encoders.stepped.load import load_stepped
from pipeline.runs.timing import TimedBatches, remember_seconds
from pipeline.runs.work import Unit
from pipeline.tasks.av.batches import ClipBatches
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.towers import Towers
from pipeline.tasks.av.work import sides_of
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import Batches, fit, learned_of


def learn_unit(
    bound: BoundAv[Any, Any], unit: Unit, learner: Any, batches: Batches, figure: Callable[[], float] | None
) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    Args:
        bound: the recipe and its store.
        unit: what is learned.
        learner: on its frozen towers, not learned yet.
        batches: to learn from.
        figure: how good it is on the clips that the epoch is chosen on; higher is better. None where there are none.
    """
    how = unit.config.fit
    with bound.store.artifact(unit.spec).writer() as writer:
        checkpoints = Checkpoints(bound.store.artifact(unit.spec), writer)
        timed = TimedBatches(batches, remember_seconds(bound, unit.spec.fingerprint))
        return fit(learner, learned_of(learner, how), timed, how, checkpoints, bound.progress, figure=figure)


def learn_clips(
    bound: BoundAv[Any, Any],
    unit: Unit,
    learner: Any,
    stored_clips: Callable[..., Any],
    figure: Callable[[Any, int], float],
) -> int:
    """Learn from the clips of train, see `learn_unit`, and choose the epoch on those of val, if there are any.

    Args:
        bound: the recipe and its store.
        unit: what is learned.
        learner: on its frozen towers, not learned yet.
        stored_clips: clips as the loop reads them, of the recipe, some clips, the method's options, and what they lack.
        figure: how good it is on such clips, so many at once; higher is better.
    """
    how, sides = unit.config.fit, sides_of(bound)
    learned, chosen = (
        stored_clips(bound, sides.usable(bound.of(split)), unit.config, sides) for split in ("train", bound.chooses_on)
    )
    batches = ClipBatches(learned, how.batch_of(len(learned.clips)), unit.seed, device_of(learner))
    told = (lambda: figure(chosen, how.batch_of(len(chosen.clips)))) if chosen.clips else None
    return learn_unit(bound, unit, learner, batches, told)


def loaded(towers: Towers, device: str, compute: str) -> tuple[SteppedTower, SteppedTower]:
    """The visual and the audio tower; one object where it is shared."""
    visual = load_stepped(towers.cards["visual"], device, compute)
    return visual, visual if towers.shared else load_stepped(towers.cards["audio"], device, compute)


def device_of(learner: nn.Module) -> torch.device:
    """Where it computes."""
    return next(learner.parameters()).device
