"""A class as the mean of its sentences (CuPL), alone and beside its name. Nothing is learned by steps."""

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, unit


def sentence_mean(material: Material) -> NDArray[np.float64]:
    """w_c = norm(sum of the unit sentences of c), (C, d); a class without a sentence is zero, and is nobody's answer."""
    return unit(material.sums)


def names_and_mean(material: Material) -> NDArray[np.float64]:
    """w_c = norm(z_c + m_c), (C, d): z_c the unit ensemble of the name, m_c the unit mean of the sentences."""
    return unit(material.prior + unit(material.sums))


MEAN = Rung("mean of sentences", "label-free", sentence_mean, frozenset({"sentences"}))
NAMES_AND_MEAN = Rung("names + mean", "label-free", names_and_mean, frozenset({"sentences"}))
