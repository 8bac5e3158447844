"""A recipe of few clips of the miniature world, for tests of what becomes of it."""

from typing import Any

from bound_clips import binders

from pipeline.tasks.av_events.bound import BoundAvEvents

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


opened, bound_of = binders(BoundAvEvents)
