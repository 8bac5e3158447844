"""A recipe of few clips of the miniature world, for tests of what becomes of it."""

from typing import Any

from bound_clips import binders

from pipeline.tasks.open_video.bound import BoundOpenVideo

FEW = {"epochs": 2, "batch_size": 8, "lr": 0.001}
METHODS: dict[str, Any] = {
    "mov": {**FEW},
    "late": {"method": "mov", "fusion": "scores", "train_layers": 1, **FEW},
    "coop": {"text_prompts": 2, **FEW},
    "clip-adapter": FEW,
}
VIEWS = {"frames": 4, "stride": 4, "clips": 1, "crops": 1, "short_side": 48}


def content_of(**changes: Any) -> dict[str, Any]:
    """The recipe as a mapping."""
    return {
        "name": "few",
        "videos": {"layout": "miniature", "seed": 5, "train_per_class": 4, "test_per_class": 2},
        "encoder": "miniature-clip",
        "views": VIEWS,
        "flow": {"bound": 5},
        "methods": METHODS,
        "seeds": [1],
        "hold_out": 0.25,
        "cache": {"workers": 0},
        **changes,
    }


opened, bound_of = binders(BoundOpenVideo)
