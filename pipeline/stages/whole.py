"""All stages of a recipe, in order, with a line of news after each."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.datasets.aside import Aside
from pipeline.runs.bound import Bound
from pipeline.stages.cache import cache
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.report import report
from pipeline.stages.steps import Stage, Wrap, plainly
from pipeline.stages.train import train
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_run
from stores.address import Location


@dataclass(frozen=True)
class Outcome:
    """What a whole run ends with."""

    result: Any
    report: Location
    unreadable: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Input -> (path, reason) of what its data set names and cannot be read."""
    aside: Mapping[str, Sequence[Aside]] = field(default_factory=dict)
    """Input -> counts of what else its data set holds and is not judged."""


def check(bound: Bound[Any]) -> None:
    """Tell what can be told of encoders and data before anything is made.

    Raises:
        MmptError: they do not fit, or are not there.
    """
    task_of(bound.recipe).check(bound)


@recorded_run("run")
def run_recipe(bound: Bound[Any], wrap: Wrap = plainly) -> Outcome:
    """Run check, generate, cache, train, evaluate, report; each stage does only what is missing.

    Args:
        bound: the recipe and where it runs.
        wrap: puts something around each stage.

    Raises:
        MmptError: what any of the stages raises.
    """
    result = figures(bound, wrap)
    path = wrap("report", report)(bound)
    bound.progress.say(f"report    {path}")
    inputs = [(each.name.removeprefix("media/"), each) for each in task_of(bound.recipe).inputs(bound)]
    unreadable = {name: each.unreadable for name, each in inputs if each.unreadable}
    return Outcome(result, path, unreadable, {name: each.aside for name, each in inputs if each.aside})


@recorded_run("run")
def figures(bound: Bound[Any], wrap: Wrap = plainly) -> Any:
    """The same without a report; returns the result."""
    wrap("check", check)(bound)
    if task_of(bound.recipe).prepares:
        _timed(bound, "generate", wrap("generate", generate), lambda found: any(s.queries for s in found.values()))
    _timed(bound, "cache", wrap("cache", cache), lambda found: any(s.encoded or s.rejected for s in found.values()))
    _timed(bound, "train", wrap("train", train), lambda found: found.epochs > 0)
    result = wrap("evaluate", evaluate)(bound)
    _say(bound, "evaluate", result)
    return result


def _timed(bound: Bound[Any], name: str, stage: Stage[Any], worked: Callable[[Any], bool]) -> None:
    start = time.monotonic()
    found = stage(bound)
    if worked(found):
        bound.took(name, time.monotonic() - start)
    _say(bound, name, found)


def _say(bound: Bound[Any], stage: str, found: Any) -> None:
    for line in f"{stage:<8}  {task_of(bound.recipe).news(bound, stage, found)}".splitlines():
        bound.progress.say(line)
