"""One flow a stage, and one for a whole recipe. Each returns what a program needs to go on: fingerprints and counts.

Parameters are plain strings, so that Prefect's form shows them and its database holds no data of ours.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow

from pipeline.progress import Progress
from pipeline.recipe import load_recipe
from pipeline.stages.context import Context


@flow(name="generate-texts", persist_result=False)
def generate_texts(recipe: str = "miniature", workspace: str | None = None, device: str = "auto") -> dict[str, Any]:
    """Let the LLM write training sentences for every class that lacks some."""
    from pipeline.stages.generate import generate

    return {modality: asdict(summary) for modality, summary in generate(_context(recipe, workspace, device)).items()}


@flow(name="cache-features", persist_result=False)
def cache_features(recipe: str = "miniature", workspace: str | None = None, device: str = "auto") -> dict[str, Any]:
    """Encode sentences, class names and media once with the frozen encoders."""
    from pipeline.stages.cache import cache

    return {source: asdict(summary) for source, summary in cache(_context(recipe, workspace, device)).items()}


@flow(name="train", persist_result=False)
def train(recipe: str = "miniature", workspace: str | None = None, device: str = "auto") -> dict[str, Any]:
    """Learn prompt pools from the cached text features."""
    from pipeline.stages.train import train as train_stage

    return asdict(train_stage(_context(recipe, workspace, device)))


@flow(name="run-recipe", persist_result=False)
def run_recipe(recipe: str = "miniature", workspace: str | None = None, device: str = "auto") -> dict[str, Any]:
    """Run every stage of a recipe; what is already there is not done again."""
    from pipeline.stages.whole import run_recipe as run_stages

    outcome = run_stages(_context(recipe, workspace, device))
    return {"report": str(outcome.report), "result": outcome.result.model_dump(mode="json")}


def _context(recipe: str, workspace: str | None, device: str) -> Context:
    return Context(load_recipe(recipe, Path(workspace) if workspace else None), device, Progress.on_stderr())
