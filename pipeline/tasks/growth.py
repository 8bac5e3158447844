"""What a refresh asks of a task whose classes grow: what is new, and what became of the classes that were there."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipeline.records import RunRecord
from pipeline.runs.bound import Bound

B = TypeVar("B", bound=Bound[Any])
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ClassFigure:
    """One class before and now; figures are fractions, None where no file shows the class.

    Attributes:
        modality: of the class.
        label: its name.
        metric: "accuracy", or "average precision" where files show several classes.
        files: files that show it.
        zero_shot: by the names alone, template ensemble of the same encoder.
        before: by what is published; None for a new class.
        now: by what was learned now.
        new: whether the published run lacks it.
    """

    modality: str
    label: str
    metric: str
    files: int
    zero_shot: float | None
    before: float | None
    now: float | None
    new: bool

    @property
    def change(self) -> float | None:
        """What the class gained; negative for a loss."""
        return None if self.before is None or self.now is None else self.now - self.before

    def lost_more_than(self, tolerance: float) -> bool:
        """Whether it lost more than a fraction."""
        return self.change is not None and self.change < -tolerance - _ROUNDING


class Growth(ABC, Generic[B]):
    """How the classes of a task grow."""

    @abstractmethod
    def tolerance(self, bound: B) -> float:
        """How much a class that was there may lose, as a fraction."""

    @abstractmethod
    def hindrance(self, bound: B, published: RunRecord) -> str:
        """Why the recipe cannot be compared with the published run, and what to do; empty where it can."""

    @abstractmethod
    def added(self, bound: B, published: RunRecord) -> Sequence[tuple[str, str]]:
        """(modality, label) of classes that the published run lacks."""

    @abstractmethod
    def compare(self, bound: B, published: RunRecord, result: Any) -> Sequence[ClassFigure]:
        """Every class before and now, on the same files; the largest loss leads.

        Args:
            bound: of what was learned now, to its last epoch.
            published: the record of what it is compared with; one without a checkpoint knows no class.
            result: what `Task.judged` told of what was learned now.
        """

    @abstractmethod
    def rename(self, bound: B, modality: str, old: str, new: str) -> tuple[int, int]:
        """Keep what is there of a class that is called otherwise from now on; done twice, it is done once.

        Returns:
            sentences that carry the new name, and those that cannot.

        Raises:
            MmptError: its sentences are not the recipe's to change.
        """

    @abstractmethod
    def label_file(self, recipe: Any, source: str, modality: str | None) -> tuple[str, Path]:
        """The modality that is meant, and the file that holds its class names.

        Args:
            recipe: checked.
            source: its file, for messages.
            modality: None where only one has a label file of its own.

        Raises:
            RecipeError: it has no such modality, or keeps its names elsewhere; with what to do.
        """
