"""What a service shows of a run of sounding objects."""

from collections.abc import Iterator
from typing import Any

from pipeline.report.pieces import Piece
from pipeline.tasks.av.run_page import pieces
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.tables import result_rows


def page(bound: BoundAvMasks, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    return pieces(bound, stage, found, result_rows, "mIoU")
