"""What a row changes in a recipe's plain content, before it is checked: one content laid over another, modalities, presets."""

from collections.abc import Mapping, Sequence
from typing import Any

_WHOLE = ("data",)
"""Keys whose mappings are replaced, not merged: the options of one layout mean nothing to another."""

# Video: every (n // 8)-th frame from the first, OpenCV's resize. Images: both sides to 224, nothing cropped.
_AUTHORS_MEDIA: Mapping[str, Mapping[str, Any]] = {
    "video": {"sampler": "stride", "interpolation": "bilinear"},
    "image": {"resize": "squash"},
}
"""Modality -> decoding; what a recipe writes itself stands."""


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it; neither is touched."""
    result = dict(base)
    for key, value in change.items():
        below = result.get(key)
        both = isinstance(value, Mapping) and isinstance(below, Mapping) and key not in _WHOLE
        result[key] = merged(below, value) if both else value  # type: ignore[arg-type]
    return result


def with_only(content: Mapping[str, Any], modalities: Sequence[str]) -> dict[str, Any]:
    """A recipe's content with some of its modalities; with all where none is named."""
    if not modalities:
        return dict(content)
    kept = {name: config for name, config in content["modalities"].items() if name in modalities}
    return {**content, "modalities": kept}


def with_preset(content: Mapping[str, Any], preset: str) -> dict[str, Any]:
    """A recipe's content with a preset of TaAM-CPT instead of its own."""
    result = merged(content, {"train": {"preset": preset}})
    if preset != "code":
        return result
    decoded = {
        name: {"media": {**_AUTHORS_MEDIA[name], **(config.get("media") or {})}}
        for name, config in result["modalities"].items()
        if name in _AUTHORS_MEDIA
    }
    return merged(result, {"modalities": decoded})
