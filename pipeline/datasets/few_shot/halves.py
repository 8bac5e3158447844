"""Base-to-novel generalisation: the first half of the classes is learned, the second half is only judged."""

from typing import Literal

from pipeline.datasets.few_shot.rows import Row, Split

Half = Literal["base", "novel"]


def half(split: Split, which: Half) -> Split:
    """The images of one half of the classes, both halves labelled from 0.

    Labels ascending, base is the first ceil(K / 2) and novel the rest: of 37 classes 19 and 18. Shots are drawn over all
    classes before they are halved.
    """
    middle = (len(split.classes) + 1) // 2
    first, last = (0, middle) if which == "base" else (middle, len(split.classes))
    rows = (Row(row.path, row.label - first, row.name) for row in split.rows if first <= row.label < last)
    return Split(split.root, split.classes[first:last], tuple(rows))
