"""How well an encoder tells a user's files apart by class names alone: so encoders are compared on 200 files, not on a million.

Dims: n files, C classes, d width.
"""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from pipeline.datasets import MediaRow, read_rows
from pipeline.datasets.errors import DatasetError
from pipeline.encoders.cards import EncoderCard, text_card
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.evaluation import zero_shot_classifiers, zero_shot_texts
from pipeline.evaluation.evaluate import targets_of
from pipeline.evaluation.metrics import top_k_accuracy
from pipeline.evaluation.similarity import Floats, cosine_scores
from pipeline.media.isolation import decode_many
from pipeline.recipe.data import FolderData

_BATCH, _PAIRS = 32, 3


@dataclass(frozen=True)
class Separation:
    """What names alone give on some files.

    Attributes:
        files: how many were judged.
        classes: how many names there are.
        top1: zero-shot classifier -> share of files whose nearest name is one of theirs.
        standard_error: of these shares.
        nearest: the pairs of names that the encoder tells apart worst, with the cosine of their sentences.
    """

    files: int
    classes: int
    top1: dict[str, float]
    standard_error: float
    nearest: tuple[tuple[str, str, float], ...]


def separation(
    card: EncoderCard, encoder: Encoder, folder: Path, labels: Sequence[str], most: int = 200, workers: int = 1
) -> Separation:
    """Judge files of a folder by class names.

    Args:
        card: of the encoder.
        encoder: loaded.
        folder: `<class name>/…/file`, or files named for their class.
        labels: class names (C).
        most: files that are judged, evenly spread over what there is.
        workers: decoding processes; 0 decodes in this one.

    Raises:
        EncoderError: it has no text tower, and names no other.
        DatasetError: nothing in the folder can be judged.
    """
    reader = text_card(card)  # refused before a file is decoded
    with tempfile.TemporaryDirectory() as place:
        rows = read_rows(FolderData(layout="folder", root=folder), card.modality, labels, Path(place)).rows
    labelled = [row for row in rows if row.labels]
    chosen = [labelled[i] for i in np.unique(np.linspace(0, len(labelled) - 1, most).astype(int))] if labelled else []
    features, judged = _features(card, encoder, chosen, workers)
    if not judged:
        raise DatasetError(f"check: no file of {folder} shows one of the {len(labels)} classes and can be read")
    texts = zero_shot_texts(labels, card.templates)
    reading = encoder if reader is card else load_encoder(reader, str(encoder.media.device))
    vectors = reading.read([text for template in texts for text in template]).float().cpu().numpy()
    found = zero_shot_classifiers(vectors.reshape(len(texts), len(labels), -1))
    targets = targets_of(judged, labels)
    top1 = {name: top_k_accuracy(cosine_scores(features, x), targets, 1) for name, x in found.items()}
    best = max(top1.values())
    error = sqrt(best * (1 - best) / len(judged))
    return Separation(len(judged), len(labels), top1, error, _nearest(labels, next(iter(found.values()))))


def _features(
    card: EncoderCard, encoder: Encoder, rows: Sequence[MediaRow], workers: int
) -> tuple[Floats, list[MediaRow]]:
    """Features (n, d) of the files that can be read."""
    contents: list[np.ndarray | str | None]
    if card.media is None:
        contents = [row.path for row in rows]  # of texts the rows hold the texts themselves
    else:
        with closing(decode_many([row.path for row in rows], card.media, workers=workers)) as stream:
            contents = [decoded.array for decoded in stream]
    read = [(row, content) for row, content in zip(rows, contents, strict=True) if content is not None]
    batches = [[content for _, content in read[i : i + _BATCH]] for i in range(0, len(read), _BATCH)]
    parts = [encoder.media.full(encoder.batch(batch)).float().cpu().numpy() for batch in batches]
    return np.concatenate(parts) if parts else np.zeros((0, card.dim), np.float32), [row for row, _ in read]


def _nearest(labels: Sequence[str], vectors: Floats) -> tuple[tuple[str, str, float], ...]:
    cosines = cosine_scores(vectors, vectors)
    pairs = [(labels[i], labels[j], float(cosines[i, j])) for i in range(len(labels)) for j in range(i)]
    return tuple(sorted(pairs, key=lambda pair: -pair[2])[:_PAIRS])
