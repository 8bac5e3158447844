"""A finished run, opened by the recipe that its record keeps. Nothing is made."""

from pathlib import Path
from typing import Any

from pipeline.records import find_run
from pipeline.runs.bound import Bound
from pipeline.tasks.base import Task
from pipeline.tasks.load import check_recipe, task_of_content
from pipeline.telemetry.progress import Progress
from stores.address import Location, is_remote


def open_run(run: str, workspace: Location) -> tuple[Task[Any], Bound[Any]]:
    """Its task, and its recipe bound to where it ran.

    Args:
        run: a recipe's name, or its run's folder.
        workspace: where it ran, if it is named.

    Raises:
        RunError: there is no such run, or it is not trained.
        RecipeError: what its recipe names is not there any more.
    """
    folder, record = find_run(run, workspace)
    where = f"the record of run '{run}'"
    task = task_of_content(record.recipe, where)
    place = (folder if is_remote(folder) else folder.resolve()).parents[1]
    recipe = check_recipe({**record.recipe, "workspace": str(place)}, where=where, base=Path().resolve())
    return task, task.bound(recipe, "cpu", Progress.silent(), draws=False)
