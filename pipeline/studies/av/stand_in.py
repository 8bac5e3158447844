"""Stand-ins from the miniature world for recipes of clips with two towers: few clips, small towers and prompts, one epoch."""

from collections.abc import Mapping
from typing import Any

_CLIPS: Mapping[str, Mapping[str, Any]] = {
    "events": {"layout": "miniature", "train": 8, "val": 4, "test": 4},
    "masks": {"layout": "miniature", "train": 8, "val": 2, "test": 2},
    "questions": {"layout": "miniature", "train": 12, "val": 12, "test": 12},
}
"""The part of a recipe that names its clips -> as few of them as there can be."""
_HEADS: Mapping[str, Mapping[str, Any]] = {
    "events": {},
    "masks": {"size": 64, "width": 32, "level_widths": [16, 16, 32, 32], "audio_width": 32},
    "questions": {"width": 32},
}
_FEW = {"epochs": 1, "batch": 4, "lr_prompts": 0.01, "lr_head": 0.003, "global_prompts": 4, "interaction_prompts": 4}
_DROPPED = ("accumulate", "checkpointing", "layers")  # `layers`: the small tower takes the default


def stand_in(content: dict[str, Any]) -> dict[str, Any]:
    """The content of a recipe like this one on the miniature world. Two towers stay two, of the same families where they hear."""
    part = next(name for name in _CLIPS if name in content)
    encoders = {"visual": "miniature-swin"}
    if content["encoders"].get("audio"):
        encoders["audio"] = "miniature-hts-at"
    methods = {name: _method(options or {}, part) for name, options in content["methods"].items()}
    return {part: dict(_CLIPS[part]), "encoders": encoders, "methods": methods, "seeds": [0]}


def _method(options: Mapping[str, Any], part: str) -> dict[str, Any]:
    kept = {key: value for key, value in options.items() if key not in _DROPPED}
    head = {**kept.pop("head", {}), **_HEADS[part]}
    return {**kept, **_FEW, **({"head": head} if head else {})}
