"""Which images are the shots: the protocol's own rule, draw for draw."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.datasets.few_shot.rows import Row, Split

VAL_SHOTS = 4


@dataclass(frozen=True)
class Shots:
    """What was drawn of a data set.

    Attributes:
        data_set: its name in recipes.
        shots: images a class.
        seed: of the draw.
        train: what is learned from.
        val: min(shots, 4) images a class; None where the data set has no validation split (ImageNet).
    """

    data_set: str
    shots: int
    seed: int
    train: Split
    val: Split | None


def draw_shots(data_set: str, train: Split, val: Split | None, shots: int, seed: int) -> Shots:
    """Draw a few images a class.

    One stream of random numbers, begun with the seed, serves the classes of `train` in the order in which they first appear, then
    those of `val`. A class with fewer images gives all of them, in their order, and takes nothing from the stream.

    Args:
        data_set: for the record.
        train: all training images of all classes; base and novel are told apart afterwards.
        val: all validation images, if there are any.
        shots: images a class, at least 1.
        seed: the papers take 1, 2 and 3.
    """
    stream = random.Random(seed)  # the same numbers as the module's own after random.seed(seed)
    drawn = _draw(stream, train, shots)
    return Shots(data_set, shots, seed, drawn, None if val is None else _draw(stream, val, min(shots, VAL_SHOTS)))


def _draw(stream: random.Random, split: Split, shots: int) -> Split:
    of_class: dict[int, list[Row]] = {}
    for row in split.rows:
        of_class.setdefault(row.label, []).append(row)
    rows = [row for images in of_class.values() for row in _some(stream, images, shots)]
    return Split(split.root, split.classes, tuple(rows))


def _some(stream: random.Random, images: Sequence[Row], shots: int) -> Sequence[Row]:
    return stream.sample(images, shots) if len(images) >= shots else images
