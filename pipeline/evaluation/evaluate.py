"""Judge classifiers on a modality's files: TaAM-CPT, always beside the zero-shot baselines of its encoder.

A method is a matrix of class vectors; its scores are cosines with the frozen encoder's features of the files
(section 3.5), over the classes of the judged data set only.

Dims: n files, C classes, d width of the embedding space.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation.ensemble import ExternalScores, ensemble_scores
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.intervals import drawn_metrics, draws_of
from pipeline.evaluation.metrics import (
    Bools,
    average_precisions,
    class_accuracies,
    mean_average_precision,
    top_k_accuracy,
)
from pipeline.evaluation.result import Kind, MethodResult, Metric, ModalityResult
from pipeline.evaluation.rungs import NO_RUNGS, Rungs, compared
from pipeline.evaluation.similarity import Floats, cosine_scores

TAAM_CPT = "TaAM-CPT"

_PLUS = " + "


def evaluate_modality(
    modality: str,
    rows: Sequence[MediaRow],
    labels: Sequence[str],
    features: Floats,
    classifiers: Mapping[str, Floats],
    *,
    external: ExternalScores | None = None,
    temperature: float = 0.01,
    rungs: Rungs = NO_RUNGS,
) -> ModalityResult:
    """Score and judge every classifier; files without one of the labels are left out and counted.

    Args:
        modality: names the result.
        rows: n files with their labels.
        labels: the C classes judged, in the order of the classifiers' rows.
        features: (n, d) of the files.
        classifiers: method name -> (C, d); names that start with "zero-shot" are baselines.
        external: another model's probabilities, which every trained method is also combined with.
        temperature: of our softmax in that combination.
        rungs: what else the ladder has; without it, classifiers are baselines or learned.

    Raises:
        EvaluationError: shapes that do not fit or numbers that are not finite.
    """
    scores = method_scores(features, classifiers, external=external, temperature=temperature, rungs=rungs)
    return judge_scores(modality, rows, labels, scores, external=external, rungs=rungs)


def method_scores(
    features: Floats,
    classifiers: Mapping[str, Floats],
    *,
    external: ExternalScores | None = None,
    temperature: float = 0.01,
    rungs: Rungs = NO_RUNGS,
) -> dict[str, Floats]:
    """Scores (n, C) of every method, in the order of the tables; arguments as in `evaluate_modality`."""
    scores: dict[str, Floats] = {}
    for name, classifier in classifiers.items():
        _check_width(name, features, classifier)
        scores[name] = cosine_scores(features, classifier)
    scores = dict(sorted((scores | dict(rungs.scores)).items(), key=lambda each: rungs.place(each[0])))
    if external is None:
        return scores
    if external.name in scores:
        raise EvaluationError(
            f"ensemble: the external model's file is named '{external.name}' like one of our methods "
            f"({', '.join(scores)}). Rename the file."
        )
    trained = [name for name in scores if method_kind(name, kinds=rungs.kinds) == "trained"]
    scores[external.name] = external.probabilities
    for name in trained:
        scores[name + _PLUS + external.name] = ensemble_scores(external.probabilities, scores[name], temperature)
    return scores


def judge_scores(
    modality: str,
    rows: Sequence[MediaRow],
    labels: Sequence[str],
    scores: Mapping[str, Floats],
    *,
    external: ExternalScores | None = None,
    rungs: Rungs = NO_RUNGS,
) -> ModalityResult:
    """Measure scores (n, C) of every method against the labels; arguments as in `evaluate_modality`."""
    targets = targets_of(rows, labels)
    for name, values in scores.items():
        _check_scores(modality, name, values, targets)
    judged = targets.any(axis=1)
    counts = targets[judged].sum(axis=1)
    single = bool((counts == 1).all())
    known = set(labels)
    methods = [_judge(name, s[judged], targets[judged], external, rungs) for name, s in scores.items()]
    methods += [_undefined(name, why, len(labels), rungs) for name, why in rungs.undefined.items()]
    methods.sort(key=lambda method: rungs.place(method.name))
    result = ModalityResult(
        modality=modality,
        labels=tuple(labels),
        support=tuple(int(count) for count in targets.sum(axis=0)),
        rows=int(judged.sum()),
        unlabelled=int((~judged).sum()),
        unknown_labels=tuple(sorted({label for row in rows for label in row.labels} - known)),
        single_label=single,
        primary="top1" if single else "mAP",
        methods=tuple(methods),
        learned_from=rungs.learned_from,
    )
    if not judged.any():
        return result
    shown = {name: s[judged] for name, s in scores.items()}
    drawn = drawn_metrics(shown, targets[judged], result.primary)
    draws = draws_of(result.rows, len(labels), result.primary)
    return result.model_copy(update={"methods": tuple(compared(methods, drawn, result)), "draws": draws})


def targets_of(rows: Sequence[MediaRow], labels: Sequence[str]) -> Bools:
    """Which file shows which class, (n, C); a file whose labels are unknown or absent is a row of False."""
    index = {label: c for c, label in enumerate(labels)}
    targets = np.zeros((len(rows), len(labels)), bool)
    for i, row in enumerate(rows):
        targets[i, [index[label] for label in row.labels if label in index]] = True
    return targets


def method_kind(name: str, external: ExternalScores | None = None, kinds: Mapping[str, Kind] | None = None) -> Kind:
    """What a method is: as it is said, else from its name and the external model it may be combined with."""
    if kinds is not None and name in kinds:
        return kinds[name]
    if external is not None and name == external.name:
        return "external"
    if external is not None and name.endswith(_PLUS + external.name):
        return "ensemble"
    return "zero-shot" if name.startswith("zero-shot") else "trained"


def _judge(name: str, scores: Floats, targets: Bools, external: ExternalScores | None, rungs: Rungs) -> MethodResult:
    kind = method_kind(name, external, rungs.kinds)
    note = external.note if external is not None and kind in ("external", "ensemble") else ""
    metrics: dict[Metric, float] = {}
    if len(targets):
        metrics["top1"] = top_k_accuracy(scores, targets, 1)
        if (targets.sum(axis=1) == 1).all():
            metrics["balanced"] = float(np.nanmean(class_accuracies(scores, targets)))
        if targets.shape[1] > 5:
            metrics["top5"] = top_k_accuracy(scores, targets, 5)
        metrics["mAP"] = mean_average_precision(scores, targets)
    return MethodResult(
        name=name, kind=kind, metrics=metrics, note=note, published=name == rungs.published,
        accuracy=_or_none(class_accuracies(scores, targets)),
        average_precision=_or_none(average_precisions(scores, targets)),
    )  # fmt: skip


def _undefined(name: str, why: str, classes: int, rungs: Rungs) -> MethodResult:
    nothing = (None,) * classes
    kind = method_kind(name, kinds=rungs.kinds)
    return MethodResult(name=name, kind=kind, metrics={}, accuracy=nothing, average_precision=nothing, undefined=why)


def _or_none(values: Floats) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else cast(float, value) for value in values.tolist())


def _check_width(name: str, features: Floats, classifier: Floats) -> None:
    if features.ndim != 2 or classifier.ndim != 2 or features.shape[1] != classifier.shape[1]:
        raise EvaluationError(
            f"evaluate: '{name}' has class vectors {classifier.shape} for features {features.shape}. "
            "Expected (classes, d) for (files, d): were both made by the same encoder?"
        )


def _check_scores(modality: str, name: str, scores: Floats, targets: Bools) -> None:
    if scores.shape != targets.shape:
        raise EvaluationError(
            f"evaluate: '{name}' has scores {scores.shape} for {targets.shape[0]} {modality} files and "
            f"{targets.shape[1]} classes. Expected (files, classes)."
        )
    if not np.isfinite(scores).all():
        bad = int((~np.isfinite(scores).all(axis=1)).sum())
        raise EvaluationError(
            f"evaluate: '{name}' has scores that are not finite for {bad} of {len(scores)} {modality} files. "
            "Look for damaged features with: mmpt-pipeline store verify"
        )
