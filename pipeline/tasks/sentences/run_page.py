"""What a service shows of a run that learns from sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.evaluation import EvaluationResult
from pipeline.report.figures import ZERO_SHOT, color_of
from pipeline.report.pieces import PicturePiece, Piece, TablePiece, TextPiece, plain
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.news import TrainSummary
from pipeline.text.summary import GenerateSummary
from pipeline.training.checkpoint import Checkpoints

_EXAMPLES = 5


def page(bound: BoundSentences, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    if stage == "generate":
        yield from _written(bound, found)
    elif stage == "train":
        yield from _learned(bound, found)
    else:
        yield from _judged(bound, found)


def _written(bound: BoundSentences, summaries: Mapping[str, GenerateSummary]) -> Iterator[Piece]:
    """Classes with fewer sentences than wanted first, what was refused and why, and what the model wrote."""
    counts = [(m, name, each) for m, summary in summaries.items() for name, each in summary.classes.items()]
    counts.sort(key=lambda row: row[2].kept >= row[2].wanted)
    rows = [{"modality": m, "class": name, "wanted": each.wanted, "kept": each.kept} for m, name, each in counts]
    yield TablePiece("texts", "Sentences of every class", rows)
    lines = ["# Sentences", ""]
    for m, summary in summaries.items():
        lines.append(f"**{m}**: {summary.sentences:,} written now, {summary.accepted:,} kept ({summary.pass_rate:.0%})")
        lines += ["", *(f"- {count:,} × {plain(reason)}" for reason, count in summary.rejected.items()), ""]
        lines += [*(f"- to change: {plain(each)}" for each in summary.advice), ""] if summary.advice else []
        lines += [f"> {plain(s.text)} ({plain(', '.join(s.labels))})\n>" for s in bound.sentences(m)[:_EXAMPLES]]
        lines.append("")
    yield TextPiece("sentences", lines)


def _learned(bound: BoundSentences, summary: TrainSummary) -> Iterator[Piece]:
    """What was learned, and the loss."""
    lines = [
        "# Training",
        "",
        f"- checkpoint `{summary.fingerprint}`",
        f"- {summary.epochs} epochs now, {summary.mode}",
        f"- new classes: {plain(', '.join(c.label for c in summary.added)) or 'none'}",
        f"- guided modality: {summary.weak or 'none'}",
    ]
    yield TextPiece("training", lines)
    if summary.epochs:
        losses = {"loss": Checkpoints(bound.store.find(summary.fingerprint)).history()["loss"]}
        yield PicturePiece("loss", "Loss over the training steps", loss_curves(losses))


def _judged(bound: BoundSentences, result: EvaluationResult) -> Iterator[Piece]:
    """Every method in percent, as a table and as bars."""
    rows = [
        {"modality": m.modality, "method": method.name}
        | {name: round(100 * value, 1) for name, value in method.metrics.items()}
        for m in result.modalities
        for method in m.methods
    ]
    yield TablePiece("evaluation", "Evaluation, percent", rows)
    shown = [(m, method) for m in result.modalities for method in m.methods if m.primary in method.metrics]
    if shown:
        names = [f"{m.modality}: {method.name} ({m.primary})" for m, method in shown]
        colors = [color_of(m.modality) if method.kind == "trained" else ZERO_SHOT for m, method in shown]
        drawn = bars(names, {"": [method.metrics[m.primary] for m, method in shown]}, colors)
        yield PicturePiece("methods", "TaAM-CPT beside zero-shot, the metric that counts", drawn)
