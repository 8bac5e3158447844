"""What a unit of work and a runner are."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from pipeline.telemetry.progress import Progress

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Unit(Protocol[R_co]):
    """A piece of work that can be done anywhere, and again; it travels pickled and holds names, keys and paths, never arrays."""

    @property
    def name(self) -> str:
        """What people call it, e.g. "cache image, shard 3"."""
        ...

    @property
    def files(self) -> Sequence[str]:
        """What it reads, for the message when it kills its workers."""
        ...

    @property
    def device(self) -> str:
        """Where it computes: "cpu", "cuda", "auto", …; on a cluster whose workers offer GPUs it is given one of them."""
        ...

    @property
    def talks(self) -> bool:
        """Whether its progress is worth showing; that of one shard among many is not."""
        ...

    def run(self, progress: Progress) -> R_co:
        """Do it; what comes back is small."""
        ...


class Runner(Protocol):
    """Does units elsewhere."""

    def run_all(self, units: Sequence[Unit[R]]) -> Iterator[tuple[int, R]]:
        """Do many at a time; yields (number of the unit, what came back) in the order of the units.

        An error of a unit is raised when its turn comes; those before it have been yielded, those behind it are dropped.
        A unit that kills its workers is left out; when all others have been yielded, it is raised.

        Raises:
            UnitKilled: a unit killed every worker that it was given to.
            RunnerError: there is nobody to do the work.
        """
        ...

    def run(self, unit: Unit[R], progress: Progress) -> R:
        """Do one, and show on `progress` where it is done and what it has to say."""
        ...
