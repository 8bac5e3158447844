"""Whole runs: `run`, `plan`, `demo`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli.options import (
    DaskOption,
    DeviceOption,
    JsonOption,
    ProcessesOption,
    RecipeArgument,
    WorkspaceOption,
    meant_recipe,
    open_context,
    open_task,
)

if TYPE_CHECKING:
    from pipeline.stages.context import Context
    from pipeline.stages.plan import Step


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
    from pipeline.few_shot.kind import is_few_shot
    from pipeline.runner.choose import open_runner

    meant = meant_recipe(recipe)
    with open_runner(processes, dask) as runner:
        if is_few_shot(meant):
            run_and_print(open_task(meant, workspace, device, runner=runner), as_json)
        else:
            _run(open_context(meant, workspace, device, runner), as_json)


def plan(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, as_json: JsonOption = False) -> None:
    """Tell what a run would still have to do.

    Rows and bytes by stage; needs no torch and makes nothing.

    Example: mmpt-pipeline plan recipe.yaml
    """
    from dataclasses import asdict

    from pipeline.cli.output import print_json
    from pipeline.cli.tables import plan_table
    from pipeline.few_shot.kind import is_few_shot

    meant = meant_recipe(recipe)
    steps = _plan_few_shot(meant, workspace) if is_few_shot(meant) else _plan(meant, workspace)
    if as_json:
        print_json([asdict(step) for step in steps])
    else:
        plan_table(steps)


def demo(workspace: WorkspaceOption = None, device: DeviceOption = "auto", as_json: JsonOption = False) -> None:
    """Run everything once in the miniature world.

    Class names in, report out, in minutes on two cores.

    Example: mmpt-pipeline demo
    """
    _run(open_context("miniature", workspace, device), as_json)


def _plan(recipe: str, workspace: Path | None) -> "list[Step]":
    from pipeline.stages.plan import plan_run

    return plan_run(open_context(recipe, workspace))


def _plan_few_shot(recipe: str, workspace: Path | None) -> "list[Step]":
    from pipeline.few_shot.plan import plan_few_shot

    return plan_few_shot(open_task(recipe, workspace, draws=False))


def _run(context: "Context", as_json: bool) -> None:
    from dataclasses import asdict

    from pipeline.cli.output import print_json, print_rich
    from pipeline.cli.tables import aside_table, unreadable_table
    from pipeline.evaluation import render_table
    from pipeline.stages.whole import run_recipe

    outcome = run_recipe(context)
    if as_json:
        values = {"report": str(outcome.report), "result": json.loads(outcome.result.to_json())}
        aside = {modality: list(map(asdict, found)) for modality, found in outcome.aside.items()}
        print_json(values | {"unreadable": outcome.unreadable, "aside": aside})
        return
    print_rich(render_table(outcome.result))
    unreadable_table(outcome.unreadable)
    aside_table(outcome.aside)
    print(f"Report: {outcome.report.resolve()}")
