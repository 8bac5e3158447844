"""Whole runs: `run`, `plan`, `demo`."""

import json
from typing import TYPE_CHECKING

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
    from pipeline.tasks.sentences.bound import BoundSentences


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
    from pipeline.cli.few_shot import run_and_print
    from pipeline.runner.choose import open_runner
    from pipeline.tasks.few_shot.bound import BoundFewShot

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        if isinstance(bound, BoundFewShot):
            run_and_print(bound, as_json)
        else:
            _run(bound, as_json)


def plan(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tell what a run would still have to do.

    Rows and bytes by stage; needs no torch and makes nothing.

    Example: mmpt-pipeline plan recipe.yaml
    """
    from pipeline.cli.output import print_json
    from pipeline.cli.tables import plan_table
    from pipeline.stages.plan import plan_run
    from pipeline.tasks.few_shot.bound import BoundFewShot
    from pipeline.tasks.few_shot.plan import plan_few_shot

    bound = open_bound(recipe, workspace, draws=False)
    steps = plan_few_shot(bound) if isinstance(bound, BoundFewShot) else plan_run(bound)
    if as_json:
        print_json([vars(step) for step in steps])
    else:
        plan_table(steps)


def demo(workspace: WorkspaceOption = None, device: DeviceOption = "auto", as_json: JsonOption = False) -> None:
    """Run everything once in the miniature world.

    Class names in, report out, in minutes on two cores.

    Example: mmpt-pipeline demo
    """
    _run(open_bound("miniature", workspace, device), as_json)


def _run(context: "BoundSentences", as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_rich
    from pipeline.evaluation import render_table
    from pipeline.stages.whole import run_recipe

    outcome = run_recipe(context)
    if as_json:
        print_json({"report": str(outcome.report), "result": json.loads(outcome.result.to_json())})
        return
    print_rich(render_table(outcome.result))
    print(f"Report: {outcome.report.resolve()}")
