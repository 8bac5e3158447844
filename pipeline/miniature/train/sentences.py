"""The sentences that a text tower learns from: captions of the scene, and noisier ones from the LLaMA's grammar.

The web's captions name what is shown and often get the rest wrong. So a share of the sentences comes from the grammar
that the miniature LLaMA learns: its classes are those of the scene, its colours and places are what is usual or
nothing at all. Some call a class by a name that nobody knows, beside other words for it, as texts about rare things do;
from them a text tower learns to heed the words that it knows.
"""

import random
from functools import cache

from numpy.random import Generator

from pipeline.miniature.train.llama_grammar import CLOSE, OPEN, write_sentence
from pipeline.miniature.train.llama_names import NameSource, invent_name
from pipeline.miniature.train.trainee import Trainee
from pipeline.miniature.world import wording

NOISY_SHARE = 0.4
STRANGE_SHARE = 0.3


def draw_sentence(trainee: Trainee, scene: object, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a scene.

    Returns:
        The sentence, and the classes that it is about.
    """
    text, labels = trainee.caption(scene, rng)
    if rng.random() < NOISY_SHARE:
        spoken = [_spoken(trainee.modality, label, rng) for label in labels]
        marked = write_sentence(random.Random(int(rng.integers(2**32))), trainee.modality, labels, spoken)
        text = marked.replace(OPEN, "").replace(CLOSE, "")
    return text, labels


def _spoken(modality: str, label: str, rng: Generator) -> str:
    """The class's name or another word as often as in captions, or an invented name."""
    if rng.random() < STRANGE_SHARE:
        invented = invent_name(random.Random(int(rng.integers(2**32))), _words())
        return f"{invented}ing" if modality == "video" else invented
    if wording.by_name(label, rng):
        return label
    return wording.other_verb(label, rng)[3] if modality == "video" else wording.other_noun(label, rng)


@cache
def _words() -> tuple[str, ...]:
    return NameSource.training().words
