"""What a service shows of a few-shot run."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.report.pieces import PicturePiece, Piece, TablePiece
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.pages import losses_of
from pipeline.tasks.few_shot.result import FewShotResult
from pipeline.tasks.few_shot.tables import few_shot_table


def page(bound: BoundFewShot, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    if stage == "train":
        yield TablePiece("training", "Training", [vars(each) for each in found.learned])
    else:
        yield from _judged(bound, found)
    losses = {name: np.asarray(losses_of(bound, name), float) for name in bound.recipe.methods}
    means = {name: found.mean(axis=0).tolist() for name, found in losses.items() if found.size}
    if means:  # what is solved has no steps
        yield PicturePiece("loss", "Loss over the training steps, means over the seeds", loss_curves(means))


def _judged(bound: BoundFewShot, result: FewShotResult) -> Iterator[Piece]:
    """A line a method, percent; the same as bars."""
    title, columns, rows = few_shot_table(bound.recipe, result)
    yield TablePiece("few-shot", title, [dict(zip(columns, row, strict=True)) for row in rows])
    found = result.accuracies()
    test_sets = list(next(iter(found.values())))
    groups = {test_set: [accuracies[test_set] for accuracies in found.values()] for test_set in test_sets}
    told = "Every method on every test set, percent; means over the seeds"
    yield PicturePiece("methods", told, bars(list(found), groups))
