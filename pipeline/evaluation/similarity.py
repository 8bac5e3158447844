"""Cosine scores and what is made of them (TaAM-CPT, section 3.5).

Dims: n rows, C classes, d width of the embedding space.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.encoders.cards import Score

Floats = NDArray[np.floating]


def unit_rows(x: Floats) -> Floats:
    """Scale every vector of the last axis to length 1, in float32 at least; a zero vector stays zero."""
    wide: Floats = np.asarray(x, np.result_type(np.float32, np.asarray(x).dtype))
    length = np.linalg.norm(wide, axis=-1, keepdims=True)
    unit: Floats = wide / np.where(length > 0, length, 1)
    return unit


def cosine_scores(features: Floats, classifier: Floats) -> Floats:
    """Cosine of every row with every class.

    Args:
        features: (n, d), of any length.
        classifier: (C, d), of any length.

    Returns:
        (n, C) between -1 and 1.
    """
    return unit_rows(features) @ unit_rows(classifier).T


def softmax(scores: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Softmax over the last axis of scores / temperature."""
    logits: NDArray[np.float64] = np.asarray(scores, np.float64) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def probabilities(cosines: Floats, score: Score) -> NDArray[np.float64]:
    """What an encoder was trained to make of cosines (n, C): a softmax over the classes, or a sigmoid for each."""
    if score.kind == "softmax":
        return softmax(cosines, 1 / score.scale)
    logits: NDArray[np.float64] = np.asarray(cosines, np.float64) * score.scale + score.bias
    # exp of something negative only: large logits would overflow
    part: NDArray[np.float64] = np.exp(-np.abs(logits))
    shares: NDArray[np.float64] = np.where(logits >= 0, 1, part) / (1 + part)
    return shares
