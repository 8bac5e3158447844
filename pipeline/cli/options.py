"""Arguments and options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.few_shot.task import Task
    from pipeline.runner.base import Runner
    from pipeline.stages.context import Context

RecipeArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="RECIPE",
        help="A recipe file, or a shipped recipe's name. Default: ./recipe.yaml, else the recipe 'miniature'.",
        show_default=False,
    ),
]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        envvar="MMPT_WORKSPACE",
        help="Folder or URL (s3://…) of the artifacts, instead of the recipe's.",
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", "-d", help="auto, cpu, cuda, cuda:0, …")]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, metavar="N", help="Work in N processes of this machine.", show_default=False),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask", metavar="WHERE", help="Work on Dask: tcp://HOST:PORT, or local:N to try it.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def open_context(
    recipe: str | None, workspace: Path | None, device: str = "auto", runner: "Runner | None" = None
) -> "Context":
    """The recipe that was meant, bound to its workspace, and to a runner where one was asked for."""
    from pipeline.devices import check_device_name
    from pipeline.recipe import load_recipe
    from pipeline.stages.context import Context
    from pipeline.telemetry.progress import Progress

    check_device_name(device)
    found = load_recipe(meant_recipe(recipe), workspace)
    if runner is not None:
        from pipeline.stages.on_worker import with_absolute_paths

        found = with_absolute_paths(found)
    return Context(found, device, Progress.on_stderr(), runner=runner)


def open_task(
    recipe: str, workspace: Path | None, device: str = "auto", draws: bool = True, runner: "Runner | None" = None
) -> "Task":
    """A few-shot recipe bound to its workspace, and to a runner if there is one; with `draws`, it may draw what it lacks."""
    from pipeline.devices import check_device_name
    from pipeline.few_shot.load import load_few_shot_recipe
    from pipeline.few_shot.task import Task
    from pipeline.telemetry.progress import Progress

    check_device_name(device)
    found = load_few_shot_recipe(recipe, workspace)
    if runner is not None:
        from pipeline.stages.on_worker import with_absolute_paths

        found = with_absolute_paths(found)
    return Task(found, device, Progress.on_stderr(), draws, runner=runner)


def meant_recipe(recipe: str | None) -> str:
    """The recipe that was named; else that of this folder, else the miniature's."""
    return recipe or ("recipe.yaml" if Path("recipe.yaml").is_file() else "miniature")
