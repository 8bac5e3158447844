"""Stage 3: learn, from what was encoded."""

import time
from typing import Any

from pipeline.runs.bound import Bound
from pipeline.runs.measured import seconds_each
from pipeline.stages.warn import warn
from pipeline.stages.work import Job, done, elsewhere
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_stage


@recorded_stage("train", lambda found: found.counts)
def train(bound: Bound[Any]) -> Any:
    """Learn, or go on learning; does nothing for what is learned to its last epoch.

    Raises:
        MmptError: recipe and data do not fit, or something is not encoded yet.
    """
    task = task_of(bound.recipe)
    jobs = [Job("learn", elsewhere(bound), unit) for unit in task.lacking(bound)]
    epochs: dict[str, int] = {}
    start = time.perf_counter()
    for job, count in done(bound, jobs, "learn"):
        assert job.unit is not None
        epochs[job.unit.name] = count
        if (name := task.entry(job.unit)) is not None:
            found = job.unit.spec.fingerprint
            bound.note({name: found}, seconds_each(found, time.perf_counter() - start, count))
        start = time.perf_counter()
    learned = task.learned(bound, epochs)
    warn(bound, "train", learned)
    return learned
