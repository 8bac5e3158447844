"""Validation scores of a miniature encoder while it learns.

Dims: b media, k classes, d shared space.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch.nn import functional as F

from pipeline.miniature.train.sentences import draw_sentence
from pipeline.miniature.train.trainee import Example, Trainee

SENTENCES = 40


@torch.no_grad()
def zero_shot_scores(trainee: Trainee, judged: Sequence[Example], rng: Generator) -> dict[str, float]:
    """Zero-shot scores over the judged classes, percent.

    Returns:
        `template`, `ensemble` and `sentences`: class vectors from the first template, from all templates, and from the
        mean of rich captions that name the class (what text alone could give). mAP for scenes with several labels,
        top-1 otherwise.
    """
    trainee.module.eval()
    media = torch.cat(
        [F.normalize(trainee.embed_media(judged[i : i + 108])[0], dim=-1) for i in range(0, len(judged), 108)]
    )
    truth = np.array([[name in example.labels for name in trainee.judged] for example in judged])
    vectors = {
        "template": _template_vectors(trainee, trainee.templates[:1]),
        "ensemble": _template_vectors(trainee, trainee.templates),
        "sentences": _sentence_vectors(trainee, rng),
    }
    return {name: round(100 * _score((media @ v.T).cpu().numpy(), truth), 2) for name, v in vectors.items()}


def mean_average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Mean over classes of the average precision of scores (b, k), 0 to 1; empty classes are left out."""
    precisions = []
    for column, hits in zip(scores.T, truth.T, strict=True):
        ranked = hits[np.argsort(-column, kind="stable")]
        if ranked.any():
            precisions.append((np.cumsum(ranked) / np.arange(1, len(ranked) + 1))[ranked].mean())
    return float(np.mean(precisions))


def _template_vectors(trainee: Trainee, templates: Sequence[str]) -> torch.Tensor:
    """Class vectors (k, d): the mean over templates of normalised features."""
    stacked = [F.normalize(trainee.embed_text([t.format(name) for name in trainee.judged]), dim=-1) for t in templates]
    return F.normalize(torch.stack(stacked).mean(0), dim=-1)


def _sentence_vectors(trainee: Trainee, rng: Generator) -> torch.Tensor:
    wanted: dict[str, list[str]] = {name: [] for name in trainee.judged}
    while min(len(found) for found in wanted.values()) < SENTENCES:
        text, labels = draw_sentence(trainee, trainee.sample(rng, False), rng)
        for name in labels:
            if name in wanted and len(wanted[name]) < SENTENCES:
                wanted[name].append(text)
    rows = [F.normalize(trainee.embed_text(texts), dim=-1).mean(0) for texts in wanted.values()]
    return F.normalize(torch.stack(rows), dim=-1)


def _score(scores: np.ndarray, truth: np.ndarray) -> float:
    if truth.sum(1).max() == 1:
        return float(np.mean(truth[np.arange(len(truth)), scores.argmax(1)]))
    return mean_average_precision(scores, truth)
