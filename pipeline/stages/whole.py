"""All stages of a recipe, in order, with a line of news after each."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.caching.summary import CacheSummary
from pipeline.datasets.aside import Aside, summary
from pipeline.evaluation import EvaluationResult
from pipeline.methods.taam_cpt.guidance import guidance_told
from pipeline.operations.recorded import recorded_run
from pipeline.stages.cache import cache
from pipeline.stages.context import Context
from pipeline.stages.evaluate import evaluate
from pipeline.stages.fitting import check
from pipeline.stages.generate import generate
from pipeline.stages.report import report
from pipeline.stages.steps import Found, Stage, Wrap, plainly
from pipeline.stages.train import TrainSummary, train
from pipeline.text.summary import GenerateSummary
from stores.address import Location

_SHOWN = 3


@dataclass(frozen=True)
class Outcome:
    """What a whole run ends with."""

    result: EvaluationResult
    report: Location
    unreadable: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Modality -> (path, reason) of what its data set names and cannot be read."""
    aside: Mapping[str, Sequence[Aside]] = field(default_factory=dict)
    """Modality -> counts of what else its data set holds and is not judged."""


@recorded_run("run")
def run_recipe(context: Context, wrap: Wrap = plainly) -> Outcome:
    """Run check, generate, cache, train, evaluate, report; each stage does only what is missing.

    Args:
        context: the recipe and where it runs.
        wrap: puts something around each stage.

    Raises:
        MmptError: what any of the stages raises.
    """
    wrap("check", check)(context)
    written = _timed(
        context, "generate", wrap("generate", generate), lambda found: any(s.queries for s in found.values())
    )
    context.progress.say(f"generate  {_written(context, written)}")
    encoded = _timed(
        context, "cache", wrap("cache", cache), lambda found: any(s.encoded or s.rejected for s in found.values())
    )
    context.progress.say(f"cache     {_encoded(encoded)}")
    learned = _timed(context, "train", wrap("train", train), lambda found: found.epochs > 0)
    context.progress.say(f"train     {_learned(context, learned)}")
    result = wrap("evaluate", evaluate)(context)
    context.progress.say(f"evaluate  {sum(modality.rows for modality in result.modalities):,} files judged")
    path = wrap("report", report)(context)
    context.progress.say(f"report    {path}")
    unreadable = {m: source.unreadable for m, source in context.sources.items() if source.unreadable}
    return Outcome(result, path, unreadable, {m: source.aside for m, source in context.sources.items() if source.aside})


def _timed(context: Context, name: str, stage: Stage[Found], worked: Callable[[Found], bool]) -> Found:
    start = time.monotonic()
    found = stage(context)
    if worked(found):
        context.took(name, time.monotonic() - start)
    return found


def _written(context: Context, summaries: Mapping[str, GenerateSummary]) -> str:
    kept = sum(min(count.kept, count.wanted) for s in summaries.values() for count in s.classes.values())
    classes = sum(len(s.classes) for s in summaries.values())
    written, accepted = (sum(getattr(s, name) for s in summaries.values()) for name in ("sentences", "accepted"))
    now = f"{written:,} written now, {accepted / written:.0%} kept" if written else "nothing to write"
    examples = [context.sentences(m)[:1] for m in summaries]
    shown = "".join(f"\n          “{s.text}” ({', '.join(s.labels)})" for found in examples for s in found)
    return f"{kept:,} sentences for {classes} classes; {now}{shown}"


def _encoded(summaries: Mapping[str, CacheSummary]) -> str:
    wanted, encoded, rejected = (
        sum(getattr(s, n) for s in summaries.values()) for n in ("wanted", "encoded", "rejected")
    )
    now = f"{encoded:,} encoded now, {rejected:,} rejected" if encoded or rejected else "nothing to encode"
    unreadable = [f"{path} ({reason})" for s in summaries.values() for path, reason in s.unreadable]
    shown = ", ".join(unreadable[:_SHOWN]) + (", …" if len(unreadable) > _SHOWN else "")
    told = [f"{len(unreadable):,} cannot be read: {shown}"] if unreadable else []
    told += [f"{source}: {summary(s.aside)}" for source, s in summaries.items() if s.aside]
    return "; ".join([f"{wanted:,} texts and media; {now}", *told])


def _learned(context: Context, summary: TrainSummary) -> str:
    now = f"{summary.epochs} epochs now ({summary.mode})" if summary.epochs else "nothing to learn"
    weak = f"; {guidance_told(context.recipe.train, summary.weak)}" if summary.weak else ""
    return f"{now}{weak}"
