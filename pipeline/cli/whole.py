"""Whole runs: `run`, `plan`, `demo`."""

from typing import TYPE_CHECKING, Any

from pipeline.cli.options import (
    DaskOption,
    DeviceOption,
    JsonOption,
    ProcessesOption,
    RecipeArgument,
    WorkspaceOption,
    meant_recipe,
    open_bound,
)

if TYPE_CHECKING:
    from pipeline.runs.bound import Bound


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
        run_and_print(open_bound(recipe, workspace, device, runner), as_json, meant_recipe(recipe))


def plan(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tell what a run would still have to do.

    Rows and bytes by stage; needs no torch and makes nothing.

    Example: mmpt-pipeline plan recipe.yaml
    """
    from dataclasses import asdict

    from pipeline.cli.output import print_json
    from pipeline.cli.tables import plan_table
    from pipeline.cli.warned import tell_warnings, with_warnings
    from pipeline.stages.plan import foreseen, free_space, of_step, plan_run

    bound = open_bound(recipe, workspace, draws=False)
    steps = plan_run(bound)
    alarms = foreseen(bound, steps)
    if as_json:
        print_json([with_warnings(asdict(step), of_step(step, alarms)) for step in steps])
    else:
        plan_table(steps, alarms, free_space(bound))
    if alarms:
        tell_warnings(alarms, meant_recipe(recipe), "Planned")


def demo(workspace: WorkspaceOption = None, device: DeviceOption = "auto", as_json: JsonOption = False) -> None:
    """Run everything once in the miniature world.

    Class names in, report out, in minutes on two cores.

    Example: mmpt-pipeline demo
    """
    run_and_print(open_bound("miniature", workspace, device), as_json, "miniature")


def run_and_print(bound: "Bound[Any]", as_json: bool, recipe: str) -> None:
    """Run a recipe and print what came of it; `recipe` is what to type for it."""
    from pipeline.cli.output import print_json, print_rich, say
    from pipeline.cli.tables import aside_table, unreadable_table
    from pipeline.cli.warned import tell_warnings, whole_with_warnings
    from pipeline.stages.whole import run_recipe
    from pipeline.tasks.registry import task_of

    outcome, task = run_recipe(bound), task_of(bound.recipe)
    alarms = bound.warnings()
    if as_json:
        print_json(whole_with_warnings(task.values(bound, "run", outcome), alarms))
    else:
        print_rich(*task.tables(bound, "evaluate", outcome.result))
        unreadable_table(outcome.unreadable)
        aside_table(outcome.aside)
        say(f"Report: {outcome.report.resolve()}")
    tell_warnings(alarms, recipe)
