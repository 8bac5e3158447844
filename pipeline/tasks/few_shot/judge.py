"""Accuracy of a method, or of the frozen encoder, on every test set of a recipe."""

import json
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from pipeline.encoders.encoder import Encoder
from pipeline.methods.few_shot.task import cosines
from pipeline.runs.results import publish_results
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.few_shot.batches import shots_at
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import Inputs, cached_inputs, cached_texts
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import class_texts, trained

_BATCH = 50

Right = Callable[[Inputs, Tensor, Tensor], Tensor]
"""(inputs, their labels, rows of both (B,)) -> whether each is right, (iterations, B)."""


def judge(task: BoundFewShot, encoder: Encoder, unit: Unit, trials: Sequence[Trial]) -> None:
    """Judge a learned method on test sets."""
    config, learned = unit.config, trained(task, encoder, unit)

    def accuracies(found: Labelled) -> tuple[float, ...]:
        classes = class_texts(task, encoder, config, found)

        def right(inputs: Inputs, labels: Tensor, rows: Tensor) -> Tensor:
            shots = shots_at(inputs, labels, learned.towers, rows)
            return torch.stack([logits.argmax(-1) == shots.labels for logits in learned.learner(shots, classes)])

        return _share(task, found, learned.cut, right)

    _publish(task, trials, accuracies)


def judge_zero_shot(task: BoundFewShot, trials: Sequence[Trial]) -> None:
    """Judge the frozen encoder with each data set's own hand-written sentence."""

    def accuracies(found: Labelled) -> tuple[float, ...]:
        texts = cached_texts(task, task.prompts(found, own=True))

        def right(inputs: Inputs, labels: Tensor, rows: Tensor) -> Tensor:
            return (cosines(inputs.features[rows, 0], texts).argmax(-1) == labels[rows])[None]

        return _share(task, found, None, right)

    _publish(task, trials, accuracies)


def _share(task: BoundFewShot, found: Labelled, cut: str | None, right: Right) -> tuple[float, ...]:
    """Share of the images that are right, by iteration."""
    inputs, labels = cached_inputs(task, found.rows, cut, training=False), torch.tensor(found.labels)
    with torch.no_grad():
        parts = [right(inputs, labels, rows).cpu() for rows in torch.arange(len(labels)).split(_BATCH)]
    return tuple(torch.cat(parts, dim=1).double().mean(1).tolist())


def _publish(task: BoundFewShot, trials: Sequence[Trial], accuracies: Callable[[Labelled], tuple[float, ...]]) -> None:
    """One artifact a test set, so that another one costs itself only."""
    publish_results(
        task.store, trials, lambda trial: {RESULT: json.dumps(accuracies(task.judged(trial.exam))).encode()}
    )
