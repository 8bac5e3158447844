"""A recipe of few clips of the miniature world, for tests of what becomes of it."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.tasks.load import load_recipe
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.telemetry.progress import Progress

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


def opened(folder: Path, content: dict[str, Any]) -> BoundOpenVideo:
    """Write a recipe and bind it to a workspace beside it."""
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return bound_of(folder)


def bound_of(folder: Path) -> BoundOpenVideo:
    """The recipe in a folder, bound to the workspace beside it."""
    return BoundOpenVideo(load_recipe(folder / "recipe.yaml", folder / "workspace"), "cpu", Progress.silent())
