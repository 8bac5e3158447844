"""Which sentences the encoder takes for what they are said to be, each judged without itself.

C: classes, M: sentences, d: width of the shared space.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material
from pipeline.methods.label_free.weighed import WORTH


@dataclass(frozen=True)
class Agreement:
    """What the encoder gives each sentence to.

    Attributes:
        given: (M,) the nearest class of names and sentences together, the sentence itself left out.
        agrees: (M,) whether that is among the sentence's classes.
        named: (M,) share of its classes that are found by the names alone, among as many nearest ones as it has.
        learned: (M,) the same by names and the other sentences.
    """

    given: NDArray[np.int64]
    agrees: NDArray[np.bool_]
    named: NDArray[np.float64]
    learned: NDArray[np.float64]


def agreement(material: Material) -> Agreement:
    """Judge every sentence twice: by the names, and by w_c = norm(5 z_c + S_c), S_c the sum of the *other* sentences of c.

    The name alone would be unfair where an encoder knows a thing by other words; with its sentences a class keeps what
    most of them agree on. Without itself a sentence x has (v.x - 1)/|v - x| with the classes that it carries, v = 5 z_c + S_c
    with itself.
    """
    vectors = WORTH * material.prior + material.sums
    squares = (vectors**2).sum(axis=1)
    lengths = np.sqrt(np.where(squares > 0, squares, 1))
    given, agrees, named, learned = [], [], [], []
    for x, carries in material.blocks():
        raw, own = x @ vectors.T, carries > 0
        without = (raw - 1) / np.sqrt(np.maximum(squares - 2 * raw + 1, 1e-12))
        scores = np.where(own, without, raw / lengths)
        best = scores.argmax(axis=1)
        given.append(best)
        agrees.append(own[np.arange(len(x)), best])
        named.append(_found(x @ material.prior.T, own))
        learned.append(_found(scores, own))
    if not given:
        return Agreement(np.zeros(0, np.int64), np.zeros(0, np.bool_), np.zeros(0), np.zeros(0))
    return Agreement(*map(np.concatenate, (given, agrees, named, learned)))


def _found(scores: NDArray[np.float64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(B,) share of a row's own classes that are among its best ones, as many as it has."""
    counts = own.sum(axis=1)
    rows, columns = np.nonzero(own)
    better = (scores[rows] > scores[rows, columns][:, None]).sum(axis=1)
    return np.bincount(rows, better < counts[rows], len(own)) / np.maximum(counts, 1)


def kept(material: Material, found: Agreement) -> Material:
    """The same without the sentences that the encoder gives to another class."""
    return replace(material, sentences=material.sentences[found.agrees], carries=material.carries[found.agrees])
