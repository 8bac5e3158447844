"""Everything a report of questions about clips is made of, as plain values: the report reads no store and asks no model.

Dims: T segments of a clip, S pixels along a side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.intervals import Interval
from pipeline.report.av import AvReportData

Table = tuple[Sequence[str], Sequence[Sequence[str]]]
"""Columns and lines."""


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
        shares: (of the picture, of the sound) in the published method's answer, which sum to 1; None where it does not read both.
        moments: side ("picture", "sound") -> (T,) how much each second was read, which sum to 1.
    """

    text: str
    kind: str
    truth: str
    learned: bool
    answers: Sequence[ShownAnswer]
    others: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    shares: tuple[float, float] | None = None
    moments: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True)
class QuestionsReportData(AvReportData):
    """One recipe, from clips and questions to figures.

    Attributes:
        kinds: figures by kind of question; None where there is one kind only.
        sides: what the published method answers without one side.
        scores: method -> kind of question -> share answered rightly.
        beside: what needs no model -> kind of question -> the same.
        clips: with questions.
    """

    kinds: Table | None
    sides: Table
    scores: Mapping[str, Mapping[str, Interval]]
    beside: Mapping[str, Mapping[str, float]]
    clips: Sequence[ShownClip] = ()
