"""How sure a method is of the true class of test images after each of its iterations (ProMPT, Figures 6 and 7).

Dims: n images, N iterations, K classes, B images of a batch.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import torch

from pipeline.encoders.encoder import Encoder
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.task import cosines
from pipeline.report.few_shot import Confidences
from pipeline.tasks.few_shot.batches import shots_at
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cached_inputs
from pipeline.tasks.few_shot.files import Labelled, spread
from pipeline.tasks.few_shot.learn import Trained, class_texts
from pipeline.tasks.few_shot.specs import own_sentences, result_spec
from stores import Artifact, ArtifactSpec

VERSION = 1
"""Raise it when the same prompts and images would give other confidences."""

_IMAGES = 200  # of a test set: 500 classes and two iterations take as long as 800 images through CoCoOp
_BATCH = 50


def confidences(
    task: BoundFewShot, encoder: Encoder, config: FewShotTraining, trained: Trained, test_set: str
) -> tuple[Confidences, Artifact]:
    """Confidences on a sample of a test set, and the artifact that keeps them; made where they are missing."""
    found = spread(task.judged(test_set), _IMAGES)
    artifact = task.store.artifact(_spec(task, config, trained, found))
    keys = [row.key for row in found.rows]
    if artifact.missing(keys):
        made = _made(task, encoder, config, trained, found)
        with artifact.writer() as writer:
            if artifact.missing(keys):
                writer.publish(keys, made)
    return _read(artifact, found), artifact


def _spec(task: BoundFewShot, config: FewShotTraining, trained: Trained, found: Labelled) -> ArtifactSpec:
    """Named like accuracies of these images, which come of the same logits."""
    like = result_spec(task, found, own_sentences(config), trained.cut, (trained.fingerprint,))
    fields = {**like.fields, "confidence_version": VERSION}
    return ArtifactSpec(kind="few-shot-confidences", fields=fields, parents=like.parents, backend="parquet")


def _made(task: BoundFewShot, encoder: Encoder, config: FewShotTraining, trained: Trained, found: Labelled) -> pa.Table:
    """Columns `confidence` and `predicted`, each a list over iterations 0..N; iteration 0 is the frozen encoder."""
    inputs = cached_inputs(task, found.rows, trained.cut, training=False)
    classes = class_texts(task, encoder, config, found)
    labels = torch.tensor(found.labels)
    confidence: list[Any] = []
    predicted: list[Any] = []
    with torch.no_grad():
        for rows in torch.arange(len(labels)).split(_BATCH):
            shots = shots_at(inputs, labels, trained.towers, rows)
            frozen = trained.towers.text.logit_scale * cosines(shots.features, classes.features)
            shares = torch.stack([frozen, *trained.learner(shots, classes)], dim=1).softmax(-1)  # B N+1 K
            true = shots.labels[:, None, None].expand(-1, shares.shape[1], 1)
            confidence += shares.gather(2, true)[..., 0].float().tolist()
            predicted += shares.argmax(-1).tolist()
    return pa.table({
        "confidence": pa.array(confidence, pa.list_(pa.float32())),
        "predicted": pa.array(predicted, pa.list_(pa.int32())),
    })  # fmt: skip


def _read(artifact: Artifact, found: Labelled) -> Confidences:
    kept = {row["key"]: row for row in artifact.table().to_pylist()}
    rows = [kept[row.key] for row in found.rows]
    return Confidences(
        classes=found.classes,
        paths=tuple(row.path for row in found.rows),
        labels=np.array(found.labels),
        confidence=np.array([row["confidence"] for row in rows]),
        predicted=np.array([row["predicted"] for row in rows]),
    )
