"""`mmpt-pipeline few-shot`: prompts from a few labelled images a class."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import DaskOption, DeviceOption, JsonOption, ProcessesOption, WorkspaceOption, open_bound


def few_shot(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A few-shot recipe's file, or a shipped one's name.")],
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """The same as `run`, which this command will give way to.

    Example: mmpt-pipeline few-shot miniature
    """
    from pipeline.cli.whole import run_and_print
    from pipeline.runner.choose import open_runner
    from pipeline.tasks.load import shipped_recipes

    few_shot = f"few-shot/{recipe}"
    meant = few_shot if few_shot in shipped_recipes() and not Path(recipe).is_file() else recipe
    with open_runner(processes, dask) as runner:
        bound = open_bound(meant, workspace, device, runner)
        bound.progress.say(f"few-shot is the same as: mmpt-pipeline run {meant}; it goes away with the next release")
        run_and_print(bound, as_json, meant)
