"""Work that is done here, or by a runner's workers: the units of every task, written once.

The client holds no lock meanwhile. A worker that is killed loses what it had not published; the next one goes on from the journal
or the last checkpoint.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.runner.worker_state import holding_encoder
from pipeline.runs.bound import Bound
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.registry import task_of
from pipeline.telemetry.progress import Progress

Act = Literal["prepare", "learn", "judge"]


@dataclass(frozen=True)
class Job:
    """The unit of a runner: something of a bound recipe.

    Attributes:
        act: what is done.
        bound: without a runner; all paths of its recipe are those of the client.
        unit: what is learned or judged; None for the frozen encoder alone, or for nothing that is learned.
        trials: on what it is judged.
        talks: whether its progress is shown where it is the only one.
    """

    act: Act
    bound: Bound[Any]
    unit: Unit | None = None
    trials: Sequence[Trial] = ()
    talks: bool = True

    @property
    def name(self) -> str:
        """What people call it."""
        recipe = f"'{self.bound.recipe.name}'"
        if self.act == "prepare":
            return f"generate of {recipe}"
        what = self.unit.name if self.unit else f"{self.trials[0].what} of {recipe}"
        return what if self.act == "learn" else f"{what}, judged"

    @property
    def files(self) -> Sequence[str]:
        """Too many to name."""
        return []

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.bound.device

    def run(self, progress: Progress) -> Any:
        """Do it in a worker."""
        return self.within(replace(self.bound, progress=progress))

    def within(self, bound: Bound[Any]) -> Any:
        """Do it with a recipe that is bound already."""
        task = task_of(bound.recipe)
        if self.act == "prepare":
            return task.prepare(bound)
        if self.act == "learn":
            assert self.unit is not None
            return task.learn(bound, self.unit)
        return task.judge(bound, self.unit, self.trials)


def done(bound: Bound[Any], jobs: Sequence[Job], what: str) -> Iterator[tuple[Job, Any]]:
    """Do jobs in order, or have the runner's workers do them; yields each with what it came to.

    Args:
        bound: the recipe as the client has it.
        jobs: what is to be done.
        what: what people call all of them.
    """
    if bound.runner is None:
        with holding_encoder():
            yield from ((job, job.within(bound)) for job in jobs)
    elif len(jobs) == 1:
        yield jobs[0], bound.runner.run(jobs[0], bound.progress)
    elif jobs:
        quiet = [replace(job, talks=False) for job in jobs]
        with bound.progress.task(what, total=len(jobs), unit="run") as bar:
            for number, found in bound.runner.run_all(quiet):
                bar.advance()
                yield jobs[number], found


def elsewhere(bound: Bound[Any], device: str | None = None) -> Bound[Any]:
    """A bound recipe as a worker is given it.

    Args:
        bound: the client's.
        device: what is computed on, where that is not for the user to say.
    """
    if bound.runner is None:
        return bound
    return replace(bound, device=device or bound.device, progress=Progress.silent(), runner=None)
