"""Stage 2: the frozen encoders see every sentence, class name and media file once."""

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from pipeline.caching.make import make_input
from pipeline.caching.overlong import kept_overlong
from pipeline.caching.summary import CacheSummary, total_counts
from pipeline.runner.worker_state import holding_encoder
from pipeline.runs.bound import Bound
from pipeline.runs.measured import seconds_each
from pipeline.stages.warn import warn
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_stage


@recorded_stage("cache", total_counts)
def cache(bound: Bound[Any], only: Collection[str] | None = None) -> dict[str, CacheSummary]:
    """Decode and encode what is missing; returns a summary for each input ("texts/image", "media/image", …).

    Args:
        bound: the recipe.
        only: names of the inputs that are made; then none is refused for what was rejected.

    Raises:
        MmptError: too much of an input was rejected.
    """
    task, summaries = task_of(bound.recipe), {}
    with holding_encoder():
        for each in task.inputs(bound):
            if only is None or each.name in only:
                start = time.perf_counter()
                summary = replace(make_input(bound, each), unreadable=each.unreadable, aside=each.aside)
                took = seconds_each(summary.fingerprint, time.perf_counter() - start, summary.encoded)
                summaries[each.name] = summary
                overlong = kept_overlong(bound.store, each.need.spec(bound.recipe.cache), each.name)
                bound.note({task.entries + each.name: summary.fingerprint} | overlong, took)
                if only is None:
                    task.refuse(bound, each)
    if only is None:
        warn(bound, "cache", summaries)
    return summaries
