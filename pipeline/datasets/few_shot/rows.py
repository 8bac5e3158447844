"""Labelled images of one split, and the class names their labels stand for; nothing here opens an image."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline.labels.names import composed


class Row(NamedTuple):
    """One image.

    Attributes:
        path: below the split's root, with `/` on every system.
        label: number of its class, from 0.
        name: name of its class, as prompts say it.
    """

    path: str
    label: int
    name: str


@dataclass(frozen=True)
class Split:
    """The images of one split, in the publisher's order; where there is no list, sorted by class and file name.

    Attributes:
        root: the folder that the rows' paths start from.
        classes: the K class names by label; every row's name is `classes[label]`.
        rows: the images, there or not.
    """

    root: Path
    classes: tuple[str, ...]
    rows: tuple[Row, ...]

    def file(self, row: Row) -> Path:
        """Where an image lies."""
        return self.root / row.path


def spoken(name: str) -> str:
    """A class name as prompts say it: underscores are blanks; composed, as names are compared."""
    return composed(name).replace("_", " ")
