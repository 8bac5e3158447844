"""`mmpt-pipeline few-shot`: prompts from a few labelled images a class."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import DaskOption, DeviceOption, JsonOption, ProcessesOption, WorkspaceOption, open_bound

if TYPE_CHECKING:
    from pipeline.tasks.few_shot.bound import BoundFewShot


def few_shot(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A few-shot recipe's file, or a shipped one's name.")],
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn prompts from a few labelled images a class and judge them: `run` for few-shot recipes.

    Every method of the recipe, with every seed, beside zero-shot. What is already there is not done again.
    With --processes or --dask each method with each seed is learned by one worker.

    Example: mmpt-pipeline few-shot miniature
    """
    from pipeline.runner.choose import open_runner
    from pipeline.tasks.load import shipped_recipes

    few_shot = f"few-shot/{recipe}"
    with open_runner(processes, dask) as runner:
        meant = few_shot if few_shot in shipped_recipes() and not Path(recipe).is_file() else recipe
        run_and_print(open_bound(meant, workspace, device, runner), as_json)


def run_and_print(task: "BoundFewShot", as_json: bool) -> None:
    """Run a few-shot recipe and print what came of it."""
    from pipeline.cli.output import print_json, print_table
    from pipeline.tasks.few_shot.report import write_few_shot_report
    from pipeline.tasks.few_shot.run import run_few_shot
    from pipeline.tasks.few_shot.tables import few_shot_table, few_shot_values

    result = run_few_shot(task)
    report = write_few_shot_report(task, result)
    if as_json:
        print_json(few_shot_values(result))
        return
    title, columns, rows = few_shot_table(task.recipe, result)
    print_table(columns, rows, title=title)
    print(f"Report: {report.resolve()}")
