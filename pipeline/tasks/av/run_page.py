"""What a service shows of a run of clips."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pipeline.report.pieces import PicturePiece, Piece, TablePiece, TextPiece, plain
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.pages import losses_of
from pipeline.tasks.av.words import remarks

Rows = tuple[list[str], list[list[str]]]


def pieces(
    bound: BoundAv[Any, Any], stage: str, found: Any, rows_of: Callable[[Any], Rows], figure: str
) -> Iterator[Piece]:
    """See `Task.page`.

    Args:
        bound: the recipe.
        stage: "train", or what judges.
        found: what it came to.
        rows_of: columns and lines of the table of figures.
        figure: what methods are compared by, as people call it.
    """
    if stage == "train":
        yield TablePiece("training", "Training", [vars(each) for each in found.learned])
    else:
        columns, rows = rows_of(found)
        shown = [dict(zip(columns, row, strict=True)) for row in rows]
        yield TablePiece(bound.part, f"Test {bound.examples}, percent", shown)
        if told := remarks(found, bound.examples):
            yield TextPiece("remarks", [plain(line) for line in told])
        names = [each.name for each in found.methods]
        yield PicturePiece(
            "methods", f"{figure[0].upper()}{figure[1:]} of every method, percent",
            bars(names, {figure: [each.main.value for each in found.methods]}),
        )  # fmt: skip
    losses = {name: np.asarray(losses_of(bound, name), float) for name in bound.recipe.methods}
    yield PicturePiece(
        "loss", "Loss over the training steps, means over the seeds",
        loss_curves({name: found.mean(axis=0).tolist() for name, found in losses.items()}),
    )  # fmt: skip
