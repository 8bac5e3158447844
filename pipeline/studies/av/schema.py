"""The shape of a study of clips with two frozen towers; figures are percent, as papers print them, or have a unit."""

from typing import Any, Literal

from pydantic import Field

from pipeline.strict import Strict

Measure = Literal["seconds right", "mIoU", "AQ", "VQ", "AVQ", "Avg", "learned, M", "GB of a step"]
"""`learned, M`: million numbers beside the head. `GB of a step`: ours is counted, in float32, without weights."""


class AvRow(Strict):
    """One recipe of a table, and what the paper says of it."""

    name: str = Field(min_length=1)
    copl: str
    """The shipped recipe below `copl/`."""
    change: dict[str, Any] = {}
    """What differs from it: each key is replaced whole."""
    paper: dict[str, dict[Measure, float | None]] = Field(min_length=1)
    """Method of the recipe -> measure -> figure; null where the paper's is lost."""
    others: dict[str, dict[Measure, float]] = {}
    """Methods that are not here, with the same towers -> measure -> the paper's figure."""


class AvStudy(Strict):
    """One table of a paper."""

    title: str
    rows: list[AvRow] = Field(min_length=1)
