"""What became of a recipe of audio-visual events: every method with every seed, beside what needs no model. Free of torch."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av import AvClip
from pipeline.evaluation.event_ladder import Interval, difference, figures
from pipeline.evaluation.event_priors import ORACLE, priors, video_class_oracle
from pipeline.evaluation.events import EventScores, clip_counts, event_scores
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.cost import numbers_of
from pipeline.tasks.av_events.errors import NotJudged, NotTrained
from pipeline.tasks.av_events.work import TEST, Sides, published_by, sides_of, trials, units
from stores import text_key

PROBABILITIES = text_key("probabilities.npy")
"""Where a result holds what was said of every clip's segments: float32 (n, T, K + 1), background last."""
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class MethodFigures:
    """What a method reaches on the test clips, all seeds together.

    Attributes:
        name: as the recipe has it.
        numbers: part -> how many numbers are learned.
        scores: figure (`FIGURES`) -> value and interval.
        over_first: accuracy beside the recipe's first method, paired; None for that one.
        over_before: accuracy beside the method before it; None for the first two, where it says nothing more.
        seeds: accuracy of each seed.
        epochs: the epoch that answers, of each seed.
    """

    name: str
    numbers: Mapping[str, int]
    scores: Mapping[str, Interval]
    over_first: Interval | None
    over_before: Interval | None
    seeds: tuple[float, ...]
    epochs: tuple[int, ...]

    @property
    def accuracy(self) -> Interval:
        """Of all segments."""
        return self.scores["accuracy"]


@dataclass(frozen=True)
class EventsResult:
    """Figures of everything that was compared.

    Attributes:
        methods: in the order of the recipe.
        beside: what needs no model: name -> figures.
        clips: judged.
        listed: clips that the data set names for test.
        silent: judged clips without sound.
        blind: judged clips without picture.
        protocol: on which clips the epochs were chosen.
        published: the method that answers.
        seed: of it.
        frozen: the recipe's first method that learns nothing inside the towers and reads both sides; empty where there is none.
        over_frozen: accuracy of the published method beside that, paired; None where it is that one, or there is none.
    """

    methods: tuple[MethodFigures, ...]
    beside: Mapping[str, EventScores]
    clips: int
    listed: int
    silent: int = 0
    blind: int = 0
    protocol: str = "val"
    published: str = ""
    seed: int = 0
    frozen: str = ""
    over_frozen: Interval | None = None

    @property
    def partial(self) -> bool:
        """Whether the figures are of fewer clips than the data set has."""
        return self.clips < self.listed

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps."""
        return {"clips": self.clips}

    def brief(self) -> dict[str, float]:
        """Accuracy of every method."""
        return {each.name: each.accuracy.value for each in self.methods}

    def of(self, name: str) -> MethodFigures:
        """The figures of a method."""
        return next(each for each in self.methods if each.name == name)


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


def entry(made: Unit | Trial) -> str:
    """What the run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Unit):
        return f"prompts/{made.method}/{made.seed}"
    assert made.unit is not None, "nothing is judged that was not learned"
    return f"events/{made.what}/{made.exam}/{made.unit.seed}"


def truth_of(clips: Sequence[AvClip]) -> NDArray[np.int64]:
    """Labels (n, T) of clips."""
    return np.array([clip.labels for clip in clips], np.int64)


def told_of(bound: BoundAvEvents, trial: Trial, sides: Sides) -> Told:
    """A result, read back.

    Raises:
        NotJudged: it is not there yet.
    """
    if trial.spec is None or not trial.is_done(bound.store):
        raise NotJudged(
            f"events '{bound.recipe.name}': {trial.what} is not judged yet. Judge it first: mmpt-pipeline evaluate RECIPE"
        )
    artifact = bound.store.artifact(trial.spec)
    shares = np.load(io.BytesIO(artifact.blob(PROBABILITIES)))
    epoch = json.loads(artifact.blob(RESULT))["epoch"]
    return Told(sides.usable(bound.of("test")), shares, epoch)


def read_result(bound: BoundAvEvents) -> EventsResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned to its last epoch.
        NotJudged: something is not judged yet.
    """
    for unit in units(bound):
        require_trained(bound, unit)
    sides, names = sides_of(bound), list(bound.recipe.methods)
    clips, classes = sides.usable(bound.of("test")), len(bound.clips.classes)
    truth = truth_of(clips)
    told: dict[str, list[Told]] = {name: [] for name in names}
    for trial in trials(bound):
        told[trial.what].append(told_of(bound, trial, sides))
    each = {name: [clip_counts(one.labels, truth, classes) for one in found] for name, found in told.items()}
    counts = {name: np.sum(found, axis=0) for name, found in each.items()}
    scores, methods = figures(counts), []
    for place, name in enumerate(names):
        methods.append(
            MethodFigures(
                name,
                numbers_of(bound.towers, bound.recipe.methods[name], bound.clips),
                scores[name],
                difference(counts, name, names[0], "accuracy") if place else None,
                difference(counts, name, names[place - 1], "accuracy") if place > 1 else None,
                tuple(float(one[:, 0].sum() / one[:, 1].sum()) for one in each[name]),
                tuple(one.epoch for one in told[name]),
            )
        )
    own, seed = published_by(bound)
    plain = (n for n, options in bound.recipe.methods.items() if options.rung == "none" and options.head.use == "both")
    frozen = next(plain, "")
    beside = priors(truth_of(sides.usable(bound.of("train"))), len(clips), classes)
    beside |= {ORACLE: video_class_oracle(truth, classes)}
    return EventsResult(
        tuple(methods), {name: event_scores(labels, truth, classes) for name, labels in beside.items()},
        len(clips), bound.clips.listed(TEST),
        sum(not sides.has(clip, "audio") for clip in clips), sum(not sides.has(clip, "visual") for clip in clips),
        bound.recipe.protocol, own, seed, frozen,
        difference(counts, own, frozen, "accuracy") if frozen and own != frozen else None,
    )  # fmt: skip


def require_trained(bound: BoundAvEvents, unit: Unit) -> None:
    """Check that a method is learned.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    if not unit.is_finished(bound.store):
        done = unit.done(bound.store)
        state = f"stands at epoch {done} of {unit.epochs}" if done else "is not trained"
        raise NotTrained(f"{unit.name} {state}. Train it first: mmpt-pipeline train RECIPE")
