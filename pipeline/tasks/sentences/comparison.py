"""What a run would publish now beside what it publishes, class by class, on the same files. Free of torch.

An old class is judged twice on the files that show at least one old class: once by the published classifier among the
published classes, once by the new one among all classes. So neither new files nor a longer ranking of them look like a
loss; what is left is what a user of the run would notice: a new class that takes files from an old one, or an old row that moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.evaluation import (
    TAAM_CPT,
    TEMPLATE_ENSEMBLE,
    EvaluationResult,
    MethodResult,
    ModalityResult,
    Rungs,
    evaluate_modality,
)
from pipeline.evaluation.result import Metric
from pipeline.labels import Candidates, Column
from pipeline.records import RunRecord
from pipeline.tasks.growth import ClassFigure
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import trained_checkpoint
from pipeline.tasks.sentences.judged import Judged, classifiers, judged, rungs
from pipeline.tasks.sentences.published import answering
from pipeline.training.checkpoint import Checkpoints


def compare(context: BoundSentences, published: RunRecord, result: EvaluationResult) -> list[ClassFigure]:
    """Every class of the recipe that can be judged, old ones first; the largest loss leads.

    Args:
        context: of the new pools, learned to their last epoch.
        published: the run's record; its pools are compared with. One without a checkpoint knows no class.
        result: evaluation of the new pools on all files.
    """
    old = Candidates(tuple(Column(modality, label) for modality, label in published.columns))
    rows: list[ClassFigure] = []
    for new in result.modalities:
        kept = [label for label in old.labels(new.modality) if label in new.labels]
        if kept:
            rows += _old_classes(context, new.modality, old, published, kept)
        rows += _new_classes(new, set(kept))
    return sorted(rows, key=lambda row: (row.new, 0.0 if row.change is None else row.change))


def _old_classes(
    context: BoundSentences, modality: str, old: Candidates, published: RunRecord, kept: Sequence[str]
) -> Iterator[ClassFigure]:
    found = _showing(judged(context, modality), kept)
    was = answering(context.store, published, old, modality)
    before = _judged(modality, found, old.labels(modality), was.vectors, was.published)
    is_now = rungs(context, modality).published or TAAM_CPT
    vectors = classifiers(context, modality, Checkpoints(trained_checkpoint(context)))
    now = _judged(modality, found, context.candidates.labels(modality), vectors, is_now)
    metric, places = now.primary, {label: i for i, label in enumerate(before.labels)}
    figures = _by_class(_published(before), metric)
    for figure in _figures(now, metric, new=False):
        if figure.label in kept:
            yield ClassFigure(**{**vars(figure), "before": figures[places[figure.label]]})


def _judged(
    modality: str, found: Judged, labels: Sequence[str], vectors: Mapping[str, np.ndarray], published: str
) -> ModalityResult:
    """What is published, beside the names alone."""
    shown = {name: vectors[name] for name in (TEMPLATE_ENSEMBLE, published) if name in vectors}
    return evaluate_modality(modality, found.rows, labels, found.features, shown, rungs=Rungs(published=published))


def _published(result: ModalityResult) -> MethodResult:
    return next(method for method in result.methods if method.published)


def _new_classes(result: ModalityResult, old: set[str]) -> list[ClassFigure]:
    return [figure for figure in _figures(result, result.primary, new=True) if figure.label not in old]


def _figures(result: ModalityResult, metric: Metric, *, new: bool) -> Iterator[ClassFigure]:
    learned = _by_class(_published(result), metric)
    names = _by_class(result.method(TEMPLATE_ENSEMBLE), metric)
    told = "accuracy" if metric == "top1" else "average precision"
    for c, label in enumerate(result.labels):
        files = result.support[c]
        yield ClassFigure(result.modality, label, told, files, names[c], None, learned[c], new)


def _by_class(method: MethodResult, metric: Metric) -> tuple[float | None, ...]:
    return method.accuracy if metric == "top1" else method.average_precision


def _showing(files: Judged, labels: Sequence[str]) -> Judged:
    """The files that show at least one of the labels."""
    wanted: Any = set(labels)
    marks = np.array([not wanted.isdisjoint(row.labels) for row in files.rows], dtype=bool)
    rows = tuple(row for row, mark in zip(files.rows, marks, strict=True) if mark)
    return Judged(rows, files.features[marks], files.rejected)
