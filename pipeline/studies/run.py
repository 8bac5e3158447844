"""Running a study: one recipe a row, in one workspace, so that rows share texts and features."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.evaluation import EvaluationResult
from pipeline.progress import Progress
from pipeline.recipe.load import labels_of, parse_recipe, recipe_text
from pipeline.recipe.schema import Recipe
from pipeline.stages.context import Context
from pipeline.stages.on_worker import with_absolute_paths
from pipeline.studies.figures import Figure, row_figures
from pipeline.studies.merge import merged, with_only
from pipeline.studies.parts import OldClasses, judge_parts
from pipeline.studies.presets import with_preset
from pipeline.studies.schema import Row, Run, Study
from pipeline.studies.settings import Settings
from pipeline.studies.stand_in import stand_in, write_external_scores
from stores.errors import MmptError


@dataclass(frozen=True)
class RowResult:
    """What came of a row.

    Attributes:
        name: the row's.
        figures: ours beside the paper's; empty where the row could not be run.
        problem: why it could not be run; else empty.
    """

    name: str
    figures: tuple[Figure, ...]
    problem: str = ""


def run_study(name: str, study: Study, settings: Settings, progress: Progress) -> Iterator[RowResult]:
    """Run the rows one after the other; one that lacks its data or weights does not stop the others."""
    for number, row in enumerate(study.rows, start=1):
        progress.say(f"{name}, row {number} of {len(study.rows)}: {row.name}")
        try:
            context, result = _run(name, number, study, settings, progress)
            old = _old_classes(name, row, study, settings)
            parts = judge_parts(context, old) if row.old or row.new else None
            yield RowResult(row.name, tuple(row_figures(row, result, old, parts)))
        except MmptError as error:
            progress.say(f"row {number} was left out: {error}")
            yield RowResult(row.name, (), str(error))


def row_content(name: str, number: int, study: Study, settings: Settings) -> dict[str, Any]:
    """The recipe of a row, counted from 1, as plain content that can be written down; not checked yet."""
    return _content(f"{name}-{number}", study, study.rows[number - 1], settings)


def _run(
    name: str, number: int, study: Study, settings: Settings, progress: Progress
) -> tuple[Context, EvaluationResult]:
    first = study.rows[number - 1].first
    if first is not None:
        _stages(_checked(_content(f"{name}-{number}", study, first, settings)), settings, progress)
    return _stages(_checked(row_content(name, number, study, settings)), settings, progress)


def _stages(recipe: Recipe, settings: Settings, progress: Progress) -> tuple[Context, EvaluationResult]:
    from pipeline.stages.cache import cache
    from pipeline.stages.evaluate import evaluate
    from pipeline.stages.generate import generate
    from pipeline.stages.train import train

    recipe = recipe if settings.runner is None else with_absolute_paths(recipe)
    context = Context(recipe, settings.device, progress, runner=settings.runner)
    if settings.miniature:
        write_external_scores(context)
    generate(context)
    cache(context)
    train(context)
    return context, evaluate(context)


def _old_classes(name: str, row: Row, study: Study, settings: Settings) -> OldClasses:
    """The classes of the run that came before, or that the row only compares with."""
    before = row.apart or row.first
    return labels_of(_checked(_content(name, study, before, settings))) if before else {}


def _content(name: str, study: Study, run: Run, settings: Settings) -> dict[str, Any]:
    content = merged(merged(yaml.safe_load(recipe_text(study.recipe)), study.change), run.change)
    content = with_only(content, run.only)
    if settings.preset:
        content = with_preset(content, settings.preset)
    places = settings.places
    content = stand_in(content, places.workspace) if settings.miniature else places.put(content)
    return {**content, "name": name, "workspace": str(places.workspace)}


def _checked(content: dict[str, Any]) -> Recipe:
    return parse_recipe(yaml.safe_dump(content), where=f"recipe '{content['name']}'", base=Path())
