"""Everything a few-shot report is made of, as plain values: the report reads no store and asks no model.

Dims: n images, N iterations (0 is the frozen encoder), g patches along a side, S pixels along a side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms import Alarm
from pipeline.report.data import LineageEntry


@dataclass(frozen=True)
class LearnedMethod:
    """A line of the table.

    Attributes:
        name: as the recipe has it.
        trainable: how many numbers were learned; 0 for the frozen encoder.
        accuracies: one mapping a seed: test set -> share that is right after each iteration; NaN where there is no answer.
        losses: one list a seed: the loss of every step.
        seconds: one list a seed: of its epochs, where they are known.
        steps: of an epoch.
        unanswered: test set -> why there is no answer.
        late: whether its prompts enter the last blocks; None for methods that have no such choice.
    """

    name: str
    trainable: int
    accuracies: Sequence[Mapping[str, Sequence[float]]]
    losses: Sequence[Sequence[float]] = ()
    seconds: Sequence[Sequence[float]] = ()
    steps: int = 0
    unanswered: Mapping[str, str] = field(default_factory=dict)
    late: bool | None = None

    def last(self, test_set: str) -> list[float]:
        """Share that is right after the last iteration, by seed."""
        return [seed[test_set][-1] for seed in self.accuracies]

    @property
    def seconds_to_learn(self) -> float | None:
        """Mean over the seeds of which every epoch is known."""
        most = max((len(epochs) for epochs in self.seconds), default=0)
        whole = [sum(epochs) for epochs in self.seconds if len(epochs) == most and most]
        return float(np.mean(whole)) if whole else None

    @property
    def seconds_a_step(self) -> float | None:
        """Median over all epochs of all seeds."""
        epochs = [seconds for seed in self.seconds for seconds in seed]
        return float(np.median(epochs)) / self.steps if epochs and self.steps else None


@dataclass(frozen=True)
class Confidences:
    """How sure a method is of images of one test set.

    Attributes:
        classes: names by label.
        paths: (n,) the files.
        labels: (n,) true classes.
        confidence: (n, 1 + N) of the true class.
        predicted: (n, 1 + N) most probable classes.
    """

    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    confidence: NDArray[np.float64]
    predicted: NDArray[np.int64]

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n, 1 + N) whether the most probable class is the true one."""
        return self.predicted == self.labels[:, None]


@dataclass(frozen=True)
class AttentionRow:
    """What the class token attends to in one image.

    Attributes:
        test_set: where the image is from.
        label: its class.
        picture: uint8 (S, S, 3) as the tower saw it.
        maps: title -> (g, g); what is missing to 1 goes to the class token and the prompts.
    """

    test_set: str
    label: str
    picture: NDArray[np.uint8]
    maps: Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Seen:
    """What was computed to be looked at, all with one seed.

    Attributes:
        seed: that seed.
        confidences: method with iterations -> test set -> confidences.
        attention: images with the maps of every method that reads images.
        shots: class -> files of the labelled images.
        no_attention: why there are no maps, where a method would have some.
        modality: of the shots.
    """

    seed: int
    confidences: Mapping[str, Mapping[str, Confidences]]
    attention: Sequence[AttentionRow]
    shots: Mapping[str, Sequence[str]]
    no_attention: str | None = None
    modality: str = "image"


@dataclass(frozen=True)
class FewShotReportData:
    """One few-shot recipe, from labelled images to accuracies.

    Attributes:
        recipe_name: name of the recipe.
        recipe_yaml: the recipe, to be shown.
        test_sets: what was judged, in the order shown.
        others: those of them of which nothing was learned; empty for base and novel halves.
        methods: the frozen encoder first.
        seen: pictures.
        lineage: the artifacts behind the figures.
        facts: things to show about the run.
        warnings: what is wrong with the run though nothing failed.
    """

    recipe_name: str
    recipe_yaml: str
    test_sets: tuple[str, ...]
    others: tuple[str, ...]
    methods: Sequence[LearnedMethod]
    seen: Seen
    lineage: Sequence[LineageEntry] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Alarm] = ()

    @property
    def halved(self) -> bool:
        """Whether base and novel classes were judged, so that there is a harmonic mean."""
        return self.test_sets == ("base", "novel")
