"""What a train stage of methods with seeds came to, for the history of a run, for people and for programs. Free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.printable import text_table
from pipeline.runs.work import Unit

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class LearnedUnit:
    """What the train stage did for a method and a seed: its checkpoints, and how many epochs were learned now."""

    method: str
    seed: int
    fingerprint: str
    epochs: int


@dataclass(frozen=True)
class Training:
    """What the train stage did."""

    learned: tuple[LearnedUnit, ...]

    @classmethod
    def of(cls, units: Sequence[Unit], epochs: Mapping[str, int]) -> "Training":
        """Of some units; `epochs` are those learned now, by a unit's name."""
        return cls(tuple(LearnedUnit(u.method, u.seed, u.spec.fingerprint, epochs.get(u.name, 0)) for u in units))

    @property
    def epochs(self) -> int:
        """Learned now, of all methods and seeds."""
        return sum(each.epochs for each in self.learned)

    @property
    def counts(self) -> dict[str, int | float | str]:
        """What the history of a run keeps."""
        return {"epochs": self.epochs}

    def table(self) -> "Table":
        """A line a method and seed."""
        rows = [[each.method, str(each.seed), str(each.epochs), each.fingerprint[:12]] for each in self.learned]
        return text_table(["method", "seed", "epochs now", "checkpoint"], rows, "Training")

    def values(self) -> dict[str, Any]:
        """The same for JSON."""
        return {"epochs": self.epochs, "learned": [vars(each) for each in self.learned]}
