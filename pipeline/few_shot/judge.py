"""Accuracy of a method, or of the frozen encoder, on the test images of both halves."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.caching.specs import text_features_spec
from pipeline.encoders.base import Encoder
from pipeline.few_shot.batches import shots_at
from pipeline.few_shot.cache import cached_inputs, cached_texts, input_specs
from pipeline.few_shot.learn import Trained, class_texts
from pipeline.few_shot.task import HALVES, Labelled, Task
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.task import cosines
from stores import ArtifactSpec, fingerprint, text_key

_BATCH = 50
_VERSION = 1
"""Raise it when the same prompts and images would give other accuracies."""
_RESULT = text_key("result.json")


@dataclass(frozen=True)
class Judged:
    """Accuracies, as fractions, on base classes among base names and on novel classes among novel names.

    Attributes:
        base: after each iteration; the last is the method's.
        novel: likewise.
    """

    base: tuple[float, ...]
    novel: tuple[float, ...]


def judge(task: Task, encoder: Encoder, config: FewShotTraining, trained: Trained) -> Judged:
    """Judge a learned method; read back if it was judged before."""

    def accuracies(found: Labelled) -> tuple[float, ...]:
        inputs = cached_inputs(task, encoder, found.rows, trained.cut, training=False)
        classes, _ = class_texts(task, encoder, config, found.classes)
        labels = torch.tensor(found.labels)

        def right(rows: Tensor) -> Tensor:
            shots = shots_at(inputs, labels, trained.towers, rows)
            return torch.stack([logits.argmax(-1) == shots.labels for logits in trained.learner(shots, classes)])

        return _share(right, len(labels))

    return _remembered(task, (trained.fingerprint,), trained.cut, accuracies)


def judge_zero_shot(task: Task, encoder: Encoder) -> Judged:
    """Judge the frozen encoder with the data set's own hand-written sentence."""

    def accuracies(found: Labelled) -> tuple[float, ...]:
        inputs = cached_inputs(task, encoder, found.rows, None, training=False)
        texts, _ = cached_texts(task, task.prompts(found.classes, own=True))
        labels = torch.tensor(found.labels)

        def right(rows: Tensor) -> Tensor:
            return (cosines(inputs.features[rows, 0], texts).argmax(-1) == labels[rows])[None]

        return _share(right, len(labels))

    return _remembered(task, (), None, accuracies)


def _share(right: Callable[[Tensor], Tensor], count: int) -> tuple[float, ...]:
    """Share of the rows that are right, by iteration; `right` maps row numbers (B,) to (iterations, B)."""
    with torch.no_grad():
        parts = [right(rows).cpu() for rows in torch.arange(count).split(_BATCH)]
    return tuple(torch.cat(parts, dim=1).double().mean(1).tolist())


def _remembered(
    task: Task,
    prompts: tuple[str, ...],
    cut: str | None,
    accuracies: Callable[[Labelled], tuple[float, ...]],
) -> Judged:
    halves = [task.judged(which) for which in HALVES]
    pairs = [[[row.key, label] for row, label in zip(found.rows, found.labels, strict=True)] for found in halves]
    fields = {"classes": [found.classes for found in halves], "images": fingerprint(pairs), "version": _VERSION}
    texts = text_features_spec(task.card, dtype=task.recipe.cache.dtype, compute=task.recipe.cache.compute)
    inputs = [spec.fingerprint for spec in (*input_specs(task, cut, training=False), texts)]
    spec = ArtifactSpec(kind="few-shot-results", fields=fields, parents=(*prompts, *inputs), backend="blob")
    artifact = task.store.artifact(spec)
    if artifact.missing([_RESULT]):
        base, novel = (accuracies(found) for found in halves)
        with artifact.writer() as writer:
            if artifact.missing([_RESULT]):
                writer.publish([_RESULT], [json.dumps({"base": base, "novel": novel}).encode()])
    task.keep(artifact.spec.fingerprint)
    kept = json.loads(artifact.blob(_RESULT))
    return Judged(tuple(kept["base"]), tuple(kept["novel"]))
