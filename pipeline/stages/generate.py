"""Stage 1: what is written before anything is encoded; for recipes of sentences, an LLM writes about the labels."""

from collections.abc import Mapping
from typing import Any

from pipeline.runs.bound import Bound
from pipeline.stages.warn import warn
from pipeline.stages.work import Job, done, elsewhere
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_stage
from pipeline.text.summary import total_counts


@recorded_stage("generate", total_counts)
def generate(bound: Bound[Any]) -> Mapping[str, Any]:
    """Write what is missing, source by source; empty for a task that has nothing to write."""
    task = task_of(bound.recipe)
    if not task.prepares:
        bound.progress.say(f"generate  nothing: recipe '{bound.recipe.name}' ({task.name}) has no sentences to write")
        return {}
    ((_, summaries),) = done(bound, [Job("prepare", elsewhere(bound))], "generate")
    bound.note({f"{task.prepares}/{name}": summary.artifact for name, summary in summaries.items()})
    warn(bound, "plan", None)  # what was foreseen has happened, and is kept with the run
    warn(bound, "generate", summaries)
    return dict(summaries)
