"""Whole runs: `run`, `plan`, `demo`."""

from typing import TYPE_CHECKING, Any

from pipeline.cli.options import (
    DaskOption,
    DeviceOption,
    JsonOption,
    ProcessesOption,
    RecipeArgument,
    WorkspaceOption,
    open_bound,
)

if TYPE_CHECKING:
    from pipeline.run.bound import Bound


def run(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run every stage of a recipe, whichever kind it is.

    What is already there is not done again. With --processes or --dask everything but the report is made by workers.

    Example: mmpt-pipeline run recipe.yaml
    """
    from pipeline.runner.choose import open_runner

    with open_runner(processes, dask) as runner:
        run_and_print(open_bound(recipe, workspace, device, runner), as_json)


def plan(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tell what a run would still have to do.

    Rows and bytes by stage; needs no torch and makes nothing.

    Example: mmpt-pipeline plan recipe.yaml
    """
    from dataclasses import asdict

    from pipeline.cli.output import print_json
    from pipeline.cli.tables import plan_table
    from pipeline.stages.plan import plan_run

    steps = plan_run(open_bound(recipe, workspace, draws=False))
    if as_json:
        print_json([asdict(step) for step in steps])
    else:
        plan_table(steps)


def demo(workspace: WorkspaceOption = None, device: DeviceOption = "auto", as_json: JsonOption = False) -> None:
    """Run everything once in the miniature world.

    Class names in, report out, in minutes on two cores.

    Example: mmpt-pipeline demo
    """
    run_and_print(open_bound("miniature", workspace, device), as_json)


def run_and_print(bound: "Bound[Any]", as_json: bool) -> None:
    """Run a recipe and print what came of it."""
    from pipeline.cli.output import print_json, print_rich, say
    from pipeline.cli.tables import aside_table, unreadable_table
    from pipeline.stages.whole import run_recipe
    from pipeline.tasks.registry import task_of

    outcome, task = run_recipe(bound), task_of(bound.recipe)
    if as_json:
        print_json(task.values(bound, "run", outcome))
        return
    print_rich(*task.tables(bound, "evaluate", outcome.result))
    unreadable_table(outcome.unreadable)
    aside_table(outcome.aside)
    say(f"Report: {outcome.report.resolve()}")
