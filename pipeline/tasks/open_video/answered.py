"""What a run's published method made of every judged clip, for a comparison with another run. Free of torch."""

import numpy as np

from pipeline.evaluation.beside import Answered
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.result import all_told


def answered(bound: BoundOpenVideo) -> dict[str, Answered]:
    """Of base and of novel classes, whether a clip is right.

    Raises:
        NotJudged: something is not judged yet.
    """
    method, seed = bound.recipe.published
    found = {}
    for exam, seeds in all_told(bound)[method].items():
        told = seeds[bound.recipe.seeds.index(seed)] if len(seeds) > 1 else seeds[0]
        rows = told.clips.rows
        right = told.right().astype(np.float64)
        found[exam] = Answered(
            f"{method}, seed {seed}", "top-1", [row.key for row in rows], [list(row.labels) for row in rows], right
        )
    return found
