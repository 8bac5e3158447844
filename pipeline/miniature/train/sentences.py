"""The sentences that a text tower learns from: captions of the scene, and noisier ones from the LLaMA's grammar.

The web's captions name what is shown and often get the rest wrong. So a share of the sentences comes from the grammar
that the miniature LLaMA learns: its class names are those of the scene, its colours and places are not.
"""

import random

from numpy.random import Generator

from pipeline.miniature.train.llama_grammar import CLOSE, OPEN, write_sentence
from pipeline.miniature.train.trainee import Trainee

NOISY_SHARE = 0.25


def draw_sentence(trainee: Trainee, scene: object, rng: Generator) -> tuple[str, tuple[str, ...]]:
    """Writes one sentence about a scene.

    Returns:
        The sentence, and the class names in it.
    """
    text, labels = trainee.caption(scene, rng)
    if rng.random() < NOISY_SHARE:
        marked = write_sentence(random.Random(int(rng.integers(2**32))), trainee.modality, labels)
        text = marked.replace(OPEN, "").replace(CLOSE, "")
    return text, labels
