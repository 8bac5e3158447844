"""What a stage left is looked at before it ends: alarms are kept with the run, for whoever shows them."""

from dataclasses import replace
from typing import Any

from pipeline.alarms import Alarm
from pipeline.runs.bound import Bound
from pipeline.tasks.registry import task_of


def warn(bound: Bound[Any], stage: str, found: Any) -> None:
    """Keep the alarms of a stage.

    Args:
        bound: the recipe.
        stage: that has just done its work.
        found: what it came to.
    """
    bound.warn(stage, found_after(bound, stage, found))


def found_after(bound: Bound[Any], stage: str, found: Any = None) -> list[Alarm]:
    """What is wrong with what a stage left; after "plan", with what it will leave."""
    return [replace(alarm, stage=stage) for alarm in task_of(bound.recipe).alarms(bound, stage, found)]
