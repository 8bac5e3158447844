"""Whole runs: `run`, `plan`, `demo`."""

import json
from typing import TYPE_CHECKING

from pipeline.cli.options import DeviceOption, JsonOption, RecipeArgument, WorkspaceOption, open_context

if TYPE_CHECKING:
    from pipeline.stages.context import Context


def run(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Run every stage of a recipe.

    What is already there is not done again.

    Example: mmpt-pipeline run recipe.yaml
    """
    _run(open_context(recipe, workspace, device), as_json)


def plan(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tell what a run would still have to do.

    Rows and bytes by stage; needs no torch and makes nothing.

    Example: mmpt-pipeline plan recipe.yaml
    """
    from pipeline.cli.output import print_json
    from pipeline.cli.tables import plan_table
    from pipeline.stages.plan import plan_run

    steps = plan_run(open_context(recipe, workspace))
    if as_json:
        print_json([vars(step) for step in steps])
    else:
        plan_table(steps)


def demo(workspace: WorkspaceOption = None, device: DeviceOption = "auto", as_json: JsonOption = False) -> None:
    """Run everything once in the miniature world.

    Class names in, report out, in minutes on two cores.

    Example: mmpt-pipeline demo
    """
    _run(open_context("miniature", workspace, device), as_json)


def _run(context: "Context", as_json: bool) -> None:
    from pipeline.cli.output import print_json, print_rich
    from pipeline.evaluation import render_table
    from pipeline.stages.whole import run_recipe

    outcome = run_recipe(context)
    if as_json:
        print_json({"report": str(outcome.report), "result": json.loads(outcome.result.to_json())})
        return
    print_rich(render_table(outcome.result))
    print(f"Report: {outcome.report.resolve()}")
