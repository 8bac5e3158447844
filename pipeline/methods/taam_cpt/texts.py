"""The sentences that TaAM-CPT learns from: cached features and their labels, resident on the device.

M: sentences of one modality, P: most labels on one sentence, d: width of the shared space.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.methods.taam_cpt.model import TextBatch


def text_batch(features: np.ndarray, labels: Sequence[Sequence[int]], device: str = "cpu") -> TextBatch:
    """All sentences of a modality.

    Args:
        features: (M, d) as the store holds them; normalised here (equation 2).
        labels: column numbers of each sentence's labels.
        device: where they stay.
    """
    width = max((len(row) for row in labels), default=1)
    positives = np.full((len(labels), width), -1, np.int64)
    for i, row in enumerate(labels):
        positives[i, : len(row)] = row
    vectors = F.normalize(torch.from_numpy(features.astype(np.float32)), dim=-1)
    return TextBatch(vectors.to(device), torch.from_numpy(positives).to(device))


def split_held_out(keys: Sequence[str], share: float) -> tuple[list[int], list[int]]:
    """(rows to learn from, rows held out); a row's side depends on its key alone, so new rows never move old ones."""
    held = [int(key[:8], 16) < share * 2**32 for key in keys]
    return [i for i, out in enumerate(held) if not out], [i for i, out in enumerate(held) if out]


class MixedBatches:
    """Batches drawn from the union of all modalities, shuffled anew each epoch (one pass over the union)."""

    def __init__(self, texts: Mapping[str, TextBatch], batch_size: int, seed: int):
        self._texts, self._size, self._seed = dict(texts), batch_size, seed
        ends = np.cumsum([len(t.features) for t in texts.values()])
        self._starts = dict(zip(texts, [0, *ends[:-1]], strict=True))
        self._total = int(ends[-1]) if len(ends) else 0

    def __len__(self) -> int:
        return -(-self._total // self._size)

    def epoch(self, epoch: int) -> Iterator[dict[str, TextBatch]]:
        """The batches of one epoch: a pure function of the seed and the epoch's number."""
        order = np.random.default_rng((self._seed, epoch)).permutation(self._total)
        drawn = {modality: self._drawn(order, modality) for modality in self._texts}
        for number in range(len(self)):
            yield {
                modality: TextBatch(texts.features[rows], texts.positives[rows])
                for modality, texts in self._texts.items()
                if len(rows := drawn[modality][number])
            }

    def _drawn(self, order: np.ndarray, modality: str) -> Sequence[Tensor]:
        """One modality's rows in every batch, brought to the device at once: a copy a step would make it wait."""
        texts = self._texts[modality]
        mine = order - self._starts[modality]
        places = np.flatnonzero((mine >= 0) & (mine < len(texts.features)))
        counts = np.bincount(places // self._size, minlength=len(self))
        return torch.from_numpy(mine[places]).to(texts.features.device).split(counts.tolist())


def top1_on_texts(classifier: Tensor, texts: TextBatch, columns: Sequence[int]) -> float:
    """Share of sentences whose best column, among `columns`, is one of their labels. NaN where there is no sentence."""
    if not len(texts.features):
        return float("nan")
    index = torch.tensor(columns, device=classifier.device)
    best = index[(texts.features @ F.normalize(classifier[index], dim=-1).T).argmax(1)]
    return float((texts.positives == best[:, None]).any(1).float().mean())
