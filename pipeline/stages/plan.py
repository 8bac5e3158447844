"""What a run would still have to do, told without torch. It writes nothing but the memory of file hashes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.alarms.disk_too_small import disk_too_small
from pipeline.caching.needs import Input
from pipeline.datasets.aside import total
from pipeline.runs.bound import Bound
from pipeline.runs.measured import measured
from pipeline.runs.work import Step, Trial, Unit
from pipeline.stages.warn import found_after
from pipeline.tasks.base import Task
from pipeline.tasks.registry import task_of
from stores.address import is_remote
from stores.disk import free_bytes

Took = Callable[[str], float | None]
"""Fingerprint -> seconds of a row or an epoch; None where nobody knows."""


def plan_run(bound: Bound[Any]) -> list[Step]:
    """Every step of the recipe, in order.

    Raises:
        MmptError: recipe and data do not fit.
    """
    bound, task = bound.without_drawing(), task_of(bound.recipe)
    task.check(bound)
    took = measured(bound)
    return [
        *task.preparation(bound),
        *(_cached(bound, task, each, took) for each in task.inputs(bound)),
        *_trained(bound, task, task.units(bound), took),
        *task.extras(bound),
        *_judged(bound, task, task.trials(bound)),
    ]


def foreseen(bound: Bound[Any], steps: Sequence[Step] = ()) -> list[Alarm]:
    """What will go wrong, as far as it can be told before anything is made.

    Args:
        bound: the recipe.
        steps: of its plan; the disk is held against them.
    """
    space = free_space(bound)
    full = disk_too_small(to_write(steps), space, str(bound.recipe.workspace)) if space is not None else ()
    return [*found_after(bound.without_drawing(), "plan"), *(replace(alarm, stage="plan") for alarm in full)]


def to_write(steps: Sequence[Step]) -> int:
    """Bytes that steps still write, about."""
    return sum(step.bytes for step in steps)


def free_space(bound: Bound[Any]) -> int | None:
    """Bytes that are free in the workspace; None of object storage, and where that cannot be told."""
    place = bound.recipe.workspace
    return None if is_remote(place) else free_bytes(Path(place) / "file")


def of_step(step: Step, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Those alarms that were foreseen of this step: they are about what is written, modality by modality."""
    of_sentences = step.stage == "generate-texts"
    return [alarm for alarm in alarms if of_sentences and alarm.stage == "plan" and step.what == alarm.modality]


def _cached(bound: Bound[Any], task: Task[Any], wanted: Input, took: Took) -> Step:
    artifact, keys = bound.store.artifact(wanted.need.spec(bound.recipe.cache)), wanted.keys
    missing = len(artifact.missing(keys)) + wanted.to_come
    rejected = len(set(keys) & {row.key for row in artifact.rejected()})
    absent = total(wanted.aside, "absent")
    counts = {task.rejected: rejected, "cannot be read": len(wanted.unreadable) - absent, "absent": absent}
    counts |= {what: total(wanted.aside, what) for what in ("unlabelled", "strange", "passed over")}
    notes = [wanted.note, *(f"{count} {what}" for what, count in counts.items() if count)]
    size, told = missing * wanted.row_bytes, "; ".join(filter(None, notes))
    count = len(keys) + wanted.to_come
    seconds = _seconds(took, artifact.spec.fingerprint, missing)
    return Step(task.words["cache"], wanted.what, count, missing, size, told, wanted.unreadable, wanted.aside, seconds)


def _trained(bound: Bound[Any], task: Task[Any], units: Sequence[Unit], took: Took) -> Iterator[Step]:
    for what, found in groupby(units, lambda unit: unit.what):
        same = list(found)
        lacking = [unit.epochs - unit.done(bound.store) for unit in same]
        missing, size = sum(lacking), sum(unit.bytes_of(count) for unit, count in zip(same, lacking, strict=True))
        known = next(filter(None, (took(unit.spec.fingerprint) for unit in same)), None) if missing else None
        seconds = None if known is None else known * missing
        yield Step(
            task.words["train"], what, sum(unit.epochs for unit in same), missing, size, same[0].note, seconds=seconds
        )


def _seconds(took: Took, fingerprint: str, missing: int) -> float | None:
    each = took(fingerprint) if missing else None
    return None if each is None else each * missing


def _judged(bound: Bound[Any], task: Task[Any], trials: Sequence[Trial]) -> Iterator[Step]:
    for what, found in groupby(trials, lambda trial: trial.what):
        same = list(found)
        lacking = [trial for trial in same if not trial.is_done(bound.store)]
        wanted, missing = (sum(trial.rows for trial in each) for each in (same, lacking))
        size = sum(trial.row_bytes for trial in lacking)
        yield Step(task.words["evaluate"], what, wanted, missing, size, same[0].note)
