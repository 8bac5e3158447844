"""Seconds of learning, measured where it happens.

They go to the facts of the run's record, on which nothing depends: artifacts hold no time.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pipeline.records import RunRecord, read_run, run_folder, update_run
from pipeline.runs.bound import Bound

if TYPE_CHECKING:
    from pipeline.training.loop import Batches

_FACT = "seconds of epochs/"


class TimedBatches:
    """Batches that tell how long each of their epochs took: from asking for the first to the end of the last one's step.

    Publishing the checkpoint is not part of it.
    """

    def __init__(self, batches: "Batches", tell: Callable[[int, float], None]):
        """Wrap batches; `tell` is given the epoch and its seconds."""
        self._batches, self._tell = batches, tell

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self._batches)

    def epoch(self, epoch: int) -> Iterator[Any]:
        """The batches of one epoch (1-based)."""
        start = time.perf_counter()
        yield from self._batches.epoch(epoch)
        self._tell(epoch, time.perf_counter() - start)


def remember_seconds(bound: Bound[Any], fingerprint: str) -> Callable[[int, float], None]:
    """Something that keeps an epoch's seconds, under the checkpoints that are being made."""

    def tell(epoch: int, seconds: float) -> None:
        def write(record: RunRecord) -> None:
            known = _parsed(record.facts.get(_FACT + fingerprint, "")) | {epoch: seconds}
            record.facts[_FACT + fingerprint] = " ".join(f"{n}:{known[n]:.6g}" for n in sorted(known))

        update_run(run_folder(bound.recipe.workspace, bound.recipe.name), write)

    return tell


def seconds_of(bound: Bound[Any], fingerprint: str) -> list[float]:
    """Seconds of every epoch of checkpoints, as far as this recipe learned them; in the order of the epochs."""
    record = read_run(run_folder(bound.recipe.workspace, bound.recipe.name)) or RunRecord()
    return [seconds for _, seconds in sorted(_parsed(record.facts.get(_FACT + fingerprint, "")).items())]


def _parsed(fact: str) -> dict[int, float]:
    pairs = (pair.split(":") for pair in fact.split())
    return {int(epoch): float(seconds) for epoch, seconds in pairs}
