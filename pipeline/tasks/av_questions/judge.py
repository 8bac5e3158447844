"""What learned methods say of the test questions, published: probabilities, and what they were read from."""

import json
from collections.abc import Sequence

import numpy as np

from pipeline.runs.results import as_npy, publish_results
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.result import judged_clips
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.learn import answered
from pipeline.tasks.av_questions.result import MOMENTS, PROBABILITIES, SHARES


def judge(bound: BoundAvQuestions, unit: Unit, trials: Sequence[Trial]) -> None:
    """Judge a learned method.

    Raises:
        NotTrained: it is not learned to its last epoch.
        NotCached: test clips are not stored yet.
    """
    require_trained(bound, unit)
    questions = judged_clips(bound, sides_of(bound))

    def judged(_: Trial) -> dict[str, bytes]:
        both, alone, epoch = answered(bound, unit, questions)
        told = json.dumps({"epoch": epoch, "questions": [[each.name, each.question_id] for each in questions]}).encode()
        shares = np.concatenate([both.probabilities[None], alone])
        arrays = {PROBABILITIES: shares, SHARES: both.shares, MOMENTS: both.moments}
        return {RESULT: told, **{name: as_npy(values) for name, values in arrays.items()}}

    publish_results(bound.store, trials, judged)
