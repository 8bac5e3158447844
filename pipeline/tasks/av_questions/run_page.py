"""What a service shows of a run of questions."""

from collections.abc import Iterator
from typing import Any

from pipeline.report.pieces import Piece, TablePiece
from pipeline.tasks.av import run_page
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.av_questions.tables import kind_rows, result_rows


def page(bound: BoundAvQuestions, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    yield from run_page.pieces(bound, stage, found, result_rows, "questions answered rightly")
    if stage != "train" and len(found.groups) > 1:
        head, lines = kind_rows(found)
        shown = [dict(zip(head, line, strict=True)) for line in lines]
        yield TablePiece("kinds", "By kind of question, percent", shown)
