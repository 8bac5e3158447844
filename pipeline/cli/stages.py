"""One command a stage."""

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.cli.options import (
    DaskOption,
    DeviceOption,
    JsonOption,
    ProcessesOption,
    RecipeArgument,
    WorkspaceOption,
    open_bound,
)


def generate_texts(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the LLM write sentences for the classes.

    Only classes that lack some are asked for.

    Example: mmpt-pipeline generate-texts recipe.yaml
    """
    from pipeline.cli.output import print_json, print_rich
    from pipeline.runner.choose import open_runner
    from pipeline.stages.generate import generate
    from pipeline.text.summary import render_summary

    with open_runner(processes, dask) as runner:
        summaries = generate(open_bound(recipe, workspace, device, runner))
    if as_json:
        print_json({modality: asdict(summary) for modality, summary in summaries.items()})
    else:
        print_rich(*(render_summary(summary) for summary in summaries.values()))


def cache_features(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Encode texts and media, once.

    Sentences, class names and media go through the frozen encoders.

    Example: mmpt-pipeline cache-features recipe.yaml --device cuda --dask tcp://HOST:8786
    """
    from dataclasses import asdict

    from pipeline.cli.output import print_json
    from pipeline.cli.tables import cache_table
    from pipeline.runner.choose import open_runner
    from pipeline.stages.cache import cache

    with open_runner(processes, dask) as runner:
        summaries = cache(open_bound(recipe, workspace, device, runner))
    if as_json:
        print_json({source: asdict(summary) for source, summary in summaries.items()})
    else:
        cache_table(summaries)


def train(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from cached features.

    Example: mmpt-pipeline train recipe.yaml
    """
    from pipeline.cli.output import print_json, print_rich
    from pipeline.runner.choose import open_runner
    from pipeline.stages.train import train as train_stage
    from pipeline.tasks.registry import task_of

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        summary = train_stage(bound)
    task = task_of(bound.recipe)
    if as_json:
        print_json(task.values(bound, "train", summary))
    else:
        print_rich(*task.tables(bound, "train", summary))


def evaluate(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
    per_class: Annotated[bool, typer.Option("--per-class", help="Show every class as well.")] = False,
) -> None:
    """Judge what was learned beside zero-shot.

    The baselines are the same encoders with one template, and with the ensemble of templates where there is one.

    Example: mmpt-pipeline evaluate recipe.yaml --per-class
    """
    from pipeline.cli.output import print_json, print_rich
    from pipeline.evaluation import render_class_table
    from pipeline.runner.choose import open_runner
    from pipeline.stages.evaluate import evaluate as evaluate_stage
    from pipeline.tasks.registry import task_of

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        result = evaluate_stage(bound)
    task = task_of(bound.recipe)
    if as_json:
        print_json(task.values(bound, "evaluate", result))
        return
    print_rich(*task.tables(bound, "evaluate", result))
    if per_class:
        print_rich(*(render_class_table(modality) for modality in getattr(result, "modalities", ())))


def report(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, device: DeviceOption = "auto") -> None:
    """Draw the run as one HTML file.

    It holds its pictures; open it in any browser.

    Example: mmpt-pipeline report recipe.yaml
    """
    from pipeline.cli.output import say
    from pipeline.stages.report import report as report_stage

    say(report_stage(open_bound(recipe, workspace, device)))
