"""What became of a recipe of audio-visual events: every method with every seed, beside what needs no model. Free of torch."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av import AvClip
from pipeline.evaluation.event_ladder import difference, figures
from pipeline.evaluation.event_priors import ORACLE, priors, video_class_oracle
from pipeline.evaluation.events import EventScores, clip_counts, event_scores
from pipeline.evaluation.intervals import Interval
from pipeline.runs.work import RESULT, Trial
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.result import AvResult, beside_frozen, judged_clips, methods_of, require_judged
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import TEST, sides_of, trials, units
from pipeline.tasks.av_events.bound import BoundAvEvents
from stores import text_key

PROBABILITIES = text_key("probabilities.npy")
"""Where a result holds what was said of every clip's segments: float32 (n, T, K + 1), background last."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class EventsResult(AvResult[EventScores]):
    """Figures of everything that was compared; methods are compared by the share of all segments that are right."""


@dataclass(frozen=True)
class Told:
    """What a unit said of the test clips.

    Attributes:
        clips: that were judged.
        probabilities: (n, T, K + 1), background last.
        epoch: that answered.
    """

    clips: Sequence[AvClip]
    probabilities: Floats
    epoch: int

    @property
    def labels(self) -> NDArray[np.int64]:
        """The most probable class of every segment (n, T)."""
        return np.asarray(self.probabilities.argmax(-1), np.int64)


def truth_of(clips: Sequence[AvClip]) -> NDArray[np.int64]:
    """Labels (n, T) of clips."""
    return np.array([clip.labels for clip in clips], np.int64)


def told_of(bound: BoundAvEvents, trial: Trial, sides: Sides) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    require_judged(bound, trial)
    assert trial.spec is not None
    artifact = bound.store.artifact(trial.spec)
    shares = np.load(io.BytesIO(artifact.blob(PROBABILITIES)))
    epoch = json.loads(artifact.blob(RESULT))["epoch"]
    return Told(judged_clips(bound, sides), shares, epoch)


def read_result(bound: BoundAvEvents) -> EventsResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    sides, names = sides_of(bound), list(bound.recipe.methods)
    clips, classes = judged_clips(bound, sides), len(bound.clips.classes)
    truth = truth_of(clips)
    told: dict[str, list[Told]] = {name: [] for name in names}
    for trial in trials(bound):
        told[trial.what].append(told_of(bound, trial, sides))
    each = {name: [clip_counts(one.labels, truth, classes) for one in found] for name, found in told.items()}
    counts = {name: np.sum(found, axis=0) for name, found in each.items()}

    def over(name: str, other: str) -> Interval:
        return difference(counts, name, other, "accuracy")

    methods = methods_of(
        bound, figures(counts), over,
        {name: tuple(float(one[:, 0].sum() / one[:, 1].sum()) for one in found) for name, found in each.items()},
        {name: tuple(one.epoch for one in found) for name, found in told.items()},
    )  # fmt: skip
    plain = (n for n, options in bound.recipe.methods.items() if options.rung == "none" and options.head.use == "both")
    beside = priors(truth_of(sides.usable(bound.of("train"))), len(clips), classes)
    beside |= {ORACLE: video_class_oracle(truth, classes)}
    return EventsResult(
        methods, {name: event_scores(labels, truth, classes) for name, labels in beside.items()},
        len(clips), bound.clips.listed(TEST), *sides.counts(clips), bound.recipe.protocol,
        **beside_frozen(bound, next(plain, ""), over),
    )  # fmt: skip
