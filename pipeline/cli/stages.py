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
    meant_recipe,
    open_bound,
)


def generate_texts(
    recipe: RecipeArgument = None,
    workspace: WorkspaceOption = None,
    device: DeviceOption = "auto",
    processes: ProcessesOption = None,
    dask: DaskOption = None,
    as_json: JsonOption = False,
    classes: Annotated[
        int | None,
        typer.Option(
            "--try",
            min=1,
            metavar="N",
            show_default=False,
            help="Ask about N classes only, show answers and yield, store nothing.",
        ),
    ] = None,
) -> None:
    """Let the LLM write sentences for the classes.

    Only classes that lack some are asked for.

    Example: mmpt-pipeline generate-texts recipe.yaml --try 3
    """
    if classes is not None:
        from pipeline.cli.trying import show_trials

        show_trials(open_bound(recipe, workspace, device), classes, as_json)
        return
    from pipeline.cli.output import print_json, print_rich
    from pipeline.cli.warned import tell_warnings
    from pipeline.runner.choose import open_runner
    from pipeline.stages.generate import generate
    from pipeline.text.summary import render_summary

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        summaries = generate(bound)
    if as_json:
        print_json({modality: asdict(summary) for modality, summary in summaries.items()})
    else:
        print_rich(*(render_summary(summary) for summary in summaries.values()))
    tell_warnings(bound.warnings("generate"), meant_recipe(recipe))


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
    from pipeline.cli.warned import tell_warnings
    from pipeline.runner.choose import open_runner
    from pipeline.stages.cache import cache

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        summaries = cache(bound)
    if as_json:
        print_json({source: asdict(summary) for source, summary in summaries.items()})
    else:
        cache_table(summaries)
    tell_warnings(bound.warnings("cache"), meant_recipe(recipe))


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
    from pipeline.cli.warned import tell_warnings, with_warnings
    from pipeline.runner.choose import open_runner
    from pipeline.stages.train import train as train_stage
    from pipeline.tasks.registry import task_of

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        summary = train_stage(bound)
    task, alarms = task_of(bound.recipe), bound.warnings("train")
    if as_json:
        print_json(with_warnings(task.values(bound, "train", summary), alarms))
    else:
        print_rich(*task.tables(bound, "train", summary))
    tell_warnings(alarms, meant_recipe(recipe))


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
    from pipeline.cli.warned import tell_warnings, with_warnings
    from pipeline.evaluation import render_class_table
    from pipeline.runner.choose import open_runner
    from pipeline.stages.evaluate import evaluate as evaluate_stage
    from pipeline.tasks.registry import task_of

    with open_runner(processes, dask) as runner:
        bound = open_bound(recipe, workspace, device, runner)
        result = evaluate_stage(bound)
    task, alarms = task_of(bound.recipe), bound.warnings()
    if as_json:
        print_json(with_warnings(task.values(bound, "evaluate", result), alarms))
    else:
        print_rich(*task.tables(bound, "evaluate", result))
        if per_class:
            print_rich(*(render_class_table(modality) for modality in getattr(result, "modalities", ())))
    tell_warnings(alarms, meant_recipe(recipe))


def report(recipe: RecipeArgument = None, workspace: WorkspaceOption = None, device: DeviceOption = "auto") -> None:
    """Draw the run as one HTML file.

    It holds its pictures; open it in any browser.

    Example: mmpt-pipeline report recipe.yaml
    """
    from pipeline.cli.output import say
    from pipeline.stages.report import report as report_stage

    say(report_stage(open_bound(recipe, workspace, device)))
