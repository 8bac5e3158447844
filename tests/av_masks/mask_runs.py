"""A recipe of few clips of the miniature world with masks, for tests of what becomes of it."""

from typing import Any

from bound_clips import binders

from pipeline.tasks.av_masks.bound import BoundAvMasks

SIZE = 32
HEAD: dict[str, Any] = {"size": SIZE, "width": 8, "level_widths": [8, 8, 8, 8], "dilations": [1, 2], "audio_width": 8}
FEW: dict[str, Any] = {"epochs": 2, "batch": 4, "lr_head": 0.003}
PROMPTS = {"global_prompts": 2, "interaction_prompts": 2, "bank": 3, "bottleneck": 4, "lr_prompts": 0.01}
METHODS: dict[str, Any] = {
    "no sound": {"rung": "none", "head": {**HEAD, "tpavi": []}, **FEW},
    "head-only": {"rung": "none", "head": {**HEAD, "levels": "last"}, **FEW},
    "parallel": {"variant": "parallel", "side_width": 8, "head": HEAD, **PROMPTS, **FEW},
    "late": {"variant": "late", "head": {**HEAD, "frames": "first"}, **PROMPTS, **FEW},
    "copl": {"head": {**HEAD, "masked_av": 0.5}, **PROMPTS, **FEW},
}


def content_of(**changes: Any) -> dict[str, Any]:
    """The recipe as a mapping."""
    return {
        "name": "few",
        "masks": {"layout": "miniature", "seed": 5, "train": 8, "val": 4, "test": 6},
        "encoders": {"visual": "miniature-swin"},
        "methods": METHODS,
        "seeds": [0],
        "cache": {"workers": 0},
        **changes,
    }


opened, bound_of = binders(BoundAvMasks)
