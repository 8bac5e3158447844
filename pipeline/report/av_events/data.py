"""Everything a report of audio-visual events is made of, as plain values: the report reads no store and asks no model.

Dims: T segments of a clip, S pixels along a side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms import Alarm
from pipeline.evaluation.event_ladder import Interval
from pipeline.report.data import LineageEntry


@dataclass(frozen=True)
class ShownMethod:
    """A rung of the ladder.

    Attributes:
        name: as the recipe has it.
        accuracy: of all seconds.
        over_first: beside the first rung, paired; None for that one.
        losses: a list a seed: the loss of every step.
        numbers: part -> how many numbers are learned, the head among them.
        paper: what the paper prints beside the head, where it learned the same.
        seconds_a_step: median over all epochs of all seeds; None where nothing was measured.
        stored: bytes that it reads of the store, of all clips.
        learned_with: options that tell it from the others, in words.
    """

    name: str
    accuracy: Interval
    over_first: Interval | None
    losses: Sequence[Sequence[float]] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    paper: float | None = None
    seconds_a_step: float | None = None
    stored: int = 0
    learned_with: str = ""


@dataclass(frozen=True)
class Track:
    """What one method says of a clip: a class and its probability a segment.

    Attributes:
        name: of the method.
        labels: (T,) number of a class; that behind the last is background.
        probabilities: (T,) of these.
    """

    name: str
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class ShownClip:
    """A test clip.

    Attributes:
        name: of the clip.
        why: why it is shown.
        truth: (T,) its labels.
        tracks: what methods say, the published one first.
        frames: uint8 (T, S, S, 3) as the tower sees them; None of a clip without picture.
    """

    name: str
    why: str
    truth: NDArray[np.int64]
    tracks: Sequence[Track]
    frames: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class EventsReportData:
    """One recipe, from clips to figures.

    Attributes:
        recipe_name: name of the recipe.
        recipe_yaml: the recipe, to be shown.
        head: columns of the table of figures.
        rows: its lines.
        remarks: what must be said beside the figures.
        methods: the ladder, lowest rung first.
        classes: names by label, without background.
        clips: time lines.
        segment_s: seconds of a segment.
        published: the method that answers.
        lineage: the artifacts behind the figures.
        facts: things to show about the run.
        warnings: what is wrong with the run though nothing failed.
        rejected: (path, reason) of rows that the data set names and that could not be used.
    """

    recipe_name: str
    recipe_yaml: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str]
    methods: Sequence[ShownMethod]
    classes: tuple[str, ...]
    clips: Sequence[ShownClip] = ()
    segment_s: float = 1.0
    published: str = ""
    lineage: Sequence[LineageEntry] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Alarm] = ()
    rejected: Sequence[tuple[str, str]] = ()
