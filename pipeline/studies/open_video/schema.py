"""The shape of a study of clips by any names; figures are percent, as papers print them."""

from typing import Any

from pydantic import Field

from pipeline.strict import Strict


class VideoRow(Strict):
    """One recipe of a table, and what the paper says of it."""

    name: str = Field(min_length=1)
    open_video: str
    """The shipped recipe below `mov/`."""
    change: dict[str, Any] = {}
    """What differs from it: each key is replaced whole."""
    paper: dict[str, dict[str, float]] = Field(min_length=1)
    """Method, or `method: who` with a line of what each modality says by itself -> measure -> percent. A measure is base, novel
    or H, or a data set of `judge_on`."""


class OpenVideoStudy(Strict):
    """One table of a paper."""

    title: str
    rows: list[VideoRow] = Field(min_length=1)
