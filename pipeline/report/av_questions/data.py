"""Everything a report of questions about clips is made of, as plain values: the report reads no store and asks no model.

Dims: T segments of a clip, S pixels along a side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms import Alarm
from pipeline.evaluation.event_ladder import Interval
from pipeline.report.data import LineageEntry

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Columns and lines."""


@dataclass(frozen=True)
class ShownMethod:
    """A rung of the ladder.

    Attributes:
        name: as the recipe has it.
        accuracy: share of all questions that are answered rightly.
        kinds: kind of question -> the same of these.
        losses: a list a seed: the loss of every step.
        numbers: part -> how many numbers are learned, the head among them.
        paper: what the paper prints beside the head, where it learned the same.
        seconds_a_step: median over all epochs of all seeds; None where nothing was measured.
        stored: bytes that it reads of the store, of all clips.
        learned_with: options that tell it from the others, in words.
    """

    name: str
    accuracy: Interval
    kinds: Mapping[str, Interval] = field(default_factory=dict)
    losses: Sequence[Sequence[float]] = ()
    numbers: Mapping[str, int] = field(default_factory=dict)
    paper: float | None = None
    seconds_a_step: float | None = None
    stored: int = 0
    learned_with: str = ""


@dataclass(frozen=True)
class ShownAnswer:
    """One of the answers to a question.

    Attributes:
        answer: in words.
        both: its probability, of the clip as it is.
        seen: of its picture alone.
        heard: of its sound alone.
        true: whether it is the right one.
    """

    answer: str
    both: float
    seen: float
    heard: float
    true: bool


@dataclass(frozen=True)
class ShownQuestion:
    """A question, what is right and what is said.

    Attributes:
        text: of the question.
        kind: as people call it.
        truth: the right answer.
        learned: whether train has that answer.
        answers: the most probable ones of the published method, best first; the right one is among them if it was learned.
        others: what else answers, by its name -> its answer and the probability of it.
    """

    text: str
    kind: str
    truth: str
    learned: bool
    answers: Sequence[ShownAnswer]
    others: Mapping[str, tuple[str, float]] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the most probable answer is the right one."""
        return self.answers[0].true


@dataclass(frozen=True)
class ShownClip:
    """A test clip with some of the questions about it.

    Attributes:
        name: of the clip.
        why: why it is shown.
        questions: about it.
        frames: uint8 (T, S, S, 3) as the tower sees them; None of a clip without picture.
        sound: uint8 (T, S, S, 3), the spectrogram of each segment, time to the right and high up; None of a clip without sound.
    """

    name: str
    why: str
    questions: Sequence[ShownQuestion]
    frames: NDArray[np.uint8] | None = None
    sound: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class QuestionsReportData:
    """One recipe, from clips to figures.

    Attributes:
        recipe_name: name of the recipe.
        recipe_yaml: the recipe, to be shown.
        figures: every method, then what needs no model.
        kinds: the same by kind of question; None where there is one kind only.
        sides: what the published method answers without one side.
        beside: what needs no model -> kind of question -> share.
        remarks: what must be said beside the figures.
        methods: the ladder, lowest rung first.
        clips: with questions.
        published: the method that answers.
        lineage: the artifacts behind the figures.
        facts: things to show about the run.
        warnings: what is wrong with the run though nothing failed.
        rejected: (path, reason) of rows that the data set names and that could not be used.
    """

    recipe_name: str
    recipe_yaml: str
    figures: Table
    kinds: Table | None
    sides: Table
    beside: Mapping[str, Mapping[str, float]]
    remarks: Sequence[str]
    methods: Sequence[ShownMethod]
    clips: Sequence[ShownClip] = ()
    published: str = ""
    lineage: Sequence[LineageEntry] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[Alarm] = ()
    rejected: Sequence[tuple[str, str]] = ()
