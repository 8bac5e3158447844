"""Clips as a run of open vocabulary has them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pipeline.datasets.rows import MediaRow
from stores import fingerprint

Exam = Literal["base", "novel"]
EXAMS: tuple[Exam, Exam] = ("base", "novel")


@dataclass(frozen=True)
class Clips:
    """Clips with one label each.

    Attributes:
        classes: names by label.
        rows: the files; a row's `labels` hold its class name.
        rejected: (path, reason) of what the data set names and that cannot be read. Nothing stands in for them.
        to_come: clips of which a plan knows no more than that they are published.
    """

    classes: tuple[str, ...]
    rows: tuple[MediaRow, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    to_come: int = 0

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """Number of each row's class."""
        numbers = {name: i for i, name in enumerate(self.classes)}
        return tuple(numbers[row.labels[0]] for row in self.rows)

    @property
    def listed(self) -> int:
        """How many the data set names."""
        return self.count + len(self.rejected)

    @property
    def count(self) -> int:
        """How many there are, or will be."""
        return len(self.rows) + self.to_come

    @cached_property
    def print(self) -> str:
        """Fingerprint of the keys with their labels; of clips to come nothing is known that could stand for them."""
        if self.to_come:
            return f"{self.to_come} clips to come"
        return fingerprint([[row.key, label] for row, label in zip(self.rows, self.labels, strict=True)])


@dataclass(frozen=True)
class VideoSets:
    """All clips of a run.

    Attributes:
        learn: clips of base classes, to learn from.
        judged: exam -> the clips that are judged, among the names of their own half.
        drawn: whether the halves were drawn by us, and are nobody's published lists.
    """

    learn: Clips
    judged: dict[Exam, Clips]
    drawn: bool = False
