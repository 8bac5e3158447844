"""Accuracy of a method, or of the frozen encoder, on every test set of a recipe."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.encoders.encoder import Encoder
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.task import cosines
from pipeline.tasks.few_shot.batches import shots_at
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import Inputs, cached_inputs, cached_texts
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import Trained, class_texts
from pipeline.tasks.few_shot.specs import RESULT, own_sentences, result_spec
from stores import ArtifactSpec

_BATCH = 50

Right = Callable[[Inputs, Tensor, Tensor], Tensor]
"""(inputs, their labels, rows of both (B,)) -> whether each is right, (iterations, B)."""


@dataclass(frozen=True)
class Judged:
    """Accuracies, as fractions.

    Attributes:
        accuracies: test set -> after each iteration; the last is the method's.
    """

    accuracies: Mapping[str, tuple[float, ...]]

    @property
    def base(self) -> tuple[float, ...]:
        """Of base classes among base names."""
        return self.accuracies["base"]

    @property
    def novel(self) -> tuple[float, ...]:
        """Of novel classes among novel names."""
        return self.accuracies["novel"]


def judge(task: BoundFewShot, encoder: Encoder, config: FewShotTraining, trained: Trained) -> Judged:
    """Judge a learned method on every test set; what was judged before is read back."""

    def accuracies(found: Labelled) -> tuple[float, ...]:
        classes = class_texts(task, encoder, config, found)

        def right(inputs: Inputs, labels: Tensor, rows: Tensor) -> Tensor:
            shots = shots_at(inputs, labels, trained.towers, rows)
            return torch.stack([logits.argmax(-1) == shots.labels for logits in trained.learner(shots, classes)])

        return _share(task, found, trained.cut, right)

    def spec(found: Labelled) -> ArtifactSpec:
        return result_spec(task, found, own_sentences(config), trained.cut, (trained.fingerprint,))

    return _judged(task, spec, accuracies)


def judge_zero_shot(task: BoundFewShot) -> Judged:
    """Judge the frozen encoder with each data set's own hand-written sentence."""

    def accuracies(found: Labelled) -> tuple[float, ...]:
        texts = cached_texts(task, task.prompts(found, own=True))

        def right(inputs: Inputs, labels: Tensor, rows: Tensor) -> Tensor:
            return (cosines(inputs.features[rows, 0], texts).argmax(-1) == labels[rows])[None]

        return _share(task, found, None, right)

    return _judged(task, lambda found: result_spec(task, found, True, None, ()), accuracies)


def _share(task: BoundFewShot, found: Labelled, cut: str | None, right: Right) -> tuple[float, ...]:
    """Share of the images that are right, by iteration."""
    inputs, labels = cached_inputs(task, found.rows, cut, training=False), torch.tensor(found.labels)
    with torch.no_grad():
        parts = [right(inputs, labels, rows).cpu() for rows in torch.arange(len(labels)).split(_BATCH)]
    return tuple(torch.cat(parts, dim=1).double().mean(1).tolist())


def _judged(
    task: BoundFewShot, spec: Callable[[Labelled], ArtifactSpec], accuracies: Callable[[Labelled], tuple[float, ...]]
) -> Judged:
    """Judge where it was not done before; one artifact a test set, so that another one costs itself only."""
    kept = {}
    for name in task.test_sets:
        found = task.judged(name)
        artifact = task.store.artifact(spec(found))
        if artifact.missing([RESULT]):
            result = json.dumps(accuracies(found)).encode()
            with artifact.writer() as writer:
                if artifact.missing([RESULT]):
                    writer.publish([RESULT], [result])
        task.keep(artifact.spec.fingerprint)
        kept[name] = tuple(json.loads(artifact.blob(RESULT)))
    return Judged(kept)
