"""`mmpt-pipeline few-shot`: prompts from a few labelled images a class."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import DeviceOption, JsonOption, WorkspaceOption, open_task


def few_shot(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A few-shot recipe's file, or a shipped one's name.")],
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Learn prompts from a few labelled images a class and judge them: `run` for few-shot recipes.

    Every method of the recipe, with every seed, beside zero-shot. What is already there is not done again.

    Example: mmpt-pipeline few-shot miniature
    """
    run_and_print(recipe, workspace, device, as_json)


def run_and_print(recipe: str, workspace: Path | None, device: str, as_json: bool) -> None:
    """Run a few-shot recipe and print what came of it."""
    from pipeline.cli.output import print_json, print_table
    from pipeline.few_shot.report import write_few_shot_report
    from pipeline.few_shot.run import run_few_shot
    from pipeline.few_shot.tables import few_shot_table, few_shot_values

    task = open_task(recipe, workspace, device)
    result = run_few_shot(task)
    report = write_few_shot_report(task, result)
    if as_json:
        print_json(few_shot_values(result))
        return
    title, columns, rows = few_shot_table(task.recipe, result)
    print_table(columns, rows, title=title)
    print(f"Report: {report.resolve()}")
