"""A recipe of few clips of the miniature world, for tests of what becomes of it."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress

FEW = {"epochs": 2, "batch": 4, "lr_head": 0.003}
PROMPTS = {"global_prompts": 2, "interaction_prompts": 2, "bank": 3, "bottleneck": 4, "lr_prompts": 0.01}
METHODS: dict[str, Any] = {
    "head-only": {"rung": "none", **FEW},
    "visual alone": {"rung": "none", "head": {"use": "visual"}, **FEW},
    "parallel": {"variant": "parallel", "side_width": 8, **PROMPTS, **FEW},
    "late": {"variant": "late", **PROMPTS, **FEW},
    "copl": {**PROMPTS, **FEW},
}


def content_of(tower: str, **changes: Any) -> dict[str, Any]:
    """The recipe as a mapping."""
    return {
        "name": "few",
        "events": {"layout": "miniature", "seed": 5, "train": 8, "val": 4, "test": 5},
        "encoders": {"visual": tower},
        "methods": METHODS,
        "seeds": [0],
        "cache": {"workers": 0},
        **changes,
    }


def opened(folder: Path, content: dict[str, Any]) -> BoundAvEvents:
    """Write a recipe and bind it to a workspace beside it."""
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return bound_of(folder)


def bound_of(folder: Path) -> BoundAvEvents:
    """The recipe in a folder, bound to the workspace beside it."""
    return BoundAvEvents(load_recipe(folder / "recipe.yaml", folder / "workspace"), "cpu", Progress.silent())
