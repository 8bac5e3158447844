"""New classes: learn only what is new, judge it beside the published pools, and publish it only if no old class suffers.

The run record names the published pools: it is what `predict` reads. A refresh works on a candidate that writes nothing into
the record; publishing is one atomic replacement of it, so whoever predicts meanwhile, and whatever is killed, the run has
either the old pools or the new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline.alarms import Alarm, as_values
from pipeline.evaluation import EvaluationResult
from pipeline.labels import Column
from pipeline.records import RunRecord, update_run
from pipeline.run.bound import Bound, keep_warnings
from pipeline.stages.cache import cache
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.report import report
from pipeline.stages.steps import Wrap, plainly
from pipeline.stages.train import train
from pipeline.stages.whole import check
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.comparison import ClassFigure, compare
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


@dataclass(frozen=True)
class Candidate(BoundSentences):
    """A context that keeps to itself what the stages would write into the run record.

    Attributes:
        published: the record as it was at the start; the whole refresh is planned from this one.
        notes: what the stages wrote down.
    """

    published: RunRecord
    notes: RunRecord = field(default_factory=RunRecord)

    def record(self) -> RunRecord:
        """The record that the candidate started from, whatever others make of the run meanwhile."""
        return self.published

    def warn(self, stage: str, alarms: Iterable[Alarm]) -> None:
        """Remember what is wrong with what a stage left."""
        keep_warnings(self.notes, stage, as_values(alarms))

    def note(self, artifacts: dict[str, str], **changes: object) -> None:
        """Remember what the candidate stands on."""
        self.notes.artifacts.update(artifacts)
        for name, value in changes.items():
            setattr(self.notes, name, value)


@recorded_run("refresh", lambda found: {"verdict": found.verdict})
def refresh(context: Bound[Any], wrap: Wrap = plainly) -> Refreshed:
    """Generate, encode and learn what is missing, judge it, and publish it or keep what the run has.

    Of a recipe whose classes do not grow there is nothing new.

    Raises:
        RefreshError: an encoder was exchanged, or somebody else changed the run meanwhile.
        MmptError: what any of the stages raises.
    """
    if not isinstance(context, BoundSentences):
        why = f"recipe '{context.recipe.name}' learns the classes of its data set; what changes there, run learns"
        return Refreshed("nothing new", why, (), 0, 0, 0, "", "")
    published = context.record()
    _check_encoders(context, published)
    candidate = Candidate(context.recipe, context.device, context.progress, published, runner=context.runner)
    wrap("check", check)(candidate)
    written = wrap("generate", generate)(candidate)
    encoded = wrap("cache", cache)(candidate)
    learned = wrap("train", train)(candidate)
    result = wrap("evaluate", evaluate)(candidate)
    done: dict[str, Any] = {
        "added": _added(context, published),
        "sentences": sum(summary.accepted for summary in written.values()),
        "encoded": sum(summary.encoded for summary in encoded.values()),
        "epochs": learned.epochs,
        "mode": learned.mode,
        "checkpoint": learned.fingerprint,
    }
    if _is_published(candidate, published):
        if published.report_of is None:  # a refresh that published these pools was killed before it drew them
            wrap("report", report)(context)
        return Refreshed("nothing new", "the published pools know every class of the recipe", **done)
    outcome = _judge(candidate, published, result, done)
    if outcome.verdict == "published":
        _publish(candidate, published, outcome)
        wrap("report", report)(context)
    else:
        _keep(candidate, outcome)
    return outcome


def _check_encoders(context: BoundSentences, published: RunRecord) -> None:
    before = {m: config["encoder"] for m, config in published.recipe.get("modalities", {}).items()}
    now = {m: config.encoder for m, config in context.recipe.modalities.items()}
    changed = [f"{m}: {before[m]} -> {now[m]}" for m in before if m in now and before[m] != now[m]]
    if changed:
        raise RefreshError(
            f"the recipe has another encoder than the published pools ({', '.join(changed)}), so their classes cannot be "
            f"compared. Take the new encoder without comparison: mmpt-pipeline run RECIPE. Or give the recipe another name."
        )


def _added(context: BoundSentences, published: RunRecord) -> tuple[tuple[str, str], ...]:
    known = {Column(modality, label) for modality, label in published.columns}
    return tuple((c.modality, c.label) for c in context.candidates.columns if c not in known)


def _is_published(candidate: Candidate, published: RunRecord) -> bool:
    names = ("checkpoint", "evaluation")
    return all(candidate.notes.artifacts[name] == published.artifacts.get(name) for name in names)


def _judge(candidate: Candidate, published: RunRecord, result: EvaluationResult, done: dict[str, Any]) -> Refreshed:
    figures = tuple(compare(candidate, published, result))
    tolerance = candidate.recipe.refresh.tolerance
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


def _publish(candidate: Candidate, before: RunRecord, outcome: Refreshed) -> None:
    notes = candidate.notes

    def change(record: RunRecord) -> None:
        _check_unchanged(candidate, before, record)
        for name in (CANDIDATE, CANDIDATE_EVALUATION):
            record.artifacts.pop(name, None)
        record.artifacts.update(notes.artifacts)
        record.recipe, record.columns = notes.recipe, notes.columns
        record.mode, record.base = notes.mode, notes.base
        record.warnings = notes.warnings
        record.facts["refresh"] = f"{outcome.verdict}: {outcome.why}"
        record.report_of = None  # until it is drawn

    update_run(candidate.folder, change)


def _keep(candidate: Candidate, outcome: Refreshed) -> None:
    artifacts = candidate.notes.artifacts

    def change(record: RunRecord) -> None:
        record.artifacts[CANDIDATE] = artifacts["checkpoint"]
        record.artifacts[CANDIDATE_EVALUATION] = artifacts["evaluation"]
        record.facts["refresh"] = f"{outcome.verdict}: {outcome.why}"

    update_run(candidate.folder, change)


def _check_unchanged(candidate: Candidate, before: RunRecord, now: RunRecord) -> None:
    there = now.artifacts.get("checkpoint")
    if there not in (before.artifacts.get("checkpoint"), candidate.notes.artifacts["checkpoint"]):
        raise RefreshError(
            f"run '{candidate.recipe.name}' got other pools while this refresh was at work, so what it compared with is no "
            "longer published. Refresh again: what was learned is kept and not learned twice."
        )
