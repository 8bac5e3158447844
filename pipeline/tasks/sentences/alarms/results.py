"""Alarms about the figures: what a run publishes is worse than the encoder alone, or has no probabilities."""

from collections.abc import Iterator

from pipeline.alarms import Alarm
from pipeline.alarms.below import below_zero_shot
from pipeline.alarms.no_probabilities import no_probabilities
from pipeline.evaluation import TAAM_CPT, EvaluationResult
from pipeline.evaluation.tables import METRIC_NAMES
from pipeline.tasks.sentences.alarms.sentences import more_sentences
from pipeline.tasks.sentences.bound import BoundSentences

_MORE = (
    "hold out more files, with data: {hold_out: 0.4}, or name files that show the classes under validation:; then: "
    "mmpt-pipeline run RECIPE"
)


def of_results(context: BoundSentences, result: EvaluationResult) -> Iterator[Alarm]:
    """Of each modality: whether it is judged below zero-shot, and whether held-out files were of no use."""
    for modality in result.modalities:
        if modality.several is not None:
            yield from no_probabilities(modality.modality, modality.several.undefined, _MORE)
        ours, baseline = modality.published, modality.best("zero-shot")
        if ours is None or baseline is None:
            continue
        metric = METRIC_NAMES[modality.primary]
        yield from below_zero_shot(
            modality.modality, f"{ours.name} ({metric})", ours.metrics[modality.primary],
            baseline.name, baseline.metrics[modality.primary], modality.rows, _remedy(context, modality.modality, ours.name),
            certain=ours.over_zero_shot is not None and ours.over_zero_shot.high < 0,
        )  # fmt: skip


def _remedy(context: BoundSentences, modality: str, method: str) -> str:
    config = context.recipe.train
    if method == TAAM_CPT and config.preset != "recommended":
        return "write train: {preset: recommended}, which believes sentences less than names; then: mmpt-pipeline run RECIPE"
    if method == TAAM_CPT and config.init != "text":
        return "start from the class names, with train: {init: text} in the recipe; then: mmpt-pipeline run RECIPE"
    read = f"read what was learned from: mmpt-pipeline texts export RECIPE sentences.csv --modality {modality}"
    return f"{read}; then {more_sentences(context, modality)}"
