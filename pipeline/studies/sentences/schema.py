"""The shape of a study file.

Figures are percent, as papers print them.
"""

from typing import Any, Literal

from pydantic import Field

from pipeline.strict import Strict

Metric = Literal["top1", "top5", "mAP"]
Figures = dict[str, dict[Metric, float]]
"""Modality -> metric -> percent."""


class Run(Strict):
    """A run of the study's recipe, changed.

    Attributes:
        only: the modalities that take part; all of the recipe's where none is named.
        change: what differs from the study's recipe; mappings are merged, everything else and `data` is replaced.
    """

    only: list[str] = []
    change: dict[str, Any] = {}


class Row(Run):
    """One row of a table: a run, and what the paper says of it."""

    name: str = Field(min_length=1)
    first: Run | None = None
    """A run that comes before, under the same name: this row then extends it."""
    apart: Run | None = None
    """A run whose classes are the old ones where the paper tells old and new classes apart; else `first` is."""
    method: Literal["trained", "ensemble"] = "trained"
    paper: Figures = {}
    zero_shot: Figures = {}
    """What the paper says of its zero-shot baseline on the same files."""
    old: Figures = {}
    new: Figures = {}
    """What the paper says of the old and of the new classes by themselves."""


class Study(Strict):
    """One table or figure of a paper."""

    title: str
    recipe: str
    """The shipped recipe that the rows change."""
    change: dict[str, Any] = {}
    """What differs from the recipe in every row."""
    rows: list[Row] = Field(min_length=1)
