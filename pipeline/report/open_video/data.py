"""Everything a report of open-vocabulary video is made of, as plain values: the report reads no store and asks no model.

Dims: F frames of a view, S pixels along a side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms import Alarm
from pipeline.evaluation.intervals import Interval
from pipeline.report.data import LineageEntry


@dataclass(frozen=True)
class ShownMethod:
    """A line of the picture of methods.

    Attributes:
        name: as the recipe has it.
        figures: base, novel and H.
        losses: a list a seed: the loss of every step; none of frozen CLIP.
        numbers: how many were learned.
        seconds: of learning a seed, mean; None where that is not known.
    """

    name: str
    figures: Mapping[str, Interval]
    losses: Sequence[Sequence[float]] = ()
    numbers: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class ClassGain:
    """A class: who has how many of its clips right.

    Attributes:
        name: of the class.
        exam: base or novel.
        clips: judged.
        before: share that frozen CLIP has right.
        after: share that the published method has right.
    """

    name: str
    exam: str
    clips: int
    before: float
    after: float


@dataclass(frozen=True)
class ShownClip:
    """A clip with what was read of it.

    Attributes:
        name: of its file.
        exam: base or novel.
        label: its class.
        why: why it is shown.
        said: (method, class, probability).
        frames: uint8 (F, S, S, 3) of its first view.
        other: flow uint8 (F, S, S, 2) of that view, a spectrogram (frames, bins), or None.
    """

    name: str
    exam: str
    label: str
    why: str
    said: Sequence[tuple[str, str, float]]
    frames: NDArray[np.generic]
    other: NDArray[np.generic] | None = None


@dataclass(frozen=True)
class OpenVideoReportData:
    """One recipe, from clips to figures.

    Attributes:
        recipe_name: name of the recipe.
        recipe_yaml: the recipe, to be shown.
        head: columns of the table of figures.
        rows: its lines.
        diagnostics_head: columns of what each modality says by itself.
        diagnostics: its lines.
        remarks: what must be said beside the figures.
        methods: frozen CLIP first.
        classes: gain of every class.
        clips: some of them, with their flow or sound.
        published: the method that answers.
        lineage: the artifacts behind the figures.
        facts: things to show about the run.
        warnings: what is wrong with the run though nothing failed.
        rejected: (path, reason) of clips that the data set names and that cannot be read.
        elsewhere_head: columns of figures on other data sets.
        elsewhere: their lines.
    """

    recipe_name: str
    recipe_yaml: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    diagnostics_head: Sequence[str]
    diagnostics: Sequence[Sequence[str]]
    remarks: Sequence[str]
    methods: Sequence[ShownMethod]
    classes: Sequence[ClassGain]
    clips: Sequence[ShownClip] = ()
    published: str = ""
    lineage: Sequence[LineageEntry] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Alarm] = ()
    rejected: Sequence[tuple[str, str]] = ()
    elsewhere_head: Sequence[str] = ()
    elsewhere: Sequence[Sequence[str]] = ()
