"""The methods that learn from labelled images: ours, and those that other packages add under `mmpt_pipeline.methods`."""

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from pipeline.methods.base import Method
from pipeline.methods.baselines.config import METHODS as BASELINES
from pipeline.methods.probes.config import METHODS as PROBES
from pipeline.methods.prompt.config import PROMPT

GROUP = "mmpt_pipeline.methods"


@cache
def methods() -> dict[str, Method[Any]]:
    """Name -> method."""
    added = [found.load() for found in entry_points(group=GROUP)]
    return {method.name: method for method in (PROMPT, *BASELINES, *PROBES, *added)}


def method_of(config: Any) -> Method[Any]:
    """The method whose options these are."""
    return methods()[config.method]
