"""One flow a stage, one for a whole recipe, one for what failed, one for new classes.

Each returns what a program needs to go on: names and counts.
"""

from dataclasses import asdict
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import page
from flows.opened import Dask, Device, Reason, Recipe, Workspace, opened, step
from flows.redaction import without_secrets
from pipeline.alarms import as_values
from pipeline.tasks.registry import task_of
from pipeline.telemetry.secrets import redact


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

    with opened(recipe, workspace, device, dask) as context:
        summaries = step("generate", generate)(context)
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

    with opened(recipe, workspace, device, dask) as context:
        summaries = step("cache", cache)(context)
        page.show_features(context, summaries)
        page.show_warnings(context, "cache")
    return {source: asdict(summary) for source, summary in summaries.items()}


@flow(name="train", persist_result=False)
@without_secrets()
def train(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Learn from what was encoded.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where it is learned: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.train import train as train_stage

    with opened(recipe, workspace, device, dask) as context:
        summary = step("train", train_stage)(context)
        page.show(context, "train", summary)
        page.show_warnings(context, "train")
        return dict(task_of(context.recipe).values(context, "train", summary))


@flow(name="evaluate", persist_result=False)
@without_secrets()
def evaluate(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "cpu", dask: Dask = None
) -> dict[str, Any]:
    """Judge what was learned, beside the zero-shot baselines of the same encoders.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where few-shot methods are judged, cpu, cuda:0 and so on; what learned from sentences needs no GPU.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    from pipeline.stages.evaluate import evaluate as evaluate_stage

    with opened(recipe, workspace, device, dask) as context:
        result = step("evaluate", evaluate_stage)(context)
        page.show(context, "evaluate", result)
        page.show_warnings(context)
    return dict(result.brief())


@flow(name="report", persist_result=False)
@without_secrets()
def report(recipe: Recipe = None, workspace: Workspace = None) -> dict[str, str]:
    """Draw the run as one HTML file in the workspace, if it is not there as it should be.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
    """
    from pipeline.stages.report import report as report_stage

    with opened(recipe, workspace, "cpu") as context:
        return {"report": str(step("report", report_stage)(context))}


@flow(name="run", persist_result=False)
@without_secrets()
def run(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """Run every stage of a recipe, whichever kind it is; what is already there is not done again.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where models run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    return _run(recipe, workspace, device, dask)


@flow(name="run-recipe", persist_result=False)
@without_secrets()
def run_recipe(
    recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto", dask: Dask = None
) -> dict[str, Any]:
    """The same as `run`, under the name that it had; it goes away with the next release.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where models run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
        dask: Address of a Dask scheduler whose workers do the work, or local:N for N processes. Empty: this machine does it.
    """
    return _run(recipe, workspace, device, dask)


@flow(name="retry", persist_result=False)
@without_secrets()
def retry(recipe: Recipe = None, workspace: Workspace = None, device: Device = "auto") -> State[list[dict[str, Any]]]:
    """Try again files that were rejected, and queries of which no sentence was kept.

    The run ends as Completed; as Failing (a completed state, too) when some fail still.

    Args:
        recipe: A recipe file on the worker's machine, or a shipped recipe's name. Empty: recipe.yaml, else "miniature".
        workspace: Folder of the artifacts, instead of the recipe's own.
        device: Where models run: auto, cpu, cuda, cuda:0, cuda:1 and so on.
    """
    from pipeline.operations.retry import retry_failed

    with opened(recipe, workspace, device, draws=False) as context:
        found = step("retry", retry_failed)(context)
        rows = [{**vars(each), "mended": each.mended} for each in found]
        page.show_rows(context.recipe.name, "retry", rows, "Tried again")
    tried, failing = (sum(getattr(each, name) for each in found) for name in ("tried", "failing"))
    message = f"{failing:,} of {tried:,} fail still" if tried else "nothing had failed"
    return Completed(name="Failing" if failing else "Completed", message=message, data=rows)


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

    with opened(recipe, workspace, device, dask) as context:
        context.progress.say(f"refresh of '{context.recipe.name}': {reason}")
        outcome = refresh_stage(context, step)
        page.show_refresh(context, outcome)
        page.show_warnings(context)
    name = "Kept" if outcome.verdict == "kept" else "Completed"
    return Completed(name=name, message=redact(f"{outcome.verdict}: {outcome.why}"), data=asdict(outcome))


def _run(recipe: str | None, workspace: str | None, device: str, dask: str | None) -> dict[str, Any]:
    from pipeline.stages.whole import run_recipe as run_stages

    with opened(recipe, workspace, device, dask) as context:
        outcome = run_stages(context, step)
        page.show(context, "evaluate", outcome.result)
        page.show_warnings(context)
        values = task_of(context.recipe).values(context, "evaluate", outcome.result)
        alarms = as_values(context.warnings())
    return {"report": str(outcome.report), "result": values, "warnings": alarms}
