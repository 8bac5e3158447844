"""Text-only linear classifier (LaFTer, first stage): logistic regression on noisy sentence features, names among them.

Full-batch steps of AdamW as the authors have them, without their number of epochs for each data set: `STEPS` for all. A step
looks at `BATCH` texts at most, drawn anew each time; so 300,000 sentences of 530 classes cost what 2,048 do, about two minutes of
a core. W starts at zero instead of a random draw, so that a class without a text stays where nothing was learned.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, softmax, unit

STEPS = 1000
BATCH = 2048
NOISE, SMOOTHING, RATE, DECAY = 0.1, 0.1, 1e-3, 0.01
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


def text_linear(material: Material) -> NDArray[np.float64]:
    """W (C, d) of min CE(softmax(W(t + e)), smoothed labels), e ~ N(0, 0.1^2) anew in each step; no bias.

    A text with several labels is shared by them in equal parts.
    """
    rng = np.random.default_rng((material.seed, 1))
    names = unit(material.names).reshape(-1, material.names.shape[2])  # template by template, class by class
    total, classes = len(names) + len(material.sentences), material.classes
    weights = np.zeros((classes, names.shape[1]))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, STEPS + 1):
        rows = np.arange(total) if total <= BATCH else rng.choice(total, BATCH, replace=False)
        texts, targets = _texts(material, names, rows)
        texts += NOISE * rng.standard_normal(texts.shape)
        slope = (softmax(texts @ weights.T) - targets).T @ texts / len(rows)
        first = _BETA1 * first + (1 - _BETA1) * slope
        second = _BETA2 * second + (1 - _BETA2) * slope**2
        move = (first / (1 - _BETA1**step)) / (np.sqrt(second / (1 - _BETA2**step)) + _EPSILON)
        weights = weights * (1 - RATE * DECAY) - RATE * move
    return weights


def _texts(
    material: Material, names: NDArray[np.float64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit features (B, d) and smoothed targets (B, C) of chosen texts: the names first, then the sentences."""
    named, written = rows[rows < len(names)], rows[rows >= len(names)] - len(names)
    ones = np.concatenate([np.eye(material.classes)[named % material.classes], material.ones(written)])
    targets = ones / np.maximum(ones.sum(axis=1, keepdims=True), 1)
    features = np.concatenate([names[named], unit(material.sentences[written])])
    return features, (1 - SMOOTHING) * targets + SMOOTHING / material.classes


TEXT_LINEAR = Rung("text-only linear", "label-free", text_linear, frozenset({"sentences"}))
