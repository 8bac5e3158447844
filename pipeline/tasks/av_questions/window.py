"""A decoded clip and questions about it through a learned method. Dims: T segments, Q questions, K answers, N words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.methods.copl.questions.learner import QuestionBatch, QuestionsLearner
from pipeline.tasks.av.asked import Asked
from pipeline.tasks.av.learning import device_of
from pipeline.tasks.av.window import Reader, Window, reader_of
from pipeline.tasks.av_questions.learn import learner_of
from pipeline.tasks.av_questions.recipe import AvQuestionsRecipe
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import read_back


@dataclass(frozen=True)
class Answerer:
    """A learned method that answers questions.

    Attributes:
        learner: ready to answer.
        reader: makes of a clip what the method reads; None of one that reads the question alone.
    """

    learner: QuestionsLearner
    reader: Reader | None

    def __call__(self, clip: Window, questions: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Probabilities (Q, K).

        Args:
            clip: role -> frames, or spectrograms (T, ...).
            questions: numbers (N,) of the words of each.
        """
        device = device_of(self.learner)
        visual, audio = (None, None) if self.reader is None else self.reader.rows([clip])
        words = torch.tensor(questions, dtype=torch.int64, device=device)
        nothing = torch.zeros(len(questions), dtype=torch.int64, device=device)
        said = self.learner.answers(QuestionBatch(visual, audio, nothing, words, nothing))
        return np.asarray(said.float().cpu().numpy(), np.float32)


def answerer(of: Asked[AvQuestionsRecipe], device: str) -> Answerer:
    """A method of a finished run, with its towers."""
    options, compute = of.recipe.methods[of.method], of.recipe.cache.compute
    learner = learner_of(of.towers, options, of.seed, of.form.segments, of.checkpoints.spec.fields, device, compute)
    read_back(learner, Checkpoints(of.checkpoints))
    if options.head.use == "question":
        return Answerer(learner, None)
    return Answerer(learner, reader_of(_no_windows, options, of.towers, of.form, device_of(learner), compute))


def _no_windows(visual: object, audio: object) -> torch.Tensor:
    raise AssertionError("clips are asked about whole")
