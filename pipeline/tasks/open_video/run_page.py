"""What a service shows of a run of open-vocabulary video."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.datasets.open_video import EXAMS
from pipeline.report.pieces import PicturePiece, Piece, TablePiece, TextPiece, plain
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.pages import losses_of
from pipeline.tasks.open_video.result import OpenVideoResult
from pipeline.tasks.open_video.tables import diagnostic_rows, elsewhere_rows, result_rows
from pipeline.tasks.open_video.words import remarks


def page(bound: BoundOpenVideo, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    if stage == "train":
        yield TablePiece("training", "Training", [vars(each) for each in found.learned])
    else:
        yield from _judged(found)
    losses = {name: np.asarray(losses_of(bound, name), float) for name in bound.recipe.learned}
    if losses:
        yield PicturePiece(
            "loss", "Loss over the training steps, means over the seeds",
            loss_curves({name: values.mean(axis=0).tolist() for name, values in losses.items()}),
        )  # fmt: skip


def _judged(result: OpenVideoResult) -> Iterator[Piece]:
    columns, rows = result_rows(result)
    yield TablePiece(
        "open-video", "Base and novel classes, percent", [dict(zip(columns, r, strict=True)) for r in rows]
    )
    columns, rows = diagnostic_rows(result)
    if rows:
        told = "What each modality says by itself, percent"
        yield TablePiece("modalities", told, [dict(zip(columns, r, strict=True)) for r in rows])
    if result.elsewhere:
        columns, rows = elsewhere_rows(result)
        told = "On other data sets, percent"
        yield TablePiece("elsewhere", told, [dict(zip(columns, r, strict=True)) for r in rows])
    if lines := remarks(result):
        yield TextPiece("remarks", [plain(line) for line in lines])
    groups: dict[str, list[float]] = {exam: [each.figures[exam].value for each in result.methods] for exam in EXAMS}
    yield PicturePiece("methods", "Every method, percent", bars([each.name for each in result.methods], groups))
