"""One flow a stage, one for a whole recipe, one for new classes. Each returns what a program needs to go on: names and counts.

Parameters are plain strings, so that Prefect's form shows them and its database holds no data of ours, nor secrets in errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from flows import page
from flows.progress import run_progress
from flows.redaction import without_secrets
from flows.retry import as_task
from pipeline.alarms import as_values
from pipeline.cli.options import open_bound
from pipeline.run.bound import Bound
from pipeline.runner.choose import open_runner
from pipeline.stages.steps import Found, Stage, plainly
from pipeline.tasks.registry import task_of
from pipeline.telemetry.secrets import redact

Recipe = Annotated[str | None, Field(min_length=1, examples=["recipe.yaml", "miniature"])]
Workspace = Annotated[str | None, Field(min_length=1, examples=["workspace"])]
Device = Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$", examples=["auto", "cpu", "cuda:0"])]
Dask = Annotated[
    str | None, Field(pattern=r"^(local:[1-9]\d*|[a-z]+://.+)$", examples=["tcp://scheduler:8786", "local:2"])
]
Reason = Annotated[str, Field(max_length=200)]


@flow(name="generate-texts", persist_result=False)
@without_secrets()
def generate_texts(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Let the LLM write training sentences for every class that lacks some.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where the model runs: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.generate import generate

    with _context(recipe, workspace, device, dask) as context:
        summaries = _step("generate", generate)(context)
        page.show(context, "generate", summaries)
        page.show_warnings(context, "generate")
    return {modality: asdict(summary) for modality, summary in summaries.items()}


@flow(name="cache-features", persist_result=False)
@without_secrets()
def cache_features(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Encode sentences, class names and media once with the frozen encoders.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where the encoders run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.cache import cache

    with _context(recipe, workspace, device, dask) as context:
        summaries = _step("cache", cache)(context)
        page.show_features(context, summaries)
        page.show_warnings(context, "cache")
    return {source: asdict(summary) for source, summary in summaries.items()}


@flow(name="train", persist_result=False)
@without_secrets()
def train(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Learn prompt pools from the cached text features.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where it is learned: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.train import train as train_stage

    with _context(recipe, workspace, device, dask) as context:
        summary = _step("train", train_stage)(context)
        page.show(context, "train", summary)
        alarms = page.show_warnings(context, "train")
        return {**task_of(context.recipe).values(context, "train", summary), "warnings": as_values(alarms)}


@flow(name="evaluate", persist_result=False)
@without_secrets()
def evaluate(recipe: Recipe = None, workspace: Workspace = None, dask: Dask = None) -> dict[str, Any]:
    """Judge the learned pools on media, beside the zero-shot baselines of the same encoders.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.evaluate import evaluate as evaluate_stage

    with _context(recipe, workspace, "cpu", dask) as context:
        result = _step("evaluate", evaluate_stage)(context)
        page.show(context, "evaluate", result)
        page.show_warnings(context)
    return dict(result.brief())


@flow(name="run-recipe", persist_result=False)
@without_secrets()
def run_recipe(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Run every stage of a recipe, whichever kind it is; what is already there is not done again.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where models run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.whole import run_recipe as run_stages

    with _context(recipe, workspace, device, dask) as context:
        outcome = run_stages(context, _step)
        page.show(context, "evaluate", outcome.result)
        alarms = page.show_warnings(context)
        values = task_of(context.recipe).values(context, "evaluate", outcome.result)
    return {"report": str(outcome.report), "result": values, "warnings": as_values(alarms)}


@flow(name="refresh", persist_result=False)
@without_secrets()
def refresh(
    recipe: Recipe = None,
    workspace: Workspace = None,
    device: Device = "auto",
    dask: Dask = None,
    reason: Reason = "asked for",
) -> State[dict[str, Any]]:
    """Learn new classes only, judge them beside the published pools, and publish them if no old class suffers.

    The run ends as Completed; as Kept (a completed state, too) when the old pools were kept.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where models run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
        reason: Why this run was started; for the log only.
    """
    from pipeline.stages.refresh import refresh as refresh_stage

    with _context(recipe, workspace, device, dask) as context:
        context.progress.say(f"refresh of '{context.recipe.name}': {reason}")
        outcome = refresh_stage(context, _step)
        page.show_refresh(context, outcome)
        page.show_warnings(context)
    name = "Kept" if outcome.verdict == "kept" else "Completed"
    return Completed(name=name, message=redact(f"{outcome.verdict}: {outcome.why}"), data=asdict(outcome))


def _step(name: str, stage: Stage[Found]) -> Stage[Found]:
    """A task where a run is under way; without one the stage itself."""
    return (as_task if page.in_run() else plainly)(name, stage)


@contextmanager
def _context(recipe: str | None, workspace: str | None, device: str, dask: str | None) -> Iterator[Bound[Any]]:
    with open_runner(None, dask) as runner:
        context = open_bound(recipe, Path(workspace) if workspace else None, device, runner)
        yield replace(context, progress=run_progress())
