"""The cached features of the media that a run is judged on, and the classifiers that judge them. Free of torch.

n: files, C: classes of one modality, d: width of the shared space.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.datasets import MediaRow
from pipeline.evaluation import TAAM_CPT, zero_shot_classifiers, zero_shot_texts
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.training.checkpoint import Checkpoints
from stores import text_key
from stores.errors import MmptError


class NotCached(MmptError):
    """Some media have no features yet."""


@dataclass(frozen=True)
class Judged:
    """One modality's files that have features.

    Attributes:
        rows: the files; those that were rejected are not among them.
        features: (n, d).
        rejected: (path, reason) of the others.
    """

    rows: tuple[MediaRow, ...]
    features: np.ndarray
    rejected: tuple[tuple[str, str], ...]


def judged(context: BoundSentences, modality: str) -> Judged:
    """The features of a modality's media, and what was rejected on the way."""
    source = context.sources[modality]
    artifact = context.media_features(modality)
    reasons = {rejection.key: rejection.reason for rejection in artifact.rejected()}
    rows = tuple(row for row in source.rows if row.key not in reasons)
    missing = artifact.missing([row.key for row in rows])
    if missing:
        raise NotCached(
            f"{len(missing)} of {len(source.rows)} {modality} files have no features yet. "
            "Encode them first: mmpt-pipeline cache-features RECIPE"
        )
    rejected = [(row.path, reasons[row.key]) for row in source.rows if row.key in reasons]
    found = artifact.arrays([row.key for row in rows])
    features = found["vectors"].astype(np.float32) if rows else np.zeros((0, context.cards[modality].dim), np.float32)
    return Judged(rows, features, (*rejected, *source.unreadable))


def classifiers(context: BoundSentences, modality: str, checkpoints: Checkpoints) -> dict[str, np.ndarray]:
    """Method -> (C, d) class vectors: both zero-shot baselines of the same encoder, then the learned prompts."""
    encoder, labels = context.cards[modality], context.candidates.labels(modality)
    texts = zero_shot_texts(labels, encoder.templates)
    features = context.text_features(modality)
    vectors = features.arrays([text_key(text) for template in texts for text in template])["vectors"]
    baselines = zero_shot_classifiers(vectors.astype(np.float32).reshape(len(texts), len(labels), -1))
    prompts = class_prompts(checkpoints.arrays(checkpoints.answer()))[modality]
    return {**baselines, TAAM_CPT: prompts[context.candidates.indices(modality)]}
