"""Our figures beside the paper's: one a modality and metric, and where a table tells classes apart, one a part of them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from pipeline.evaluation import SINGLE_TEMPLATE, EvaluationResult, MethodResult, ModalityResult
from pipeline.studies.sentences.parts import PARTS, OldClasses, PartResults, part_classes
from pipeline.studies.sentences.schema import Figures, Metric, Row


@dataclass(frozen=True)
class Figure:
    """One number of a table, percent; None where the paper has none, or where it was not measured.

    Attributes:
        modality: of the files judged.
        metric: "top1", "top5" or "mAP".
        ours: of this run.
        paper: of the paper.
        zero_shot: of the same encoder with one template, in this run.
        paper_zero_shot: what the paper says of that.
        part: "old" or "new" where only these classes' files count; else empty.
        among: what such files are ranked among: "themselves", the classes of their part, or "all".
    """

    modality: str
    metric: Metric
    ours: float | None
    paper: float | None
    zero_shot: float | None
    paper_zero_shot: float | None
    part: str = ""
    among: str = ""


def row_figures(
    row: Row, result: EvaluationResult, old: OldClasses, parts: PartResults | None = None
) -> Iterator[Figure]:
    """Every figure of a row; a modality of which the paper says nothing is told by its primary metric.

    Args:
        row: says what the paper says.
        result: of all classes.
        old: tells old classes from new ones.
        parts: of old and new classes among themselves, which is what the paper's figures of them are; without them these stand
            beside ours among all classes.
    """
    for modality in result.modalities:
        judged, name = modality.best(row.method), modality.modality
        yield from _whole(row, modality, judged)
        for part, told in zip(PARTS, (row.old, row.new), strict=True):
            classes = part_classes(modality.labels, old.get(name, ()), part)
            if name not in told or not classes:
                continue
            if parts is None:
                yield _part(part, modality, judged, classes, told)
                continue
            yield from _among_themselves(part, parts[part, name], row, told)
            yield replace(_part(part, modality, judged, classes, told), paper=None, among="all")


def part_metric(result: ModalityResult, method: MethodResult, classes: Collection[str]) -> float | None:
    """The primary metric over some classes, as a fraction: top-1 of their files, or the mean of their average precisions."""
    values = zip(result.labels, result.support, result.by_class(method), strict=True)
    chosen = [(files, value) for name, files, value in values if name in classes and value is not None]
    weights = [files if result.primary == "top1" else 1 for files, _ in chosen]
    if not chosen:
        return None
    return sum(weight * value for weight, (_, value) in zip(weights, chosen, strict=True)) / sum(weights)


def _whole(row: Row, modality: ModalityResult, judged: MethodResult | None) -> Iterator[Figure]:
    name = modality.modality
    zero_shot = modality.method(SINGLE_TEMPLATE).metrics
    for metric in tuple(row.paper.get(name, {})) or (modality.primary,):
        yield Figure(
            modality=name,
            metric=metric,
            ours=_percent(judged.metrics.get(metric) if judged else None),
            paper=row.paper.get(name, {}).get(metric),
            zero_shot=_percent(zero_shot.get(metric)),
            paper_zero_shot=row.zero_shot.get(name, {}).get(metric),
        )


def _among_themselves(part: str, modality: ModalityResult, row: Row, told: Figures) -> Iterator[Figure]:
    judged, zero_shot = modality.best(row.method), modality.method(SINGLE_TEMPLATE)
    for metric, paper in told[modality.modality].items():
        yield Figure(
            modality=modality.modality,
            metric=metric,
            ours=_percent(judged.metrics.get(metric) if judged else None),
            paper=paper,
            zero_shot=_percent(zero_shot.metrics.get(metric)),
            paper_zero_shot=None,
            part=part,
            among="themselves",
        )


def _part(
    part: str, modality: ModalityResult, judged: MethodResult | None, classes: Collection[str], told: Figures
) -> Figure:
    metric = modality.primary
    return Figure(
        modality=modality.modality,
        metric=metric,
        ours=_percent(part_metric(modality, judged, classes) if judged else None),
        paper=told[modality.modality].get(metric),
        zero_shot=_percent(part_metric(modality, modality.method(SINGLE_TEMPLATE), classes)),
        paper_zero_shot=None,
        part=part,
    )


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
