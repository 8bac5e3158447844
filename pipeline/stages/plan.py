"""What a run would still have to do, told without torch. It writes nothing but the memory of file hashes."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.datasets.aside import total
from pipeline.runs.bound import Bound
from pipeline.runs.work import Step, Trial, Unit
from pipeline.stages.warn import found_after
from pipeline.tasks.base import Task
from pipeline.tasks.registry import task_of


def plan_run(bound: Bound[Any]) -> list[Step]:
    """Every step of the recipe, in order.

    Raises:
        MmptError: recipe and data do not fit.
    """
    bound, task = bound.without_drawing(), task_of(bound.recipe)
    task.check(bound)
    return [
        *task.preparation(bound),
        *(_cached(bound, task, each) for each in task.inputs(bound)),
        *_trained(bound, task, task.units(bound)),
        *task.extras(bound),
        *_judged(bound, task, task.trials(bound)),
    ]


def foreseen(bound: Bound[Any]) -> list[Alarm]:
    """What will go wrong, as far as it can be told before anything is made."""
    return found_after(bound.without_drawing(), "plan")


def of_step(step: Step, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Those alarms that were foreseen of this step: they are about what is written, modality by modality."""
    of_sentences = step.stage == "generate-texts"
    return [alarm for alarm in alarms if of_sentences and alarm.stage == "plan" and step.what == alarm.modality]


def _cached(bound: Bound[Any], task: Task[Any], wanted: Input) -> Step:
    artifact, keys = bound.store.artifact(wanted.need.spec(bound.recipe.cache)), wanted.keys
    missing = len(artifact.missing(keys)) + wanted.to_come
    rejected = len(set(keys) & {row.key for row in artifact.rejected()})
    absent = total(wanted.aside, "absent")
    counts = {task.rejected: rejected, "cannot be read": len(wanted.unreadable) - absent, "absent": absent}
    counts |= {what: total(wanted.aside, what) for what in ("unlabelled", "strange", "passed over")}
    notes = [wanted.note, *(f"{count} {what}" for what, count in counts.items() if count)]
    size, told = missing * wanted.row_bytes, "; ".join(filter(None, notes))
    count = len(keys) + wanted.to_come
    return Step(task.words["cache"], wanted.what, count, missing, size, told, wanted.unreadable, wanted.aside)


def _trained(bound: Bound[Any], task: Task[Any], units: Sequence[Unit]) -> Iterator[Step]:
    for what, found in groupby(units, lambda unit: unit.what):
        same = list(found)
        wanted = sum(unit.epochs for unit in same)
        missing = wanted - sum(unit.done(bound.store) for unit in same)
        yield Step(task.words["train"], what, wanted, missing, missing * same[0].epoch_bytes, same[0].note)


def _judged(bound: Bound[Any], task: Task[Any], trials: Sequence[Trial]) -> Iterator[Step]:
    for what, found in groupby(trials, lambda trial: trial.what):
        same = list(found)
        lacking = [trial for trial in same if not trial.is_done(bound.store)]
        wanted, missing = (sum(trial.rows for trial in each) for each in (same, lacking))
        size = sum(trial.row_bytes for trial in lacking)
        yield Step(task.words["evaluate"], what, wanted, missing, size, same[0].note)
