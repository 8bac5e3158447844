"""Questions with their clips as the loop reads them: from the store alone.

Dims: V clips of a batch, Q questions, T segments, N words of the longest question.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.datasets.av.questions import AvQuestion, encoded
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.learner import QuestionBatch
from pipeline.methods.copl.questions.steps import QuestionStep, parts_of, steps_of
from pipeline.tasks.av.batches import StoredRows, blank_of, require_stored, stored_rows
from pipeline.tasks.av.sides import Sides, row_of
from pipeline.tasks.av.sources import array_of
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.judging import truth_of
from pipeline.training.dropout import draw_of
from stores import Artifact


@dataclass(frozen=True)
class StoredQuestions:
    """Questions as a method reads them.

    Attributes:
        questions: in order.
        rows: what is read of their clips; None of a method that reads the question alone.
        words: int64 (n, N).
        truth: int64 (n,), -1 of an answer that nobody learned.
        segments: T.
    """

    questions: Sequence[AvQuestion]
    rows: StoredRows | None
    words: Tensor
    truth: Tensor
    segments: int

    @cached_property
    def clips(self) -> list[AvQuestion]:
        """A question about every clip: it stands for the clip."""
        found: dict[tuple[str, str], AvQuestion] = {}
        for question in self.questions:
            found.setdefault(_clip_key(question), question)
        return list(found.values())

    @cached_property
    def clip_of(self) -> NDArray[np.int64]:
        """(n,) numbers in `clips`."""
        place = {_clip_key(clip): number for number, clip in enumerate(self.clips)}
        return np.array([place[_clip_key(question)] for question in self.questions], np.int64)

    def batch(
        self, questions: NDArray[np.int64], clips: NDArray[np.int64], clip_of: NDArray[np.int64], device: torch.device
    ) -> QuestionBatch:
        """Some questions.

        Args:
            questions: (Q,) their numbers.
            clips: (V,) numbers of their clips, each once.
            clip_of: (Q,) places in `clips`.
            device: where the towers run.
        """
        visual, audio = (None, None) if self.rows is None else self.rows.at([self.clips[n] for n in clips], device)
        chosen = torch.from_numpy(questions)
        return QuestionBatch(
            visual,
            audio,
            torch.from_numpy(clip_of).to(device),
            self.words[chosen].to(device),
            self.truth[chosen].to(device),
        )

    def in_order(self, clips: int, device: torch.device) -> Iterator[tuple[NDArray[np.int64], QuestionBatch]]:
        """All questions, those of some clips at a time: their numbers and the batch."""
        order = np.argsort(self.clip_of, kind="stable")
        for start in range(0, len(self.clips), clips):
            numbers = np.arange(start, min(start + clips, len(self.clips)))
            questions = order[np.isin(self.clip_of[order], numbers)]
            yield questions, self.batch(questions, numbers, self.clip_of[questions] - start, device)

    def without(self, role: str) -> "StoredQuestions":
        """The same with nothing in one role of every clip."""
        if self.rows is None:
            return self
        sides, gone = self.rows.sides, frozenset(row_of(clip, role).key for clip in self.clips)
        sides = (
            replace(sides, blind=sides.blind | gone) if role == "visual" else replace(sides, silent=sides.silent | gone)
        )
        return replace(self, rows=replace(self.rows, sides=sides))


def _clip_key(question: AvQuestion) -> tuple[str, str]:
    return question.video.key, question.sound.key


@dataclass(frozen=True)
class StoredNegatives:
    """Frames of every clip's grid, as the tower leaves them without prompts.

    Attributes:
        artifact: holds them.
        array: their name there.
        keys: of the clips' pictures, by the numbers that steps have; None of a clip without picture.
        blank: (points, L, C) what stands for such a one.
    """

    artifact: Artifact
    array: str
    keys: Sequence[str | None]
    blank: NDArray[np.floating]

    def at(self, others: NDArray[np.int64], points: NDArray[np.int64]) -> Tensor:
        """Maps (V, T, L, C) of clips and points (V, T)."""
        numbers: list[int] = np.unique(others).tolist()
        there = [key for number in numbers if (key := self.keys[number]) is not None]
        stored = self.artifact.arrays(there, [self.array])[self.array] if there else self.blank[None][:0]
        place = {key: row for row, key in enumerate(there)}
        found = np.empty((*others.shape, *self.blank.shape[1:]), self.blank.dtype)
        for spot in np.ndindex(*others.shape):
            key = self.keys[int(others[spot])]
            found[spot] = (self.blank if key is None else stored[place[key]])[points[spot]]
        return torch.from_numpy(found)


@dataclass(frozen=True)
class QuestionBatches:
    """Batches to learn from; an epoch's are a function of seed and epoch, see `steps_of`.

    Attributes:
        stored: the questions.
        negatives: frames of other clips; None where nothing is matched.
        options: of the method.
        segments: T.
        seed: of the order, of frames of others, and of what is dropped.
        device: where the towers run.
    """

    stored: StoredQuestions
    negatives: StoredNegatives | None
    options: QuestionsOptions
    segments: int
    seed: int
    device: torch.device

    def __len__(self) -> int:
        """Batches of an epoch."""
        return parts_of(self.stored.clip_of.tolist(), self.options)

    def epoch(self, epoch: int) -> Iterator[QuestionBatch]:
        """The batches of one epoch (1-based)."""
        for step in steps_of(self.stored.clip_of.tolist(), self.options, self.segments, self.seed, epoch):
            yield self._of(step, epoch)

    def _of(self, step: QuestionStep, epoch: int) -> QuestionBatch:
        batch = self.stored.batch(step.questions, step.videos, step.video_of, self.device)
        maps = None if self.negatives is None else self.negatives.at(step.others, step.points).to(self.device)
        return replace(batch, negatives=maps, draw=draw_of(self.seed, epoch, step.number))


def stored_questions(
    bound: BoundAvQuestions, questions: Sequence[AvQuestion], options: QuestionsOptions, sides: Sides
) -> StoredQuestions:
    """Questions as a method reads them.

    Raises:
        NotCached: frames, spectrograms or activations are not there yet.
    """
    rows = None if options.head.use == "question" else stored_rows(bound, questions, options, sides)
    known = bound.clips
    words = [encoded(question.tokens, known.words, known.longest) for question in questions]
    truth = truth_of(questions, known.answers)
    numbers = torch.tensor(words, dtype=torch.int64).reshape(-1, known.longest)
    return StoredQuestions(questions, rows, numbers, torch.from_numpy(truth), bound.form.segments)


def stored_negatives(
    bound: BoundAvQuestions, stored: StoredQuestions, options: QuestionsOptions, sides: Sides
) -> StoredNegatives | None:
    """Frames of other clips as a method learns from them; None where it matches none.

    Raises:
        NotCached: they are not there yet.
    """
    needs = bound.more_of(options)
    if not needs:
        return None
    (need,) = needs
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    keys = [clip.video.key if sides.has(clip, "visual") else None for clip in stored.clips]
    require_stored(artifact, {key for key in keys if key is not None}, "frames of other videos")
    return StoredNegatives(artifact, array_of(need), keys, blank_of(need, bound.device, bound.recipe.cache))
