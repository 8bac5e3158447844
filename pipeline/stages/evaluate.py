"""Stage 4: judge what was learned, always beside the frozen encoder alone."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from pipeline.runs.bound import Bound
from pipeline.runs.work import Trial
from pipeline.stages.warn import warn
from pipeline.stages.work import Job, done, elsewhere
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_stage


@recorded_stage("evaluate", lambda found: found.counts)
def evaluate(bound: Bound[Any]) -> Any:
    """The result, computed or read back.

    Raises:
        MmptError: something is not learned to its last epoch, or has no features.
    """
    task = task_of(bound.recipe)
    lacking = [trial for trial in task.trials(bound) if not trial.is_done(bound.store)]
    there = elsewhere(bound, task.judges_on)
    jobs = [Job("judge", there, trials[0].unit, trials) for trials in _by_unit(lacking)]
    for job, _ in done(bound, jobs, "judge"):
        for trial in job.trials:
            if trial.spec is not None and (name := task.entry(trial)) is not None:
                bound.note({name: trial.spec.fingerprint})
    result = task.judged(bound)
    warn(bound, "evaluate", result)
    return result


def _by_unit(trials: Iterable[Trial]) -> list[list[Trial]]:
    """Trials that one worker does with one set of learned numbers."""
    return [list(found) for _, found in groupby(trials, lambda trial: trial.unit and trial.unit.name)]
