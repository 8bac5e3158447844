"""What a service shows of a run of audio-visual events."""

from collections.abc import Iterator
from typing import Any

from pipeline.report.pieces import Piece
from pipeline.tasks.av.run_page import pieces
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.tables import result_rows


def page(bound: BoundAvEvents, stage: str, found: Any) -> Iterator[Piece]:
    """See `Task.page`."""
    return pieces(bound, stage, found, result_rows, "seconds right")
