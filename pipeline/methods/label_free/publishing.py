"""Which classifier a run publishes: chosen by its sentences, never by a label and never by a judged file.

Names are the prior of all that can be chosen. Sentences, and prompts learned from them, are believed beyond that only where three
things hold: they are many, the encoder recognises them, and they explain sentences left out better than the names do. A language
model that writes in another style than the files fails the third: its sentences say the name, and the names explain them.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.agreement import Agreement
from pipeline.methods.label_free.base import Floats, Material, unit
from pipeline.methods.label_free.weighed import WEIGHED, WORTH

COMBINED = "names + sentences + TaAM-CPT"

ENOUGH = 20
"""Sentences of the class that has fewest."""
RECOGNISED = 0.6
"""Share of their classes that the names alone find; below it the encoder takes the sentences for something else."""
GAIN, SURE = 0.05, 2.0
"""Share of classes that other sentences must find beyond the names, and standard errors that it must stand above nothing."""


POOLS = 0.35
"""Weight of a learned prompt beside names and sentences, which have 1 together."""


@dataclass(frozen=True)
class Evidence:
    """What the sentences of a modality say for themselves.

    Attributes:
        fewest: sentences of the class that has fewest.
        recognised: share of the sentences' classes that the names alone find; 0 without sentences.
        gained: by how much names and the other sentences together find more of them.
        error: standard error of that difference, over sentences.
    """

    fewest: int
    recognised: float
    gained: float
    error: float

    @property
    def many(self) -> bool:
        """Whether a learned pool has something to learn from in every class."""
        return self.fewest >= ENOUGH

    @property
    def proven(self) -> bool:
        """Whether sentences may weigh more than names."""
        return self.many and self.recognised >= RECOGNISED and self.gained >= max(GAIN, SURE * self.error)


def evidence(material: Material, found: Agreement) -> Evidence:
    """What all sentences say, each asked without itself."""
    if not len(found.named):
        return Evidence(0, 0.0, 0.0, 0.0)
    gains = found.learned - found.named
    error = float(gains.std()) / sqrt(len(gains))
    return Evidence(int(material.counts.min()), float(found.named.mean()), float(gains.mean()), error)


def chosen(found: Evidence, pools: str, literal: bool) -> str:
    """Name of the classifier that is published.

    Args:
        found: of the modality's sentences.
        pools: name of the learned pools.
        literal: whether the recipe repeats what authors ran, so that their pools are what is asked for; they have to have
            enough text all the same.
    """
    if literal and found.many:
        return pools
    return COMBINED if found.proven and not literal else WEIGHED.name


def unbounded(material: Material) -> NDArray[np.float64]:
    """w_c = norm(5 z_c + S_c), (C, d): names worth five sentences, and sentences as many as they are."""
    return unit(WORTH * material.prior + material.sums)


def combined(names_and_sentences: Floats, pools: Floats) -> NDArray[np.float64]:
    """w_c = norm(u_c + 0.35 p_c), (C, d): u_c of `unbounded`, p_c the unit prompt that was learned."""
    return unit(unit(names_and_sentences) + POOLS * unit(pools))
