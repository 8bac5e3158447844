"""What all flows share: their parameters, the recipe that is meant, and stages as tasks.

Parameters are plain, so that Prefect's form shows them and its database holds no data of ours, nor secrets in errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from flows import page
from flows.progress import run_progress
from flows.retry import as_task
from pipeline.cli.options import open_bound
from pipeline.runner.choose import open_runner
from pipeline.runs.bound import Bound
from pipeline.stages.steps import Found, Stage, plainly

Recipe = Annotated[str | None, Field(min_length=1, examples=["recipe.yaml", "miniature"])]
Workspace = Annotated[str | None, Field(min_length=1, examples=["workspace"])]
Device = Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$", examples=["auto", "cpu", "cuda:0"])]
Dask = Annotated[
    str | None, Field(pattern=r"^(local:[1-9]\d*|[a-z]+://.+)$", examples=["tcp://scheduler:8786", "local:2"])
]
Reason = Annotated[str, Field(max_length=200)]


@contextmanager
def opened(
    recipe: str | None, workspace: str | None, device: str = "auto", dask: str | None = None, draws: bool = True
) -> Iterator[Bound[Any]]:
    """The recipe that is meant, bound; its progress is shown on the page of the run."""
    with open_runner(None, dask) as runner:
        bound = open_bound(recipe, Path(workspace) if workspace else None, device, runner, draws)
        yield replace(bound, progress=run_progress())


def step(name: str, stage: Stage[Found]) -> Stage[Found]:
    """A task where a run is under way; without one the stage itself."""
    return (as_task if page.in_run() else plainly)(name, stage)
