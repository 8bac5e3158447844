"""WaffleCLIP's control: class names with descriptors that mean nothing, the same for all classes.

What gains no more over the names than this has not gained by what its sentences say.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, unit
from pipeline.methods.label_free.words import WORDS

OF_EACH = 15
"""Descriptors of two words, and as many of two strings of letters."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def descriptors(seed: int) -> list[str]:
    """Thirty: fifteen pairs of words, then fifteen pairs of strings that are as long as words are."""
    rng = np.random.default_rng((seed, 15))
    words = [" ".join(rng.choice(WORDS, 2, replace=False).tolist()) for _ in range(OF_EACH)]
    lengths = [[len(word) for word in rng.choice(WORDS, 2, replace=False).tolist()] for _ in range(OF_EACH)]
    strings = [" ".join("".join(rng.choice(list(_LETTERS), n).tolist()) for n in pair) for pair in lengths]
    return words + strings


def waffle_texts(labels: Sequence[str], template: str, seed: int) -> list[list[str]]:
    """One list a descriptor, one text a class: "a photo of a cat, which has timber quilt."."""
    stem = template.rstrip().removesuffix(".")
    return [[f"{stem.replace('{}', label)}, which has {each}." for label in labels] for each in descriptors(seed)]


def waffle(material: Material) -> NDArray[np.float64]:
    """w_c = norm(sum over descriptors of the unit text features), (C, d)."""
    assert material.waffle is not None
    return unit(unit(material.waffle).mean(axis=0))


WAFFLE = Rung("WaffleCLIP (control)", "control", waffle, frozenset({"waffle"}))
