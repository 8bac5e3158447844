"""What a run's published method answered to every test question, for a comparison with another run. Free of torch."""

import numpy as np

from pipeline.evaluation.beside import Answered
from pipeline.tasks.av.work import TEST, published_by, sides_of, trial_of, unit_of
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.result import told_of


def answered(bound: BoundAvQuestions) -> dict[str, Answered]:
    """Whether each question is answered rightly.

    Raises:
        NotJudged: the method that answers is not judged yet.
    """
    method, seed = published_by(bound)
    told = told_of(bound, trial_of(bound, unit_of(bound, method, seed)), sides_of(bound))
    keys = [f"{one.video.key} {one.sound.key} {one.text}" for one in told.questions]
    right = np.array([bound.clips.answer_of(one) for one in told.questions]) == told.said
    truth = [one.answer for one in told.questions]
    return {TEST: Answered(f"{method}, seed {seed}", "questions right", keys, truth, right.astype(np.float64))}
