"""What a stage left is looked at before it ends: alarms are kept with the run, for whoever shows them."""

from typing import Any

from pipeline.run.bound import Bound
from pipeline.tasks.registry import task_of


def warn(bound: Bound[Any], stage: str, found: Any) -> None:
    """Keep the alarms of a stage.

    Args:
        bound: the recipe.
        stage: that has just done its work.
        found: what it came to.
    """
    bound.warn(stage, task_of(bound.recipe).alarms(bound, stage, found))
