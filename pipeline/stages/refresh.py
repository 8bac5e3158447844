"""New classes: learn only what is new, judge it beside the published pools, and publish it only if no old class suffers.

The run record names the published pools: it is what `predict` reads. A refresh works on a candidate that writes nothing into
the record; publishing is one atomic replacement of it, so whoever predicts meanwhile, and whatever is killed, the run has
either the old pools or the new ones.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.records import RunRecord, update_run
from pipeline.runs.bound import Bound
from pipeline.runs.draft import Draft
from pipeline.stages.cache import cache
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.report import report
from pipeline.stages.steps import Wrap, plainly
from pipeline.stages.train import train
from pipeline.stages.whole import check
from pipeline.tasks.growth import ClassFigure
from pipeline.tasks.registry import task_of
from pipeline.telemetry.recorded import recorded_run
from stores.errors import MmptError

Verdict = Literal["nothing new", "published", "kept"]

CANDIDATE, CANDIDATE_EVALUATION = "candidate", "candidate evaluation"
"""Names in the run record of pools that were learned but refused, so that `store gc` keeps what is still compared."""


class RefreshError(MmptError):
    """The pools of the recipe cannot be compared with the published ones."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found and did.

    Attributes:
        verdict: "published" or "kept" (the old pools), or "nothing new".
        why: one sentence for people.
        added: (modality, label) of classes that the published pools lacked.
        sentences: sentences kept now.
        encoded: texts and media encoded now.
        epochs: epochs learned now.
        mode: how the new pools were learned: "scratch", "frozen" or "continue".
        checkpoint: fingerprint of the pools that the run has from now on.
        figures: every judged class, before and now; empty when there was nothing new.
    """

    verdict: Verdict
    why: str
    added: tuple[tuple[str, str], ...]
    sentences: int
    encoded: int
    epochs: int
    mode: str
    checkpoint: str
    figures: tuple[ClassFigure, ...] = ()


@recorded_run("refresh", lambda found: {"verdict": found.verdict})
def refresh(context: Bound[Any], wrap: Wrap = plainly) -> Refreshed:
    """Generate, encode and learn what is missing, judge it, and publish it or keep what the run has.

    Of a recipe whose classes do not grow there is nothing new.

    Raises:
        RefreshError: an encoder was exchanged, or somebody else changed the run meanwhile.
        MmptError: what any of the stages raises.
    """
    growth = task_of(context.recipe).growth
    if growth is None:
        why = f"recipe '{context.recipe.name}' learns the classes of its data set; what changes there, run learns"
        return Refreshed("nothing new", why, (), 0, 0, 0, "", "")
    published = context.record()
    if hindrance := growth.hindrance(context, published):
        raise RefreshError(hindrance)
    notes = RunRecord()
    candidate = replace(context, draft=Draft(published, notes))
    wrap("check", check)(candidate)
    written = wrap("generate", generate)(candidate)
    encoded = wrap("cache", cache)(candidate)
    learned = wrap("train", train)(candidate)
    result = wrap("evaluate", evaluate)(candidate)
    done: dict[str, Any] = {
        "added": tuple(growth.added(context, published)),
        "sentences": sum(summary.accepted for summary in written.values()),
        "encoded": sum(summary.encoded for summary in encoded.values()),
        "epochs": learned.epochs,
        "mode": learned.mode,
        "checkpoint": learned.fingerprint,
    }
    if _is_published(notes, published):
        if published.report_of is None:  # a refresh that published these pools was killed before it drew them
            wrap("report", report)(context)
        return Refreshed("nothing new", "the published pools know every class of the recipe", **done)
    figures = tuple(growth.compare(candidate, published, result))
    outcome = _judge(figures, growth.tolerance(context), published, done)
    if outcome.verdict == "published":
        _publish(context, notes, published, outcome)
        wrap("report", report)(context)
    else:
        _keep(context, notes, outcome)
    return outcome


def _is_published(notes: RunRecord, published: RunRecord) -> bool:
    names = ("checkpoint", "evaluation")
    return all(notes.artifacts[name] == published.artifacts.get(name) for name in names)


def _judge(figures: tuple[ClassFigure, ...], tolerance: float, published: RunRecord, done: dict[str, Any]) -> Refreshed:
    losers = [figure for figure in figures if figure.lost_more_than(tolerance)]
    if losers:
        done = done | {"checkpoint": published.artifacts["checkpoint"]}
        return Refreshed("kept", _refusal(losers, tolerance), **done, figures=figures)
    old = [figure for figure in figures if figure.change is not None]
    new = len(done["added"])
    what = f"{new} new class{'es' if new != 1 else ''}" if new else "no new class"
    worst = min((figure.change for figure in old if figure.change is not None), default=0.0)
    judged = f"the largest change for the worse of {len(old)} old classes is {100 * abs(min(worst, 0.0)):.1f} points"
    return Refreshed(
        "published", f"{what}; {judged if old else 'no old class could be judged'}", **done, figures=figures
    )


def _refusal(losers: list[ClassFigure], tolerance: float) -> str:
    told = [
        f"{f.label} ({f.modality}) {100 * (f.before or 0):.1f} -> {100 * (f.now or 0):.1f} on {f.files} files"
        for f in losers
    ]
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return (
        f"{len(told)} old class{'es' if len(told) > 1 else ''} lost more than refresh.tolerance "
        f"({100 * tolerance:g} points): {', '.join(told[:5])}{more}. Take the new names out of the labels, raise "
        "refresh.tolerance and refresh again, or publish them as they are with: mmpt-pipeline run RECIPE"
    )


def _publish(context: Bound[Any], notes: RunRecord, before: RunRecord, outcome: Refreshed) -> None:
    def change(record: RunRecord) -> None:
        _check_unchanged(context.recipe.name, notes, before, record)
        for name in (CANDIDATE, CANDIDATE_EVALUATION):
            record.artifacts.pop(name, None)
        record.artifacts.update(notes.artifacts)
        record.recipe, record.columns = notes.recipe, notes.columns
        record.mode, record.base = notes.mode, notes.base
        record.warnings = notes.warnings
        record.facts["refresh"] = f"{outcome.verdict}: {outcome.why}"
        record.report_of = None  # until it is drawn

    update_run(context.folder, change)


def _keep(context: Bound[Any], notes: RunRecord, outcome: Refreshed) -> None:
    def change(record: RunRecord) -> None:
        record.artifacts[CANDIDATE] = notes.artifacts["checkpoint"]
        record.artifacts[CANDIDATE_EVALUATION] = notes.artifacts["evaluation"]
        record.facts["refresh"] = f"{outcome.verdict}: {outcome.why}"

    update_run(context.folder, change)


def _check_unchanged(name: str, notes: RunRecord, before: RunRecord, now: RunRecord) -> None:
    there = now.artifacts.get("checkpoint")
    if there not in (before.artifacts.get("checkpoint"), notes.artifacts["checkpoint"]):
        raise RefreshError(
            f"run '{name}' got other pools while this refresh was at work, so what it compared with is no longer published. "
            "Refresh again: what was learned is kept and not learned twice."
        )
