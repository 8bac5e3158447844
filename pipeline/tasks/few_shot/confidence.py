"""How sure a method is of the true class of test images after each of its iterations (ProMPT, Figures 6 and 7).

Dims: n images, N iterations, K classes, B images of a batch.
"""

from typing import Any

import pyarrow as pa
import torch

from pipeline.methods.few_shot.task import cosines
from pipeline.runner.worker_state import load_encoder
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot.batches import shots_at
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cached_inputs
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import Trained, class_texts

_BATCH = 50


def confidences(task: BoundFewShot, unit: Unit, learned: Trained, found: Labelled) -> pa.Table:
    """Columns `confidence` and `predicted`, each a list over iterations 0..N; iteration 0 is the frozen encoder."""
    encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
    inputs = cached_inputs(task, found.rows, learned.cut, training=False)
    classes = class_texts(task, encoder, unit.config, found)
    labels = torch.tensor(found.labels)
    confidence: list[Any] = []
    predicted: list[Any] = []
    with torch.no_grad():
        for rows in torch.arange(len(labels)).split(_BATCH):
            shots = shots_at(inputs, labels, learned.towers, rows)
            frozen = learned.towers.text.logit_scale * cosines(shots.features, classes.features)
            shares = torch.stack([frozen, *learned.learner(shots, classes)], dim=1).softmax(-1)  # B N+1 K
            true = shots.labels[:, None, None].expand(-1, shares.shape[1], 1)
            confidence += shares.gather(2, true)[..., 0].float().tolist()
            predicted += shares.argmax(-1).tolist()
    return pa.table({
        "confidence": pa.array(confidence, pa.list_(pa.float32())),
        "predicted": pa.array(predicted, pa.list_(pa.int32())),
    })  # fmt: skip
