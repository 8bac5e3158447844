"""What the report of a few-shot run shows. Free of torch, and nothing is made for it: pictures were made while judging."""

from typing import Any

from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.registry import method_of
from pipeline.report.data import as_yaml, lineage_entry
from pipeline.report.few_shot import FewShotReportData, LearnedMethod
from pipeline.runs.licences import told_of
from pipeline.runs.timing import seconds_of
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.pictures import picture_artifacts, read_pictures
from pipeline.tasks.few_shot.recipe import ZERO_SHOT
from pipeline.tasks.few_shot.result import FewShotResult, read_result
from pipeline.tasks.few_shot.work import trials, unit_of, units
from pipeline.training.checkpoint import Checkpoints
from stores.address import Location

REPORT_VERSION = 2
"""Raise it when the same run would be drawn otherwise."""


def shows(task: BoundFewShot) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    made = [trial.spec.fingerprint for trial in trials(task) if trial.spec] + [u.spec.fingerprint for u in units(task)]
    pictures = [artifact.spec.fingerprint for artifact in picture_artifacts(task)]
    return [REPORT_VERSION, sorted(made), sorted(pictures), _recipe(task)]


def draw(task: BoundFewShot, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.few_shot.page import write_few_shot_page

    write_few_shot_page(_data(task, read_result(task)), path)


def _recipe(task: BoundFewShot) -> dict[str, object]:
    return task.recipe.model_dump(mode="json", exclude={"workspace"})


def _data(task: BoundFewShot, result: FewShotResult) -> FewShotReportData:
    learned = [_learned(task, result, name) for name in task.recipe.methods]
    zero_shot = LearnedMethod(ZERO_SHOT, 0, [run.accuracies for run in result.runs[ZERO_SHOT]])
    checkpoints = [
        lineage_entry(f"{unit.method}, seed {unit.seed}", task.store.artifact(unit.spec)) for unit in units(task)
    ]
    return FewShotReportData(
        recipe_name=task.recipe.name,
        recipe_yaml=as_yaml(_recipe(task)),
        test_sets=tuple(task.test_sets),
        others=result.others,
        methods=[zero_shot, *learned],
        seen=read_pictures(task),
        lineage=[*checkpoints, *(lineage_entry(_WHAT[each.spec.kind], each) for each in picture_artifacts(task))],
        facts=_facts(task),
        warnings=task.warnings(),
    )


def losses_of(task: BoundFewShot, method: str) -> list[list[float]]:
    """The loss of every step of a learned method, a list a seed."""
    found = [task.store.artifact(unit_of(task, method, seed).spec) for seed in task.recipe.seeds]
    return [list(Checkpoints(artifact).history().get("loss", [])) for artifact in found]


def _learned(task: BoundFewShot, result: FewShotResult, name: str) -> LearnedMethod:
    config, losses = task.recipe.methods[name], losses_of(task, name)
    return LearnedMethod(
        name=name,
        trainable=result.trainable[name],
        accuracies=[run.accuracies for run in result.runs[name]],
        losses=losses,
        seconds=[seconds_of(task, unit_of(task, name, seed).spec.fingerprint) for seed in task.recipe.seeds],
        steps=len(losses[0]) // method_of(config).fit(config).epochs,
        unanswered=result.unanswered.get(name, {}),
        late=config.late if isinstance(config, PromptConfig) else None,
    )


def _facts(task: BoundFewShot) -> dict[str, str]:
    learned = task.shots(task.recipe.seeds[0])
    judged = {name: task.judged(name) for name in task.test_sets}
    places = {"data": task.recipe.data, **{f"data {name}": each for name, each in task.recipe.judge_on.items()}}
    return {
        "encoder": task.recipe.encoder,
        "learned from": f"{len(learned.rows):,} {task.files} of {len(learned.classes):,} classes a seed ({learned.layout})",
        "judged": "; ".join(
            f"{n}: {len(x.rows):,} {task.files} of {len(x.classes):,} classes" for n, x in judged.items()
        ),
        "seeds": ", ".join(map(str, task.recipe.seeds)),
        **told_of([task.card], {name: each.model_dump(mode="json") for name, each in places.items()}),
    }


_WHAT = {
    "few-shot-confidences": "confidence of the true class by iteration",
    "few-shot-attention": "attention of the class token",
}
