"""A whole stage as one unit of work: with a runner it is done in one of its workers, which takes the locks itself.

The client holds none meanwhile. A worker that is killed loses what it had not published; the next one goes on from the journal or
the last checkpoint.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from importlib import import_module
from typing import Generic, TypeVar

from pipeline.records import RunRecord
from pipeline.stages.steps import Found
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

C = TypeVar("C", bound=BoundSentences)


@dataclass(frozen=True)
class StageUnit(Generic[Found]):
    """The unit: a stage in a context.

    Attributes:
        stage: module below `pipeline.stages`, and the function in it.
        context: without a runner; all paths of its recipe are those of the client.
    """

    stage: str
    context: BoundSentences
    talks: bool = True

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.stage} of '{self.context.recipe.name}'"

    @property
    def files(self) -> Sequence[str]:
        """Too many to name."""
        return []

    @property
    def device(self) -> str:
        """Where it computes."""
        return self.context.device

    def run(self, progress: Progress) -> tuple[Found, RunRecord | None]:
        """Do the stage here; returns also what the context keeps from the run record, see `BoundSentences.kept_back`."""
        stage = inspect.unwrap(getattr(import_module(f"pipeline.stages.{self.stage}"), self.stage))
        context = replace(self.context, progress=progress)
        return stage(context), context.kept_back()


def on_worker(device: str | None = None) -> Callable[[Callable[[C], Found]], Callable[[C], Found]]:
    """A stage that is done in a worker where the context has a runner.

    Args:
        device: what it computes on, where that is not for the user to say: a stage without a network needs no GPU.
    """

    def decorate(stage: Callable[[C], Found]) -> Callable[[C], Found]:
        @wraps(stage)
        def call(context: C) -> Found:
            if context.runner is None:
                return stage(context)
            there = replace(context, device=device or context.device, progress=Progress.silent(), runner=None)
            unit: StageUnit[Found] = StageUnit(stage.__name__, there)
            found, kept = context.runner.run(unit, context.progress)
            if kept is not None:
                context.keep_back(kept)
            return found

        return call

    return decorate
