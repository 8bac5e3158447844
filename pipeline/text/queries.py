"""Queries: which labels a language model is asked about together, and with which seed.

A query belongs to an anchor class and has a number j. Its labels and its seed depend on (seed, modality,
anchor, j) and the label set alone, so that any process asks the same question, and a new label leaves the
questions already asked as they are.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from stores import text_key

__all__ = ["Query", "query", "sentence_slot"]


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


def query(seed: int, modality: str, anchor: str, number: int, labels: Sequence[str], max_labels: int) -> Query:
    """Query `number` of a class: its combination has 1, 2 … `max_labels`, 1, 2 … labels.

    Args:
        seed: The recipe's seed of generation.
        modality: Of the label set.
        anchor: A label of the set.
        number: j.
        labels: The label set; its order does not matter.
        max_labels: Most labels in a combination.
    """
    digest = text_key(json.dumps([seed, modality, anchor, number]))
    rng = random.Random(digest)
    others = sorted(set(labels) - {anchor})
    partners = rng.sample(others, min(number % max_labels, len(others)))
    chosen = rng.sample([anchor, *partners], len(partners) + 1)
    return Query(modality, anchor, number, tuple(chosen), int(digest[:8], 16) & 0x7FFFFFFF)


def sentence_slot(asked: Query, sentence: int) -> str:
    """Key of what became of sentence `sentence` of an answer, where it was not kept."""
    return text_key(json.dumps([asked.modality, asked.anchor, asked.number, asked.labels, sentence]))
