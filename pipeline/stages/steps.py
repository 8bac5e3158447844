"""How a stage is carried out: plainly, or inside whatever a service wraps around it (retries, a line on a page)."""

from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.runs.bound import Bound

Found = TypeVar("Found")
Stage = Callable[[Bound[Any]], Found]
Wrap = Callable[[str, Stage], Stage]
"""(name of the stage, stage) -> the stage as it shall be called."""


def plainly(name: str, stage: Stage) -> Stage:
    """The stage itself."""
    return stage
