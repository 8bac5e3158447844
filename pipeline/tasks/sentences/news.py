"""What there is to say after each stage of a run that learns from sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.caching.summary import encoded
from pipeline.evaluation import EvaluationResult
from pipeline.labels import Column
from pipeline.methods.taam_cpt.guidance import guidance_told
from pipeline.printable import text_table
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.choosing import chosen_epoch
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.text.summary import GenerateSummary
from pipeline.training.checkpoint import Checkpoints

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class TrainSummary:
    """What the train stage did.

    Attributes:
        fingerprint: of the checkpoint artifact.
        epochs: epochs learned now; 0 when everything was there.
        mode: "scratch", "frozen" or "continue".
        added: columns that the run had not learned before.
        weak: the modality that was guided in the last epoch, if any; several have a comma between them.
        dropped: modality -> sentences that nothing learns from, for the encoder gives them to another class; of those that
            are solved by the ladder. Which ones they are, and what they are given to, stands in the evaluation.
    """

    fingerprint: str
    epochs: int
    mode: str
    added: tuple[Column, ...]
    weak: str | None
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int | float | str]:
        """What the history of a run keeps."""
        return {"epochs": self.epochs, "mode": self.mode}


def news(context: BoundSentences, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage == "generate":
        return _written(context, found)
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return _learned(context, found)
    files = found.counts["files"]
    return f"{files:,} files judged" if files else judged_on_nothing(found)


def judged_on_nothing(found: EvaluationResult) -> str:
    """One line for a run without figures."""
    unlabelled = sum(modality.unlabelled for modality in found.modalities)
    why = f"none of its {unlabelled:,} files has a label" if unlabelled else "the recipe names no files"
    return f"Judged on nothing: {why}. What is learned answers all the same; to be told how good it is, give data: with labels."


def _written(context: BoundSentences, summaries: Mapping[str, GenerateSummary]) -> str:
    kept = sum(len(context.sentences(modality)) for modality in summaries)
    classes = sum(len(s.classes) for s in summaries.values())
    written, accepted = (sum(getattr(s, name) for s in summaries.values()) for name in ("sentences", "accepted"))
    now = f"{written:,} written now, {accepted / written:.0%} kept" if written else "nothing to write"
    examples = [context.sentences(m)[:1] for m in summaries]
    shown = "".join(f"\n          “{s.text}” ({', '.join(s.labels)})" for found in examples for s in found)
    told = "".join(f"\n          {m}: {each}" for m, s in summaries.items() for each in s.advice)
    return f"{kept:,} sentences for {classes} classes; {now}{shown}{told}"


def _learned(context: BoundSentences, summary: TrainSummary) -> str:
    now = f"{summary.epochs} epochs now ({summary.mode})" if summary.epochs else "nothing to learn"
    weak = f"; {guidance_told(context.learning, summary.weak)}" if summary.weak else ""
    lost = sum(summary.dropped.values())
    dropped = f"; {lost:,} sentences dropped, which the encoder gives to another class" if lost else ""
    chosen = chosen_epoch(context, Checkpoints(context.store.artifact(plan_training(context).spec)))
    told = f"; {chosen}" if chosen else ""
    return f"{now}{weak}{dropped}{told}"


def train_table(summary: TrainSummary) -> "Table":
    """What was learned."""
    columns = ["checkpoint", "mode", "epochs now", "new columns", "weak modality"]
    added, weak = str(len(summary.added)), summary.weak or "–"
    return text_table(columns, [[summary.fingerprint[:12], summary.mode, str(summary.epochs), added, weak]], "Training")
