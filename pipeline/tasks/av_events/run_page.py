"""What a service shows of a run of audio-visual events."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.report.pieces import PicturePiece, Piece, TablePiece, TextPiece, plain
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.pages import losses_of
from pipeline.tasks.av_events.result import EventsResult
from pipeline.tasks.av_events.tables import result_rows
from pipeline.tasks.av_events.words import remarks


def page(bound: BoundAvEvents, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    if stage == "train":
        yield TablePiece("training", "Training", [vars(each) for each in found.learned])
    else:
        yield from _judged(found)
    losses = {name: np.asarray(losses_of(bound, name), float) for name in bound.recipe.methods}
    yield PicturePiece(
        "loss", "Loss over the training steps, means over the seeds",
        loss_curves({name: found.mean(axis=0).tolist() for name, found in losses.items()}),
    )  # fmt: skip


def _judged(result: EventsResult) -> Iterator[Piece]:
    columns, rows = result_rows(result)
    yield TablePiece("events", "Test clips, percent", [dict(zip(columns, row, strict=True)) for row in rows])
    if told := remarks(result):
        yield TextPiece("remarks", [plain(line) for line in told])
    names = [each.name for each in result.methods]
    yield PicturePiece(
        "methods", "Seconds right of every method, percent",
        bars(names, {"seconds right": [each.accuracy.value for each in result.methods]}),
    )  # fmt: skip
