"""What a run's published method made of every judged clip, for a comparison with another run. Free of torch."""

import numpy as np

from pipeline.evaluation.beside import Answered
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.result import told_of
from pipeline.tasks.open_video.work import published_by, trials


def answered(bound: BoundOpenVideo) -> dict[str, Answered]:
    """Of base and of novel classes, whether a clip is right; half by half where there are several.

    Raises:
        NotJudged: the method that answers is not judged yet.
    """
    method, seed = published_by(bound)
    found, several = {}, len(bound.recipe.videos.draws) > 1
    for trial in trials(bound):
        if trial.what != method or (trial.unit is not None and trial.unit.seed != seed):
            continue
        told = told_of(bound, trial)
        rows, name = told.clips.rows, f"{trial.exam}, half {trial.draw}" if several else trial.exam
        keys, truth = [row.key for row in rows], [list(row.labels) for row in rows]
        found[name] = Answered(f"{method}, seed {seed}", "top-1", keys, truth, told.right().astype(np.float64))
    return found
