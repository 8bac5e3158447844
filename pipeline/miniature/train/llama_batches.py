"""Batches of queries and answers for the miniature LLaMA, drawn from a seed.

B sequences in a batch, L tokens in its longest sequence.
"""

import random
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from pipeline.miniature.train.llama_corpus import Example, draw_example
from pipeline.miniature.train.llama_names import NameSource
from pipeline.miniature.train.llama_tokenizer import EOS

__all__ = ["CONTEXT", "AnswerStream", "Batch"]

CONTEXT = 512
_NAME_WEIGHT = 3.0
_BATCH, _POOL = 24, 16
_SENTENCES, _FEW_SENTENCES, _FEW_UNTIL = 5, 2, 0.1


@dataclass(frozen=True)
class Batch:
    """Sequences of about the same length, padded on the right.

    Attributes:
        ids: Token ids (B, L).
        weights: How much the prediction of each token counts (B, L): 0 for the query and for padding.
        is_name: Whether a token belongs to a class name of the answer (B, L).
    """

    ids: torch.Tensor
    weights: torch.Tensor
    is_name: torch.Tensor


class AnswerStream:
    """Batches without end; answers have two sentences in the first tenth of the training, to learn copying early."""

    def __init__(self, tokenizer: Tokenizer, source: NameSource, seed: int):
        """Start the stream that belongs to a seed."""
        self._tokenizer = tokenizer
        self._end: int = tokenizer.encode(EOS, add_special_tokens=False).ids[0]
        self._source = source
        self._rng = random.Random(seed)
        self._ready: list[Batch] = []

    def next(self, share: float) -> Batch:
        """The next batch.

        Args:
            share: How much of the training has passed, 0 to 1.
        """
        if not self._ready:
            self._ready = self._draw(_FEW_SENTENCES if share < _FEW_UNTIL else _SENTENCES)
        return self._ready.pop()

    def _draw(self, sentences: int) -> list[Batch]:
        examples = [draw_example(self._rng, self._source, sentences) for _ in range(_BATCH * _POOL)]
        rows = sorted(
            (self._row(example, whole=sentences == _SENTENCES) for example in examples), key=lambda row: len(row[0])
        )
        batches = [_pad(rows[start : start + _BATCH], self._end) for start in range(0, len(rows), _BATCH)]
        self._rng.shuffle(batches)
        return batches

    def _row(self, example: Example, whole: bool) -> tuple[list[int], list[float]]:
        """Token ids and weights; an answer that was cut does not end."""
        encoded = self._tokenizer.encode(example.text)
        weights = [_weight(example, start, stop) for start, stop in encoded.offsets]
        return ([*encoded.ids, self._end], [*weights, 1.0]) if whole else (encoded.ids, weights)


def _weight(example: Example, start: int, stop: int) -> float:
    if stop <= len(example.prompt):
        return 0.0
    return _NAME_WEIGHT if any(a < stop and start < b for a, b in example.names) else 1.0


def _pad(rows: list[tuple[list[int], list[float]]], fill: int) -> Batch:
    width = min(max(len(ids) for ids, _ in rows), CONTEXT)
    ids = torch.full((len(rows), width), fill)
    weights = torch.zeros(len(rows), width)
    for row, (tokens, weight) in enumerate(rows):
        ids[row, : len(tokens)] = torch.tensor(tokens[:width])
        weights[row, : len(tokens)] = torch.tensor(weight[:width])
    return Batch(ids, weights, weights == _NAME_WEIGHT)
