"""What a service shows of a run of questions."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.report.pieces import PicturePiece, Piece, TablePiece, TextPiece, plain
from pipeline.report.small_pictures import bars, loss_curves
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.pages import losses_of
from pipeline.tasks.av_questions.result import QuestionsResult
from pipeline.tasks.av_questions.tables import Rows, kind_rows, result_rows
from pipeline.tasks.av_questions.words import remarks


def page(bound: BoundAvQuestions, stage: str, found: Any) -> Iterator[Piece]:
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


def _judged(result: QuestionsResult) -> Iterator[Piece]:
    yield TablePiece("questions", "Test questions, percent", _lines(result_rows(result)))
    if len(result.groups) > 1:
        yield TablePiece("kinds", "By kind of question, percent", _lines(kind_rows(result)))
    if told := remarks(result):
        yield TextPiece("remarks", [plain(line) for line in told])
    names = [each.name for each in result.methods]
    yield PicturePiece(
        "methods", "Questions answered rightly by every method, percent",
        bars(names, {"answered rightly": [each.accuracy.value for each in result.methods]}),
    )  # fmt: skip


def _lines(rows: Rows) -> list[dict[str, str]]:
    head, lines = rows
    return [dict(zip(head, line, strict=True)) for line in lines]
