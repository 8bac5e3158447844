"""Learning one method with one seed, and saying what it makes of questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.datasets.av.questions import AvQuestion
from pipeline.methods.copl.questions.config import QuestionsOptions
from pipeline.methods.copl.questions.head import Answered
from pipeline.methods.copl.questions.learner import QuestionsLearner
from pipeline.runs.work import Unit
from pipeline.tasks.av.learning import device_of, learn_unit, loaded
from pipeline.tasks.av.towers import ROLES, Towers
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_questions.batches import QuestionBatches, StoredQuestions, stored_negatives, stored_questions
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import answering, read_back

Floats = NDArray[np.float32]
CLIPS = 8
"""That are answered about at once."""


def learn(bound: BoundAvQuestions, unit: Unit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    The epoch that answers is the one that is best on the questions of val.

    Raises:
        AvError: there is nothing to learn from, or something is not stored yet.
        MmptError: options and towers do not fit.
    """
    options, sides = unit.config, sides_of(bound)
    learner = learner_of(
        bound.towers, options, unit.seed, bound.form.segments, bound.knows(), bound.device, bound.recipe.cache.compute
    )
    learned = stored_questions(bound, sides.usable(bound.of("train")), options, sides)
    chosen = stored_questions(bound, sides.usable(bound.of(bound.chooses_on)), options, sides)
    negatives = stored_negatives(bound, learned, options, sides)
    batches = QuestionBatches(learned, negatives, options, bound.form.segments, unit.seed, device_of(learner))

    def figure() -> float:
        with answering(learner):
            said = answers_on(learner, chosen).probabilities.argmax(-1)
        return float((said == chosen.truth.numpy()).mean())

    return learn_unit(bound, unit, learner, batches, figure if chosen.questions else None)


def learner_of(
    towers: Towers, options: QuestionsOptions, seed: int, segments: int, known: Any, device: str, compute: str
) -> QuestionsLearner:
    """A method before it has learned, on its frozen towers.

    Args:
        towers: of the recipe.
        options: of the method.
        seed: of what is drawn.
        segments: T.
        known: its `words` and `answers`.
        device: where the towers run.
        compute: type of the towers' numbers.
    """
    pair = loaded(towers, device, compute)
    return QuestionsLearner(options, *pair, segments, len(known["words"]), len(known["answers"]), seed)


@dataclass(frozen=True)
class Answers:
    """What a method says of n questions.

    Attributes:
        probabilities: (n, K).
        shares: (n, 2) of picture and sound; NaN where the method does not read both.
        moments: (n, 2, T) weights of the seconds of picture and sound; NaN of what is not read.
    """

    probabilities: Floats
    shares: Floats
    moments: Floats


def answers_on(learner: QuestionsLearner, stored: StoredQuestions, clips: int = CLIPS) -> Answers:
    """Of questions, in their order."""
    parts = [
        (numbers, read_of(learner.answered(batch), stored.segments))
        for numbers, batch in stored.in_order(clips, device_of(learner))
    ]
    back = np.argsort(np.concatenate([numbers for numbers, _ in parts]))
    joined = (
        np.concatenate([getattr(part, name) for _, part in parts])[back]
        for name in ("probabilities", "shares", "moments")
    )
    return Answers(*joined)


def read_of(found: Answered, segments: int) -> Answers:
    """Plain arrays of what a head says."""
    probabilities = _plain(found.logits.softmax(-1))
    count = len(probabilities)
    shares, moments = np.full((count, 2), np.nan, np.float32), np.full((count, 2, segments), np.nan, np.float32)
    for place, role in enumerate(ROLES):
        if role in found.moments:
            moments[:, place] = _plain(found.moments[role])
        if role in found.shares and len(found.shares) == len(ROLES):
            shares[:, place] = _plain(found.shares[role])
    return Answers(probabilities, shares, moments)


def answered(bound: BoundAvQuestions, unit: Unit, questions: Sequence[AvQuestion]) -> tuple[Answers, Floats, int]:
    """What a learned method says of questions.

    Returns:
        with both sides; probabilities (2, n, K) from the picture alone and from the sound alone; and the epoch that says it.
    """
    sides, options = sides_of(bound), unit.config
    learner = learner_of(
        bound.towers, options, unit.seed, bound.form.segments, bound.knows(), bound.device, bound.recipe.cache.compute
    )
    epoch = read_back(learner, Checkpoints(bound.store.artifact(unit.spec)))
    stored = stored_questions(bound, questions, options, sides)
    alone = [answers_on(learner, stored.without(role)).probabilities for role in ("audio", "visual")]
    return answers_on(learner, stored), np.stack(alone), epoch


def _plain(values: torch.Tensor) -> Floats:
    return np.asarray(values.float().cpu().numpy(), np.float32)
