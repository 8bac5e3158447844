"""Queries: which labels a language model is asked about together, and with which seed.

A query belongs to an anchor class and has a number j. Its labels and its seed depend on (seed, modality,
anchor, j) and the label set alone, so that any process asks the same question, and a new label leaves the
questions already asked as they are.
"""

import json
import random
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import overload

from stores import text_key

__all__ = ["Company", "Query", "query", "sentence_slot"]


@dataclass(frozen=True)
class Query:
    """One question to the language model.

    Attributes:
        modality: "image", "audio" or "video".
        anchor: The class that the question is asked for.
        number: j, counted from 0 for every anchor.
        labels: The labels in the order in which the question lists them; the anchor is among them.
        seed: Of sampling the answer, below 2**31.
    """

    modality: str
    anchor: str
    number: int
    labels: tuple[str, ...]
    seed: int


class Company:
    """A label set, sorted once for all the queries that draw from it.

    Args:
        labels: The label set; its order does not matter.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._sorted = sorted(set(labels))

    def of(self, anchor: str) -> Sequence[str]:
        """All labels but this one, in order; nothing is copied, for there is one of these for every query."""
        place = bisect_left(self._sorted, anchor)
        return _Others(self._sorted, place) if self._sorted[place : place + 1] == [anchor] else self._sorted


class _Others(Sequence[str]):
    """A sorted label set without the label at one place."""

    def __init__(self, labels: Sequence[str], left_out: int) -> None:
        self._labels, self._left_out = labels, left_out

    def __len__(self) -> int:
        return len(self._labels) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [self[place] for place in range(len(self))[at]]
        place = range(len(self))[at]
        return self._labels[place + (place >= self._left_out)]


def query(
    seed: int, modality: str, anchor: str, number: int, labels: Sequence[str] | Company, max_labels: int
) -> Query:
    """Query `number` of a class: its combination has 1, 2 … `max_labels`, 1, 2 … labels.

    Args:
        seed: The recipe's seed of generation.
        modality: Of the label set.
        anchor: A label of the set.
        number: j.
        labels: The label set; its order does not matter. Who asks many queries gives it as `Company`.
        max_labels: Most labels in a combination.
    """
    digest = text_key(json.dumps([seed, modality, anchor, number]))
    rng = random.Random(digest)
    others = (labels if isinstance(labels, Company) else Company(labels)).of(anchor)
    partners = rng.sample(others, min(number % max_labels, len(others)))
    chosen = rng.sample([anchor, *partners], len(partners) + 1)
    return Query(modality, anchor, number, tuple(chosen), int(digest[:8], 16) & 0x7FFFFFFF)


def sentence_slot(asked: Query, sentence: int) -> str:
    """Key of what became of sentence `sentence` of an answer, where it was not kept."""
    return text_key(json.dumps([asked.modality, asked.anchor, asked.number, asked.labels, sentence]))
