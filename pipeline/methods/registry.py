"""The methods that learn from labelled images: ours, and those that other packages add under `mmpt_pipeline.methods`."""

from functools import cache
from typing import Any

from pipeline.entry_points import with_added
from pipeline.methods.base import Method
from pipeline.methods.baselines.config import METHODS as BASELINES
from pipeline.methods.probes.config import METHODS as PROBES
from pipeline.methods.prompt.config import PROMPT

GROUP = "mmpt_pipeline.methods"


@cache
def methods() -> dict[str, Method[Any]]:
    """Name -> method."""
    ours: tuple[Method[Any], ...] = (PROMPT, *BASELINES, *PROBES)
    return with_added(ours, GROUP, Method)


def method_of(config: Any) -> Method[Any]:
    """The method whose options these are."""
    return methods()[config.method]
