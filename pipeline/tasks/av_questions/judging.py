"""Test questions as they are counted. Dims: n questions, G kinds, V videos."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.questions import AvQuestion, AvQuestions
from pipeline.evaluation.question_ladder import Counts, kind_counts
from pipeline.tasks.av_questions.kinds import Group, groups_of


@dataclass(frozen=True)
class Judging:
    """Questions with what is right, and what figures are of.

    Attributes:
        questions: n of them.
        truth: (n,) numbers of their answers; -1 of one that nobody learned, which no answer is.
        kinds: (n,) numbers of their kinds.
        videos: (n,) numbers of their videos.
        groups: what figures are of.
    """

    questions: Sequence[AvQuestion]
    truth: NDArray[np.int64]
    kinds: tuple[int, ...]
    videos: tuple[int, ...]
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, questions: Sequence[AvQuestion], known: AvQuestions) -> "Judging":
        """Of questions among all that a data set has."""
        asked = {question.kind for question in questions}
        kinds = [kind for kind in known.kinds if kind in asked]
        video = {key: number for number, key in enumerate(dict.fromkeys(each.video.key for each in questions))}
        return cls(
            questions,
            truth_of(questions, known.answers),
            tuple(kinds.index(each.kind) for each in questions),
            tuple(video[each.video.key] for each in questions),
            groups_of(kinds),
        )

    def counts(self, said: NDArray[np.int64]) -> Counts:
        """(V, G, 2) of answers (n,), by their numbers."""
        return kind_counts(said == self.truth, self.kinds, self.videos)

    @cached_property
    def by_name(self) -> dict[str, tuple[int, ...]]:
        """Name of a group -> numbers of its kinds."""
        return {group.name: group.kinds for group in self.groups}

    @cached_property
    def sizes(self) -> dict[str, int]:
        """Name of a group -> its questions."""
        return {name: int(np.isin(self.kinds, kinds).sum()) for name, kinds in self.by_name.items()}

    def shares(self, values: NDArray[Any]) -> dict[str, float]:
        """Name of a group -> the mean of its questions' values (n,)."""
        return {name: float(values[np.isin(self.kinds, kinds)].mean()) for name, kinds in self.by_name.items()}


def truth_of(questions: Sequence[AvQuestion], answers: Sequence[str]) -> NDArray[np.int64]:
    """Numbers (n,) of their answers; -1 of one that is none of `answers`."""
    number = {answer: place for place, answer in enumerate(answers)}
    return np.array([number.get(each.answer, -1) for each in questions], np.int64)
