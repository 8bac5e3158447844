"""Judging labels of seconds: accuracy, background recall and events found; and what is reached without looking.

An event is a longest run of segments of one class in one clip, background excepted. A predicted event is right if a true event of
its class overlaps it in at least half of what the two cover together (intersection over union, `IOU`). No event can be half of
two, so pairs are unique. Clips are resampled whole, since the seconds of a clip hang together.

Dims: n = clips, T = segments, C = classes; labels are whole numbers (n, T), C stands for background. Figures are fractions from 0
to 1, NaN where nothing can be said.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError

Labels = NDArray[np.int64]
IOU = 0.5

_RIGHT, _ALL, _QUIET_RIGHT, _QUIET, _MATCHED, _CALLED, _TRUE = range(7)


@dataclass(frozen=True)
class Event:
    """A run of segments of one class: from `start` to before `end`."""

    label: int
    start: int
    end: int


@dataclass(frozen=True)
class EventScores:
    """What one set of predictions reaches.

    Attributes:
        accuracy: share of all segments whose class, or background, is right; every segment counts alike.
        background_recall: share of the background's segments that are called background.
        event_recall: share of the other segments whose class is right.
        event_f1: harmonic mean of the precision and the recall of events: 2 matched / (called + true).
    """

    accuracy: float
    background_recall: float
    event_recall: float
    event_f1: float


def event_scores(predicted: Labels, truth: Labels, classes: int) -> EventScores:
    """Judge labels (n, T) of clips, `classes` being the number of classes.

    Raises:
        EvaluationError: the two differ in shape, or hold something that is neither class nor background.
    """
    return _scores(clip_counts(predicted, truth, classes).sum(axis=0))


def event_intervals(
    predicted: Labels, truth: Labels, classes: int, *, draws: int = 1000, seed: int = 0, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Bootstrap interval of every figure of `EventScores`, over clips drawn with replacement.

    Raises:
        EvaluationError: as `event_scores`.
    """
    counts = clip_counts(predicted, truth, classes)
    rng = np.random.default_rng(seed)
    drawn = [_scores(counts[rng.integers(len(counts), size=len(counts))].sum(axis=0)) for _ in range(draws)]
    edges = (50 * (1 - level), 50 * (1 + level))
    found = {}
    for field in fields(EventScores):
        values = np.array([getattr(each, field.name) for each in drawn])
        known = values[~np.isnan(values)]
        low, high = np.percentile(known, edges) if len(known) else (np.nan, np.nan)
        found[field.name] = (float(low), float(high))
    return found


def clip_counts(predicted: Labels, truth: Labels, classes: int) -> NDArray[np.int64]:
    """What the figures of `EventScores` are ratios of, clip by clip.

    Returns:
        (n, 7): segments right, segments; background right, background; events matched, events called, true events.

    Raises:
        EvaluationError: as `event_scores`.
    """
    predicted, truth = _checked(predicted, "predicted", classes), _checked(truth, "true", classes)
    if predicted.shape != truth.shape:
        raise EvaluationError(f"labels of seconds: {predicted.shape} are predicted and {truth.shape} are true")
    counts = np.zeros((len(truth), 7), dtype=np.int64)
    right, quiet = predicted == truth, truth == classes
    counts[:, _RIGHT], counts[:, _ALL] = right.sum(axis=1), truth.shape[1]
    counts[:, _QUIET_RIGHT], counts[:, _QUIET] = (right & quiet).sum(axis=1), quiet.sum(axis=1)
    for row, (called, true) in enumerate(zip(predicted, truth, strict=True)):
        found, meant = events_of(called, classes), events_of(true, classes)
        counts[row, _MATCHED] = sum(any(_same(one, other) for other in meant) for one in found)
        counts[row, _CALLED], counts[row, _TRUE] = len(found), len(meant)
    return counts


def events_of(labels: NDArray[np.int64], background: int) -> list[Event]:
    """The events of one clip's labels (T,), in order."""
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)] if len(labels) else [0]
    runs = zip(edges, edges[1:], strict=False)
    return [Event(int(labels[start]), start, end) for start, end in runs if labels[start] != background]


def _same(one: Event, other: Event) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    together = (one.end - one.start) + (other.end - other.start) - shared
    return one.label == other.label and shared > 0 and shared >= IOU * together


def _checked(labels: Labels, which: str, classes: int) -> Labels:
    labels = np.asarray(labels)
    if (
        labels.ndim != 2
        or labels.dtype.kind not in "iu"
        or (labels.size and not 0 <= labels.min() <= labels.max() <= classes)
    ):
        raise EvaluationError(
            f"labels of seconds: the {which} ones are whole numbers (clips, segments) from 0 to {classes}, "
            f"{classes} being background; found {labels.dtype} {labels.shape}"
        )
    return labels.astype(np.int64)


def _scores(total: NDArray[np.int64]) -> EventScores:
    right, segments, quiet_right, quiet, matched, called, true = (int(value) for value in total)
    return EventScores(
        _ratio(right, segments),
        _ratio(quiet_right, quiet),
        _ratio(right - quiet_right, segments - quiet),
        _ratio(2 * matched, called + true),
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
